"""The search index, in SQL: names of people, and what they wrote. FTS5 over the tables that hold the words.

Pure data; `gateway.schema` applies it, one statement at a time, for a trigger holds semicolons. The index follows its table by
triggers, so that nothing which writes or erases can forget it. What we sent is not in it: a campaign's words are the same
a hundred thousand times, and a text on its way out would cost the card more writes. A script that has been released is never
changed again.
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
