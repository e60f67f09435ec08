package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parom/core"
)

// extra is what few messages have; kept as JSON, empty for plain text.
type extra struct {
	Subject     string            `json:"subject,omitempty"`
	Spans       []core.Span       `json:"spans,omitempty"`
	Attachments []core.Attachment `json:"att,omitempty"`
	ReplyTo     *core.Reference   `json:"re,omitempty"`
	Forwarded   string            `json:"fwd,omitempty"`
	Thread      core.ThreadID     `json:"thr,omitempty"`
}

func packExtra(m core.Message) (string, error) {
	x := extra{m.Content.Subject, m.Content.Text.Spans, m.Content.Attachments, m.ReplyTo, m.Forwarded, m.Thread}
	if x.Subject == "" && len(x.Spans) == 0 && len(x.Attachments) == 0 && x.ReplyTo == nil && x.Forwarded == "" && x.Thread == "" {
		return "", nil
	}
	b, err := json.Marshal(x)
	return string(b), err
}

func unpackExtra(m *core.Message, s string) error {
	if s == "" {
		return nil
	}
	var x extra
	if err := json.Unmarshal([]byte(s), &x); err != nil {
		return fmt.Errorf("message %d: unpack: %w", m.ID, err)
	}
	m.Content.Subject, m.Content.Text.Spans, m.Content.Attachments = x.Subject, x.Spans, x.Attachments
	m.ReplyTo, m.Forwarded, m.Thread = x.ReplyTo, x.Forwarded, x.Thread
	return nil
}

// InsertMessage stores a new message and gives it its id.
func (t *Tx) InsertMessage(m *core.Message) error {
	x, err := packExtra(*m)
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	m.StoredAt = t.Now()
	if m.SentAt.IsZero() {
		m.SentAt = m.StoredAt
	}
	id, err := t.Insert(`INSERT INTO messages (dialog_id, address_id, direction, delivery, author, body, extra, sent_at, stored_at, edited_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		int64(m.Dialog), int64(m.Address), int(m.Direction), int(m.Delivery), string(m.Author), m.Content.Text.Body, x,
		Micros(m.SentAt), Micros(m.StoredAt), Micros(m.EditedAt))
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	m.ID = core.MessageID(id)
	return nil
}

const messageColumns = `id, dialog_id, address_id, direction, delivery, twice, author, body, extra, sent_at, stored_at, edited_at, deleted_at`

func scanMessage(row interface{ Scan(...any) error }) (core.Message, error) {
	var m core.Message
	var twice int
	var x string
	var sent, stored, edited, deleted int64
	err := row.Scan(&m.ID, &m.Dialog, &m.Address, &m.Direction, &m.Delivery, &twice, &m.Author, &m.Content.Text.Body, &x,
		&sent, &stored, &edited, &deleted)
	if err != nil {
		return m, err
	}
	m.Twice = twice == 1
	m.SentAt, m.StoredAt, m.EditedAt, m.DeletedAt = Time(sent), Time(stored), Time(edited), Time(deleted)
	return m, unpackExtra(&m, x)
}

// Message is the message by its id. What it quotes is looked up by the network's
// name when it was not known as it came: our own answer, quoted before its receipt
// was recorded.
func (t *Tx) Message(id core.MessageID) (core.Message, error) {
	m, err := scanMessage(t.QueryRow(`SELECT `+messageColumns+` FROM messages WHERE id = $1`, int64(id)))
	if err != nil || m.ReplyTo == nil || m.ReplyTo.Message != 0 || m.ReplyTo.Remote == "" {
		return m, one(fmt.Sprintf("message %d", id), err)
	}
	err = t.QueryRow(`SELECT r.message_id FROM remotes r JOIN addresses a ON a.channel_id = r.channel_id WHERE a.id = $1 AND r.remote = $2`,
		int64(m.Address), string(m.ReplyTo.Remote)).Scan(&m.ReplyTo.Message)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return m, one(fmt.Sprintf("what message %d quotes", id), err)
}

// AppendAttachment adds one more part to an album's message; text of the part
// becomes the message's when it has none, else a line of it. It tells which bytes
// of the body the part's words are: an empty stretch at its end when it has none.
func (t *Tx) AppendAttachment(m *core.Message, c core.Content) (from, to int, err error) {
	m.Content.Attachments = append(m.Content.Attachments, c.Attachments...)
	if !c.Text.IsEmpty() && !m.Content.Text.IsEmpty() {
		m.Content.Text = m.Content.Text.Append(core.Plain("\n"))
	}
	from = len(m.Content.Text.Body)
	if !c.Text.IsEmpty() {
		m.Content.Text = m.Content.Text.Append(c.Text)
	}
	return from, len(m.Content.Text.Body), t.saveContent(*m)
}

// SaveAttachments writes back what was learnt of a message's files.
func (t *Tx) SaveAttachments(m core.Message) error { return t.saveContent(m) }

func (t *Tx) saveContent(m core.Message) error {
	x, err := packExtra(m)
	if err != nil {
		return fmt.Errorf("save message %d: %w", m.ID, err)
	}
	_, err = t.Exec(`UPDATE messages SET body = $1, extra = $2, edited_at = $3 WHERE id = $4`,
		m.Content.Text.Body, x, Micros(m.EditedAt), int64(m.ID))
	if err != nil {
		return fmt.Errorf("save message %d: %w", m.ID, err)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// WaitingOf lists the messages of a dialog and direction that have not left yet.
func (t *Tx) WaitingOf(d core.DialogID, dir core.Direction) ([]core.MessageID, error) {
	rows, err := t.Query(`SELECT id FROM messages WHERE dialog_id = $1 AND direction = $2 AND delivery IN ($3, $4) ORDER BY id`,
		int64(d), int(dir), int(core.DeliveryHeld), int(core.DeliveryWaiting))
	if err != nil {
		return nil, fmt.Errorf("waiting messages of dialog %d: %w", d, err)
	}
	return ids(rows)
}

// ids reads a column of message ids to its end.
func ids(rows *sql.Rows) ([]core.MessageID, error) {
	defer rows.Close()
	var out []core.MessageID
	for rows.Next() {
		var id core.MessageID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("message ids: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// MarkDeleted records that a message is gone at the customer, since the earliest
// time told; its text stays.
func (t *Tx) MarkDeleted(id core.MessageID, at time.Time) error {
	_, err := t.Exec(`UPDATE messages SET deleted_at = $1 WHERE id = $2 AND (deleted_at = 0 OR deleted_at > $3)`,
		Micros(at), int64(id), Micros(at))
	return err
}

// Redirect changes whose words a message carries, as when an album turns out to
// be a note.
func (t *Tx) Redirect(id core.MessageID, d core.Direction) error {
	_, err := t.Exec(`UPDATE messages SET direction = $1, address_id = CASE WHEN $2 = $3 THEN 0 ELSE address_id END WHERE id = $4`,
		int(d), int(d), int(core.Note), int64(id))
	return err
}

// LastAnswer is the newest answer of a person in a topic; ErrNotFound: none.
func (t *Tx) LastAnswer(topic core.TopicID, by core.PersonID) (core.Message, error) {
	m, err := scanMessage(t.QueryRow(`SELECT `+messageColumns+` FROM messages WHERE direction = $1 AND author = $2
		AND dialog_id IN (SELECT id FROM dialogs WHERE topic_id = $3 ORDER BY id DESC LIMIT 3) ORDER BY id DESC LIMIT 1`,
		int(core.FromOperator), string(by), int64(topic)))
	return m, one("last answer", err)
}

// Advance moves a message's delivery on. It never goes backwards: a state that
// is not later than the present one changes nothing. It reports a change.
func (t *Tx) Advance(id core.MessageID, d core.Delivery) (bool, error) {
	n, err := t.Exec(`UPDATE messages SET delivery = $1 WHERE id = $2 AND delivery < $3`, int(d), int64(id), int(d))
	return n > 0, err
}

// SetDelivery puts a message's delivery where it is told, for a retry or an undo.
func (t *Tx) SetDelivery(id core.MessageID, d core.Delivery) error {
	_, err := t.Exec(`UPDATE messages SET delivery = $1 WHERE id = $2`, int(d), int64(id))
	return err
}

// MarkTwice records that a message may have reached the customer twice.
func (t *Tx) MarkTwice(id core.MessageID) error {
	_, err := t.Exec(`UPDATE messages SET twice = 1 WHERE id = $1`, int64(id))
	return err
}

// SetSentAt records the network's own time of a message.
func (t *Tx) SetSentAt(id core.MessageID, at time.Time) error {
	_, err := t.Exec(`UPDATE messages SET sent_at = $1 WHERE id = $2`, Micros(at), int64(id))
	return err
}

// Remote is what a network calls a message, or one part of it.
type Remote struct {
	ChannelNo  int64
	Remote     core.RemoteID
	Message    core.MessageID
	Part       int
	From, To   int // bytes of the body it carries
	Attachment int // index it carries; -1: none
	// At is the network's time of it: of its sending, of a customer's also of its
	// newest edit.
	At time.Time
}

// AddRemote records a network's name of a message; a second time changes nothing.
func (t *Tx) AddRemote(r Remote) error {
	_, err := t.Exec(`INSERT INTO remotes (channel_id, remote, message_id, part, text_from, text_to, attachment, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		r.ChannelNo, string(r.Remote), int64(r.Message), r.Part, r.From, r.To, r.Attachment, Micros(r.At))
	return err
}

const remoteColumns = `channel_id, remote, message_id, part, text_from, text_to, attachment, at`

func scanRemote(row interface{ Scan(...any) error }) (Remote, error) {
	var r Remote
	var at int64
	err := row.Scan(&r.ChannelNo, &r.Remote, &r.Message, &r.Part, &r.From, &r.To, &r.Attachment, &at)
	r.At = Time(at)
	return r, err
}

// Remote is what is known of a network's message.
func (t *Tx) Remote(channelNo int64, id core.RemoteID) (Remote, error) {
	r, err := scanRemote(t.QueryRow(`SELECT `+remoteColumns+` FROM remotes WHERE channel_id = $1 AND remote = $2`,
		channelNo, string(id)))
	return r, one("remote message", err)
}

// RemotesOf lists what a message is called on its networks, in order of parts.
func (t *Tx) RemotesOf(id core.MessageID) ([]Remote, error) {
	rows, err := t.Query(`SELECT `+remoteColumns+` FROM remotes WHERE message_id = $1 ORDER BY part`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("remotes of message %d: %w", id, err)
	}
	defer rows.Close()
	var out []Remote
	for rows.Next() {
		r, err := scanRemote(rows)
		if err != nil {
			return nil, fmt.Errorf("remotes of message %d: %w", id, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// SaveRemote writes back which bytes a part carries, and its time.
func (t *Tx) SaveRemote(r Remote) error {
	_, err := t.Exec(`UPDATE remotes SET text_from = $1, text_to = $2, at = $3 WHERE channel_id = $4 AND remote = $5`,
		r.From, r.To, Micros(r.At), r.ChannelNo, string(r.Remote))
	return err
}

// ForgetRemote drops a network's name of a part that was deleted there.
func (t *Tx) ForgetRemote(channelNo int64, id core.RemoteID) error {
	_, err := t.Exec(`DELETE FROM remotes WHERE channel_id = $1 AND remote = $2`, channelNo, string(id))
	return err
}

// Undelivered lists our messages to an address, up to one of them, that are sent
// and not yet known to have come as far as a state.
func (t *Tx) Undelivered(a core.AddressID, upTo core.MessageID, d core.Delivery) ([]core.MessageID, error) {
	rows, err := t.Query(`SELECT m.id FROM messages m JOIN dialogs d ON d.id = m.dialog_id
		WHERE m.dialog_id IN (SELECT id FROM dialogs WHERE topic_id = (SELECT topic_id FROM dialogs WHERE id =
			(SELECT dialog_id FROM messages WHERE id = $1)) ORDER BY id DESC LIMIT 2)
		AND m.address_id = $2 AND m.id <= $3 AND m.delivery >= $4 AND m.delivery < $5 ORDER BY m.id`,
		int64(upTo), int64(a), int64(upTo), int(core.DeliverySent), int(d))
	if err != nil {
		return nil, fmt.Errorf("undelivered messages: %w", err)
	}
	return ids(rows)
}
