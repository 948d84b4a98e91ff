"""What a full card needs, in SQL: indexes, the staging of long files, and the search index over names and what people wrote (FTS5).

Pure data; `gateway.schema` applies it, one statement at a time, for a trigger holds semicolons. The index follows its table by
triggers, so that nothing which writes or erases can forget it; so does `message.going`. What we sent is not in it: a campaign's words are the same
a hundred thousand times, and a text on its way out would cost the card more writes. A script that has been released is never
changed again.
"""

AT_SIZE = """
-- One index from the approval to the network's answer instead of two that each text enters and leaves: fewer writes.
DROP INDEX message_approved;
DROP INDEX message_flying;
CREATE INDEX message_going ON message (kind, id) WHERE state IN ('approved', 'claimed', 'submitted');
-- Found by these at a million texts; each is small, or partial where most rows have nothing there.
CREATE INDEX event_message ON event (message_id);
CREATE INDEX message_again ON message (resend_of) WHERE resend_of IS NOT NULL;
CREATE INDEX conversation_wrote ON conversation (last_in_at) WHERE last_in_at IS NOT NULL;
CREATE INDEX conversation_last_digits ON conversation (substr(number, -4));
CREATE INDEX report_message ON report (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX arrival_inbound ON arrival (inbound_id) WHERE inbound_id IS NOT NULL;
CREATE INDEX arrival_report ON arrival (report_id) WHERE report_id IS NOT NULL;
CREATE INDEX inbound_again ON inbound (again_of) WHERE again_of IS NOT NULL;
CREATE INDEX inbound_replaced ON inbound (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE TABLE staged_draft (                    -- texts of a file, until all of them become drafts at once: gateway/manydrafts.py
  batch INTEGER NOT NULL,
  line INTEGER NOT NULL,                       -- of the file, in its order
  at INTEGER NOT NULL,
  conversation_id INTEGER NOT NULL,
  is_new INTEGER NOT NULL,                     -- the conversation was made for it
  text TEXT NOT NULL,
  draft_key TEXT,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (batch, line)
) WITHOUT ROWID;
"""

_TOKENS = "tokenize='unicode61 remove_diacritics 2', columnsize=0"
READABLE = "('text', 'flash')"  # kinds of inbound that hold a person's words

SEARCH = (
    f"CREATE VIRTUAL TABLE inbound_search USING fts5(text, content='inbound', content_rowid='id', {_TOKENS})",
    f"CREATE TRIGGER inbound_search_add AFTER INSERT ON inbound WHEN new.kind IN {READABLE} BEGIN "
    "INSERT INTO inbound_search (rowid, text) VALUES (new.id, new.text); END",
    f"CREATE TRIGGER inbound_search_drop AFTER DELETE ON inbound WHEN old.kind IN {READABLE} BEGIN "
    "INSERT INTO inbound_search (inbound_search, rowid, text) VALUES ('delete', old.id, old.text); END",
    f"CREATE TRIGGER inbound_search_change AFTER UPDATE OF text ON inbound WHEN old.kind IN {READABLE} BEGIN "
    "INSERT INTO inbound_search (inbound_search, rowid, text) VALUES ('delete', old.id, old.text); "
    "INSERT INTO inbound_search (rowid, text) VALUES (new.id, new.text); END",
    f"INSERT INTO inbound_search (rowid, text) SELECT id, text FROM inbound WHERE kind IN {READABLE}",
    f"CREATE VIRTUAL TABLE name_search USING fts5(name, content='conversation', content_rowid='id', {_TOKENS})",
    "CREATE TRIGGER name_search_add AFTER INSERT ON conversation WHEN new.name<>'' BEGIN "
    "INSERT INTO name_search (rowid, name) VALUES (new.id, new.name); END",
    "CREATE TRIGGER name_search_drop AFTER DELETE ON conversation WHEN old.name<>'' BEGIN "
    "INSERT INTO name_search (name_search, rowid, name) VALUES ('delete', old.id, old.name); END",
    "CREATE TRIGGER name_search_change AFTER UPDATE OF name ON conversation WHEN old.name<>new.name BEGIN "
    "INSERT INTO name_search (name_search, rowid, name) SELECT 'delete', old.id, old.name WHERE old.name<>''; "
    "INSERT INTO name_search (rowid, name) SELECT new.id, new.name WHERE new.name<>''; END",
    "INSERT INTO name_search (rowid, name) SELECT id, name FROM conversation WHERE name<>''",
)

_GOES = "new.state IN ('approved', 'claimed', 'submitted')"
_GOING = f"BEGIN UPDATE message SET going=CASE WHEN {_GOES} THEN 1 END WHERE id=new.id; END"

# An index whose condition names `state` is written again with each state. `going` is set once and taken back once, so that
# the claim and the submission of a text leave the index alone: two pages fewer on the card for each text.
FEWER_WRITES = (
    "ALTER TABLE message ADD COLUMN going INTEGER",  # 1 from the approval to the network's answer, else NULL
    "UPDATE message SET going=1 WHERE state IN ('approved', 'claimed', 'submitted')",
    "DROP INDEX message_going",
    "CREATE INDEX message_going ON message (kind, id) WHERE going=1",
    f"CREATE TRIGGER message_goes AFTER UPDATE OF state ON message WHEN (new.going IS 1) <> ({_GOES}) {_GOING}",
    f"CREATE TRIGGER message_comes_going AFTER INSERT ON message WHEN {_GOES} {_GOING}",
)
