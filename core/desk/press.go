package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/lang"
	"parom/core/store"
)

// pressed is a button on its way through: what it stands for and who pressed it.
type pressed struct {
	act
	button store.ButtonRow
	texts  *lang.Printer
}

// Press implements core.Desk. The pop-up says what came of it; a press by the
// wrong person, in the wrong place or of a button we never made does nothing.
// A press that was taken before says nothing: its pop-up was shown then.
func (d *Desk) Press(ctx context.Context, p core.Press) (core.Popup, error) {
	var pop core.Popup
	texts := d.texts("") // of the group, once that is known
	failed := func(err error) (core.Popup, error) {
		return core.Popup{Text: texts.Text("popup.failed"), Alert: true}, fmt.Errorf("press: %w", err)
	}
	if err := d.meet(ctx, core.Act{Topic: p.Topic, By: p.By, Private: p.Private}); err != nil {
		return failed(err)
	}
	err := d.o.DB.Update(ctx, func(t *store.Tx) error {
		pop = core.Popup{}
		x, err := d.place(t, core.Act{Topic: p.Topic, Post: p.Post, By: p.By, At: p.At, Private: p.Private})
		if err != nil {
			return err
		}
		texts = d.texts(x.group)
		if x.who.Role < Member {
			pop = core.Popup{Text: texts.Text("popup.stranger"), Alert: true}
			return nil
		}
		b, err := t.Button(p.Button)
		if errors.Is(err, store.ErrNotFound) {
			pop = core.Popup{Text: texts.Text("popup.unknown"), Alert: true}
			return nil
		}
		if err != nil {
			return err
		}
		if b.RoomNo == 0 || b.RoomNo != x.roomNo {
			d.log.Warn("button refused", "reason", "pressed in another room")
			pop = core.Popup{Text: texts.Text("popup.unknown"), Alert: true}
			return nil
		}
		if b.Person != "" && b.Person != p.By.ID {
			pop = core.Popup{Text: texts.Text("popup.not_yours"), Alert: true}
			return nil
		}
		if x.topic, err = t.Topic(b.Topic); err != nil {
			return err
		}
		if p.Key != "" {
			if first, err := t.FirstTime(p.Key); err != nil || !first {
				return err
			}
		}
		pop, err = d.press(pressed{x, b, texts})
		return err
	})
	if err != nil {
		return failed(err)
	}
	return pop, nil
}

func (d *Desk) press(p pressed) (core.Popup, error) {
	if p.button.Notice != 0 {
		return d.pressNotice(p)
	}
	return d.pressCard(p)
}

// say is a pop-up that passes by itself.
func (p pressed) say(key string, args ...lang.Args) core.Popup {
	return core.Popup{Text: p.texts.Text(key, args...)}
}

// pressNotice settles a notice once; a second press is told who was first.
func (d *Desk) pressNotice(p pressed) (core.Popup, error) {
	n, err := p.t.Notice(p.button.Notice)
	if err != nil {
		return core.Popup{}, err
	}
	var held heldPayload
	if n.Payload != "" {
		if err := json.Unmarshal([]byte(n.Payload), &held); err != nil {
			return core.Popup{}, fmt.Errorf("notice %d: %w", n.ID, err)
		}
	}
	if !n.SettledAt.IsZero() && held.Outcome != "expired" {
		return p.say("popup.settled", lang.Args{"Who": d.nameOf(p.t, n.SettledBy)}), nil
	}
	if held.Post.Seq != 0 && held.By != p.who.Person && p.who.Role < Supervisor {
		return p.say("popup.authors"), nil // whose words they are says where they go
	}
	written := n.CreatedAt
	if held.At != 0 {
		written = store.Time(held.At)
	}
	age := p.t.Now().Sub(written)
	if p.button.Action == "send" && age > d.o.NoticeLife {
		if sure, err := d.isSure(p); err != nil {
			return core.Popup{}, err
		} else if !sure {
			return core.Popup{Text: p.texts.Text("popup.old", lang.Args{"Age": age.Round(time.Minute)}), Alert: true}, nil
		}
	}
	return d.act(p, n, held)
}

// sureLife is for how long a second tap means the first one too.
const sureLife = time.Minute

// firstTap is what a button keeps of a tap that needs a second one.
type firstTap struct {
	By core.PersonID `json:"by"`
	At int64         `json:"at"` // microseconds
}

// isSure reports the second tap of one person within a minute, which words that
// were written long ago need, and remembers the first.
func (d *Desk) isSure(p pressed) (bool, error) {
	var first firstTap
	if p.button.Args != "" {
		if err := json.Unmarshal([]byte(p.button.Args), &first); err != nil {
			return false, fmt.Errorf("button of notice %d: %w", p.button.Notice, err)
		}
	}
	if since := p.t.Now().Sub(store.Time(first.At)); first.By == p.who.Person && since >= 0 && since <= sureLife {
		return true, nil
	}
	raw, err := json.Marshal(firstTap{By: p.who.Person, At: store.Micros(p.t.Now())})
	if err != nil {
		return false, err
	}
	return false, p.t.SetButtonArgs(p.button.ID, string(raw))
}

func (d *Desk) act(p pressed, n store.Notice, held heldPayload) (core.Popup, error) {
	key := "popup." + p.button.Action
	switch p.button.Action {
	case "send":
		if _, no, err := d.sendHeld(p.t, p.topic, n.ID, held); err != nil {
			return core.Popup{}, err
		} else if no != nil {
			return core.Popup{Text: short(p.texts.Text(no.Key, lang.Args(no.Args))), Alert: true}, nil
		}
	case "note":
		for _, part := range held.parts() {
			if err := d.heldNote(p.act, held, part); err != nil {
				return core.Popup{}, err
			}
		}
	case "drop":
		if n.Kind == "failed" {
			if err := d.dropFailed(p.t, n.Message); err != nil {
				return core.Popup{}, err
			}
		}
	case "keep":
	case "retry":
		if again, err := d.retry(p.t, n.Message); err != nil {
			return core.Popup{}, err
		} else if !again { // withdrawn since
			return core.Popup{Text: p.texts.Text("popup.retry_gone"), Alert: true}, d.settle(p.t, n, p.who.Person, "drop")
		}
	case "delete":
		if done, err := d.pressDelete(p, n); err != nil || done.Text != "" {
			return done, err
		}
	case "replace", "correct":
		if done, err := d.pressCorrect(p, n, held.Content); err != nil || done.Text != "" {
			return done, err
		}
	default:
		return core.Popup{}, fmt.Errorf("button of unknown action %q", p.button.Action)
	}
	if err := p.t.Log(store.Entry{Topic: p.topic.ID, Message: n.Message, Actor: string(p.who.Person), Action: n.Kind + ":" + p.button.Action}); err != nil {
		return core.Popup{}, err
	}
	return p.say(key), d.settle(p.t, n, p.who.Person, p.button.Action)
}

// heldNote keeps one post of something held as the team's own.
func (d *Desk) heldNote(x act, held heldPayload, part heldPart) error {
	x.a.Post, x.a.By.ID, x.a.At = part.Post, held.By, store.Time(held.At)
	return d.storeNote(x, part.Content)
}

func (d *Desk) pressDelete(p pressed, n store.Notice) (core.Popup, error) {
	m, err := p.t.Message(n.Message)
	if err != nil {
		return core.Popup{}, err
	}
	no, err := d.o.Router.DeleteAnswer(p.t, m)
	if err != nil || no == nil {
		return core.Popup{}, err
	}
	return core.Popup{Text: short(p.texts.Text(no.Key, lang.Args(no.Args))), Alert: true}, nil
}

// pressCorrect replaces a message's words at the customer, or sends him a
// correction that quotes it.
func (d *Desk) pressCorrect(p pressed, n store.Notice, now core.Content) (core.Popup, error) {
	m, err := p.t.Message(n.Message)
	if err != nil {
		return core.Popup{}, err
	}
	no, err := d.o.Router.Correct(p.t, m, p.button.Action == "replace", p.who.Person, now)
	if err != nil || no == nil {
		return core.Popup{}, err
	}
	return core.Popup{Text: short(p.texts.Text(no.Key, lang.Args(no.Args))), Alert: true}, nil
}

// popupMax is what a console shows of a pop-up, in runes.
const popupMax = 190

func short(s string) string {
	if r := []rune(s); len(r) > popupMax {
		return string(r[:popupMax]) + "…"
	}
	return s
}

// pressCard acts on the present state, whatever the card showed when it was drawn.
func (d *Desk) pressCard(p pressed) (core.Popup, error) {
	dia, err := p.t.LastDialog(p.topic.ID)
	if err != nil {
		return core.Popup{}, err
	}
	switch p.button.Action {
	case "take":
		if dia.Assignee != "" && dia.Assignee != p.who.Person && p.who.Role < Supervisor {
			return p.say("popup.taken", lang.Args{"Who": d.nameOf(p.t, dia.Assignee)}), nil
		}
		changed, err := d.takeFor(p.act, &dia)
		if err != nil || !changed {
			return p.say("popup.yours_already"), err
		}
		return p.say("popup.take"), nil
	case "close":
		err := d.closeDialog(p.act, &dia, "", false)
		if errors.Is(err, dialogs.ErrClosed) {
			return p.say("popup.closed_already"), nil
		}
		return p.say("popup.close"), err
	case "open":
		_, changed, err := d.openDialog(p.act)
		if err != nil || !changed {
			return p.say("popup.open_already"), err
		}
		return p.say("popup.open"), nil
	case "mute", "unmute":
		until := store.Forever
		if p.button.Action == "unmute" {
			until = time.Time{}
		}
		_, err := dialogs.Mute(p.t, &dia, p.who.Person, until)
		return p.say("popup." + p.button.Action), err
	case "more":
		return core.Popup{Text: p.texts.Text("popup.more"), Alert: true}, nil
	}
	return core.Popup{}, fmt.Errorf("button of unknown action %q", p.button.Action)
}

// nameOf is an operator's name for the team.
func (d *Desk) nameOf(t *store.Tx, p core.PersonID) string {
	if l, ok := d.roles[p]; ok && l.Name != "" {
		return l.Name
	}
	if o, err := t.Operator(p); err == nil && o.Name != "" {
		return o.Name
	}
	return string(p)
}
