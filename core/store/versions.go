package store

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"parom/core"
)

// Version is an earlier content of a message.
type Version struct {
	N       int // as stored, 0 for a first text that came after its edits
	Content core.Content
	At      time.Time
}

// SameContent reports that two contents say the same. What was only learnt of a
// file since (where its bytes lie, its size and type) makes no difference.
func SameContent(a, b core.Content) bool {
	return a.Subject == b.Subject && a.Text.Body == b.Text.Body && slices.Equal(a.Text.Spans, b.Text.Spans) &&
		slices.EqualFunc(a.Attachments, b.Attachments, func(x, y core.Attachment) bool {
			x.Blob, x.SizeBytes, x.MIME = y.Blob, y.SizeBytes, y.MIME
			return reflect.DeepEqual(x, y)
		})
}

// ReplaceContent stores a message's new content and keeps the one before as a
// version. A zero at means that the message never left: no version is made.
func (t *Tx) ReplaceContent(m *core.Message, c core.Content, at time.Time) error {
	if !at.IsZero() {
		if err := t.keepVersion(*m, m.Content, later(m.EditedAt, m.SentAt), false); err != nil {
			return err
		}
		m.EditedAt = later(m.EditedAt, at)
	}
	m.Content = c
	return t.saveContent(*m)
}

// keepVersion records that a message said c at a time; first: as it was sent.
func (t *Tx) keepVersion(m core.Message, c core.Content, at time.Time, first bool) error {
	m.Content = c
	x, err := packExtra(m)
	if err != nil {
		return fmt.Errorf("keep version of message %d: %w", m.ID, err)
	}
	if first {
		_, err = t.Exec(`INSERT INTO versions (message_id, n, body, extra, at) VALUES ($1, 0, $2, $3, $4) ON CONFLICT DO NOTHING`,
			int64(m.ID), c.Text.Body, x, Micros(at))
	} else {
		_, err = t.Exec(`INSERT INTO versions (message_id, n, body, extra, at)
			SELECT $1, coalesce(max(n), 0) + 1, $2, $3, $4 FROM versions WHERE message_id = $5`,
			int64(m.ID), c.Text.Body, x, Micros(at), int64(m.ID))
	}
	if err != nil {
		return fmt.Errorf("keep version of message %d: %w", m.ID, err)
	}
	return nil
}

// Remember takes what a customer's message said at a time and that does not
// change what it says now: a content older than it that came late, or the same
// once more. Since when it says what it says is put right; first: c is the message
// as it was sent.
func (t *Tx) Remember(m *core.Message, c core.Content, at time.Time, first bool) error {
	now := later(m.EditedAt, m.SentAt)
	if SameContent(c, m.Content) && at.Equal(now) && !first {
		return nil
	}
	if err := t.keepVersion(*m, c, at, first); err != nil {
		return err
	}
	vs, err := t.said(m.ID)
	if err != nil {
		return err
	}
	// The present content stands since the first of the last that are the same;
	// it may itself be older than one that only repeated it.
	vs = append(vs, Version{N: len(vs) + 1, Content: m.Content, At: now})
	slices.SortStableFunc(vs, func(a, b Version) int { return a.At.Compare(b.At) })
	since := len(vs) - 1
	for since > 0 && SameContent(vs[since-1].Content, m.Content) {
		since--
	}
	edited := m.EditedAt
	if first {
		m.SentAt = at
	} else if at.Before(m.SentAt) {
		m.SentAt = at // of an edit whose message has not come yet
	}
	switch {
	case since > 0:
		m.EditedAt = vs[since].At
	case first || edited.IsZero():
		m.EditedAt = time.Time{}
	default:
		m.EditedAt = vs[0].At
	}
	if !later(m.EditedAt, m.SentAt).Equal(now) { // what is said here stays known
		if err := t.keepVersion(*m, m.Content, now, false); err != nil {
			return err
		}
	}
	if err := t.SetSentAt(m.ID, m.SentAt); err != nil {
		return err
	}
	return t.saveContent(*m)
}

// said lists what is kept of a message's contents, as it is stored, by time.
func (t *Tx) said(id core.MessageID) ([]Version, error) {
	rows, err := t.Query(`SELECT n, body, extra, at FROM versions WHERE message_id = $1 ORDER BY n`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("versions of message %d: %w", id, err)
	}
	defer rows.Close()
	var out []Version
	for rows.Next() {
		var v Version
		var body, x string
		var at int64
		if err := rows.Scan(&v.N, &body, &x, &at); err != nil {
			return nil, fmt.Errorf("versions of message %d: %w", id, err)
		}
		m := core.Message{ID: id}
		m.Content.Text.Body = body
		if err := unpackExtra(&m, x); err != nil {
			return nil, err
		}
		v.Content, v.At = m.Content, Time(at)
		out = append(out, v)
	}
	return out, rows.Err()
}

// Versions lists the earlier contents of a message, oldest first, each once while
// it stood.
func (t *Tx) Versions(id core.MessageID) ([]Version, error) {
	vs, err := t.said(id)
	if err != nil || len(vs) == 0 {
		return nil, err
	}
	m, err := t.Message(id)
	if err != nil {
		return nil, err
	}
	if m.Direction != core.FromCustomer { // ours come in order, whatever the clocks say
		return vs, nil
	}
	slices.SortStableFunc(vs, func(a, b Version) int { return a.At.Compare(b.At) })
	out := vs[:0]
	for _, v := range vs {
		if v.At.After(later(m.EditedAt, m.SentAt)) {
			break // repeats what is said now
		}
		if len(out) == 0 || !SameContent(out[len(out)-1].Content, v.Content) {
			out = append(out, v)
		}
	}
	if n := len(out); n > 0 && SameContent(out[n-1].Content, m.Content) {
		out = out[:n-1]
	}
	return out, nil
}
