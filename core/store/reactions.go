package store

import (
	"database/sql"
	"errors"
	"time"

	"parom/core"
)

// Reaction is the reaction that one side has on a message; empty: none.
func (t *Tx) Reaction(m core.MessageID, ours bool) (string, error) {
	e, _, err := t.reaction(m, ours)
	return e, err
}

// OurReaction is our side's reaction on a message, and whose it is; empty: none.
func (t *Tx) OurReaction(m core.MessageID) (string, core.PersonID, error) { return t.reaction(m, true) }

func (t *Tx) reaction(m core.MessageID, ours bool) (emoji string, by core.PersonID, err error) {
	err = t.QueryRow(`SELECT emoji, person FROM reactions WHERE message_id = $1 AND ours = $2`, int64(m), flag(ours)).Scan(&emoji, &by)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return emoji, by, one("reaction", err)
}

// SetReaction records the customer's reaction on a message as of a time; empty
// takes it away. One that is older than what is recorded changes nothing.
func (t *Tx) SetReaction(m core.MessageID, emoji string, at time.Time) error {
	return t.setReaction(m, false, emoji, "", at)
}

// SetOurReaction records the reaction that a person of ours has put last.
func (t *Tx) SetOurReaction(m core.MessageID, emoji string, by core.PersonID) error {
	return t.setReaction(m, true, emoji, by, time.Time{}) // they come in order
}

// A reaction that was taken away keeps its row, for its time.
func (t *Tx) setReaction(m core.MessageID, ours bool, emoji string, by core.PersonID, at time.Time) error {
	_, err := t.Exec(`INSERT INTO reactions (message_id, ours, emoji, person, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (message_id, ours) DO UPDATE SET emoji = excluded.emoji, person = excluded.person, at = excluded.at
		WHERE excluded.at >= reactions.at`, int64(m), flag(ours), emoji, string(by), Micros(at))
	return err
}
