package desk

import (
	"fmt"
	"testing"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/router"
	"parom/core/store"
)

// act delivers what somebody did in a room.
func (w *world) act(a core.Act) {
	w.t.Helper()
	w.events++
	if a.Key == "" {
		a.Key = fmt.Sprintf("done-%d", w.events)
	}
	if a.At.IsZero() {
		a.At = w.clock.Now()
	}
	if err := w.desk.Deliver(w.t.Context(), []core.Act{a}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) parkedActs() (n int) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error { return tx.QueryRow(`SELECT count(*) FROM parked`).Scan(&n) })
	return n
}

// twoGroups is a world with a dialog of Anna's in each of two groups.
func twoGroups(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, setup{idle: true})
	w.router = router.New(router.Options{
		DB: w.db, Default: "sales", Source: consoleLimits(),
		Channels: []router.Channel{{ID: "tg", Name: "Telegram Shop"}, {ID: "vk", Name: "VK Shop", Department: "help"}},
		Departments: []router.Department{
			{ID: "sales", Name: "Продажи", Group: "sales"}, {ID: "help", Name: "Помощь", Group: "help"},
		},
	})
	w.update(func(tx *store.Tx) error { return tx.BindRoom("help", "-200") })
	w.says("1", "раз")
	w.deliver("vk", core.Event{From: core.Peer{ID: "v", Name: "Пётр"}, Remote: "2", Body: core.Posted{Content: core.Content{Text: core.Plain("два")}}})
	w.update(func(tx *store.Tx) error {
		for topic := core.TopicID(1); topic <= 2; topic++ {
			d, err := tx.OpenDialog(topic)
			if err != nil {
				return err
			}
			if _, err := dialogs.Take(tx, &d, "7", "7"); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) has(topic core.TopicID) (p core.PersonID) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		d, err := tx.LastDialog(topic)
		p = d.Assignee
		return err
	})
	return p
}

func TestMembership_LeavingOneGroupOfTwoTakesOnlyItsDialogs(t *testing.T) {
	w := twoGroups(t)
	in := func(room string, present bool) {
		w.act(core.Act{Topic: core.TopicRef{Room: room}, By: anna, Body: core.Membership{Present: present}})
	}
	role := func(room string) (r Role) {
		w.update(func(tx *store.Tx) error {
			x, err := w.desk.place(tx, core.Act{Topic: core.TopicRef{Room: room}, By: anna})
			r = x.who.Role
			return err
		})
		return r
	}
	in("-200", true)
	in(salesRoom, false)
	if w.has(1) != "" || w.has(2) != "7" {
		t.Errorf("after one group: %q, %q", w.has(1), w.has(2))
	}
	if role(salesRoom) != Stranger || role("-200") != Member {
		t.Errorf("roles: %v where she left, %v where she is", role(salesRoom), role("-200"))
	}
	in("-200", false)
	if w.has(2) != "" || role("-200") != Stranger {
		t.Errorf("after the last: %q, role %v", w.has(2), role("-200"))
	}
	in(salesRoom, true)
	if role(salesRoom) != Member {
		t.Error("back again she is nobody")
	}
}

func TestMembership_WhoWasHereBeforeTheGatewayIsHereWhenHeard(t *testing.T) {
	w := twoGroups(t)
	w.act(core.Act{Topic: core.TopicRef{Room: "-200"}, By: anna, Body: core.Wrote{Content: core.Content{Text: core.Plain("привет")}}})
	w.act(core.Act{Topic: core.TopicRef{Room: salesRoom}, By: anna, Body: core.Membership{}})
	if w.has(1) != "" || w.has(2) != "7" {
		t.Errorf("%q, %q", w.has(1), w.has(2))
	}
}

func TestMoved_LearntBySendingAndToldTwice(t *testing.T) {
	w := newWorld(t, setup{idle: true})
	w.update(func(tx *store.Tx) error { return tx.MoveRoom(salesRoom, "-1001") }) // learnt by sending
	self := core.Person{ID: "self", Guise: core.Self}
	w.act(core.Act{Key: "late words", Topic: core.TopicRef{Room: salesRoom}, By: anna, Body: core.Wrote{Content: core.Content{Text: core.Plain("до переезда")}}})
	for i := range 2 {
		w.act(core.Act{Key: fmt.Sprint("moved", i), Topic: core.TopicRef{Room: salesRoom}, By: self, Body: core.Moved{To: "-1001"}})
	}
	if w.parkedActs() != 0 {
		t.Errorf("%d acts are parked", w.parkedActs())
	}
	w.view(func(tx *store.Tx) error {
		r, err := tx.RoomOf("sales")
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM rooms`).Scan(&n); err != nil || n != 1 || r.Room != "-1001" {
			t.Errorf("%d rooms, the group's is %+v, %v", n, r, err)
		}
		return err
	})
}

func TestPlace_OnlyAnOperatorsOwnChatBecomesARoom(t *testing.T) {
	w := newWorld(t, setup{idle: true})
	w.act(core.Act{Topic: core.TopicRef{Room: "-777"}, By: anna, Body: core.Wrote{Content: core.Content{Text: core.Plain("/help")}}})
	w.act(core.Act{Topic: core.TopicRef{Room: "7"}, By: anna, Private: true, Body: core.Wrote{Content: core.Content{Text: core.Plain("/help")}}})
	w.view(func(tx *store.Tx) error {
		if _, err := tx.RoomCalled("-777"); err == nil {
			t.Error("a foreign group has become a room")
		}
		r, err := tx.RoomCalled("7")
		if err != nil {
			return err
		}
		if o, err := tx.Operator("7"); err != nil || o.RoomNo != r.No {
			t.Errorf("%+v, %v", o, err)
		}
		return nil
	})
}
