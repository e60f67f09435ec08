package router

import (
	"errors"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// reachable records that a customer takes messages, or takes them no more, and
// tells the operators at once with his other addresses.
func (r *Router) reachable(in intake, b core.Reachable) error {
	a, isNew, err := in.t.MeetPeer(in.no, in.ev.From, in.ev.At)
	if err != nil {
		return err
	}
	if b.Now {
		if isNew || a.Gone == "" {
			return nil
		}
		return r.cameBack(in.t, in.ch, a)
	}
	return r.Lost(in.t, a, b.Reason)
}

// cameBack marks an address as reachable again and says so.
func (r *Router) cameBack(t *store.Tx, ch Channel, a store.Address) error {
	if news, err := t.SetGone(a.ID, ""); err != nil || !news {
		return err
	}
	return r.lineInTopics(t, a, dialogs.Line{Key: "line.back", Args: dialogs.Args{"Channel": ch.Name}})
}

// Lost marks an address as unreachable, with the network's words for it, and
// tells the operators once. The outbox's watcher calls it too.
func (r *Router) Lost(t *store.Tx, a store.Address, reason string) error {
	if reason == "" {
		reason = core.PeerGone.String()
	}
	if news, err := t.SetGone(a.ID, reason); err != nil || !news {
		return err
	}
	others, err := r.OtherAddresses(t, a)
	if err != nil {
		return err
	}
	return r.lineInTopics(t, a, dialogs.Line{
		Key:  "line.gone",
		Args: dialogs.Args{"Channel": r.Channel(a.Channel).Name, "Others": others},
	})
}

// OtherAddresses names the channels on which the contact of an address can be
// reached besides it.
func (r *Router) OtherAddresses(t *store.Tx, a store.Address) ([]string, error) {
	as, err := t.AddressesOf(a.Contact)
	if err != nil {
		return nil, err
	}
	others := []string{}
	for _, o := range as {
		if o.ID != a.ID && o.Gone == "" {
			others = append(others, r.Channel(o.Channel).Name)
		}
	}
	return others, nil
}

// lineInTopics says a line in every topic of an address's contact that is made,
// and brings its card up to date.
func (r *Router) lineInTopics(t *store.Tx, a store.Address, l dialogs.Line) error {
	topics, err := t.TopicsOf(a.Contact)
	if err != nil {
		return err
	}
	for _, o := range topics {
		if o.Ref.Thread == "" {
			continue
		}
		if err := dialogs.Say(t, o.ID, l); err != nil {
			return err
		}
		if err := dialogs.Refresh(t, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// started takes a customer who opened the conversation. The first source is kept
// for the card; for somebody who has a topic it is a quiet line.
func (r *Router) started(in intake, b core.Started) error {
	a, _, err := in.t.MeetPeer(in.no, in.ev.From, in.ev.At)
	if err != nil {
		return err
	}
	if a.Source == "" && b.Source != "" {
		if err := in.t.SetSource(a.ID, b.Source); err != nil {
			return err
		}
	}
	if a.Gone != "" {
		if err := r.cameBack(in.t, in.ch, a); err != nil {
			return err
		}
	}
	return r.lineInTopics(in.t, a, dialogs.Line{Key: "line.started", At: in.ev.At, Args: dialogs.Args{"Source": b.Source}})
}

// gap announces that a stretch of a channel cannot be had: in the general part
// of its group and in every open topic it feeds.
func (r *Router) gap(in intake, b core.Gap) error {
	l := dialogs.Line{Key: "line.gap", Args: dialogs.Args{"Channel": in.ch.Name, "From": b.From, "To": b.To}}
	topics, err := in.t.OpenTopics(in.no)
	if err != nil {
		return err
	}
	groups := map[core.GroupID]bool{r.route(in.ch).Group: true}
	for _, o := range topics {
		groups[o.Group] = true
		if err := dialogs.Say(in.t, o.ID, l); err != nil {
			return err
		}
	}
	return r.sayInGroups(in.t, groups, l)
}

// recovered reports messages that were fetched after an outage.
func (r *Router) recovered(in intake, b core.Recovered) error {
	if b.N == 0 {
		return nil
	}
	return r.sayInGroup(in.t, r.route(in.ch).Group, dialogs.Line{
		Key:  "line.recovered",
		Args: dialogs.Args{"Channel": in.ch.Name, "Count": b.N},
	})
}

func (r *Router) sayInGroups(t *store.Tx, groups map[core.GroupID]bool, l dialogs.Line) error {
	for _, g := range r.Groups() {
		if !groups[g] {
			continue
		}
		if err := r.sayInGroup(t, g, l); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}
