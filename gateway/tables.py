"""The tables, in SQL, by migration: what every row is, and the checks that hold even when code forgets.

Pure data; `gateway.schema` applies it. A script that has been released is never changed again.
"""

PEOPLE = """
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE user (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('volunteer', 'trainee', 'coordinator', 'technician', 'admin')),
  password_hash TEXT,
  failed INTEGER NOT NULL DEFAULT 0,           -- sign-ins refused in a row
  failed_at INTEGER,
  created_at INTEGER NOT NULL,
  disabled_at INTEGER
);
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user,
  token_hash BLOB NOT NULL UNIQUE,
  device TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
);
CREATE TABLE sign_in_link (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user,
  token_hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
"""

CONVERSATIONS = """
CREATE TABLE conversation (                    -- one for each number, whatever SIM it came in on
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,                 -- E.164; a short code or an alphanumeric sender exactly as it came
  tail TEXT,                                   -- its last eight digits: networks give reports another form of the address
  name TEXT NOT NULL DEFAULT '',
  zone TEXT,                                   -- IANA zone when known from the contact
  iccid TEXT,                                  -- the SIM that it began on
  salt BLOB,                                   -- keys the person's digests in the ledger; erasure removes it
  opted_out_at INTEGER,                        -- twin of the open opt_out row, for the query that claims
  holder_id INTEGER REFERENCES user,           -- the volunteer whose conversation it is now
  held_at INTEGER,
  waiting_at INTEGER,                          -- the oldest text from the person that nobody has answered
  asks_opt_out INTEGER NOT NULL DEFAULT 0,     -- a stop word inside a longer text: a person decides
  closed_at INTEGER,
  last_in_at INTEGER,
  last_at INTEGER NOT NULL
);
CREATE INDEX conversation_tail ON conversation (tail) WHERE tail IS NOT NULL;
CREATE INDEX conversation_waiting ON conversation (waiting_at) WHERE waiting_at IS NOT NULL;
CREATE INDEX conversation_holder ON conversation (holder_id) WHERE holder_id IS NOT NULL;

CREATE TABLE opt_out (                         -- outlives the person: the number stays only as a keyed digest
  id INTEGER PRIMARY KEY,
  number_key BLOB NOT NULL,
  source TEXT NOT NULL,                        -- text, volunteer, coordinator, import
  reason TEXT NOT NULL DEFAULT '',
  by_id INTEGER REFERENCES user,
  since_at INTEGER NOT NULL,
  until_at INTEGER,
  ended_by_id INTEGER REFERENCES user,
  ended_reason TEXT
);
CREATE UNIQUE INDEX opt_out_open ON opt_out (number_key) WHERE until_at IS NULL;
"""

OUTBOX = """
CREATE TABLE message (                         -- one text on its way out
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversation,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),  -- gateway.message.KINDS, in sending order
  state TEXT NOT NULL CHECK (state IN ('awaiting', 'approved', 'claimed', 'submitted', 'sent', 'uncertain', 'delivered', 'undelivered',
    'skipped', 'withdrawn', 'failed', 'expired')),
  text TEXT NOT NULL CHECK (text <> ''),
  reason TEXT,                                 -- in plain words, why it is where it is
  resend_of INTEGER REFERENCES message,        -- drafted in place of an uncertain or failed one
  draft_key TEXT,                              -- a nonce: the same POST twice is one draft
  round INTEGER NOT NULL DEFAULT 0,            -- grows whenever an approval is taken back: an old form cannot approve again
  channel TEXT NOT NULL,                       -- panel, cli, api, gateway
  created_by INTEGER REFERENCES user,
  created_at INTEGER NOT NULL,
  approval_id INTEGER REFERENCES ledger,       -- the act that allowed it
  approved_by INTEGER REFERENCES user,
  approved_at INTEGER,
  not_before INTEGER,
  expires_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  station TEXT,
  epoch INTEGER,
  iccid TEXT,                                  -- the SIM that carries it; all its segments go by this one
  total INTEGER,                               -- segments
  concat_ref INTEGER,
  valid_until INTEGER,                         -- the same end for every segment
  mr INTEGER,                                  -- of a text of one segment; others have segment rows
  submitted_at INTEGER,
  sent_at INTEGER,
  reported_at INTEGER,
  CHECK (state IN ('awaiting', 'skipped', 'withdrawn', 'expired') OR approval_id IS NOT NULL),
  CHECK (state NOT IN ('submitted', 'sent', 'delivered', 'undelivered', 'uncertain') OR (submitted_at IS NOT NULL AND iccid IS NOT NULL))
);
CREATE UNIQUE INDEX message_draft_key ON message (draft_key) WHERE draft_key IS NOT NULL;
CREATE INDEX message_awaiting ON message (kind, id) WHERE state = 'awaiting';
CREATE INDEX message_approved ON message (kind, id) WHERE state = 'approved';
CREATE INDEX message_flying ON message (station) WHERE state IN ('claimed', 'submitted');
CREATE INDEX message_uncertain ON message (id) WHERE state = 'uncertain';
CREATE UNIQUE INDEX message_resend ON message (resend_of) WHERE resend_of IS NOT NULL AND state IN ('awaiting', 'approved', 'claimed');
CREATE INDEX message_conversation ON message (conversation_id);

CREATE TABLE segment (                         -- only of texts of two segments and more
  message_id INTEGER NOT NULL REFERENCES message,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'submitted', 'accepted', 'refused', 'unknown', 'delivered', 'undelivered')),
  mr INTEGER,
  submitted_at INTEGER,
  PRIMARY KEY (message_id, seq)
) WITHOUT ROWID;

CREATE TABLE event (                           -- a row for each move; ordered by id, not by time
  id INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES message,
  event TEXT NOT NULL,
  actor TEXT NOT NULL,                         -- user:ID, station:NAME, cli, gateway
  at INTEGER NOT NULL,
  reason TEXT
);

CREATE TABLE ledger (                          -- approvals, chained: see gateway/ledger.py
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('approve', 'standing', 'covered')),
  message_id INTEGER,
  user_id INTEGER,
  channel TEXT NOT NULL,
  os_user TEXT,
  digest BLOB NOT NULL,                        -- HMAC of number and text, keyed with the person's salt
  mac BLOB NOT NULL                            -- over this row and the one before
);
CREATE INDEX ledger_user ON ledger (user_id) WHERE user_id IS NOT NULL;
"""

STATIONS = """
CREATE TABLE station (
  name TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL DEFAULT 0,            -- grows with each start: a thread of an older one can no longer submit
  state TEXT NOT NULL CHECK (state IN ('starting', 'ready', 'waiting', 'paused', 'lost', 'failed')),
  reason TEXT NOT NULL DEFAULT '',
  since_at INTEGER NOT NULL,
  port TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL DEFAULT '',
  imei TEXT NOT NULL DEFAULT '',
  iccid TEXT NOT NULL DEFAULT '',
  imsi TEXT NOT NULL DEFAULT '',
  number TEXT NOT NULL DEFAULT '',
  operator TEXT NOT NULL DEFAULT '',
  registration TEXT NOT NULL DEFAULT '',
  technology TEXT NOT NULL DEFAULT '',
  signal_dbm INTEGER,
  storage_used INTEGER,
  storage_total INTEGER,
  last_in_at INTEGER,
  uncertain_in_a_row INTEGER NOT NULL DEFAULT 0,
  paused_by INTEGER REFERENCES user,           -- a person's pause; NULL when nobody paused it
  retired_at INTEGER                           -- no longer in the configuration
);
CREATE TABLE station_event (
  id INTEGER PRIMARY KEY,
  station TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE TABLE station_request (                 -- what the panel asks of a station
  id INTEGER PRIMARY KEY,
  station TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('pause', 'resume', 'restart', 'pin')),
  argument TEXT,
  by_id INTEGER REFERENCES user,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  taken_at INTEGER,
  result TEXT
);
CREATE INDEX station_request_open ON station_request (station) WHERE taken_at IS NULL;
CREATE TABLE sim_day (                         -- segments handed to the modem, uncertain ones too, by day in the SIM's zone
  iccid TEXT NOT NULL,
  day TEXT NOT NULL,
  segments INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (iccid, day)
) WITHOUT ROWID;
CREATE TABLE sim_person (                      -- different people a month
  iccid TEXT NOT NULL,
  month TEXT NOT NULL,
  conversation_id INTEGER NOT NULL,
  PRIMARY KEY (iccid, month, conversation_id)
) WITHOUT ROWID;
CREATE TABLE pin_attempt (                     -- committed before the PIN is written to the modem
  id INTEGER PRIMARY KEY,
  card TEXT NOT NULL,                          -- ICCID, or IMEI where a locked modem hides it
  pin_key BLOB NOT NULL,
  at INTEGER NOT NULL,
  outcome TEXT CHECK (outcome IN ('accepted', 'refused')),
  UNIQUE (card, pin_key)
);
"""

INBOX = """
CREATE TABLE arrival (                         -- every TPDU that a modem gave, committed before it is deleted there
  id INTEGER PRIMARY KEY,
  iccid TEXT NOT NULL,
  digest INTEGER NOT NULL,
  pdu BLOB NOT NULL,                           -- as given (hex text when it is not even hex)
  storage TEXT NOT NULL DEFAULT '',            -- '' when it came directly
  slot INTEGER,
  first_at INTEGER NOT NULL,
  gone_at INTEGER,                             -- its slot was seen empty
  number TEXT,                                 -- the four of a segment of a long text, until it is whole
  concat_ref INTEGER,
  total INTEGER,
  seq INTEGER,
  inbound_id INTEGER REFERENCES inbound,
  report_id INTEGER REFERENCES report
);
CREATE INDEX arrival_digest ON arrival (digest);
CREATE INDEX arrival_present ON arrival (iccid) WHERE gone_at IS NULL;
CREATE INDEX arrival_part ON arrival (number, concat_ref, total) WHERE total IS NOT NULL AND inbound_id IS NULL;

CREATE TABLE inbound (                         -- one text on its way in
  id INTEGER PRIMARY KEY,
  conversation_id INTEGER REFERENCES conversation,
  number TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'flash', 'mms', 'voicemail', 'binary', 'silent', 'undecoded')),
  text TEXT NOT NULL,
  triage TEXT NOT NULL DEFAULT 'reply' CHECK (triage IN ('stop', 'ask', 'start', 'help', 'reply')),
  station TEXT NOT NULL,
  iccid TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  stamped_at INTEGER,                          -- the network's own time, which may be wrong
  missing INTEGER NOT NULL DEFAULT 0,          -- segments that had not come
  again_of INTEGER REFERENCES inbound          -- same words again: shown folded
);
CREATE INDEX inbound_conversation ON inbound (conversation_id);

CREATE INDEX conversation_asks ON conversation (id) WHERE asks_opt_out = 1;

CREATE TABLE report (                          -- status reports, matched or not
  id INTEGER PRIMARY KEY,
  iccid TEXT NOT NULL,
  number TEXT NOT NULL,
  mr INTEGER NOT NULL,
  status INTEGER NOT NULL,
  stamped_at INTEGER,
  received_at INTEGER NOT NULL,
  message_id INTEGER REFERENCES message,
  seq INTEGER
);
CREATE INDEX report_open ON report (iccid) WHERE message_id IS NULL;
"""

MODEM_LAYER = """
ALTER TABLE station ADD COLUMN place TEXT NOT NULL DEFAULT '';        -- the USB socket ("1-1.3"); '' for what is not on USB
ALTER TABLE station ADD COLUMN found INTEGER NOT NULL DEFAULT 0;      -- made for a modem that was found, not written in the file
ALTER TABLE station ADD COLUMN revision TEXT NOT NULL DEFAULT '';
ALTER TABLE station ADD COLUMN temperature_c INTEGER;
ALTER TABLE station ADD COLUMN voltage_mv INTEGER;
ALTER TABLE station ADD COLUMN reset_at INTEGER;                      -- the last time that we restarted it; limits the next one
ALTER TABLE inbound ADD COLUMN replaces TEXT;                         -- type and service centre: it takes the place of the one before
ALTER TABLE inbound ADD COLUMN replaced_by INTEGER REFERENCES inbound;  -- kept, and no longer shown

DROP TABLE station_request;
CREATE TABLE station_request (                 -- what the panel asks of a station
  id INTEGER PRIMARY KEY,
  station TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('pause', 'resume', 'restart', 'pin', 'reset', 'ussd', 'query', 'self_test')),
  argument TEXT,                               -- wiped as it is taken: a PIN is one
  by_id INTEGER REFERENCES user,               -- NULL: the gateway's own schedule
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  taken_at INTEGER,
  done_at INTEGER,
  result TEXT,                                 -- what came of it, for the page that asked
  refused INTEGER NOT NULL DEFAULT 0           -- it was not done
);
CREATE INDEX station_request_open ON station_request (station) WHERE taken_at IS NULL;

CREATE TABLE sim (                             -- a line: what belongs to the card and not to the modem it is in
  iccid TEXT PRIMARY KEY,
  number TEXT NOT NULL DEFAULT '',
  first_at INTEGER NOT NULL,
  paused_at INTEGER,                           -- the network or the card refuses: survives a restart and another modem
  paused_reason TEXT,
  balance TEXT,                                -- the last answer to its USSD code, as the operator wrote it
  balance_at INTEGER
) WITHOUT ROWID;

CREATE TABLE station_sample (                  -- how it was; thinned with age
  station TEXT NOT NULL,
  at INTEGER NOT NULL,
  signal_dbm INTEGER,
  registration TEXT NOT NULL DEFAULT '',
  technology TEXT NOT NULL DEFAULT '',
  temperature_c INTEGER,
  voltage_mv INTEGER,
  storage_used INTEGER,
  storage_total INTEGER,
  PRIMARY KEY (station, at)
) WITHOUT ROWID;

CREATE TABLE station_error (                   -- how often each code came, by day of the group's zone
  station TEXT NOT NULL,
  day TEXT NOT NULL,
  code TEXT NOT NULL,                          -- "CMS 38", "CME 14", "silence", "port gone"
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (station, day, code)
) WITHOUT ROWID;

CREATE TABLE host_event (                      -- what the machine under the modems did
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('undervoltage', 'usb_reset', 'usb_lost')),
  evidence TEXT NOT NULL
);

CREATE TABLE self_test (                       -- one text from one of our SIMs to another
  id INTEGER PRIMARY KEY,
  sender TEXT NOT NULL,                        -- stations
  receiver TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE,                  -- what its text says, so that it is known when it comes
  by_id INTEGER REFERENCES user,               -- NULL: by schedule
  message_id INTEGER REFERENCES message,
  started_at INTEGER NOT NULL,
  sent_at INTEGER,
  received_at INTEGER,
  reported_at INTEGER,
  ended_at INTEGER,
  passed INTEGER CHECK (passed IN (0, 1)),
  reason TEXT                                  -- in plain words, when it did not pass
);
CREATE INDEX self_test_open ON self_test (receiver) WHERE ended_at IS NULL;
"""

PROOF = """
ALTER TABLE conversation ADD COLUMN perhaps_texted_at INTEGER;  -- a backup was restored then: they may have been texted since it was made
CREATE TABLE perhaps_texted (                  -- the same of numbers that the backup did not know: half a digest, for when they come
  number_key BLOB PRIMARY KEY,
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE purged (                          -- how many texts were deleted by age, by day of the group's zone: totals remain
  day TEXT NOT NULL,
  what TEXT NOT NULL,                          -- the state of a text that went out; "answer" for one that came in
  count INTEGER NOT NULL,
  PRIMARY KEY (day, what)
) WITHOUT ROWID;
CREATE TABLE clock (                           -- what the gateway makes of the clock: one row
  id INTEGER PRIMARY KEY CHECK (id = 1),
  boot TEXT NOT NULL,                          -- the run of the machine that it was so in
  offset_ms INTEGER NOT NULL,                  -- wall less monotonic clock, when it was trusted last: another one is a step
  once TEXT NOT NULL,                          -- how it was trusted then
  by TEXT NOT NULL CHECK (by IN ('server', 'battery', 'person', 'voices', '')),  -- and now; '' when it is not
  why TEXT NOT NULL
);
CREATE TABLE clock_word (                      -- what somebody last said of the time
  who TEXT PRIMARY KEY,                        -- person, network:STATION, texts:STATION, browser:USER
  boot TEXT NOT NULL,
  heard_ms INTEGER NOT NULL,                   -- on the monotonic clock
  said_at INTEGER NOT NULL,
  by_id INTEGER REFERENCES user
) WITHOUT ROWID;
CREATE TABLE clock_event (                     -- steps, verdicts, and who confirmed the time
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  words TEXT NOT NULL,
  by_id INTEGER REFERENCES user
);
"""
