package desk

import (
	"encoding/json"
	"errors"
	"fmt"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/router"
	"parom/core/store"
)

// heldPayload is what a notice keeps of what waits for a tap.
type heldPayload struct {
	Actions  []string      `json:"actions,omitempty"` // buttons, when not those of the kind
	Outcome  string        `json:"outcome,omitempty"` // what was pressed, once it is settled
	By       core.PersonID `json:"by,omitempty"`
	Post     core.PostRef  `json:"post,omitzero"`
	Content  core.Content  `json:"content,omitzero"`
	ReplyTo  core.PostRef  `json:"reply,omitzero"`
	Fragment string        `json:"fragment,omitempty"`
	Group    string        `json:"group,omitempty"`
	At       int64         `json:"at,omitempty"`   // microseconds
	More     []heldPart    `json:"more,omitempty"` // of an album, after the first
}

// heldPart is one post of something held.
type heldPart struct {
	Post    core.PostRef `json:"post"`
	Content core.Content `json:"content"`
}

// parts lists the posts of what is held, the first one first.
func (p heldPayload) parts() []heldPart {
	return append([]heldPart{{Post: p.Post, Content: p.Content}}, p.More...)
}

// hold keeps what might be a mistake until its author says what it is.
func (d *Desk) hold(x act, b core.Wrote, why string) error {
	if err := d.remember(x, store.PostHeld); err != nil {
		return err
	}
	p := heldPayload{
		By: x.a.By.ID, Post: x.a.Post, Content: b.Content, ReplyTo: b.ReplyTo, Fragment: b.Fragment,
		Group: b.Group, At: store.Micros(x.a.At),
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	return d.notify(x.t, &store.Notice{Topic: x.topic.ID, Kind: why, Payload: string(raw)}, dialogs.Line{Post: x.a.Post})
}

// heldWhere finds the unsettled notice of a topic whose payload matches; a zero
// notice when there is none.
func (d *Desk) heldWhere(x act, match func(heldPayload) bool) (store.Notice, heldPayload, error) {
	ns, err := x.t.OpenNotices(x.topic.ID)
	if err != nil {
		return store.Notice{}, heldPayload{}, err
	}
	for _, n := range ns {
		if n.Message != 0 || n.Payload == "" {
			continue
		}
		var p heldPayload
		if err := json.Unmarshal([]byte(n.Payload), &p); err != nil {
			return n, p, fmt.Errorf("notice %d: %w", n.ID, err)
		}
		if p.Post.Seq != 0 && match(p) {
			return n, p, nil
		}
	}
	return store.Notice{}, heldPayload{}, nil
}

// rewroteHeld keeps the new text of something held, also when its time is over:
// it can still be sent.
func (d *Desk) rewroteHeld(x act, b core.Rewrote) error {
	ns, err := x.t.HeldNotices(x.topic.ID)
	if err != nil {
		return err
	}
	for _, n := range ns {
		var p heldPayload
		if n.Payload == "" || json.Unmarshal([]byte(n.Payload), &p) != nil {
			continue // a notice of another kind
		}
		if p.Post == x.a.Post {
			p.Content = b.Content
			return d.heldAnew(x, n, p)
		}
		for i := range p.More {
			if p.More[i].Post == x.a.Post {
				p.More[i].Content = b.Content
				return d.heldAnew(x, n, p)
			}
		}
	}
	return nil
}

// heldAnew keeps what something held says now. With the mark of a note on any part,
// or like a command, it is one: there is nothing left to ask.
func (d *Desk) heldAnew(x act, n store.Notice, p heldPayload) error {
	marked := false
	for _, part := range p.parts() {
		text := lead(worded(part.Content))
		note, _ := isNote(text)
		_, _, command := parseCommand(text, d.selfName())
		marked = marked || note || command
	}
	if !marked {
		return d.saveHeld(x, n, p)
	}
	for _, part := range p.parts() {
		if err := d.heldNote(x, p, part); err != nil {
			return err
		}
	}
	if p.Group != "" {
		if err := x.t.SetAlbumFate(router.AnswerAlbum(p.Post.Room, p.Group), int(Note)); err != nil {
			return err
		}
	}
	return d.settle(x.t, n, x.a.By.ID, "note")
}

// saveHeld keeps what was added to something held.
func (d *Desk) saveHeld(x act, n store.Notice, p heldPayload) error {
	if err := d.remember(x, store.PostHeld); err != nil {
		return err
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return x.t.SetNoticePayload(n.ID, string(raw))
}

// settle closes a notice: its buttons give way to who pressed what.
func (d *Desk) settle(t *store.Tx, n store.Notice, by core.PersonID, outcome string) error {
	var p heldPayload
	if n.Payload != "" {
		if err := json.Unmarshal([]byte(n.Payload), &p); err != nil {
			return fmt.Errorf("settle notice %d: %w", n.ID, err)
		}
	}
	if p.Outcome == "expired" && outcome != "expired" { // past its time, and pressed all the same: once
		if err := t.ReopenNotice(n.ID); err != nil {
			return err
		}
	}
	open, err := t.SettleNotice(n.ID, by)
	if err != nil || !open {
		return err
	}
	p.Outcome = outcome
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := t.SetNoticePayload(n.ID, string(raw)); err != nil {
		return err
	}
	// Its buttons stay known, so that a press in an old window is answered.
	payload, err := json.Marshal(map[string]int64{"notice": n.ID})
	if err != nil {
		return err
	}
	return t.Enqueue(&store.Job{
		Lane: store.TopicLane(n.Topic), Kind: store.JobSettle, Slot: fmt.Sprintf("settle:%d", n.ID),
		Payload: string(payload), Priority: store.Cosmetics,
	})
}

// sendHeld lets something held go after all, to where it would have gone when it
// was written.
func (d *Desk) sendHeld(t *store.Tx, topic store.Topic, notice int64, p heldPayload) (core.Message, *router.Refusal, error) {
	var q *store.PostPart
	if p.ReplyTo.Seq != 0 {
		parts, err := t.PostParts(p.ReplyTo)
		if err != nil {
			return core.Message{}, nil, err
		}
		// A reply to a note or a line of ours answers nothing the customer knows. A
		// post that is not recorded may be a customer's.
		if part := quotedPart(t, parts, p.Fragment); part == nil {
			q = &store.PostPart{Topic: topic.ID}
		} else if part.Message != 0 && part.Kind != store.PostNote && part.Kind != store.PostHeld {
			q = part
		}
	}
	a := router.Answer{
		Topic: topic, Post: p.Post, By: p.By, Content: d.underName(p.By, p.Content), Quoted: q,
		Fragment: p.Fragment, Group: p.Group, At: store.Time(p.At),
	}
	m, no, err := d.sendWhole(t, a, p)
	if err != nil || no != nil {
		return m, no, err
	}
	if err := d.supersede(t, m, notice); err != nil {
		return m, nil, err
	}
	return m, nil, t.SetPostKind(p.Post, store.PostAnswer)
}

// errRefused undoes what was sent of an album before a part of it was refused.
var errRefused = errors.New("a part is refused")

// sendWhole sends what was held with all its parts, or nothing of it.
func (d *Desk) sendWhole(t *store.Tx, a router.Answer, p heldPayload) (m core.Message, no *router.Refusal, err error) {
	if p.Group != "" { // a later part may have made a note of it
		fate, known, err := t.AlbumFate(router.AnswerAlbum(p.Post.Room, p.Group))
		if err != nil || known && Verdict(fate) == Note {
			return m, &router.Refusal{Key: "refused.note"}, err
		}
	}
	err = t.Savepoint(func() error {
		if m, no, err = d.o.Router.Send(t, a); err != nil || no != nil {
			return err
		}
		for _, part := range p.More {
			a.Post, a.Content = part.Post, d.underName(p.By, part.Content)
			if _, _, no, err = d.o.Router.JoinAnswer(t, a); err != nil {
				return err
			}
			if no != nil {
				return errRefused
			}
		}
		return nil
	})
	if errors.Is(err, errRefused) {
		err = nil
	}
	return m, no, err
}
