package router

import (
	"fmt"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/lang"
	"parom/core/store"
)

// editable tells why a sent message cannot be edited at the customer any more,
// counted by the network's own send time; nil: it can.
func editable(ch Channel, m core.Message, now time.Time) *Refusal {
	l := ch.Limits
	switch {
	case l.Edit == core.Absent:
		return refuse("refused.edit_absent", dialogs.Args{"Channel": ch.Name}, "correct", "drop")
	case l.EditWindow > 0 && now.Sub(m.SentAt) > l.EditWindow:
		return refuse("refused.edit_late", dialogs.Args{"Channel": ch.Name, "Window": l.EditWindow}, "correct", "drop")
	}
	return nil
}

// deletable tells why a sent message cannot be deleted at the customer any more;
// nil: it can. Where editing still works, its text can be replaced.
func deletable(ch Channel, m core.Message, now time.Time) *Refusal {
	l := ch.Limits
	var key string
	switch {
	case l.Delete == core.Absent:
		key = "refused.delete_absent"
	case l.DeleteWindow > 0 && now.Sub(m.SentAt) > l.DeleteWindow:
		key = "refused.delete_late"
	default:
		return nil
	}
	args := dialogs.Args{"Channel": ch.Name, "Window": l.DeleteWindow}
	if editable(ch, m, now) == nil && len(m.Content.Attachments) == 0 {
		return refuse(key, args, "replace", "drop")
	}
	return refuse(key, args, "correct", "drop")
}

// Correct mends a message that can no longer be changed or taken away: its words
// are replaced where editing still works, or a correction is sent that quotes it.
// now is what it should have said; empty: nothing, it is withdrawn.
func (r *Router) Correct(t *store.Tx, m core.Message, replace bool, by core.PersonID, now core.Content) (*Refusal, error) {
	a, err := t.Address(m.Address)
	if err != nil {
		return nil, err
	}
	texts := lang.For(a.Language, r.Channel(a.Channel).Language)
	if replace {
		if no := editable(r.Channel(a.Channel), m, t.Now()); no != nil {
			return no, nil
		}
		if err := t.ReplaceContent(&m, core.Content{Text: core.Plain(texts.Text("bot.withdrawn"))}, t.Now()); err != nil {
			return nil, err
		}
		return nil, t.Enqueue(&store.Job{
			Lane: store.AddressLane(m.Address, m.Thread), Kind: store.JobEdit, Message: m.ID,
			Slot: fmt.Sprintf("edit:%d", m.ID), Priority: store.Words,
		})
	}
	if now.IsEmpty() {
		now = core.Content{Text: core.Plain(texts.Text("bot.disregard"))}
	}
	correction := core.Message{
		Dialog: m.Dialog, Address: m.Address, Thread: m.Thread, Direction: core.FromOperator, Author: by,
		Content: now, ReplyTo: &core.Reference{Message: m.ID}, Delivery: core.DeliveryWaiting,
	}
	if err := t.InsertMessage(&correction); err != nil {
		return nil, err
	}
	return nil, t.Enqueue(&store.Job{Lane: store.AddressLane(m.Address, m.Thread), Kind: store.JobSend, Message: correction.ID, Priority: store.Words})
}
