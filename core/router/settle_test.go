package router

import (
	"context"
	"slices"
	"testing"

	"parom/core"
	"parom/core/store"
)

func TestDeliver_WaitsOnlyForWhatIsOnItsWayToThatCustomer(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.event("ann", "a1", posted("раз")), b.event("bob", "b1", posted("два")))
	var ann, bob core.AddressID
	b.update(func(x *store.Tx) error {
		no, err := x.ChannelNumber("one")
		if err != nil {
			return err
		}
		a, err := x.AddressOf(no, "ann")
		if err != nil {
			return err
		}
		o, err := x.AddressOf(no, "bob")
		ann, bob = a.ID, o.ID
		return err
	})
	underWay := []store.Lane{store.AddressLane(ann, ""), store.AddressLane(ann, "thread"), store.AddressLane(bob, ""), store.AddressLane(ann*10+1, "")}
	var waited []store.Lane
	b.r.o.Settle = func(_ context.Context, about func([]store.Lane) []store.Lane) { waited = about(underWay) }
	reply := func(remote string) core.Posted {
		p := posted("об этом")
		p.ReplyTo = &core.Reference{Remote: core.RemoteID(remote)}
		return p
	}
	for _, c := range []struct {
		name string
		ev   core.Event
		want []store.Lane
	}{
		{"plain words", b.event("ann", "a2", posted("ещё")), nil},
		{"a quote of what is known", b.event("ann", "a3", reply("a1")), nil},
		{"a quote of what is not", b.event("ann", "a4", reply("ours")), underWay[:2]},
		{"a reaction on what is known", b.event("ann", "a1", core.Reacted{Emoji: []string{"👍"}}), nil},
		{"a reaction on what is not", b.event("bob", "ours", core.Reacted{Emoji: []string{"👍"}}), underWay[2:3]},
		{"a read mark of what is not known", b.event("bob", "ours", core.Read{}), underWay[2:3]},
		{"a stranger", b.event("eve", "ours", core.Reacted{Emoji: []string{"👍"}}), nil},
	} {
		waited = nil
		b.deliver("one", c.ev)
		if !slices.Equal(waited, c.want) {
			t.Errorf("%s waits for %v, want %v", c.name, waited, c.want)
		}
	}
}
