package console_test

import (
	"slices"
	"testing"

	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

func TestIsMember_MembersStrangersAndThoseWhoLeft(t *testing.T) {
	w := newWorld(t)
	w.settle()
	stranger := w.sim.AddUser(telegramsim.Person{FirstName: "Passer"})
	gone := w.sim.AddUser(telegramsim.Person{FirstName: "Gone"})
	must(t, w.sim.Join(w.owner, w.group, gone))
	for name, c := range map[string]struct {
		who  int64
		want bool
	}{"the owner": {w.owner, true}, "a member": {w.anna, true}, "a passer-by": {stranger, false}, "nobody": {987654321, false}, "who joined": {gone, true}} {
		is, err := w.con.IsMember(w.ctx(), w.room, core.PersonID(itoa(c.who)))
		if err != nil || is != c.want {
			t.Errorf("%s: %v, %v", name, is, err)
		}
	}
	must(t, w.sim.Leave(gone, w.group))
	if is, err := w.con.IsMember(w.ctx(), w.room, core.PersonID(itoa(gone))); err != nil || is {
		t.Errorf("who left: %v, %v", is, err)
	}
	must(t, w.sim.SetDown(true))
	_, err := w.con.IsMember(w.ctx(), w.room, core.PersonID(itoa(w.anna)))
	reason(t, err, core.Unavailable)
}

func TestCheck_WarnsOfALinkedChannel(t *testing.T) {
	w := newWorld(t)
	found, err := w.con.Check(w.ctx(), w.room)
	must(t, err)
	if slices.Contains(keys(found, false), "linked") {
		t.Error("warned without cause")
	}
	channel, err := w.sim.AddGroup(telegramsim.GroupOptions{Title: "News", Kind: "channel", Owner: w.owner})
	must(t, err)
	must(t, w.sim.Link(channel, w.group))
	if found, err = w.con.Check(w.ctx(), w.room); err != nil || !slices.Contains(keys(found, false), "linked") {
		t.Errorf("%+v, %v", found, err)
	}
}
