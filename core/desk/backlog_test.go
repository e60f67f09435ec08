package desk

import (
	"context"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/store"
)

// watched is a world whose backlog is watched; the boss can be written to in
// private, or not.
func watched(t *testing.T, private bool) *world {
	t.Helper()
	w := newWorld(t, setup{})
	w.says("0", "первое")
	w.settle()
	if private {
		w.update(func(tx *store.Tx) error {
			if err := tx.MeetOperator(core.Person{ID: "9", Name: "Босс"}); err != nil {
				return err
			}
			room, err := tx.RoomNamed("boss")
			if err != nil {
				return err
			}
			return tx.SetOperatorRoom("9", room.No)
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.desk.WatchBacklog(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

// stuck is a customer's message that waits for its topic, as behind a budget.
func (w *world) stuck() (id core.JobID) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		m := core.Message{Dialog: 1, Address: 1, Direction: core.FromCustomer, Content: core.Content{Text: core.Plain("застряло")}}
		if err := tx.InsertMessage(&m); err != nil {
			return err
		}
		j := store.Job{Lane: store.TopicLane(1), Kind: store.JobShow, Message: m.ID, DueAt: tx.Now().Add(time.Hour)}
		err := tx.Enqueue(&j)
		id = j.ID
		return err
	})
	return id
}

func TestBacklog_IsToldWithinAMinuteOnceAndWhenItIsOver(t *testing.T) {
	for name, where := range map[string]core.TopicRef{"in private": {Room: "boss"}, "in the group": {Room: salesRoom}} {
		t.Run(name, func(t *testing.T) {
			w := watched(t, where.Room == "boss")
			said := func(words string) (n int, at time.Time) {
				for _, a := range w.console.Asked() {
					if a.Op == "Show" && a.Topic == where && strings.Contains(a.Post.Content.Text.Body, words) {
						n, at = n+1, a.At
					}
				}
				return n, at
			}
			began := w.clock.Now()
			id := w.stuck()
			w.until("the alarm", func() bool { n, _ := said("с опозданием"); return n > 0 })
			if _, at := said("с опозданием"); at.Sub(began) > time.Minute {
				t.Errorf("told after %s", at.Sub(began))
			}
			w.until("minutes pass", func() bool { return w.clock.Now().Sub(began) > 5*time.Minute })
			freed := w.clock.Now()
			w.update(func(tx *store.Tx) error {
				j, err := tx.Job(id)
				if err != nil {
					return err
				}
				j.DueAt = freed
				return tx.SaveJob(j)
			})
			w.until("its end", func() bool { n, _ := said("без задержки"); return n > 0 })
			if n, _ := said("с опозданием"); n != 1 {
				t.Errorf("told %d times", n)
			}
			if _, at := said("без задержки"); at.Sub(freed) < backlogCalm {
				t.Errorf("over after %s", at.Sub(freed))
			}
			w.until("quiet", func() bool { return w.clock.Now().Sub(freed) > 10*time.Minute })
			if n, _ := said("без задержки"); n != 1 {
				t.Errorf("its end is told %d times", n)
			}
		})
	}
}
