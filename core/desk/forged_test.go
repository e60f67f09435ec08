package desk

import (
	"testing"

	"parom/core"
	"parom/core/store"
)

// TestPress_WhatIsForgedDoesNothing presses by hand what no honest app can.
func TestPress_WhatIsForgedDoesNothing(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	id, ref := w.button("Взять")
	here := w.topic().Ref
	for _, c := range []struct {
		name string
		p    core.Press
	}{
		{"a button nobody made", core.Press{Button: "forged-data", Topic: here, Post: ref, By: anna}},
		{"an empty button", core.Press{Topic: here, Post: ref, By: anna}},
		{"a real one from another room", core.Press{Button: id, Topic: core.TopicRef{Room: "-999", Thread: here.Thread}, Post: ref, By: anna}},
		{"a real one by a robot", core.Press{Button: id, Topic: here, Post: ref, By: core.Person{ID: "50", Guise: core.Robot}}},
		{"a real one by an anonymous admin", core.Press{Button: id, Topic: here, Post: ref, By: core.Person{ID: "51", Guise: core.Anonymous}}},
		{"a real one in the name of a channel", core.Press{Button: id, Topic: here, Post: ref, By: core.Person{ID: "52", Guise: core.Broadcast}}},
	} {
		c.p.Key, c.p.At = "forged:"+c.name, w.clock.Now()
		pop, err := w.desk.Press(t.Context(), c.p)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if pop.Text == "" {
			t.Errorf("%s: it is not answered", c.name)
		}
		if who := w.assignee(); who != "" {
			t.Errorf("%s: it made %q responsible", c.name, who)
		}
	}
	w.view(func(tx *store.Tx) error {
		js, err := tx.LaneJobs(store.AddressLane(1, ""), 5)
		if len(js) != 0 {
			t.Errorf("something is to be sent: %+v", js)
		}
		return err
	})
}
