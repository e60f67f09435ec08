package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parom/core"
)

// earlyLife is how long something waits for the message it is about. Networks
// hand over what they kept back within a day; a week is ample.
const earlyLife = 7 * 24 * time.Hour

// Early is what came before the message that it is about.
type Early struct {
	DeletedAt time.Time // zero: it was not deleted
	Reaction  string    // empty: none stands
	ReactedAt time.Time // zero: no reaction came
}

// KeepEarly keeps what came before its message, with what is kept of it already:
// the first deletion, the newest reaction.
func (t *Tx) KeepEarly(channelNo int64, id core.RemoteID, e Early) error {
	if _, err := t.Exec(`DELETE FROM early WHERE stored_at < $1`, Micros(t.Now().Add(-earlyLife))); err != nil {
		return fmt.Errorf("forget what came early: %w", err)
	}
	_, err := t.Exec(`INSERT INTO early (channel_id, remote, deleted_at, reaction, reacted_at, stored_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (channel_id, remote) DO UPDATE SET
		deleted_at = CASE WHEN early.deleted_at = 0 OR excluded.deleted_at > 0 AND excluded.deleted_at < early.deleted_at
			THEN excluded.deleted_at ELSE early.deleted_at END,
		reaction = CASE WHEN excluded.reacted_at >= early.reacted_at THEN excluded.reaction ELSE early.reaction END,
		reacted_at = CASE WHEN excluded.reacted_at >= early.reacted_at THEN excluded.reacted_at ELSE early.reacted_at END`,
		channelNo, string(id), Micros(e.DeletedAt), e.Reaction, Micros(e.ReactedAt), Micros(t.Now()))
	if err != nil {
		return fmt.Errorf("keep what came early: %w", err)
	}
	return nil
}

// TakeEarly gives what came before a message, and forgets it; zero: nothing did.
func (t *Tx) TakeEarly(channelNo int64, id core.RemoteID) (e Early, err error) {
	var deleted, reacted int64
	err = t.QueryRow(`SELECT deleted_at, reaction, reacted_at FROM early WHERE channel_id = $1 AND remote = $2`,
		channelNo, string(id)).Scan(&deleted, &e.Reaction, &reacted)
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil
	}
	if err != nil {
		return e, one("what came early", err)
	}
	e.DeletedAt, e.ReactedAt = Time(deleted), Time(reacted)
	_, err = t.Exec(`DELETE FROM early WHERE channel_id = $1 AND remote = $2`, channelNo, string(id))
	return e, err
}
