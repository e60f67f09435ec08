package router

import (
	"errors"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// origin is the address an answer goes to: quoted, the quoted message's;
// unquoted, that of the newest customer's message which stood above it in the
// topic. What is unclear is refused, never guessed.
func (r *Router) origin(t *store.Tx, a Answer) (store.Address, *Refusal, error) {
	id, no, err := r.originID(t, a)
	if err != nil || no != nil {
		return store.Address{}, no, err
	}
	address, err := t.Address(id)
	if err != nil {
		return address, nil, err
	}
	// The address must still be this topic's: contacts can be taken apart.
	if address.Contact != a.Topic.Contact {
		return address, refuse("refused.unclear", nil), nil
	}
	return address, nil, nil
}

func (r *Router) originID(t *store.Tx, a Answer) (core.AddressID, *Refusal, error) {
	if q := a.Quoted; q != nil && q.Kind != store.PostCard {
		if q.Topic != a.Topic.ID {
			return 0, refuse("refused.other_topic", nil), nil
		}
		if q.Address != 0 {
			return q.Address, nil, nil
		}
		m, err := t.Message(q.Message)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return 0, nil, err
		}
		if m.Address != 0 {
			return m.Address, nil, nil
		}
		return 0, refuse("refused.unclear", nil), nil
	}
	return r.unquoted(t, a)
}

// unquoted is the address of the newest customer's message above an answer. What
// is being shown at this moment may stand there too, unrecorded: then only what
// is certain counts.
func (r *Router) unquoted(t *store.Tx, a Answer) (core.AddressID, *Refusal, error) {
	above, err := t.CustomerPostAbove(a.Topic.ID, a.Post)
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return 0, nil, err
	}
	appearing, err := t.Appearing(a.Topic.ID)
	if err != nil {
		return 0, nil, err
	}
	for _, id := range appearing {
		if unknown {
			above.Address, unknown = id, false
		}
		if id != above.Address {
			return 0, refuse("refused.unclear", nil), nil
		}
	}
	if unknown {
		return 0, refuse("refused.unclear", nil), nil
	}
	return above.Address, nil, nil
}

// allowed holds an answer against what its address and channel take.
func (r *Router) allowed(t *store.Tx, g core.GroupID, a store.Address, c core.Content) (*Refusal, error) {
	ch, known := r.channels[a.Channel]
	if !known {
		return refuse("refused.channel_off", dialogs.Args{"Channel": string(a.Channel)}), nil
	}
	if a.Gone != "" {
		others, err := r.OtherAddresses(t, a)
		if err != nil {
			return nil, err
		}
		return refuse("refused.gone", dialogs.Args{"Channel": ch.Name, "Others": others}), nil
	}
	if w := ch.Limits.SessionWindow; w > 0 && t.Now().Sub(a.LastAt) > w {
		return refuse("refused.session", dialogs.Args{"Channel": ch.Name, "Window": w}), nil
	}
	return r.fits(ch, g, c), nil
}
