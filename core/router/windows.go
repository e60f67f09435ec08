package router

import (
	"time"

	"parom/core"
	"parom/core/dialogs"
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
