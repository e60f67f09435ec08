package router

import (
	"errors"
	"fmt"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// subject is the message an event is about and what its network calls it; known is
// false for one that has not come.
func (in intake) subject() (rem store.Remote, m core.Message, known bool, err error) {
	rem, err = in.t.Remote(in.no, in.ev.Remote)
	if errors.Is(err, store.ErrNotFound) {
		return rem, m, false, nil
	}
	if err != nil {
		return rem, m, false, err
	}
	m, err = in.t.Message(rem.Message)
	return rem, m, err == nil, err
}

// edited takes a customer's new version of a message. Every version is kept. A
// message that operators have not seen yet simply changes; a late change is
// announced and waits for an answer again. One that is older than what is known of
// its part is kept, and changes nothing that is said now. Edits of one time (networks
// tell whole seconds) count as they come.
func (r *Router) edited(in intake, b core.Edited) error {
	rem, m, known, err := in.subject()
	if err != nil {
		return err
	}
	if !known { // the message itself has not come: it is new to us
		in.ev.Group = ""
		return r.newMessage(in, core.Posted{Content: b.Content}, in.ev.At)
	}
	if m.Direction != core.FromCustomer {
		return nil // our own edit, told back
	}
	e, err := editOfRemote(in.t, m, rem, b.Content)
	if err != nil {
		return err
	}
	if in.ev.At.Before(rem.At) {
		return in.t.Remember(&m, e.content, in.ev.At, false)
	}
	same := store.SameContent(e.content, m.Content)
	for i := range e.parts {
		if e.parts[i].Remote == rem.Remote {
			e.parts[i].At = in.ev.At
		}
	}
	if err := e.save(in.t); err != nil {
		return err
	}
	if same { // networks tell of edits that change nothing people see
		if !e.one {
			return nil
		}
		return in.t.Remember(&m, e.content, in.ev.At, false)
	}
	was := m.Content.Text.Body
	if err := in.t.ReplaceContent(&m, e.content, in.ev.At); err != nil {
		return err
	}
	d, shown, err := r.amendShown(in.t, m)
	if err != nil || !shown || !r.isLate(m, d, in.ev.At) {
		return err
	}
	return r.announceEdit(in, m, d, was)
}

// postedLate takes the message itself after its edits, or once more: it is the
// oldest of what is known of it.
func (r *Router) postedLate(in intake, rem store.Remote, m core.Message, b core.Posted) error {
	if m.Direction != core.FromCustomer {
		return nil
	}
	e, err := editOfRemote(in.t, m, rem, b.Content)
	if err != nil || !e.one {
		return err // a part of an album comes once more
	}
	if m.ReplyTo, err = r.resolveReply(in, b.ReplyTo); err != nil {
		return err
	}
	m.Forwarded = b.Forwarded
	if err := in.t.Remember(&m, e.content, in.ev.At, true); err != nil {
		return err
	}
	_, _, err = r.amendShown(in.t, m)
	return err
}

// amendShown brings the posts of a message up to date if it was shown, and gives
// its dialog.
func (r *Router) amendShown(t *store.Tx, m core.Message) (d store.Dialog, shown bool, err error) {
	_, waiting, err := waitingJob(t, m.ID, store.JobShow)
	if err != nil || waiting {
		return d, false, err
	}
	if d, err = t.Dialog(m.Dialog); err != nil {
		return d, false, err
	}
	return d, true, r.amend(t, d.Topic, m.ID)
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

// amend enqueues a message's posts anew.
func (r *Router) amend(t *store.Tx, topic core.TopicID, m core.MessageID) error {
	return t.Enqueue(&store.Job{
		Lane: store.TopicLane(topic), Kind: store.JobAmend, Message: m,
		Slot: fmt.Sprintf("amend:%d", m), Priority: store.States,
	})
}

// deleted takes a customer's deletion: the text stays in the history, struck in
// the topic. One that comes before its message waits for it.
func (r *Router) deleted(in intake) error {
	_, m, known, err := in.subject()
	if err != nil {
		return err
	}
	if !known {
		return in.t.KeepEarly(in.no, in.ev.Remote, store.Early{DeletedAt: in.ev.At})
	}
	if m.Direction != core.FromCustomer {
		return nil
	}
	if err := in.t.MarkDeleted(m.ID, in.ev.At); err != nil || !m.DeletedAt.IsZero() {
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

// catchUp applies to a message what came before it.
func (r *Router) catchUp(in intake, m core.Message) error {
	e, err := in.t.TakeEarly(in.no, in.ev.Remote)
	if err != nil {
		return err
	}
	if !e.DeletedAt.IsZero() && m.Direction == core.FromCustomer {
		if err := in.t.MarkDeleted(m.ID, e.DeletedAt); err != nil {
			return err
		}
	}
	if e.ReactedAt.IsZero() {
		return nil
	}
	return in.t.SetReaction(m.ID, e.Reaction, e.ReactedAt)
}
