package router

import (
	"errors"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// The operators' own signs never cross to customers, nor customers' to them as
// such: 👀 is being read, 👌 sent, 👎 undo.
var ownSigns = map[string]bool{"👀": true, "👌": true, "👎": true}

// IsOwnSign reports that an emoji is a sign of the operators among themselves.
func IsOwnSign(emoji string) bool { return ownSigns[emoji] }

// reacted takes a customer's reaction: on an answer of ours it takes the place
// of the delivery sign; on his own message it is of no interest.
func (r *Router) reacted(in intake, b core.Reacted) error {
	_, m, known, err := in.subject()
	if err != nil {
		return err
	}
	emoji := ""
	if len(b.Emoji) > 0 {
		emoji = b.Emoji[len(b.Emoji)-1]
	}
	if !known {
		return in.t.KeepEarly(in.no, in.ev.Remote, store.Early{Reaction: emoji, ReactedAt: in.ev.At})
	}
	if err := in.t.SetReaction(m.ID, emoji, in.ev.At); err != nil {
		return err
	}
	d, err := in.t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	return dialogs.Sign(in.t, d.Topic, m.ID, time.Time{})
}

// receipt moves the delivery of our messages on: all up to the one named.
func (r *Router) receipt(in intake, to core.Delivery) error {
	_, m, known, err := in.subject()
	if err != nil || !known {
		return err
	}
	ids := []core.MessageID{m.ID}
	if to == core.DeliveryRead {
		if ids, err = in.t.Undelivered(m.Address, m.ID, to); err != nil {
			return err
		}
	}
	d, err := in.t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	for i, id := range ids {
		changed, err := in.t.Advance(id, to)
		if err != nil {
			return err
		}
		if changed && i == len(ids)-1 { // the newest speaks for those above it
			if err := dialogs.Sign(in.t, d.Topic, id, time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// pressed takes a button of ours that a customer pressed: his choice is a quiet
// line in his topic.
func (r *Router) pressed(in intake, b core.Pressed) error {
	button, err := in.t.Button(b.Button)
	if errors.Is(err, store.ErrNotFound) {
		return nil // not one of ours: forged, or from another life
	}
	if err != nil {
		return err
	}
	a, _, err := in.t.MeetPeer(in.no, in.ev.From, in.ev.At)
	if err != nil {
		return err
	}
	if button.Address != a.ID {
		r.log.Warn("button refused", "channel", in.ch.ID, "reason", "another customer's")
		return nil
	}
	return r.lineInTopics(in.t, a, dialogs.Line{Key: "line.pressed", At: in.ev.At, Args: dialogs.Args{"Choice": button.Args}})
}
