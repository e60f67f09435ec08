package store

import (
	"errors"
	"testing"

	"parom/core"
)

func TestMoveRoom_FollowsAGroupOnceAndMakesNoRooms(t *testing.T) {
	d := testDB(t)
	rooms := func(x *Tx) (n int) {
		if err := x.QueryRow(`SELECT count(*) FROM rooms`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	update(t, d, func(x *Tx) error {
		if err := x.BindRoom("main", "-1"); err != nil {
			return err
		}
		if err := x.BindRoom("other", "-9"); err != nil {
			return err
		}
		was, err := x.RoomOf("main")
		if err != nil {
			return err
		}
		if _, err := x.RoomNamed("-2"); err != nil { // heard of before it was known whose it is
			return err
		}
		for range 2 {
			if err := x.MoveRoom("-1", "-2"); err != nil {
				return err
			}
		}
		if err := x.MoveRoom("-77", "-78"); err != nil {
			t.Errorf("a room nobody knows: %v", err)
		}
		r, err := x.RoomOf("main")
		if err != nil || r.No != was.No || r.Room != "-2" || rooms(x) != 2 {
			t.Errorf("moved: %+v (was %d), %d rooms, %v", r, was.No, rooms(x), err)
		}
		if err := x.MoveRoom("-2", "-9"); !errors.Is(err, ErrDuplicate) {
			t.Errorf("into another group's room: %v", err)
		}
		return nil
	})
}

func TestPresence_OfAPersonIsThatOfAnyGroup(t *testing.T) {
	d := testDB(t)
	update(t, d, func(x *Tx) error {
		for g, room := range map[string]string{"a": "-1", "b": "-2"} {
			if err := x.BindRoom(core.GroupID(g), room); err != nil {
				return err
			}
		}
		a, err := x.RoomOf("a")
		if err != nil {
			return err
		}
		b, err := x.RoomOf("b")
		if err != nil {
			return err
		}
		if err := x.MeetOperator(core.Person{ID: "7", Name: "Анна"}); err != nil {
			return err
		}
		present := func(what string, want bool) {
			t.Helper()
			if o, err := x.Operator("7"); err != nil || o.Present != want {
				t.Errorf("%s: %+v, %v", what, o, err)
			}
		}
		present("never heard of in a group", true)
		for _, c := range []struct {
			what string
			room int64
			in   bool
			want bool
		}{
			{"in both", b.No, true, true}, {"left one", a.No, false, true}, {"left both", b.No, false, false}, {"back in one", a.No, true, true},
		} {
			if err := x.SetPresence("7", c.room, c.in, false); err != nil {
				return err
			}
			present(c.what, c.want)
		}
		if err := x.Rebind("a", "-5"); err != nil { // its old room is no group's any more
			return err
		}
		present("in a room that is no group's any more", false)
		return nil
	})
}
