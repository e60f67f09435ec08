package desk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

var (
	anna = core.Person{ID: "7", Guise: core.Human, Name: "Анна"}
	boss = core.Person{ID: "9", Guise: core.Human, Name: "Босс"}
)

// button is a button of a post of the topic, by its label.
func (w *world) button(label string) (id string, ref core.PostRef) {
	w.t.Helper()
	for _, s := range w.console.Standing(w.topic().Ref) {
		for _, row := range s.Post.Buttons {
			for _, b := range row {
				if strings.Contains(b.Label, label) {
					id, ref = b.ID, s.Ref
				}
			}
		}
	}
	if id == "" {
		w.t.Fatalf("no button %q", label)
	}
	return id, ref
}

func (w *world) press(by core.Person, label, key string) core.Popup {
	w.t.Helper()
	id, ref := w.button(label)
	p, err := w.desk.Press(w.t.Context(), core.Press{Key: key, Button: id, Topic: w.topic().Ref, Post: ref, By: by, At: w.clock.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) assignee() (p core.PersonID) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		d, err := tx.LastDialog(1)
		p = d.Assignee
		return err
	})
	return p
}

func TestPress_ActsOnceForAKey(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	if p := w.press(anna, "Взять", "press-1"); p.Text == "" || w.assignee() != "7" {
		t.Fatalf("popup %+v, assigned to %q", p, w.assignee())
	}
	w.update(func(tx *store.Tx) error {
		d, err := tx.LastDialog(1)
		if err != nil {
			return err
		}
		_, err = dialogs.Take(tx, &d, "7", "")
		return err
	})
	w.settle()
	if p := w.press(anna, "Взять", "press-1"); p != (core.Popup{}) || w.assignee() != "" {
		t.Errorf("the press that came again: popup %+v, assigned to %q", p, w.assignee())
	}
	if p := w.press(anna, "Взять", "press-2"); p.Text == "" || w.assignee() != "7" {
		t.Errorf("a new press: popup %+v, assigned to %q", p, w.assignee())
	}
}

func TestPress_ThatCannotBeStoredIsTold(t *testing.T) {
	for lang, want := range map[string]string{"ru": "Не выполнено", "en": "Not done"} {
		w := newWorld(t, setup{lang: lang})
		w.says("1", "раз")
		w.settle()
		id, ref := w.button(map[string]string{"ru": "Взять", "en": "Take"}[lang])
		topic := w.topic().Ref
		w.stop()
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		p, err := w.desk.Press(t.Context(), core.Press{Key: "k", Button: id, Topic: topic, Post: ref, By: anna})
		if err == nil || !p.Alert || !strings.HasPrefix(p.Text, want) {
			t.Errorf("%s: %+v, %v", lang, p, err)
		}
	}
}

func TestPress_OldWordsNeedASecondTapOfTheSamePersonSoon(t *testing.T) {
	w := newWorld(t, setup{still: true})
	w.says("1", "раз")
	w.settle()
	raw, err := json.Marshal(heldPayload{
		By: "7", Post: core.PostRef{Room: salesRoom, Seq: 500}, Content: core.Content{Text: core.Plain("ответ")},
		At: store.Micros(w.clock.Now().Add(-time.Hour)),
	})
	if err != nil {
		t.Fatal(err)
	}
	// The words are old, though the notice about them is new.
	id := w.notify(store.Notice{Kind: "held_reply", Payload: string(raw)}, dialogs.Line{})
	w.until("the notice stands", func() bool { return len(w.standing()) == 2 })
	open := func() (open bool) {
		w.view(func(tx *store.Tx) error {
			n, err := tx.Notice(id)
			open = n.SettledAt.IsZero()
			return err
		})
		return open
	}
	const again = "Написано 1 ч"
	for _, c := range []struct {
		name string
		by   core.Person
		wait time.Duration // before it
	}{
		{"the first tap", anna, 0},
		{"the first tap of another", boss, time.Second},
		{"a tap after another's", anna, time.Second},
		{"a tap a minute later", anna, sureLife + time.Second},
	} {
		w.clock.Advance(c.wait)
		if p := w.press(c.by, "Отправить", ""); !strings.HasPrefix(strings.ReplaceAll(p.Text, "\u00a0", " "), again) || !p.Alert || !open() {
			t.Errorf("%s: %+v, open %v", c.name, p, open())
		}
	}
	w.clock.Advance(sureLife)
	if p := w.press(anna, "Отправить", ""); p.Text != "Отправлено" || open() {
		t.Errorf("the second tap: %+v, open %v", p, open())
	}
}

func TestPress_RetryOfWhatWasWithdrawnSaysSo(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	m := core.Message{Direction: core.FromOperator, Author: "7", Address: 1, Dialog: 1, Delivery: core.DeliveryFailed, Content: core.Content{Text: core.Plain("ответ")}}
	w.update(func(tx *store.Tx) error {
		if err := tx.InsertMessage(&m); err != nil {
			return err
		}
		j := store.Job{Lane: store.AddressLane(1, ""), Kind: store.JobSend, Message: m.ID}
		if err := tx.Enqueue(&j); err != nil {
			return err
		}
		j.State = store.JobParked
		return tx.SaveJob(j)
	})
	args := dialogs.Args{"Channel": "Telegram Shop", "Cause": core.Rejected, "Detail": "", "Others": []string{}}
	w.notify(store.Notice{Kind: "failed", Message: m.ID}, dialogs.Line{Args: args})
	w.settle()
	w.update(func(tx *store.Tx) error {
		done, err := w.router.Undo(tx, m)
		if !done {
			t.Error("not withdrawn")
		}
		return err
	})
	if p := w.press(anna, "Повторить", ""); !p.Alert || p.Text != "Отправлять нечего: ответ отозван" {
		t.Errorf("%+v", p)
	}
	w.settle()
	wantText(t, "the notice", w.standing()[1], "Анна: не отправляем")
}
