package store

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"parom/core"
)

// DialogState is where a dialog stands in its life.
type DialogState int

// States of a dialog.
const (
	DialogOpen DialogState = iota + 1
	DialogClosed
)

// Dialog is a stretch of conversation in a topic; its id is the number shown.
type Dialog struct {
	ID          core.DialogID
	Topic       core.TopicID
	Department  core.DepartmentID
	Assignee    core.PersonID // empty: nobody took it
	State       DialogState
	OpenedAt    time.Time
	ClosedAt    time.Time
	CloseReason string
	MutedUntil  time.Time      // the bot is quiet until then; zero: it may speak
	CustomerAt  time.Time      // last word of the customer
	AnsweredAt  time.Time      // last word of ours
	Unanswered  int            // messages of the customer since then
	WaitSince   time.Time      // first of them
	Address     core.AddressID // where answers go now, as last announced
	Divided     bool           // its divider is shown, or it needs none
}

// Forever is a MutedUntil without an end.
var Forever = Time(math.MaxInt64)

const dialogColumns = `id, topic_id, department, assignee, state, opened_at, closed_at, close_reason, muted_until,
	customer_at, answered_at, unanswered, wait_since, address_id, divided`

func scanDialog(row interface{ Scan(...any) error }) (Dialog, error) {
	var d Dialog
	var opened, closed, muted, customer, answered, wait int64
	var divided int
	err := row.Scan(&d.ID, &d.Topic, &d.Department, &d.Assignee, &d.State, &opened, &closed, &d.CloseReason, &muted,
		&customer, &answered, &d.Unanswered, &wait, &d.Address, &divided)
	d.OpenedAt, d.ClosedAt, d.MutedUntil = Time(opened), Time(closed), Time(muted)
	d.CustomerAt, d.AnsweredAt, d.WaitSince = Time(customer), Time(answered), Time(wait)
	d.Divided = divided == 1
	return d, err
}

// Dialog is the dialog by its number.
func (t *Tx) Dialog(id core.DialogID) (Dialog, error) {
	d, err := scanDialog(t.QueryRow(`SELECT `+dialogColumns+` FROM dialogs WHERE id = $1`, int64(id)))
	return d, one(fmt.Sprintf("dialog %d", id), err)
}

// OpenDialog is the open dialog of a topic; ErrNotFound when there is none.
func (t *Tx) OpenDialog(topic core.TopicID) (Dialog, error) {
	d, err := scanDialog(t.QueryRow(`SELECT `+dialogColumns+` FROM dialogs WHERE topic_id = $1 AND state = 1`, int64(topic)))
	return d, one("open dialog", err)
}

// LastDialog is the newest dialog of a topic, open or closed.
func (t *Tx) LastDialog(topic core.TopicID) (Dialog, error) {
	d, err := scanDialog(t.QueryRow(`SELECT `+dialogColumns+` FROM dialogs WHERE topic_id = $1 ORDER BY id DESC LIMIT 1`, int64(topic)))
	return d, one("last dialog", err)
}

// NewDialog opens a dialog in a topic.
func (t *Tx) NewDialog(topic core.TopicID, department core.DepartmentID) (Dialog, error) {
	id, err := t.Insert(`INSERT INTO dialogs (topic_id, department, state, opened_at) VALUES ($1, $2, $3, $4) RETURNING id`,
		int64(topic), string(department), int(DialogOpen), Micros(t.Now()))
	if err != nil {
		return Dialog{}, fmt.Errorf("new dialog: %w", err)
	}
	return t.Dialog(core.DialogID(id))
}

// SaveDialog writes back everything that changes in a dialog's life.
func (t *Tx) SaveDialog(d Dialog) error {
	_, err := t.Exec(`UPDATE dialogs SET department = $1, assignee = $2, state = $3, closed_at = $4, close_reason = $5,
		muted_until = $6, customer_at = $7, answered_at = $8, unanswered = $9, wait_since = $10, address_id = $11, divided = $12
		WHERE id = $13`,
		string(d.Department), string(d.Assignee), int(d.State), Micros(d.ClosedAt), d.CloseReason,
		Micros(d.MutedUntil), Micros(d.CustomerAt), Micros(d.AnsweredAt), d.Unanswered, Micros(d.WaitSince),
		int64(d.Address), flag(d.Divided), int64(d.ID))
	if err != nil {
		return fmt.Errorf("save dialog %d: %w", d.ID, err)
	}
	return nil
}

// DialogsOf counts the dialogs of a contact.
func (t *Tx) DialogsOf(contact core.ContactID) (int, error) {
	var n int
	err := t.QueryRow(`SELECT count(*) FROM dialogs d JOIN topics t ON t.id = d.topic_id WHERE t.contact_id = $1`, int64(contact)).Scan(&n)
	return n, err
}

// DialogsAssigned lists the open dialogs of a person.
func (t *Tx) DialogsAssigned(p core.PersonID) ([]Dialog, error) {
	rows, err := t.Query(`SELECT `+dialogColumns+` FROM dialogs WHERE assignee = $1 AND state = 1 ORDER BY id`, string(p))
	if err != nil {
		return nil, fmt.Errorf("dialogs of operator: %w", err)
	}
	defer rows.Close()
	var out []Dialog
	for rows.Next() {
		d, err := scanDialog(rows)
		if err != nil {
			return nil, fmt.Errorf("dialogs of operator: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Entry is one line of the journal.
type Entry struct {
	Topic   core.TopicID
	Dialog  core.DialogID
	Message core.MessageID
	Actor   string
	Action  string
	Data    string
	At      time.Time
}

// Log adds a line to the journal of a topic.
func (t *Tx) Log(e Entry) error {
	_, err := t.Exec(`INSERT INTO journal (topic_id, dialog_id, message_id, actor, action, data, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		int64(e.Topic), int64(e.Dialog), int64(e.Message), e.Actor, e.Action, e.Data, Micros(t.Now()))
	return err
}

// Album keeps the parts of an album together while they arrive. It returns the
// message the parts belong to, zero for the first, and how many came before.
func (t *Tx) Album(key string) (core.MessageID, int, error) {
	var id core.MessageID
	var parts int
	err := t.QueryRow(`SELECT message_id, parts FROM albums WHERE key = $1`, key).Scan(&id, &parts)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return id, parts, one("album", err)
}

// SaveAlbum records one more part of an album.
func (t *Tx) SaveAlbum(key string, m core.MessageID, parts int) error {
	_, err := t.Exec(`INSERT INTO albums (key, message_id, parts, last_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET message_id = excluded.message_id, parts = excluded.parts, last_at = excluded.last_at`,
		key, int64(m), parts, Micros(t.Now()))
	return err
}

// AlbumFate is what was decided of an operator's album with its first part, as
// the desk counts it; known is false when no part has come.
func (t *Tx) AlbumFate(key string) (fate int, known bool, err error) {
	err = t.QueryRow(`SELECT fate FROM albums WHERE key = $1`, key).Scan(&fate)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return fate, err == nil, one("album", err)
}

// SetAlbumFate records what was decided of an operator's album.
func (t *Tx) SetAlbumFate(key string, fate int) error {
	_, err := t.Exec(`INSERT INTO albums (key, message_id, parts, fate, last_at) VALUES ($1, 0, 0, $2, $3)
		ON CONFLICT (key) DO UPDATE SET fate = excluded.fate, last_at = excluded.last_at`, key, fate, Micros(t.Now()))
	return err
}

// ForgetAlbums drops the albums whose last part came before a time.
func (t *Tx) ForgetAlbums(before time.Time) error {
	_, err := t.Exec(`DELETE FROM albums WHERE last_at < $1`, Micros(before))
	return err
}
