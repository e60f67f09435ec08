package router

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/outbox"
	"parom/core/store"
)

// Answer is what an operator wrote to a customer.
type Answer struct {
	Topic    store.Topic
	Post     core.PostRef // the operator's own
	By       core.PersonID
	Content  core.Content
	Quoted   *store.PostPart // the part he replied to; nil: unquoted
	Fragment string          // of the quoted words
	Group    string          // album
	At       time.Time
	Hold     time.Duration // it can be changed that long before it leaves
}

// Refusal is an answer to an operator: why something was not done, and what can be.
type Refusal struct {
	Key     string // text key
	Args    dialogs.Args
	Actions []string // buttons; empty: none
}

// refuse makes a refusal.
func refuse(key string, args dialogs.Args, actions ...string) *Refusal {
	return &Refusal{Key: key, Args: args, Actions: actions}
}

// Send applies the rules to an answer and, when it passes, stores and enqueues
// it. A refusal stores nothing.
func (r *Router) Send(t *store.Tx, a Answer) (core.Message, *Refusal, error) {
	address, no, err := r.origin(t, a)
	if err != nil || no != nil {
		return core.Message{}, no, err
	}
	return r.sendTo(t, a, address)
}

// sendTo stores and enqueues an answer whose address is known.
func (r *Router) sendTo(t *store.Tx, a Answer, address store.Address) (core.Message, *Refusal, error) {
	if no, err := r.allowed(t, a.Topic.Group, address, a.Content); err != nil || no != nil {
		return core.Message{}, no, err
	}
	d, opened, err := dialogs.Ensure(t, a.Topic.ID, r.departmentIn(a.Topic.Group))
	if err != nil {
		return core.Message{}, nil, err
	}
	m := core.Message{
		Dialog: d.ID, Address: address.ID, Thread: a.Topic.Thread, Direction: core.FromOperator, Author: a.By,
		Content: a.Content, SentAt: a.At, Delivery: core.DeliveryHeld,
	}
	if a.Quoted != nil && a.Quoted.Message != 0 {
		m.ReplyTo = &core.Reference{Message: a.Quoted.Message, Fragment: a.Fragment}
	}
	if err := t.InsertMessage(&m); err != nil {
		return m, nil, err
	}
	if err := t.AddPost(r.ownPost(a, m, 0, stretch{to: len(m.Content.Text.Body)})); err != nil {
		return m, nil, err
	}
	if err := r.enqueueSend(t, a, m); err != nil {
		return m, nil, err
	}
	return m, nil, r.weSpoke(t, d, a, m, opened)
}

// weSpoke records that one of ours answered: he becomes responsible, the bot
// goes quiet, nothing waits any more. Where unquoted answers go, which the card
// says first, stays with the customer's newest words.
func (r *Router) weSpoke(t *store.Tx, d store.Dialog, a Answer, m core.Message, opened bool) error {
	dialogs.WeSpoke(&d, t.Now())
	if d.Address == 0 {
		d.Address = m.Address
	}
	if err := t.SaveDialog(d); err != nil {
		return err
	}
	if d.Assignee == "" {
		if _, err := dialogs.Take(t, &d, a.By, a.By); err != nil {
			return err
		}
	}
	if _, err := dialogs.Mute(t, &d, a.By, store.Forever); err != nil {
		return err
	}
	if opened {
		return dialogs.Refresh(t, d.Topic)
	}
	return nil
}

// ownPost records an operator's own post as (a part of) a message.
func (r *Router) ownPost(a Answer, m core.Message, part int, words stretch) store.PostPart {
	p := store.PostPart{
		Topic: a.Topic.ID, RoomNo: a.Topic.RoomNo, Seq: a.Post.Seq, Kind: store.PostAnswer, Message: m.ID,
		Part: part, From: words.from, To: words.to, Attachment: -1, At: a.At,
	}
	if n := len(m.Content.Attachments); n > 0 {
		p.Attachment = n - 1
	}
	return p
}

func (r *Router) enqueueSend(t *store.Tx, a Answer, m core.Message) error {
	lane := store.AddressLane(m.Address, m.Thread)
	if err := r.completeAlbums(t, lane); err != nil {
		return err
	}
	j := store.Job{Lane: lane, Kind: store.JobSend, Message: m.ID, Priority: store.Words, DueAt: t.Now().Add(a.Hold)}
	if a.Group != "" {
		j.Payload = waitsForParts(a)
		j.DueAt = t.Now().Add(max(a.Hold, r.o.AlbumWait))
		if err := t.SaveAlbum(AnswerAlbum(a.Post.Room, a.Group), m.ID, 1); err != nil {
			return err
		}
	}
	return t.Enqueue(&j)
}

// AnswerAlbum names an operator's album for ever, by the room and the group the
// console gives its parts.
func AnswerAlbum(room, group string) string { return "room:" + room + ":" + group }

// waitsForParts is the payload of an album's job: the next answer completes it. Not
// while it is held: nobody's answer may take away the time to change it.
func waitsForParts(a Answer) string {
	if a.Hold > 0 {
		return ""
	}
	return albumPayload
}

// JoinAnswer adds a part to an album that an operator is sending. It reports
// false when there is no such album, or when it has left already. A part that the
// channel does not take is refused; the album goes without it.
func (r *Router) JoinAnswer(t *store.Tx, a Answer) (m core.Message, joined bool, no *Refusal, err error) {
	id, parts, err := t.Album(AnswerAlbum(a.Post.Room, a.Group))
	if err != nil || id == 0 {
		return m, false, nil, err
	}
	j, waiting, err := waitingJob(t, id, store.JobSend)
	if err != nil || !waiting {
		return m, false, nil, err
	}
	if m, err = t.Message(id); err != nil {
		return m, false, nil, err
	}
	address, err := t.Address(m.Address)
	if err != nil {
		return m, false, nil, err
	}
	if no, err = r.allowed(t, a.Topic.Group, address, a.Content); err != nil || no != nil {
		return m, true, no, err
	}
	from, to, err := t.AppendAttachment(&m, a.Content)
	if err != nil {
		return m, false, nil, err
	}
	if err := t.AddPost(r.ownPost(a, m, parts, stretch{from, to})); err != nil {
		return m, false, nil, err
	}
	if err := t.SaveAlbum(AnswerAlbum(a.Post.Room, a.Group), id, parts+1); err != nil {
		return m, false, nil, err
	}
	due := t.Now().Add(max(a.Hold, r.o.AlbumWait))
	if parts+1 >= AlbumMax {
		due = t.Now().Add(a.Hold)
	}
	if due.After(j.DueAt) {
		j.DueAt = due
	}
	if a.Hold > 0 {
		j.Payload = waitsForParts(a)
	}
	return m, true, nil, t.SaveJob(j)
}

// AlbumAnswer is the answer that earlier parts of an album became.
func (r *Router) AlbumAnswer(t *store.Tx, a Answer) (core.Message, bool, error) {
	id, _, err := t.Album(AnswerAlbum(a.Post.Room, a.Group))
	if err != nil || id == 0 {
		return core.Message{}, false, err
	}
	m, err := t.Message(id)
	return m, err == nil, err
}

// Release lets a held message go at once.
func (r *Router) Release(t *store.Tx, m core.MessageID) error {
	j, waiting, err := waitingJob(t, m, store.JobSend)
	if err != nil || !waiting {
		return err
	}
	j.DueAt = t.Now()
	return t.SaveJob(j)
}

// Undo withdraws an answer that has not left. It reports false when it has.
func (r *Router) Undo(t *store.Tx, m core.Message) (bool, error) {
	taken, left, err := t.Withdraw(m.ID, store.JobSend)
	if err != nil || left > 0 || taken == 0 {
		return false, err
	}
	if err := t.SetDelivery(m.ID, core.DeliveryWithdrawn); err != nil {
		return false, err
	}
	d, err := t.Dialog(m.Dialog)
	if err != nil {
		return false, err
	}
	return true, dialogs.Sign(t, d.Topic, m.ID, time.Time{})
}

// hasLeft reports that a message, or a piece of it, may be at the customer.
func hasLeft(t *store.Tx, m core.Message) (bool, error) {
	_, waiting, err := waitingJob(t, m.ID, store.JobSend)
	return !waiting, err
}

// EditAnswer changes an answer. One that has not left simply changes; one that
// has is changed at the customer while its window is open.
func (r *Router) EditAnswer(t *store.Tx, m core.Message, part store.PostPart, c core.Content, at time.Time) (*Refusal, error) {
	e, err := editOfPost(t, m, part, c)
	if err != nil {
		return nil, err
	}
	now := e.content
	if store.SameContent(now, m.Content) {
		return nil, nil
	}
	a, err := t.Address(m.Address)
	if err != nil {
		return nil, err
	}
	topic, err := r.topicOfMessage(t, m)
	if err != nil {
		return nil, err
	}
	left, err := hasLeft(t, m)
	if err != nil {
		return nil, err
	}
	if !left {
		if no, err := r.allowed(t, topic.Group, a, now); err != nil || no != nil {
			return no, err
		}
		return nil, e.replace(t, m, time.Time{})
	}
	ch := r.Channel(a.Channel)
	if m.Delivery >= core.DeliveryFailed {
		through, err := mayBeThrough(t, m)
		if err != nil {
			return nil, err
		}
		if through { // a retry sends the rest of what it was
			return refuse("refused.edit_partly", dialogs.Args{"Channel": ch.Name}), nil
		}
		// Nothing of it is at the customer: the new text is what a retry sends.
		return nil, e.replace(t, m, time.Time{})
	}
	if no := editable(ch, m, t.Now()); no != nil {
		return no, nil
	}
	if !sameFiles(now.Attachments, m.Content.Attachments) {
		return refuse("refused.edit_file", dialogs.Args{"Channel": ch.Name}), nil
	}
	if no, err := r.allowed(t, topic.Group, a, now); err != nil || no != nil {
		return no, err
	}
	if err := e.replace(t, m, at); err != nil {
		return nil, err
	}
	return nil, t.Enqueue(&store.Job{
		Lane: store.AddressLane(m.Address, m.Thread), Kind: store.JobEdit, Message: m.ID,
		Slot: fmt.Sprintf("edit:%d", m.ID), Priority: store.Words,
	})
}

// mayBeThrough reports that a piece of a message that failed is or may be at the
// customer.
func mayBeThrough(t *store.Tx, m core.Message) (bool, error) {
	rs, err := t.RemotesOf(m.ID)
	if err != nil || len(rs) > 0 {
		return len(rs) > 0, err
	}
	js, err := t.JobsOf(m.ID)
	if err != nil {
		return false, err
	}
	for _, j := range js {
		if j.Kind != store.JobSend {
			continue
		}
		if through, err := outbox.MayBeThrough(j); err != nil || through {
			return through, err
		}
	}
	return false, nil
}

func sameFiles(a, b []core.Attachment) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Locator != b[i].Locator || a[i].Kind != b[i].Kind {
			return false
		}
	}
	return true
}

// DeleteAnswer takes an answer away at the customer, or withdraws it before it
// leaves.
func (r *Router) DeleteAnswer(t *store.Tx, m core.Message) (*Refusal, error) {
	if done, err := r.Undo(t, m); err != nil || done {
		return nil, err
	}
	a, err := t.Address(m.Address)
	if err != nil {
		return nil, err
	}
	ch := r.Channel(a.Channel)
	if no := deletable(ch, m, t.Now()); no != nil {
		return no, nil
	}
	return nil, t.Enqueue(&store.Job{
		Lane: store.AddressLane(m.Address, m.Thread), Kind: store.JobDelete, Message: m.ID,
		Slot: fmt.Sprintf("delete:%d", m.ID), Priority: store.Words,
	})
}

// React puts an operator's reaction on a customer's message, if the network has
// the emoji; empty takes his away. The customer sees one reaction of ours, the last
// that anybody put: only who put it can take it away. The operators' own signs never
// cross.
func (r *Router) React(t *store.Tx, m core.Message, by core.PersonID, emoji string) error {
	if IsOwnSign(emoji) || m.Address == 0 {
		return nil
	}
	a, err := t.Address(m.Address)
	if err != nil {
		return err
	}
	l := r.Channel(a.Channel).Limits
	if l.Reaction != core.Native || emoji != "" && len(l.Reactions) > 0 && !slices.Contains(l.Reactions, emoji) {
		return nil
	}
	was, whose, err := t.OurReaction(m.ID)
	if err != nil || emoji == "" && (was == "" || whose != by) {
		return err
	}
	if err := t.SetOurReaction(m.ID, emoji, by); err != nil || was == emoji {
		return err
	}
	payload, err := json.Marshal(outbox.ReactPayload{Emoji: emoji})
	if err != nil {
		return err
	}
	return t.Enqueue(&store.Job{
		Lane: store.AddressLane(m.Address, m.Thread), Kind: store.JobReact, Message: m.ID, Payload: string(payload),
		Slot: fmt.Sprintf("react:%d", m.ID), Priority: store.Cosmetics,
	})
}

// errNotAnswer says that a post is no answer of an operator.
var errNotAnswer = errors.New("not an answer")

// AnswerAt is the operator's message that a post belongs to.
func (r *Router) AnswerAt(t *store.Tx, ref core.PostRef) (core.Message, store.PostPart, error) {
	parts, err := t.PostParts(ref)
	if err != nil {
		return core.Message{}, store.PostPart{}, err
	}
	for _, p := range parts {
		if p.Kind == store.PostAnswer && p.Message != 0 {
			m, err := t.Message(p.Message)
			return m, p, err
		}
	}
	return core.Message{}, store.PostPart{}, fmt.Errorf("post: %w: %w", errNotAnswer, store.ErrNotFound)
}

// topicOfMessage is the topic that a message stands in.
func (r *Router) topicOfMessage(t *store.Tx, m core.Message) (store.Topic, error) {
	d, err := t.Dialog(m.Dialog)
	if err != nil {
		return store.Topic{}, err
	}
	return t.Topic(d.Topic)
}
