package desk

import (
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

func (w *world) parked() (n int) {
	w.t.Helper()
	w.view(func(tx *store.Tx) (err error) { n, err = tx.ParkedJobs(); return err })
	return n
}

func TestParked_WordsThatCannotBeShownAreToldAndAnsweredAsTheCustomers(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.deliver("vk", core.Event{From: core.Peer{ID: "v1", Name: "Иван В."}, Remote: "9", Body: core.Posted{Content: core.Content{Text: core.Plain("с другого")}}})
	w.settle()
	w.update(func(tx *store.Tx) error { _, err := tx.Exec(`UPDATE addresses SET contact_id = 1`); return err })
	w.console.mu.Lock()
	w.console.before = func(op string, n int) error {
		if op == "Show" && n >= 3 && n <= 4 { // as it is, and plain
			return &core.SendError{Reason: core.Rejected}
		}
		return nil
	}
	w.console.mu.Unlock()
	w.deliver("vk", core.Event{From: core.Peer{ID: "v1", Name: "Иван В."}, Remote: "10", Body: core.Posted{Content: core.Content{Text: core.Plain("не показать")}}})
	w.settle()
	all := w.console.Standing(w.topic().Ref)
	last := all[len(all)-1]
	wantText(t, "line", last.Post.Content.Text.Body, "не показать")
	w.view(func(tx *store.Tx) error {
		above, err := tx.CustomerPostAbove(1, core.PostRef{Room: salesRoom, Seq: last.Ref.Seq + 1})
		if err != nil {
			return err
		}
		a, err := tx.Address(above.Address)
		if a.Channel != "vk" || above.Seq != last.Ref.Seq || above.Message == 0 {
			t.Errorf("an answer below it goes to %s: %+v", a.Channel, above)
		}
		return err
	})
	if w.parked() != 0 {
		t.Errorf("%d jobs parked for ever", w.parked())
	}
}

func TestParked_ALineThatCannotBeShownIsDoneWith(t *testing.T) {
	w := newWorld(t, setup{idle: true})
	w.says("1", "раз")
	w.update(func(tx *store.Tx) error {
		j := store.Job{Lane: store.TopicLane(1), Kind: store.JobNotice}
		if err := tx.Enqueue(&j); err != nil {
			return err
		}
		j.State = store.JobParked
		if err := tx.SaveJob(j); err != nil {
			return err
		}
		return w.desk.Parked(tx, j, &core.SendError{Reason: core.Rejected})
	})
	if w.parked() != 0 {
		t.Errorf("%d jobs parked for ever", w.parked())
	}
}

func TestParked_ACustomerFoundToBeGoneIsToldOnceAndShownOnTheCard(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	a := coretest.NewAdapter("tg", core.Limits{Text: core.TextLimit{Max: 4096}}, w.clock)
	gone := &core.SendError{Reason: core.PeerGone, Detail: "bot was blocked"}
	a.Fail(gone, gone)
	w.stop()
	w.out.Carry(store.ToAddress, outbox.NewAddressCarrier(outbox.AddressOptions{
		Watch: w.desk, Adapters: func(core.ChannelID) (core.Adapter, bool) { return a, true },
	}))
	for range 2 {
		id, _ := w.answered(core.DeliveryWaiting)
		w.update(func(tx *store.Tx) error {
			return tx.Enqueue(&store.Job{Lane: store.AddressLane(1, ""), Kind: store.JobSend, Message: id})
		})
	}
	w.run()
	w.until("both are given up", func() bool { return w.parked() == 2 })
	w.settle()
	all := strings.Join(w.standing(), "\n\n")
	if n := strings.Count(all, "ℹ️ Telegram Shop"); n != 1 {
		t.Errorf("told %d times: %s", n, all)
	}
	if w.asked("Amend") == 0 {
		t.Error("the card is as before")
	}
	w.view(func(tx *store.Tx) error {
		a, err := tx.Address(1)
		if a.Gone != "bot was blocked" {
			t.Errorf("address %+v", a)
		}
		return err
	})
}

func TestDeliveryNow_AnAnswerWhoseHoldIsOverWaits(t *testing.T) {
	w := newWorld(t, setup{idle: true})
	w.says("1", "раз")
	m := core.Message{Dialog: 1, Address: 1, Direction: core.FromOperator, Delivery: core.DeliveryHeld}
	j := store.Job{Lane: store.AddressLane(1, ""), Kind: store.JobSend, DueAt: w.clock.Now().Add(5 * time.Second)}
	w.update(func(tx *store.Tx) error {
		if err := tx.InsertMessage(&m); err != nil {
			return err
		}
		j.Message = m.ID
		return tx.Enqueue(&j)
	})
	want := func(when string, want core.Delivery) {
		t.Helper()
		w.view(func(tx *store.Tx) error {
			is, err := deliveryNow(tx, m)
			if is != want {
				t.Errorf("%s: %s, want %s", when, is, want)
			}
			return err
		})
	}
	want("within the hold", core.DeliveryHeld)
	w.clock.Advance(5 * time.Second)
	want("after it", core.DeliveryWaiting)
	w.update(func(tx *store.Tx) error {
		j.DueAt, j.Attempts, j.Error = w.clock.Now().Add(time.Minute), 1, "2026-11-21T14:03:00Z refused"
		return tx.SaveJob(j)
	})
	want("tried and refused", core.DeliveryWaiting)
}
