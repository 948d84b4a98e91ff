"""The tables of the text bank, in SQL: lists, people, campaigns, whom they text and what came back.

Pure data; `gateway.schema` applies it after `gateway/tables.py`. A script that has been released is never changed again.
"""

CAMPAIGNS = """
CREATE TABLE contact_list (                    -- one list of people: a file that came in, or the result of a campaign
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('staged', 'taking', 'ready', 'deleted')),
  source TEXT NOT NULL DEFAULT '',             -- why these people may be texted, in the coordinator's words
  consented_on TEXT,                           -- ISO date
  file_digest BLOB,                            -- the same file again is pointed out
  format TEXT NOT NULL DEFAULT '{}',           -- JSON: how the file is read; gateway/listfile.py
  mapping TEXT NOT NULL DEFAULT '{}',          -- JSON: our fields and the kept columns to their columns; gateway/columns.py
  cool_down_days INTEGER NOT NULL DEFAULT 3,   -- who was texted within these days is left out
  row_count INTEGER NOT NULL DEFAULT 0,        -- of the file, without its header
  rows_done INTEGER NOT NULL DEFAULT 0,        -- how far the taking has come
  counts TEXT NOT NULL DEFAULT '{}',           -- JSON: what became of the rows; gateway/taking.py
  columns TEXT,                                -- JSON: placeholder to how many people have it; NULL: not counted yet
  trouble TEXT,                                -- why the taking stands still, in plain words
  by_id INTEGER REFERENCES user,
  created_at INTEGER NOT NULL,
  taken_at INTEGER,
  CHECK (state IN ('staged', 'deleted') OR (source <> '' AND consented_on IS NOT NULL))
);
CREATE TABLE list_row (                        -- a row of the file that was not taken, with the reason
  list_id INTEGER NOT NULL REFERENCES contact_list,
  row INTEGER NOT NULL,                        -- as the file counts, its header being 1
  outcome TEXT NOT NULL CHECK (outcome IN ('rejected', 'twice', 'opted_out', 'cool_down')),
  reason TEXT NOT NULL,
  cells TEXT NOT NULL,                         -- JSON array
  PRIMARY KEY (list_id, row)
) WITHOUT ROWID;
CREATE TABLE contact (                         -- one person; a household is several with one conversation
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversation,
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  name_key TEXT NOT NULL DEFAULT '',           -- the folded name: the same person twice is one
  language TEXT NOT NULL DEFAULT '',
  zone TEXT,                                   -- IANA zone when the list names one
  landline INTEGER NOT NULL DEFAULT 0,
  fields TEXT NOT NULL DEFAULT '{}',           -- JSON: the list's other columns
  source TEXT NOT NULL DEFAULT '',
  consented_on TEXT,
  created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX contact_person ON contact (conversation_id, name_key);
CREATE TABLE list_member (
  list_id INTEGER NOT NULL REFERENCES contact_list,
  contact_id INTEGER NOT NULL REFERENCES contact,
  PRIMARY KEY (list_id, contact_id)
) WITHOUT ROWID;
CREATE INDEX list_member_contact ON list_member (contact_id);
-- a list brings a hundred thousand numbers that never wrote: who did, who asks and who opted out is found without reading them all
CREATE INDEX conversation_out ON conversation (opted_out_at) WHERE opted_out_at IS NOT NULL;

CREATE TABLE campaign (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('voter', 'event', 'recruitment', 'advocacy', 'fundraising')),
  language TEXT NOT NULL DEFAULT 'en',
  state TEXT NOT NULL CHECK (state IN ('draft', 'review', 'running', 'paused', 'closed')),
  reason TEXT NOT NULL DEFAULT '',             -- why it is there, in plain words
  facts TEXT NOT NULL DEFAULT '{}',            -- JSON: event, day, hour, place, seats, slots, goal, link
  script TEXT NOT NULL,                        -- JSON: gateway/scripts.py
  options TEXT NOT NULL DEFAULT '{}',          -- JSON: gateway/campaigns.py, Options
  revision INTEGER NOT NULL DEFAULT 1,         -- grows with every change: a form from before keeps nothing
  content INTEGER NOT NULL DEFAULT 1,          -- grows with facts and script only: what was merged before it goes stale
  content_at INTEGER,                          -- when they last changed in an open campaign
  list_id INTEGER REFERENCES contact_list,
  canary TEXT NOT NULL DEFAULT 'open' CHECK (canary IN ('open', 'waiting', 'passed', 'stopped')),
  canary_at INTEGER,
  created_by INTEGER REFERENCES user,
  created_at INTEGER NOT NULL,
  changed_by INTEGER REFERENCES user,          -- who wrote what stands there now: somebody else reviews it
  reviewed_by INTEGER REFERENCES user,
  started_at INTEGER,
  closed_at INTEGER,
  purge_at INTEGER,                            -- from then on only totals remain
  purged_at INTEGER,
  totals TEXT                                  -- JSON: what remains
);
CREATE TABLE target (                          -- one person of one campaign; one for each number in it
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaign,
  contact_id INTEGER NOT NULL REFERENCES contact,
  conversation_id INTEGER NOT NULL REFERENCES conversation,
  state TEXT NOT NULL CHECK (state IN ('open', 'held', 'texted', 'skipped', 'out')),
  reason TEXT NOT NULL DEFAULT '',             -- why it is out, in plain words
  live INTEGER NOT NULL DEFAULT 0,             -- it has this person, after its close until another takes them (enrolment.let_go)
  holder_id INTEGER REFERENCES user,           -- the assignment: whose batch it is in
  held_at INTEGER,
  wording INTEGER,                             -- which of the first texts they got
  step TEXT NOT NULL DEFAULT 'first',          -- the step of the script whose answers fit now
  message_id INTEGER REFERENCES message,       -- the first text, once it is drafted
  texted_at INTEGER,
  UNIQUE (campaign_id, conversation_id)
);
CREATE UNIQUE INDEX target_live ON target (conversation_id) WHERE live=1;  -- one campaign has a number at a time
CREATE INDEX target_conversation ON target (conversation_id);
CREATE INDEX target_message ON target (message_id) WHERE message_id IS NOT NULL;  -- else each text that is erased reads them all
CREATE INDEX target_contact ON target (contact_id);
CREATE INDEX target_state ON target (campaign_id, state);  -- the next open ones by id, and how many stand where
CREATE INDEX target_held ON target (holder_id, id) WHERE state='held';
CREATE TABLE answer (                          -- what somebody said; the newest of a field holds, the others are its history
  id INTEGER PRIMARY KEY,
  target_id INTEGER NOT NULL REFERENCES target,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  by_id INTEGER REFERENCES user,
  at INTEGER NOT NULL,
  message_id INTEGER REFERENCES message,       -- the text that was approved with it
  undone_at INTEGER
);
CREATE INDEX answer_target ON answer (target_id, field);
CREATE INDEX answer_message ON answer (message_id) WHERE message_id IS NOT NULL;
CREATE TABLE note (                            -- for the room; the person never sees it
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversation,
  text TEXT NOT NULL,
  by_id INTEGER REFERENCES user,
  at INTEGER NOT NULL
);
CREATE INDEX note_conversation ON note (conversation_id);
CREATE TABLE tag (
  conversation_id INTEGER NOT NULL REFERENCES conversation,
  tag TEXT NOT NULL,
  PRIMARY KEY (conversation_id, tag)
) WITHOUT ROWID;

ALTER TABLE message ADD COLUMN target_id INTEGER REFERENCES target;   -- the campaign's person that it is for
ALTER TABLE message ADD COLUMN step TEXT;                             -- the step of the script that it leads to
ALTER TABLE message ADD COLUMN records TEXT;                          -- JSON {field: value}: becomes answers when it is approved
ALTER TABLE message ADD COLUMN due_at INTEGER;                        -- a reminder leaves then, however early it was approved
ALTER TABLE message ADD COLUMN merged INTEGER;                        -- the campaign's revision that its words are of
CREATE INDEX message_target ON message (target_id) WHERE target_id IS NOT NULL;
"""
