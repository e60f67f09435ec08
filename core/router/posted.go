package router

import (
	"errors"
	"fmt"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// albumPayload marks the job of an album whose parts may still arrive.
const albumPayload = `{"album":true}`

// posted takes a message of a customer.
func (r *Router) posted(in intake, b core.Posted) error {
	if in.ev.Remote != "" {
		rem, m, known, err := in.subject()
		if err != nil {
			return err
		}
		if known {
			return r.postedLate(in, rem, m, b)
		}
	}
	if in.ev.Group != "" {
		joined, err := r.joinAlbum(in, b)
		if err != nil || joined {
			return err
		}
	}
	return r.newMessage(in, b, time.Time{})
}

// newMessage takes a customer's message that is not known. edited is when it was
// changed last, if that is all that came of it; zero: never.
func (r *Router) newMessage(in intake, b core.Posted, edited time.Time) error {
	a, _, err := in.t.MeetPeer(in.no, in.ev.From, in.ev.At)
	if err != nil {
		return err
	}
	topic, d, err := r.openFor(in, a)
	if err != nil {
		return err
	}
	m := core.Message{
		Dialog: d.ID, Address: a.ID, Thread: in.ev.Thread, Direction: core.FromCustomer,
		Content: b.Content, Forwarded: b.Forwarded, SentAt: in.ev.At, EditedAt: edited,
	}
	if m.ReplyTo, err = r.resolveReply(in, b.ReplyTo); err != nil {
		return err
	}
	if err := in.t.InsertMessage(&m); err != nil {
		return err
	}
	if err := r.nameParts(in, m, 0, 0, stretch{to: len(m.Content.Text.Body)}); err != nil {
		return err
	}
	if err := in.t.TouchAddress(a.ID, in.ev.At); err != nil {
		return err
	}
	if a.Gone != "" { // whoever writes can be written to
		if err := r.cameBack(in.t, in.ch, a); err != nil {
			return err
		}
	}
	dialogs.CustomerSpoke(&d, in.ev.At)
	if err := in.t.SaveDialog(d); err != nil {
		return err
	}
	if err := r.learnPhone(in.t, a, b.Content); err != nil {
		return err
	}
	return r.show(in, topic, m)
}

// openFor finds or opens the topic and the dialog of an address.
func (r *Router) openFor(in intake, a store.Address) (store.Topic, store.Dialog, error) {
	dep := r.route(in.ch)
	topic, d, err := r.topicOf(in.t, a.Contact, in.ev.Thread, dep)
	if err != nil {
		return topic, d, err
	}
	opened := false
	if d.ID == 0 {
		if d, opened, err = dialogs.Ensure(in.t, topic.ID, dep.ID); err != nil {
			return topic, d, err
		}
	}
	if d.Address != a.ID {
		was := d.Address
		d.Address = a.ID
		if was != 0 && topic.State == store.TopicOpen {
			err = dialogs.Refresh(in.t, topic.ID) // its first words are where answers go
		}
	} else if opened && topic.State == store.TopicOpen {
		err = dialogs.Refresh(in.t, topic.ID)
	}
	return topic, d, err
}

// topicOf is the topic of a contact: the one with an open dialog, which comes with
// it, if any, for an address feeds exactly one; else that of the department's group.
func (r *Router) topicOf(t *store.Tx, c core.ContactID, th core.ThreadID, dep Department) (store.Topic, store.Dialog, error) {
	topics, err := t.TopicsOf(c)
	if err != nil {
		return store.Topic{}, store.Dialog{}, err
	}
	for _, o := range topics {
		if o.Thread != th {
			continue
		}
		if d, err := t.OpenDialog(o.ID); err == nil {
			return o, d, nil
		} else if !errors.Is(err, store.ErrNotFound) {
			return o, d, err
		}
	}
	topic, err := t.TopicFor(c, dep.Group, th)
	return topic, store.Dialog{}, err
}

// resolveReply finds the message a customer quotes. One that is not known yet (our
// answer, whose receipt is not recorded) keeps the network's name of it.
func (r *Router) resolveReply(in intake, ref *core.Reference) (*core.Reference, error) {
	if ref == nil {
		return nil, nil
	}
	rem, err := in.t.Remote(in.no, ref.Remote)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &core.Reference{Fragment: ref.Fragment, Remote: ref.Remote}, nil
	case err != nil:
		return nil, err
	}
	return &core.Reference{Message: rem.Message, Fragment: ref.Fragment, Remote: ref.Remote}, nil
}

// nameParts records what the network calls a part of a message, its first
// attachment and which words it carries; what came before it applies now.
func (r *Router) nameParts(in intake, m core.Message, part, attachment int, words stretch) error {
	if in.ev.Remote == "" {
		return nil
	}
	if len(m.Content.Attachments) == 0 {
		attachment = -1
	}
	err := in.t.AddRemote(store.Remote{
		ChannelNo: in.no, Remote: in.ev.Remote, Message: m.ID, Part: part,
		From: words.from, To: words.to, Attachment: attachment, At: in.ev.At,
	})
	if err != nil {
		return err
	}
	return r.catchUp(in, m)
}

// show enqueues a message for its topic. An album waits for its other parts; a
// message of its own completes the albums before it.
func (r *Router) show(in intake, topic store.Topic, m core.Message) error {
	j := store.Job{Lane: store.TopicLane(topic.ID), Kind: store.JobShow, Message: m.ID, Priority: store.Words}
	if in.ev.Group != "" {
		j.Payload, j.DueAt = albumPayload, in.t.Now().Add(r.o.AlbumWait)
		if err := in.t.SaveAlbum(r.albumKey(in), m.ID, 1); err != nil {
			return err
		}
	}
	if err := r.completeAlbums(in.t, j.Lane); err != nil {
		return err
	}
	return in.t.Enqueue(&j)
}

// albumKey is the album's name for ever: the network may use its own again on
// another channel.
func (r *Router) albumKey(in intake) string {
	return string(in.ch.ID) + ":" + string(in.ev.From.ID) + ":" + in.ev.Group
}

// joinAlbum adds a part to an album that has not been shown yet. A part that
// comes too late for that becomes a message of its own: nothing is lost.
func (r *Router) joinAlbum(in intake, b core.Posted) (bool, error) {
	key := r.albumKey(in)
	id, parts, err := in.t.Album(key)
	if err != nil || id == 0 || parts >= AlbumMax {
		return false, err
	}
	j, waiting, err := waitingJob(in.t, id, store.JobShow)
	if err != nil || !waiting {
		return false, err
	}
	m, err := in.t.Message(id)
	if err != nil {
		return false, err
	}
	at := len(m.Content.Attachments)
	from, to, err := in.t.AppendAttachment(&m, b.Content)
	if err != nil {
		return false, err
	}
	if err := r.nameParts(in, m, parts, at, stretch{from, to}); err != nil {
		return false, err
	}
	if err := in.t.SaveAlbum(key, id, parts+1); err != nil {
		return false, err
	}
	j.DueAt = in.t.Now().Add(r.o.AlbumWait)
	if parts+1 == AlbumMax {
		j.DueAt, j.Payload = in.t.Now(), ""
	}
	return true, in.t.SaveJob(j)
}

// waitingJob is a message's job of a kind of which nothing is through: it was not
// attempted, or every attempt was refused. What may be through is JobAttempting.
func waitingJob(t *store.Tx, m core.MessageID, k store.JobKind) (store.Job, bool, error) {
	js, err := t.JobsOf(m)
	if err != nil {
		return store.Job{}, false, err
	}
	for _, j := range js {
		if j.Kind == k && j.State == store.JobWaiting && j.Done == 0 {
			return j, true, nil
		}
	}
	return store.Job{}, false, nil
}

// completeAlbums lets the albums that wait at the end of a lane go: something
// else was written after them.
func (r *Router) completeAlbums(t *store.Tx, l store.Lane) error {
	js, err := t.WaitingAlbums(l, albumPayload)
	if err != nil {
		return err
	}
	for _, j := range js {
		j.DueAt, j.Payload = t.Now(), ""
		if err := t.SaveJob(j); err != nil {
			return err
		}
	}
	return nil
}

// learnPhone keeps the number that a customer proved to be his own by sharing
// his own card.
func (r *Router) learnPhone(t *store.Tx, a store.Address, c core.Content) error {
	for _, x := range c.Attachments {
		if x.Kind == core.ContactCard && x.Owner != "" && x.Owner == a.Peer && x.Phone != "" {
			if err := t.SetPhone(a, x.Phone); err != nil {
				return fmt.Errorf("learn phone: %w", err)
			}
		}
	}
	return nil
}

// echoed takes a message of ours that was typed elsewhere: the bot goes quiet.
func (r *Router) echoed(in intake, b core.Echoed) error {
	if _, err := in.t.Remote(in.no, in.ev.Remote); err == nil {
		return nil // the gateway sent it
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	a, _, err := in.t.MeetPeer(in.no, in.ev.From, in.ev.At)
	if err != nil {
		return err
	}
	topic, d, err := r.openFor(in, a)
	if err != nil {
		return err
	}
	m := core.Message{
		Dialog: d.ID, Address: a.ID, Thread: in.ev.Thread, Direction: core.Echo, Content: b.Content,
		SentAt: in.ev.At, Delivery: core.DeliverySent,
	}
	if m.ReplyTo, err = r.resolveReply(in, b.ReplyTo); err != nil {
		return err
	}
	if err := in.t.InsertMessage(&m); err != nil {
		return err
	}
	if err := r.nameParts(in, m, 0, 0, stretch{to: len(m.Content.Text.Body)}); err != nil {
		return err
	}
	dialogs.WeSpoke(&d, in.ev.At)
	if err := in.t.SaveDialog(d); err != nil {
		return err
	}
	if _, err := dialogs.Mute(in.t, &d, "", store.Forever); err != nil {
		return err
	}
	return r.show(in, topic, m)
}

// isLate reports that an edit comes too late to pass without a word.
func (r *Router) isLate(m core.Message, d store.Dialog, at time.Time) bool {
	return at.Sub(m.SentAt) > r.o.LateEdit || d.AnsweredAt.After(m.StoredAt)
}
