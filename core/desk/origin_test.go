package desk

import (
	"fmt"
	"testing"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// joined gives Ivan a second address, on the other channel.
func (w *world) joined() {
	w.t.Helper()
	w.deliver("vk", core.Event{From: core.Peer{ID: "v1", Name: "Иван В."}, Body: core.Started{}})
	w.update(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE addresses SET contact_id = 1`)
		return err
	})
}

// other has Ivan write from his second address.
func (w *world) other(text string) {
	w.t.Helper()
	w.events++
	w.deliver("vk", core.Event{
		From: core.Peer{ID: "v1", Name: "Иван В."}, Remote: core.RemoteID(fmt.Sprint("v", w.events)),
		Body: core.Posted{Content: core.Content{Text: core.Plain(text)}},
	})
}

// wrote has Anna write in the topic, below everything.
func (w *world) wrote(b core.Wrote) core.PostRef {
	w.t.Helper()
	topic := w.topic()
	s, err := w.console.Console.Show(w.t.Context(), core.Post{Topic: topic.Ref, Content: b.Content})
	if err != nil {
		w.t.Fatal(err)
	}
	w.events++
	ref := s.Posts[0]
	act := core.Act{Key: fmt.Sprintf("act-%d", w.events), Topic: topic.Ref, Post: ref, By: anna, At: w.clock.Now(), Body: b}
	if err := w.desk.Deliver(w.t.Context(), []core.Act{act}); err != nil {
		w.t.Fatal(err)
	}
	return ref
}

func words(s string) core.Wrote { return core.Wrote{Content: core.Content{Text: core.Plain(s)}} }

// sends lists where answers go, in order.
func (w *world) sends() (out []core.AddressID) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT m.address_id FROM jobs j JOIN messages m ON m.id = j.message_id WHERE j.kind = $1 ORDER BY j.id`, int(store.JobSend))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id core.AddressID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			out = append(out, id)
		}
		return rows.Err()
	})
	return out
}

func TestHeal_PostsLeftBehindStandAboveNothing(t *testing.T) {
	for name, two := range map[string]bool{"one address ever: it is clear": false, "two addresses: refused": true} {
		w := newWorld(t, setup{})
		w.says("1", "раз")
		w.settle()
		if two {
			w.joined()
			w.other("с другого")
		}
		w.settle()
		w.console.Vanish(w.topic().Ref)
		w.say(dialogs.Line{Key: "line.taken", Args: dialogs.Args{"Who": "Анна"}})
		w.settle()
		w.wrote(words("ответ"))
		if got := w.sends(); len(got) != map[bool]int{false: 1, true: 0}[two] {
			t.Errorf("%s: sent to %v", name, got)
		}
		w.stop()
	}
}

func TestShow_WhatMayStandTwiceIsNotGuessedFrom(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.joined()
	lost, place := int64(0), w.topic().Ref
	w.console.before = func(op string, n int) error {
		if op != "Show" || n != 2 {
			return nil
		}
		// It stands in the topic, and nobody is told.
		s, err := w.console.Console.Show(t.Context(), core.Post{Topic: place, Content: core.Content{Text: core.Plain("с другого")}})
		if err != nil {
			return err
		}
		lost = s.Posts[0].Seq
		return &core.SendError{Reason: core.MaybeSent}
	}
	w.other("с другого")
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	if lost == 0 || len(all) != 3 || all[2].Ref.Seq <= lost {
		t.Fatalf("lost %d, %q", lost, w.standing())
	}
	// Written between the two, handed over only now: its author saw the first.
	topic := w.topic()
	ask := func(seq int64) (no bool) {
		w.update(func(tx *store.Tx) error {
			ids, err := tx.TwiceBelow(topic.ID, core.PostRef{Room: topic.Ref.Room, Seq: seq})
			no = len(ids) > 0
			return err
		})
		return no
	}
	if !ask(lost) || ask(all[2].Ref.Seq) {
		t.Errorf("doubtful below the lost one: %v, below both: %v", ask(lost), ask(all[2].Ref.Seq))
	}
	w.wrote(words("ответ"))
	if got := w.sends(); len(got) != 1 || got[0] != 2 {
		t.Errorf("below both it is clear: sent to %v", got)
	}
}

func TestHeld_AReplyToWhatIsNotRecordedIsNotGuessed(t *testing.T) {
	for name, two := range map[string]bool{"one address ever: it is clear": false, "two addresses: refused": true} {
		w := newWorld(t, setup{})
		w.says("1", "раз")
		w.settle()
		if two {
			w.joined()
			w.other("с другого")
			w.settle()
		}
		b := words("ответ")
		b.ReplyTo = core.PostRef{Room: salesRoom, Seq: 99999}
		w.wrote(b)
		w.settle()
		w.press(anna, "Отправить", "")
		if got := w.sends(); len(got) != map[bool]int{false: 1, true: 0}[two] {
			t.Errorf("%s: sent to %v", name, got)
		}
		w.stop()
	}
}

func TestHeld_EditedToACommandItIsANote(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	b := words("переслано")
	b.Forwarded = true
	ref := w.wrote(b)
	w.settle()
	id, at := w.button("Отправить")
	act := core.Act{Key: "edit", Topic: w.topic().Ref, Post: ref, By: anna, At: w.clock.Now(), Body: core.Rewrote{Content: core.Content{Text: core.Plain("/закрыть")}}}
	if err := w.desk.Deliver(t.Context(), []core.Act{act}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.Press(t.Context(), core.Press{Button: id, Topic: w.topic().Ref, Post: at, By: anna, At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if got := w.sends(); len(got) != 0 {
		t.Errorf("sent to %v", got)
	}
}
