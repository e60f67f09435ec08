-- +goose Up
-- What tells the newer of two events when they come out of their order.
ALTER TABLE reactions ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reactions ADD COLUMN person TEXT NOT NULL DEFAULT ''; -- whose ours is

-- What came before the message it is about.
CREATE TABLE early (
  channel_id INTEGER NOT NULL,
  remote     TEXT NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0,
  reaction   TEXT NOT NULL DEFAULT '',
  reacted_at INTEGER NOT NULL DEFAULT 0, -- zero: no reaction came
  stored_at  INTEGER NOT NULL,
  PRIMARY KEY (channel_id, remote)
) WITHOUT ROWID;
CREATE INDEX early_stored ON early (stored_at);

-- +goose Down
SELECT 1;
