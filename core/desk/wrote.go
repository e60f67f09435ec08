package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/router"
	"parom/core/store"
)

// wrote takes a message of somebody in the operators' rooms.
func (d *Desk) wrote(x act, b core.Wrote) error {
	if b.Group != "" && x.bound() {
		done, err := d.laterPart(x, b)
		if err != nil || done {
			return err
		}
	}
	parts, q, err := d.quotedPost(x, b)
	if err != nil {
		return err
	}
	s, err := d.saying(x, b, q)
	if err != nil {
		return err
	}
	j := judge(s)
	if b.Group != "" && x.bound() {
		if err := x.t.SetAlbumFate(albumOf(x, b), int(j.Verdict)); err != nil {
			return err
		}
	}
	switch j.Verdict {
	case Ignored:
		return d.remember(x, store.PostNote)
	case Note:
		return d.note(x, b, j)
	case Command:
		return d.command(x, j, b)
	case Refused:
		if err := d.remember(x, store.PostNote); err != nil {
			return err
		}
		return d.tell(x, dialogs.Line{Key: j.Why, Post: x.a.Post})
	case Held:
		return d.hold(x, b, j.Why)
	}
	return d.send(x, b, quotedPart(x.t, parts, b.Fragment))
}

// saying collects what the judgement looks at.
func (d *Desk) saying(x act, b core.Wrote, q quoted) (saying, error) {
	s := saying{
		Guise: x.a.By.Guise, Role: x.who.Role, Bound: x.bound(), Private: x.group == "", InTopic: x.a.Topic.Thread != "",
		Text: worded(b.Content), Forwarded: b.Forwarded, Inline: b.Inline, Quoted: q, Calls: calls(b.Content), Mode: Direct,
		SelfName: d.selfName(),
	}
	for _, a := range b.Content.Attachments {
		s.Kinds = append(s.Kinds, a.Kind)
	}
	if !x.bound() {
		return s, nil
	}
	dia, err := x.t.LastDialog(x.topic.ID)
	if errors.Is(err, store.ErrNotFound) {
		return s, nil
	}
	s.Responsible = dia.Assignee == x.a.By.ID
	if d.o.Mode != nil {
		if m := d.o.Mode(dia.Department); m != "" {
			s.Mode = m
		}
	}
	return s, err
}

// quotedPost finds what a message replies to, and what kind of post that is.
func (d *Desk) quotedPost(x act, b core.Wrote) ([]store.PostPart, quoted, error) {
	if b.ReplyTo == (core.PostRef{}) {
		return nil, nothing, nil
	}
	parts, err := x.t.PostParts(b.ReplyTo)
	if err != nil {
		return nil, unknown, err
	}
	if len(parts) == 0 {
		if b.ReplyIn.Thread != "" && b.ReplyIn != x.a.Topic {
			return nil, elsewhere, nil
		}
		return nil, unknown, nil
	}
	p := parts[len(parts)-1]
	if p.Topic != x.topic.ID && x.bound() {
		return parts, elsewhere, nil
	}
	switch p.Kind {
	case store.PostCustomer, store.PostCard:
		return parts, aCustomer, nil
	case store.PostNote, store.PostHeld:
		return parts, aNote, nil
	case store.PostAnswer:
		m, err := x.t.Message(p.Message)
		if err != nil {
			return parts, unknown, err
		}
		if m.Author == x.a.By.ID {
			return parts, ownAnswer, nil
		}
		return parts, aColleague, nil
	}
	return parts, aSystemLine, nil
}

// quotedPart is the part of a post that a reply means; nil: it answers nothing.
func quotedPart(t *store.Tx, parts []store.PostPart, fragment string) *store.PostPart {
	if len(parts) == 0 {
		return nil
	}
	p, err := partMeant(t, parts, fragment)
	if err != nil {
		p = parts[len(parts)-1]
	}
	return &p
}

// answer makes the router's view of what an operator wrote.
func (d *Desk) answer(x act, b core.Wrote, q *store.PostPart) router.Answer {
	return router.Answer{
		Topic: x.topic, Post: x.a.Post, By: x.a.By.ID, Content: d.underName(x.a.By.ID, b.Content), Quoted: q, Fragment: b.Fragment,
		Group: b.Group, At: x.a.At, Hold: d.holdLeft(x),
	}
}

// underName puts the public name of who wrote before his words, where the business
// wants it. Somebody without one writes in the business's name alone; never is it
// the name he has on the console's network.
func (d *Desk) underName(p core.PersonID, c core.Content) core.Content {
	name := d.roles[p].Name
	if !d.o.Signature || name == "" || c.Text.IsEmpty() {
		return c
	}
	c.Text = core.Styled(name+":", core.Bold).Append(core.Plain("\n")).Append(c.Text)
	return c
}

// holdLeft is what is left of the hold for something written a while ago.
func (d *Desk) holdLeft(x act) time.Duration {
	return max(0, d.o.Hold-max(0, x.t.Now().Sub(x.a.At)))
}

// send hands an answer to the router, and its refusal back to the author.
func (d *Desk) send(x act, b core.Wrote, q *store.PostPart) error {
	m, no, err := d.o.Router.Send(x.t, d.answer(x, b, q))
	if err != nil {
		return err
	}
	if no != nil {
		if err := d.remember(x, store.PostNote); err != nil {
			return err
		}
		if b.Group != "" { // what is refused is refused whole
			if err := x.t.SetAlbumFate(albumOf(x, b), int(Refused)); err != nil {
				return err
			}
		}
		return d.refuse(x, 0, no, core.Content{})
	}
	return d.supersede(x.t, m, 0)
}

// supersede takes the buttons off held notices but one: another answer has left. A
// notice about an answer of its own, as a failure, stays to be dealt with.
func (d *Desk) supersede(t *store.Tx, m core.Message, except int64) error {
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	ns, err := t.OpenNotices(dia.Topic)
	if err != nil {
		return err
	}
	for _, n := range ns {
		if n.Message != 0 || n.ID == except {
			continue
		}
		if err := d.settle(t, n, "", "superseded"); err != nil {
			return err
		}
	}
	return nil
}

// refuse tells the author why something was not done, with what can be. wanted is
// what a message was to become; empty: nothing of it was to stay.
func (d *Desk) refuse(x act, m core.MessageID, no *router.Refusal, wanted core.Content) error {
	l := dialogs.Line{Key: no.Key, Args: no.Args, Post: x.a.Post}
	if len(no.Actions) == 0 {
		return d.tell(x, l)
	}
	payload, err := json.Marshal(heldPayload{Actions: no.Actions, By: x.a.By.ID, Content: wanted})
	if err != nil {
		return err
	}
	return d.notify(x.t, &store.Notice{Topic: x.topic.ID, Message: m, Kind: "refused", Payload: string(payload)}, l)
}

// notify shows a notice and lets its buttons vanish in time.
func (d *Desk) notify(t *store.Tx, n *store.Notice, l dialogs.Line) error {
	if err := dialogs.Notify(t, n, l); err != nil {
		return err
	}
	return t.Enqueue(&store.Job{
		Lane: store.TimerLane("notice", n.ID), Kind: store.JobTimer, DueAt: t.Now().Add(d.o.NoticeLife),
		Payload: fmt.Sprint(n.ID), Priority: store.Cosmetics,
	})
}

// tell says a line where the act stands: in its topic, or in the room's general part.
func (d *Desk) tell(x act, l dialogs.Line) error {
	if x.bound() {
		return dialogs.Say(x.t, x.topic.ID, l)
	}
	room, err := x.t.RoomNamed(x.a.Topic.Room)
	if err != nil {
		return err
	}
	return dialogs.SayIn(x.t, room.No, l)
}

// remember records a post of people in a customer's topic, so that a reply to it
// is known for what it is.
func (d *Desk) remember(x act, k store.PostKind) error {
	if !x.bound() || x.a.Post.Seq == 0 {
		return nil
	}
	return x.t.AddPost(store.PostPart{RoomNo: x.topic.RoomNo, Seq: x.a.Post.Seq, Topic: x.topic.ID, Kind: k, Attachment: -1, At: x.a.At})
}

// note stores the team's own words in the history of a dialog.
func (d *Desk) note(x act, b core.Wrote, j Judged) error {
	if !x.bound() {
		return nil
	}
	if err := d.storeNote(x, b.Content); err != nil {
		return err
	}
	if j.Why == "" {
		return nil
	}
	// Mode "replies only": told once in a dialog, not for every word.
	dia, err := x.t.LastDialog(x.topic.ID)
	if err != nil {
		return err
	}
	told := store.ToldOnce(j.Why, dia.ID, x.a.By.ID)
	if v, err := x.t.Setting(told); err != nil || v != "" {
		return err
	}
	if err := x.t.SetSetting(told, "1"); err != nil {
		return err
	}
	return d.tell(x, dialogs.Line{Key: j.Why, Post: x.a.Post})
}

func (d *Desk) storeNote(x act, c core.Content) error {
	dia, err := x.t.LastDialog(x.topic.ID)
	if errors.Is(err, store.ErrNotFound) {
		return d.remember(x, store.PostNote)
	}
	if err != nil {
		return err
	}
	m := core.Message{Dialog: dia.ID, Direction: core.Note, Author: x.a.By.ID, Content: c, SentAt: x.a.At}
	if err := x.t.InsertMessage(&m); err != nil {
		return err
	}
	err = x.t.AddPost(store.PostPart{
		RoomNo: x.topic.RoomNo, Seq: x.a.Post.Seq, Topic: x.topic.ID, Kind: store.PostNote, Message: m.ID,
		To: len(c.Text.Body), Attachment: -1, At: x.a.At,
	})
	if err != nil {
		return err
	}
	return dialogs.Sign(x.t, x.topic.ID, m.ID, time.Time{})
}

// becomeNote turns an answer that did not leave into a note.
func (d *Desk) becomeNote(t *store.Tx, m core.Message) error {
	if err := t.Redirect(m.ID, core.Note); err != nil {
		return err
	}
	ps, err := t.PostsOf(m.ID)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if err := t.SetPostKind(p.Ref(), store.PostNote); err != nil {
			return err
		}
	}
	if err := t.SetDelivery(m.ID, core.DeliveryNone); err != nil {
		return err
	}
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	return dialogs.Sign(t, dia.Topic, m.ID, time.Time{})
}
