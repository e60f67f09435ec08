-- +goose Up
-- What is looked for among many rows is found by the few that are meant.
CREATE INDEX topics_opening ON topics (grp) WHERE state = 1; -- TopicOpening
CREATE INDEX jobs_parked ON jobs (id) WHERE state = 2;       -- JobParked
CREATE INDEX notices_settled ON notices (settled_at) WHERE settled_at <> 0;
CREATE INDEX parked_at ON parked (at);

-- +goose Down
SELECT 1;
