-- +goose Up
-- Times are microseconds since 1970 UTC, zero for "never". Flags and
-- enumerations are small integers whose meaning is in the Go types named beside.

CREATE TABLE channels (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  account  TEXT NOT NULL,          -- the account the channel was made for
  bound_at INTEGER NOT NULL
);

CREATE TABLE cursors (
  account TEXT PRIMARY KEY,
  value   TEXT NOT NULL,
  at      INTEGER NOT NULL
);

-- Keys of events and acts whose effect has happened; kept for good.
CREATE TABLE seen (
  key BLOB PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE contacts (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  phone      TEXT NOT NULL DEFAULT '',
  email      TEXT NOT NULL DEFAULT '',
  language   TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
);

CREATE TABLE addresses (
  id         INTEGER PRIMARY KEY,
  channel_id INTEGER NOT NULL REFERENCES channels(id),
  peer       TEXT NOT NULL,
  contact_id INTEGER NOT NULL REFERENCES contacts(id),
  name       TEXT NOT NULL DEFAULT '',
  username   TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  email      TEXT NOT NULL DEFAULT '',
  language   TEXT NOT NULL DEFAULT '',
  link       TEXT NOT NULL DEFAULT '',
  source     TEXT NOT NULL DEFAULT '',
  gone       TEXT NOT NULL DEFAULT '',   -- why messages do not arrive; empty: they do
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,           -- last word of the customer
  UNIQUE (channel_id, peer)
);
CREATE INDEX addresses_contact ON addresses (contact_id);

CREATE TABLE rooms (
  id   INTEGER PRIMARY KEY,
  room TEXT NOT NULL UNIQUE,             -- core.TopicRef.Room
  grp  TEXT NOT NULL DEFAULT '',         -- core.GroupID; empty: a private chat with an operator
  held TEXT NOT NULL DEFAULT ''          -- why nothing can be shown there; empty: it can
);

CREATE TABLE topics (
  id         INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts(id),
  grp        TEXT NOT NULL,
  thread     TEXT NOT NULL DEFAULT '',   -- core.ThreadID, for email
  room_id    INTEGER NOT NULL DEFAULT 0, -- zero until it is made
  ref        TEXT NOT NULL DEFAULT '',   -- core.TopicRef.Thread
  title      TEXT NOT NULL DEFAULT '',   -- as shown now
  icon       TEXT NOT NULL DEFAULT '',
  state      INTEGER NOT NULL DEFAULT 0, -- TopicState
  marker     TEXT NOT NULL DEFAULT '',   -- title under which an attempt to make it is in flight
  card_seq   INTEGER NOT NULL DEFAULT 0, -- post that carries the card
  made_at    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (contact_id, grp, thread)
);
CREATE UNIQUE INDEX topics_ref ON topics (room_id, ref) WHERE ref <> '';

CREATE TABLE dialogs (
  id            INTEGER PRIMARY KEY,     -- its number, as shown
  topic_id      INTEGER NOT NULL REFERENCES topics(id),
  department    TEXT NOT NULL DEFAULT '',
  assignee      TEXT NOT NULL DEFAULT '',
  state         INTEGER NOT NULL,        -- DialogState
  opened_at     INTEGER NOT NULL,
  closed_at     INTEGER NOT NULL DEFAULT 0,
  close_reason  TEXT NOT NULL DEFAULT '',
  muted_until   INTEGER NOT NULL DEFAULT 0, -- bot is quiet until then; zero: it may speak
  customer_at   INTEGER NOT NULL DEFAULT 0, -- last word of the customer
  answered_at   INTEGER NOT NULL DEFAULT 0, -- last word of ours
  unanswered    INTEGER NOT NULL DEFAULT 0, -- messages of the customer since then
  wait_since    INTEGER NOT NULL DEFAULT 0, -- first of them
  address_id    INTEGER NOT NULL DEFAULT 0, -- where answers go now, as last announced
  divided       INTEGER NOT NULL DEFAULT 0  -- its divider is shown (or it is the topic's first)
);
CREATE UNIQUE INDEX dialogs_open ON dialogs (topic_id) WHERE state = 1;
CREATE INDEX dialogs_topic ON dialogs (topic_id, id);

CREATE TABLE messages (
  id         INTEGER PRIMARY KEY,
  dialog_id  INTEGER NOT NULL,
  address_id INTEGER NOT NULL DEFAULT 0,
  direction  INTEGER NOT NULL,           -- core.Direction
  delivery   INTEGER NOT NULL DEFAULT 0, -- core.Delivery
  twice      INTEGER NOT NULL DEFAULT 0,
  author     TEXT NOT NULL DEFAULT '',
  body       TEXT NOT NULL DEFAULT '',
  extra      TEXT NOT NULL DEFAULT '',   -- JSON of what few messages have
  sent_at    INTEGER NOT NULL,
  stored_at  INTEGER NOT NULL,
  edited_at  INTEGER NOT NULL DEFAULT 0,
  deleted_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_dialog ON messages (dialog_id, id);

-- An album that is still arriving.
CREATE TABLE albums (
  key        TEXT PRIMARY KEY,           -- account or room, and the network's group
  message_id INTEGER NOT NULL,
  parts      INTEGER NOT NULL,
  fate       INTEGER NOT NULL DEFAULT 0, -- what the desk decided of an operator's album
  last_at    INTEGER NOT NULL
);

CREATE TABLE versions (
  message_id INTEGER NOT NULL,
  n          INTEGER NOT NULL,           -- 1 is the first text
  body       TEXT NOT NULL,
  extra      TEXT NOT NULL DEFAULT '',
  at         INTEGER NOT NULL,
  PRIMARY KEY (message_id, n)
) WITHOUT ROWID;

-- What networks call our messages: several for one that was split or an album.
CREATE TABLE remotes (
  channel_id INTEGER NOT NULL,
  remote     TEXT NOT NULL,
  message_id INTEGER NOT NULL,
  part       INTEGER NOT NULL DEFAULT 0, -- 0 for the first
  text_from  INTEGER NOT NULL DEFAULT 0, -- bytes of the body it carries
  text_to    INTEGER NOT NULL DEFAULT 0,
  attachment INTEGER NOT NULL DEFAULT -1, -- index it carries; -1: none
  at         INTEGER NOT NULL,           -- the network's send time
  PRIMARY KEY (channel_id, remote)
) WITHOUT ROWID;
CREATE INDEX remotes_message ON remotes (message_id);

-- What operators see, and what they wrote.
CREATE TABLE posts (
  room_id    INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  n          INTEGER NOT NULL DEFAULT 0, -- place in a merged post
  topic_id   INTEGER NOT NULL,
  kind       INTEGER NOT NULL,           -- PostKind
  message_id INTEGER NOT NULL DEFAULT 0,
  address_id INTEGER NOT NULL DEFAULT 0, -- of a customer's message: where an answer to it goes
  part       INTEGER NOT NULL DEFAULT 0, -- of a message shown as several posts
  text_from  INTEGER NOT NULL DEFAULT 0, -- bytes of the message's body it shows
  text_to    INTEGER NOT NULL DEFAULT 0,
  attachment INTEGER NOT NULL DEFAULT -1,
  at         INTEGER NOT NULL,
  PRIMARY KEY (room_id, seq, n)
) WITHOUT ROWID;
CREATE INDEX posts_message ON posts (message_id);
CREATE INDEX posts_topic ON posts (topic_id, seq);

CREATE TABLE jobs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  lane       TEXT NOT NULL,
  kind       INTEGER NOT NULL,           -- JobKind
  message_id INTEGER NOT NULL DEFAULT 0,
  slot       TEXT,                       -- a newer job of the lane with the same slot replaces a waiting one
  payload    TEXT NOT NULL DEFAULT '',   -- JSON, by kind
  key        BLOB NOT NULL,              -- core.Key
  cuts       TEXT NOT NULL DEFAULT '',   -- JSON, stored at the first attempt
  done       INTEGER NOT NULL DEFAULT 0, -- pieces that are through
  priority   INTEGER NOT NULL DEFAULT 0, -- smaller goes first, between lanes
  state      INTEGER NOT NULL DEFAULT 0, -- JobState
  attempts   INTEGER NOT NULL DEFAULT 0, -- of the piece in turn
  due_at     INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  error      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX jobs_lane ON jobs (lane, id) WHERE state < 2;
CREATE UNIQUE INDEX jobs_slot ON jobs (lane, slot) WHERE slot IS NOT NULL AND state = 0;
CREATE INDEX jobs_message ON jobs (message_id);

-- The reaction each side has on a message now.
CREATE TABLE reactions (
  message_id INTEGER NOT NULL,
  ours       INTEGER NOT NULL,           -- 0: the customer's, 1: ours
  emoji      TEXT NOT NULL,
  PRIMARY KEY (message_id, ours)
) WITHOUT ROWID;

-- When budgets were spent, so that a restart does not forget the last minute.
CREATE TABLE spends (
  budget TEXT NOT NULL,
  at     INTEGER NOT NULL
);
CREATE INDEX spends_at ON spends (at);

-- Notices that wait for somebody's tap.
CREATE TABLE notices (
  id         INTEGER PRIMARY KEY,
  topic_id   INTEGER NOT NULL,
  message_id INTEGER NOT NULL DEFAULT 0, -- the answer it is about
  kind       TEXT NOT NULL,
  payload    TEXT NOT NULL DEFAULT '',
  room_id    INTEGER NOT NULL DEFAULT 0, -- where it is shown; zero: not yet
  seq        INTEGER NOT NULL DEFAULT 0,
  settled_at INTEGER NOT NULL DEFAULT 0,
  settled_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
);
CREATE INDEX notices_topic ON notices (topic_id) WHERE settled_at = 0;
CREATE INDEX notices_message ON notices (message_id) WHERE message_id <> 0;

CREATE TABLE buttons (
  id         TEXT PRIMARY KEY,           -- opaque, random
  room_id    INTEGER NOT NULL DEFAULT 0, -- pressed elsewhere it is refused; zero: a customer's button
  address_id INTEGER NOT NULL DEFAULT 0,
  notice_id  INTEGER NOT NULL DEFAULT 0,
  topic_id   INTEGER NOT NULL DEFAULT 0,
  action     TEXT NOT NULL,
  args       TEXT NOT NULL DEFAULT '',
  person     TEXT NOT NULL DEFAULT '',   -- only he may press it; empty: any operator
  created_at INTEGER NOT NULL
);
CREATE INDEX buttons_notice ON buttons (notice_id) WHERE notice_id <> 0;

CREATE TABLE journal (
  id         INTEGER PRIMARY KEY,
  topic_id   INTEGER NOT NULL DEFAULT 0,
  dialog_id  INTEGER NOT NULL DEFAULT 0,
  message_id INTEGER NOT NULL DEFAULT 0,
  actor      TEXT NOT NULL DEFAULT '',   -- person, or what part of the gateway
  action     TEXT NOT NULL,
  data       TEXT NOT NULL DEFAULT '',
  at         INTEGER NOT NULL
);
CREATE INDEX journal_topic ON journal (topic_id, id);

CREATE TABLE operators (
  person   TEXT PRIMARY KEY,             -- core.PersonID
  name     TEXT NOT NULL DEFAULT '',     -- as the console shows it, for the team only
  username TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  present  INTEGER NOT NULL DEFAULT 1,   -- 0: has left every group
  admin    INTEGER NOT NULL DEFAULT 0,
  room_id  INTEGER NOT NULL DEFAULT 0,   -- private chat with him; 0: the gateway cannot write there
  seen_at  INTEGER NOT NULL
);

CREATE TABLE parked (
  id      INTEGER PRIMARY KEY,
  key     TEXT NOT NULL,                 -- of the event or act that could not be taken
  channel TEXT NOT NULL DEFAULT '',
  raw     TEXT NOT NULL,
  error   TEXT NOT NULL,
  at      INTEGER NOT NULL
);

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- +goose Down
SELECT 1;
