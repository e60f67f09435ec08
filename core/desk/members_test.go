package desk

import (
	"context"
	"sync"
	"testing"
	"time"

	"parom/core"
	"parom/core/store"
)

// roll is a console that knows who is in its rooms.
type roll struct {
	*hooked
	mu    sync.Mutex
	in    map[core.PersonID]bool
	err   error
	asked int
}

func (r *roll) IsMember(_ context.Context, _ string, p core.PersonID) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.in[p], r.err
}

func enrolled(t *testing.T, members bool) (*world, *roll) {
	t.Helper()
	r := &roll{in: map[core.PersonID]bool{}}
	w := newWorld(t, setup{idle: true, desk: func(o *Options) {
		r.hooked = o.Console.(*hooked)
		o.Console, o.MembersAnswer = r, members
	}})
	return w, r
}

// roleOf is who somebody is in the group after he wrote there.
func (w *world) roleOf(p core.Person) (r Role) {
	w.t.Helper()
	w.act(core.Act{Topic: core.TopicRef{Room: salesRoom}, By: p, Body: core.Wrote{Content: core.Content{Text: core.Plain("привет")}}})
	w.update(func(tx *store.Tx) error {
		x, err := w.desk.place(tx, core.Act{Topic: core.TopicRef{Room: salesRoom}, By: p})
		r = x.who.Role
		return err
	})
	return r
}

func TestMembers_OnlyThoseOfTheGroupMayAnswer(t *testing.T) {
	w, r := enrolled(t, true)
	member, passer := core.Person{ID: "21", Guise: core.Human, Name: "Ира"}, core.Person{ID: "22", Guise: core.Human, Name: "Мимо"}
	r.in["21"] = true
	for range 3 {
		if w.roleOf(member) != Member {
			t.Error("a member is a stranger")
		}
		if w.roleOf(passer) != Stranger {
			t.Error("who comments from outside is a member")
		}
	}
	if r.asked != 2 {
		t.Errorf("asked %d times about two people", r.asked)
	}
	if w.roleOf(anna) != Member || r.asked != 2 {
		t.Errorf("a listed operator needs no proof; asked %d times", r.asked)
	}
	// He joins; the word of it was lost.
	r.in["22"] = true
	w.clock.Advance(askMembersAgain)
	if w.roleOf(passer) != Member {
		t.Error("who has joined is a stranger still")
	}
	// She leaves.
	w.act(core.Act{Topic: core.TopicRef{Room: salesRoom}, By: member, Body: core.Membership{}})
	r.in["21"] = false
	if w.roleOf(member) != Stranger {
		t.Error("who has left is a member still")
	}
}

func TestMembers_WhoIsNotKnownWaitsForTheNetwork(t *testing.T) {
	w, r := enrolled(t, true)
	member := core.Person{ID: "21", Guise: core.Human, Name: "Ира"}
	r.in["21"], r.err = true, &core.SendError{Reason: core.Unavailable}
	a := core.Act{Key: "k", Topic: core.TopicRef{Room: salesRoom}, By: member, Body: core.Wrote{Content: core.Content{Text: core.Plain("привет")}}}
	if err := w.desk.Deliver(t.Context(), []core.Act{a}); err == nil {
		t.Error("taken though nobody knows who wrote")
	}
	r.err = nil
	if w.roleOf(member) != Member {
		t.Error("not asked again")
	}
	// What time does not mend holds nobody up, and lets nobody in.
	other := core.Person{ID: "23", Guise: core.Human, Name: "Кто-то"}
	r.in["23"], r.err = true, &core.SendError{Reason: core.BadConfig}
	if w.roleOf(other) != Stranger {
		t.Error("let in unseen")
	}
}

func TestMembers_AListedOperatorWhoseReturnWasNotHeardOfIsLookedFor(t *testing.T) {
	w, r := enrolled(t, false)
	w.act(core.Act{Topic: core.TopicRef{Room: salesRoom}, By: anna, Body: core.Membership{}})
	if w.roleOf(anna) != Stranger {
		t.Error("who has left is an operator still")
	}
	r.in["7"] = true
	if w.clock.Advance(time.Minute); w.roleOf(anna) != Stranger || r.asked != 1 {
		t.Errorf("asked %d times within a minute", r.asked)
	}
	w.clock.Advance(askMembersAgain)
	if w.roleOf(anna) != Member {
		t.Error("she is back and nobody")
	}
	if w.roleOf(core.Person{ID: "99", Guise: core.Human}) != Stranger || r.asked != 2 {
		t.Errorf("asked %d times: of strangers nobody need ask where only listed people answer", r.asked)
	}
}
