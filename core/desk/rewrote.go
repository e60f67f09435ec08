package desk

import (
	"errors"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// offerDelete asks whether an answer that has left, and now bears the mark of a
// note, is to be deleted at the customer.
func (d *Desk) offerDelete(x act, m core.Message) error {
	return d.notify(x.t, &store.Notice{Topic: x.topic.ID, Message: m.ID, Kind: "unmarked"}, dialogs.Line{Post: x.a.Post, About: m.ID})
}

// rewrote takes an edit. What a message is was decided when it was written: a
// note stays a note, whatever becomes of its mark.
func (d *Desk) rewrote(x act, b core.Rewrote) error {
	if !x.bound() || x.who.Role < Member {
		return nil
	}
	m, part, err := d.o.Router.AnswerAt(x.t, x.a.Post)
	if errors.Is(err, store.ErrNotFound) {
		return d.rewroteOther(x, b)
	}
	if err != nil || m.Direction != core.FromOperator {
		return err
	}
	if m.Delivery == core.DeliveryWithdrawn || m.Delivery == core.DeliveryDeleted {
		return nil // nothing of it is at the customer, nor shall be
	}
	asked, err := d.isAsked(x.t, m)
	if err != nil || asked {
		return err // whether it stays at the customer is being decided
	}
	if isOurs(b.Content, d.selfName()) {
		done, err := d.o.Router.Undo(x.t, m)
		if err != nil {
			return err
		}
		if done {
			return d.becomeNote(x.t, m)
		}
		return d.offerDelete(x, m)
	}
	no, err := d.o.Router.EditAnswer(x.t, m, part, d.underName(m.Author, b.Content), x.a.At)
	if err != nil || no == nil {
		return err
	}
	return d.refuse(x, m.ID, no, b.Content)
}

// isAsked reports that an answer bore the mark of a note after it had left, and
// nobody has said yet whether it is to be deleted.
func (d *Desk) isAsked(t *store.Tx, m core.Message) (bool, error) {
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return false, err
	}
	ns, err := t.OpenNotices(dia.Topic)
	for _, n := range ns {
		if n.Message == m.ID && n.Kind == "unmarked" {
			return true, nil
		}
	}
	return false, err
}

// rewroteOther keeps the new text of a note, or of something held.
func (d *Desk) rewroteOther(x act, b core.Rewrote) error {
	parts, err := x.t.PostParts(x.a.Post)
	if err != nil || len(parts) == 0 {
		return err
	}
	if parts[0].Kind == store.PostHeld {
		return d.rewroteHeld(x, b)
	}
	if parts[0].Message == 0 {
		return nil
	}
	m, err := x.t.Message(parts[0].Message)
	if err != nil || m.Direction != core.Note {
		return err
	}
	return x.t.ReplaceContent(&m, b.Content, x.a.At)
}

// signed takes the reactions of an operator: 👎 on his own answer withdraws it,
// others on a customer's words cross if the network has them.
func (d *Desk) signed(x act, b core.Signed) error {
	if x.who.Role < Member {
		return nil
	}
	parts, err := x.t.PostParts(x.a.Post)
	if err != nil || len(parts) == 0 {
		return err
	}
	p := parts[len(parts)-1] // a reaction on a merged post means the last part
	if p.Message == 0 {
		return nil
	}
	m, err := x.t.Message(p.Message)
	if err != nil {
		return err
	}
	emoji := ""
	if len(b.Emoji) > 0 {
		emoji = b.Emoji[len(b.Emoji)-1]
	}
	switch {
	case m.Direction == core.FromCustomer:
		return d.o.Router.React(x.t, m, x.a.By.ID, emoji)
	case emoji == "👎" && m.Direction == core.FromOperator && m.Author == x.a.By.ID:
		_, err := d.o.Router.Undo(x.t, m)
		return err
	}
	return nil
}
