package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

var _ core.Inbox = (*Router)(nil)

// Bind implements core.Inbox.
func (r *Router) Bind(ctx context.Context, channel core.ChannelID, account string) error {
	err := r.o.DB.Update(ctx, func(t *store.Tx) error {
		_, err := t.BindChannel(channel, account)
		return err
	})
	if errors.Is(err, store.ErrOtherAccount) {
		return &core.SendError{Reason: core.BadConfig, Detail: err.Error(), Err: err}
	}
	return err
}

// intake is one event on its way in.
type intake struct {
	t  *store.Tx
	ch Channel
	no int64 // the channel's number
	ev core.Event
}

// Deliver implements core.Inbox: one transaction, a savepoint each. An event
// that cannot be taken is parked with its cause; the others go on.
func (r *Router) Deliver(ctx context.Context, channel core.ChannelID, events []core.Event) error {
	events = r.passing(events)
	if len(events) == 0 {
		return nil
	}
	r.awaitSent(ctx, channel, events)
	ch := r.Channel(channel)
	type outcome struct {
		kind             string
		repeated, parked bool
	}
	var outcomes []outcome
	err := r.o.DB.Update(ctx, func(t *store.Tx) error {
		outcomes = outcomes[:0] // the closure may run again
		no, err := t.ChannelNumber(channel)
		if err != nil {
			return err
		}
		for _, ev := range events {
			o := outcome{kind: kindOf(ev.Body)}
			err := t.Savepoint(func() error {
				first, err := t.FirstTime(ev.Key)
				if err != nil || !first {
					o.repeated = err == nil
					return err
				}
				return r.take(intake{t, ch, no, ev})
			})
			if store.IsFatal(err) {
				return err
			}
			if err != nil {
				o.parked = true
				if err := r.park(t, ch, ev, err); err != nil {
					return err
				}
			}
			outcomes = append(outcomes, o)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("deliver %d events of %s: %w", len(events), channel, err)
	}
	if r.o.Metrics != nil {
		for _, o := range outcomes {
			switch {
			case o.repeated:
				r.o.Metrics.Repeated(channel)
			case o.parked:
				r.o.Metrics.Parked(channel)
			default:
				r.o.Metrics.Taken(channel, o.kind)
			}
		}
	}
	return nil
}

// passing leaves out what is never stored.
func (r *Router) passing(events []core.Event) []core.Event {
	out := events[:0:0]
	for _, ev := range events {
		if _, typing := ev.Body.(core.Typing); !typing {
			out = append(out, ev)
		}
	}
	return out
}

func kindOf(b core.EventBody) string {
	switch b.(type) {
	case core.Posted:
		return "posted"
	case core.Edited:
		return "edited"
	case core.Deleted:
		return "deleted"
	case core.Reacted:
		return "reacted"
	case core.Read, core.Delivered:
		return "receipt"
	case core.Reachable:
		return "reachable"
	case core.Started:
		return "started"
	case core.Pressed:
		return "pressed"
	case core.Echoed:
		return "echoed"
	}
	return "other"
}

func (r *Router) take(in intake) error {
	switch b := in.ev.Body.(type) {
	case core.Posted:
		return r.posted(in, b)
	case core.Edited:
		return r.edited(in, b)
	case core.Deleted:
		return r.deleted(in)
	case core.Reacted:
		return r.reacted(in, b)
	case core.Read:
		return r.receipt(in, core.DeliveryRead)
	case core.Delivered:
		return r.receipt(in, core.DeliveryReached)
	case core.Reachable:
		return r.reachable(in, b)
	case core.Started:
		return r.started(in, b)
	case core.Pressed:
		return r.pressed(in, b)
	case core.Echoed:
		return r.echoed(in, b)
	case core.Gap:
		return r.gap(in, b)
	case core.Recovered:
		return r.recovered(in, b)
	}
	return fmt.Errorf("event of unknown kind %T", in.ev.Body)
}

// park keeps an event that could not be taken, and names it to the team: somebody
// would miss it.
func (r *Router) park(t *store.Tx, ch Channel, ev core.Event, cause error) error {
	r.log.Error("event parked", "channel", ch.ID, "key", ev.Key, "kind", kindOf(ev.Body), "reason", class(cause))
	raw, err := json.Marshal(ev)
	if err != nil {
		raw = []byte(fmt.Sprintf("%#v", ev))
	}
	// Its key must stay unknown only if it were to come again; it will not:
	// the network is acknowledged.
	if _, err := t.FirstTime(ev.Key); err != nil {
		return err
	}
	if err := t.Park(ev.Key, ch.ID, string(raw), cause.Error()); err != nil {
		return err
	}
	return r.sayInGroup(t, r.route(ch).Group, dialogs.Line{
		Key:  "line.parked",
		Args: dialogs.Args{"Channel": ch.Name, "Who": ev.From.Name},
	})
}

// class tells what kind of error one is, without its words: they may quote what a
// customer wrote.
func class(err error) string {
	if _, ok := errors.AsType[*core.SendError](err); ok {
		return core.ReasonOf(err).String()
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// sayInGroup enqueues a line in a group's general part; nothing when the group
// has no room yet.
func (r *Router) sayInGroup(t *store.Tx, g core.GroupID, l dialogs.Line) error {
	room, err := t.RoomOf(g)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return dialogs.SayIn(t, room.No, l)
}
