package router

import (
	"errors"
	"fmt"
	"reflect"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// edited takes a customer's new version of a message. Every version is kept. A
// message that operators have not seen yet simply changes; a late change is
// announced and waits for an answer again.
func (r *Router) edited(in intake, b core.Edited) error {
	rem, err := in.t.Remote(in.no, in.ev.Remote)
	if errors.Is(err, store.ErrNotFound) { // the message itself never came: it is new to us
		in.ev.Group = ""
		return r.posted(in, core.Posted{Content: b.Content})
	}
	if err != nil {
		return err
	}
	m, err := in.t.Message(rem.Message)
	if err != nil {
		return err
	}
	if m.Direction != core.FromCustomer {
		return nil // our own edit, told back
	}
	now := merged(m, rem, b.Content)
	if reflect.DeepEqual(now, m.Content) {
		return nil // networks tell of edits that change nothing people see
	}
	was := m.Content.Text.Body
	if err := in.t.ReplaceContent(&m, now, in.ev.At); err != nil {
		return err
	}
	_, waiting, err := waitingJob(in.t, m.ID, store.JobShow)
	if err != nil || waiting {
		return err
	}
	d, err := in.t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	if err := r.amend(in.t, d.Topic, m.ID); err != nil {
		return err
	}
	if !r.isLate(m, d, in.ev.At) {
		return nil
	}
	return r.announceEdit(in, m, d, was)
}

// announceEdit raises a quiet line "was → is" and counts the change as a word of
// the customer that waits for an answer.
func (r *Router) announceEdit(in intake, m core.Message, d store.Dialog, was string) error {
	open, err := in.t.OpenDialog(d.Topic)
	switch {
	case errors.Is(err, store.ErrNotFound):
		// The dialog it belongs to is closed: a change in it opens the next.
		if open, _, err = dialogs.Ensure(in.t, d.Topic, d.Department); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	dialogs.CustomerSpoke(&open, in.ev.At)
	if err := in.t.SaveDialog(open); err != nil {
		return err
	}
	return dialogs.Say(in.t, d.Topic, dialogs.Line{
		Key: "line.edited", About: m.ID, At: in.ev.At,
		Args: dialogs.Args{"Was": was, "Is": m.Content.Text.Body},
	})
}

// merged is a message's content after the part that rem names changed to c.
func merged(m core.Message, rem store.Remote, c core.Content) core.Content {
	now := m.Content
	if len(m.Content.Attachments) <= 1 || rem.Attachment < 0 {
		// Where the bytes lie is kept: an edit of the words leaves the file.
		if len(c.Attachments) == 1 && len(now.Attachments) == 1 && c.Attachments[0].Locator == now.Attachments[0].Locator {
			c.Attachments = now.Attachments
		}
		c.Subject = now.Subject
		return c
	}
	// One part of an album: its words stand among those of the others only
	// when it has any.
	now.Attachments = append([]core.Attachment(nil), now.Attachments...)
	if len(c.Attachments) == 1 && rem.Attachment < len(now.Attachments) && c.Attachments[0].Locator != now.Attachments[rem.Attachment].Locator {
		now.Attachments[rem.Attachment] = c.Attachments[0]
	}
	if rem.To > 0 || rem.Attachment == 0 || now.Text.IsEmpty() {
		now.Text = c.Text
	} else if !c.Text.IsEmpty() {
		now.Text = now.Text.Append(core.Plain("\n")).Append(c.Text)
	}
	return now
}

// amend enqueues a message's posts anew.
func (r *Router) amend(t *store.Tx, topic core.TopicID, m core.MessageID) error {
	return t.Enqueue(&store.Job{
		Lane: store.TopicLane(topic), Kind: store.JobAmend, Message: m,
		Slot: fmt.Sprintf("amend:%d", m), Priority: store.States,
	})
}

// deleted takes a customer's deletion: the text stays in the history, struck in
// the topic.
func (r *Router) deleted(in intake) error {
	rem, err := in.t.Remote(in.no, in.ev.Remote)
	if errors.Is(err, store.ErrNotFound) {
		return nil // nobody saw it, nobody misses it
	}
	if err != nil {
		return err
	}
	m, err := in.t.Message(rem.Message)
	if err != nil || m.Direction != core.FromCustomer || !m.DeletedAt.IsZero() {
		return err
	}
	if err := in.t.MarkDeleted(m.ID, in.ev.At); err != nil {
		return err
	}
	d, err := in.t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	if err := r.amend(in.t, d.Topic, m.ID); err != nil {
		return err
	}
	return dialogs.Say(in.t, d.Topic, dialogs.Line{Key: "line.deleted", About: m.ID, At: in.ev.At})
}
