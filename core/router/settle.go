package router

import (
	"context"
	"errors"
	"strings"

	"parom/core"
	"parom/core/store"
)

// awaitSent gives what is being sent a little while to be recorded, where a
// customer may have quoted it, reacted to it or read it already. Only the lanes
// to that customer are waited for, and only when the store does not know what he
// means.
func (r *Router) awaitSent(ctx context.Context, channel core.ChannelID, events []core.Event) {
	about := aboutOurs(events)
	if r.o.Settle == nil || len(about) == 0 {
		return
	}
	r.o.Settle(ctx, func(underWay []store.Lane) []store.Lane {
		var needed []store.Lane
		err := r.o.DB.View(ctx, func(t *store.Tx) error {
			needed = nil
			no, err := t.ChannelNumber(channel)
			if err != nil {
				return err
			}
			for _, m := range about {
				ls, err := unrecorded(t, no, m, underWay)
				if err != nil {
					return err
				}
				needed = append(needed, ls...)
			}
			return nil
		})
		if err != nil {
			return nil // the transaction that follows will tell
		}
		return needed
	})
}

// meant is a message that an event is about, and whose.
type meant struct {
	peer   core.PeerID
	remote core.RemoteID
}

// aboutOurs lists the messages that events are about and that may be ours.
func aboutOurs(events []core.Event) (out []meant) {
	for _, ev := range events {
		switch b := ev.Body.(type) {
		case core.Posted:
			if b.ReplyTo != nil {
				out = append(out, meant{ev.From.ID, b.ReplyTo.Remote})
			}
		case core.Reacted, core.Read, core.Delivered, core.Echoed:
			out = append(out, meant{ev.From.ID, ev.Remote})
		}
	}
	return out
}

// unrecorded are the lanes under way to who means a message that is not known.
func unrecorded(t *store.Tx, no int64, m meant, underWay []store.Lane) ([]store.Lane, error) {
	if _, err := t.Remote(no, m.remote); err == nil || !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	a, err := t.AddressOf(no, m.peer)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	to := store.AddressLane(a.ID, "")
	var out []store.Lane
	for _, l := range underWay {
		if l == to || strings.HasPrefix(string(l), string(to)+"/") {
			out = append(out, l)
		}
	}
	return out, nil
}
