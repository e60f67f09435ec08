-- +goose Up
-- Who is in which group, as far as the console told.
CREATE TABLE presence (
  person  TEXT NOT NULL,                 -- core.PersonID
  room_id INTEGER NOT NULL,
  present INTEGER NOT NULL,
  admin   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (person, room_id)
) WITHOUT ROWID;

INSERT INTO presence (person, room_id, present)
  SELECT o.person, r.id, 0 FROM operators o CROSS JOIN rooms r WHERE o.present = 0 AND r.grp <> '';

ALTER TABLE operators DROP COLUMN present;
ALTER TABLE operators DROP COLUMN admin;

-- +goose Down
SELECT 1;
