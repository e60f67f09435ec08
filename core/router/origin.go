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
	q := a.Quoted
	switch {
	case q == nil:
		return r.unquoted(t, a)
	case q.Topic != a.Topic.ID:
		return 0, refuse("refused.other_topic", nil), nil
	case q.Kind == store.PostCard:
		return r.unquoted(t, a)
	case q.Kind == 0: // a post nobody recorded: whose words it shows is not known
		return r.only(t, a.Topic.ID)
	case q.Address != 0:
		return q.Address, nil, nil
	}
	m, err := t.Message(q.Message)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, nil, err
	}
	if m.Address == 0 {
		return 0, refuse("refused.unclear", nil), nil
	}
	return m.Address, nil, nil
}

// unquoted is the address of the newest customer's message above an answer. What
// is being shown at this moment may stand there too, unrecorded, and so may what
// was shown a second time below: then only what is certain counts.
func (r *Router) unquoted(t *store.Tx, a Answer) (core.AddressID, *Refusal, error) {
	above, err := t.CustomerPostAbove(a.Topic.ID, a.Post)
	if errors.Is(err, store.ErrNotFound) {
		return r.only(t, a.Topic.ID)
	}
	if err != nil {
		return 0, nil, err
	}
	appearing, err := t.Appearing(a.Topic.ID)
	if err != nil {
		return 0, nil, err
	}
	twice, err := t.TwiceBelow(a.Topic.ID, a.Post)
	if err != nil {
		return 0, nil, err
	}
	for _, id := range append(appearing, twice...) {
		if id != above.Address {
			return 0, refuse("refused.unclear", nil), nil
		}
	}
	return above.Address, nil, nil
}

// only is the one address that a topic has ever shown messages of, wherever it was
// made, or tried to. With two it is unclear which of them was meant.
func (r *Router) only(t *store.Tx, topic core.TopicID) (core.AddressID, *Refusal, error) {
	shown, err := t.ShownAddresses(topic)
	if err != nil {
		return 0, nil, err
	}
	tried, err := t.Tried(topic)
	if err != nil {
		return 0, nil, err
	}
	var only core.AddressID
	for _, id := range append(shown, tried...) {
		if only != 0 && id != only {
			return 0, refuse("refused.unclear", nil), nil
		}
		only = id
	}
	if only == 0 {
		return 0, refuse("refused.unclear", nil), nil
	}
	return only, nil, nil
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
