package desk

import (
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

func lost(op string, n int) func(string, int, core.TopicRef) error {
	return func(is string, k int, _ core.TopicRef) error {
		if is == op && k == n {
			return &core.SendError{Reason: core.MaybeSent}
		}
		return nil
	}
}

// alive are the topics of the console that were not deleted.
func (w *world) alive() (out []core.TopicRef) {
	for _, r := range w.console.Rooms() {
		if !r.Deleted {
			out = append(out, r.Ref)
		}
	}
	return out
}

func (w *world) adopt(ref core.TopicRef, title string) (adopted bool) {
	w.t.Helper()
	w.update(func(tx *store.Tx) (err error) { adopted, err = w.desk.Adopt(tx, ref, title); return err })
	return adopted
}

func TestOpenTopic_ALostAnswerIsAdopted(t *testing.T) {
	w := newWorld(t, setup{still: true})
	w.console.after = lost("OpenTopic", 1)
	w.says("1", "раз")
	w.until("it waits to be adopted", func() bool {
		waits := false
		w.view(func(tx *store.Tx) error {
			js, err := tx.LaneJobs(store.TopicLane(1), 1)
			waits = len(js) == 1 && js[0].DueAt.After(tx.Now())
			return err
		})
		return waits
	})
	if !w.adopt(w.alive()[0], "Telegram Shop · Иван") {
		t.Error("not adopted")
	}
	w.settle()
	if n := len(w.alive()); n != 1 || w.topic().Ref != w.alive()[0] || w.asked("OpenTopic") != 1 || len(w.standing()) != 1 {
		t.Errorf("%d topics, bound %v", n, w.topic().Ref)
	}
	if w.topic().Icon != "🟦" {
		t.Errorf("icon %q", w.topic().Icon)
	}
}

func TestOpenTopic_WithoutAdoptionItIsTriedAgainAndTheOrphanDeleted(t *testing.T) {
	w := newWorld(t, setup{})
	w.console.after = lost("OpenTopic", 1)
	asked := w.clock.Now()
	w.says("1", "раз")
	w.settle()
	if w.asked("OpenTopic") != 2 {
		t.Fatalf("asked %d times", w.asked("OpenTopic"))
	}
	for _, a := range w.console.Asked() {
		if a.Op == "OpenTopic" && a.Topic.Thread == "2" && a.At.Sub(asked) < 5*time.Second {
			t.Errorf("again after %s", a.At.Sub(asked))
		}
	}
	orphan := w.alive()[0]
	if w.adopt(orphan, "Telegram Shop · Иван") {
		t.Error("adopted by nobody")
	}
	w.settle()
	if a := w.alive(); len(a) != 1 || a[0] != w.topic().Ref {
		t.Errorf("alive %v, bound %v", a, w.topic().Ref)
	}
}

func TestOpenTopic_ACrashBetweenMakingAndRecordingLeavesNoOrphan(t *testing.T) {
	w := newWorld(t, setup{idle: true})
	w.says("1", "раз")
	// What the store holds when the process dies in the call.
	ref, err := w.console.Console.OpenTopic(t.Context(), salesRoom, "Telegram Shop · Иван", "🟦")
	if err != nil {
		t.Fatal(err)
	}
	w.update(func(tx *store.Tx) error {
		topic := w.topicIn(tx)
		topic.State, topic.Marker = store.TopicOpening, "Telegram Shop · Иван"
		if err := tx.SaveTopic(topic); err != nil {
			return err
		}
		js, err := tx.LaneJobs(store.TopicLane(1), 1)
		if err != nil {
			return err
		}
		js[0].State, js[0].Attempts, js[0].Cuts = store.JobAttempting, 1, progress{Asked: true}.String()
		return tx.SaveJob(js[0])
	})
	if !w.adopt(ref, "Telegram Shop · Иван") { // Telegram hands its service message over
		t.Error("not adopted")
	}
	w.run()
	w.settle()
	if w.asked("OpenTopic") != 1 || len(w.alive()) != 1 || len(w.standing()) != 1 {
		t.Errorf("topics %v", w.alive())
	}
}

func TestOpenTopic_ItsServiceMessageMayComeBeforeItsAnswer(t *testing.T) {
	w := newWorld(t, setup{})
	w.console.after = func(op string, n int, ref core.TopicRef) error {
		if op == "OpenTopic" && !w.adopt(ref, "Telegram  Shop · Иван") {
			t.Error("not adopted")
		}
		return nil
	}
	w.says("1", "раз")
	w.settle()
	if len(w.alive()) != 1 || w.topic().Ref != w.alive()[0] || len(w.standing()) != 1 {
		t.Errorf("%v", w.alive())
	}
}

func TestOpenTopic_NamesakesEachGetATopic(t *testing.T) {
	w := newWorld(t, setup{})
	w.console.after = func(op string, n int, ref core.TopicRef) error {
		if op == "OpenTopic" {
			w.adopt(ref, "Telegram Shop · Иван") // may be taken by the other
		}
		return nil
	}
	for _, id := range []core.PeerID{"i1", "i2", "i3"} {
		w.deliver("tg", core.Event{From: core.Peer{ID: id, Name: "Иван"}, Remote: core.RemoteID(id), Body: core.Posted{Content: core.Content{Text: core.Plain(string(id))}}})
	}
	w.settle()
	seen := map[core.TopicRef]bool{}
	for id := core.TopicID(1); id <= 3; id++ {
		w.view(func(tx *store.Tx) error {
			topic, err := tx.Topic(id)
			seen[topic.Ref] = true
			if posts := w.console.Standing(topic.Ref); len(posts) != 1 {
				t.Errorf("topic %d has %d posts", id, len(posts))
			}
			return err
		})
	}
	if len(seen) != 3 || len(w.alive()) != 3 {
		t.Errorf("bound %v, alive %v", seen, w.alive())
	}
}

func TestHeal_ADeletedTopicIsMadeAnewOnceWithCardAndMessage(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	old := w.topic().Ref
	w.console.Vanish(old)
	w.says("2", "два")
	w.says("3", "три")
	w.settle()
	got := w.standing()
	if w.topic().Ref == old || len(w.alive()) != 1 || len(got) != 2 || got[1] != "три" {
		t.Fatalf("%v %q", w.alive(), got)
	}
	wantText(t, "card", got[0], "→ Telegram Shop", "Прежняя тема удалена", "История диалога сохранена", "\n\nдва")
	w.view(func(tx *store.Tx) error {
		var n int
		err := tx.QueryRow(`SELECT count(*) FROM journal WHERE action = 'topic_gone'`).Scan(&n)
		if n != 1 {
			t.Errorf("%d entries in the journal", n)
		}
		return err
	})
}

func TestHeal_AnyJobThatMeetsADeletedTopicHasItMadeAnew(t *testing.T) {
	w := newWorld(t, setup{})
	w.says("1", "раз")
	w.settle()
	w.console.Vanish(w.topic().Ref)
	w.say(dialogs.Line{Key: "line.taken", Args: dialogs.Args{"Who": "Анна"}})
	w.update(func(tx *store.Tx) error { return dialogs.Refresh(tx, 1) })
	w.settle()
	got := w.standing()
	if len(got) != 2 || got[1] != "ℹ️ Отвечает Анна" || len(w.alive()) != 1 {
		t.Errorf("%q", got)
	}
}

func TestHeal_ATopicClosedByHandOpensWhenTheCustomerWrites(t *testing.T) {
	for _, known := range []bool{true, false} {
		w := newWorld(t, setup{})
		w.says("1", "раз")
		w.settle()
		w.console.Shut(w.topic().Ref)
		if known {
			w.update(func(tx *store.Tx) error {
				topic := w.topicIn(tx)
				topic.State = store.TopicClosedByHand
				return tx.SaveTopic(topic)
			})
		}
		w.says("2", "два")
		w.settle()
		if got := w.standing(); len(got) != 2 || got[1] != "два" || w.asked("ReopenTopic") != 1 || w.topic().State != store.TopicOpen {
			t.Errorf("known %v: %q, state %d", known, got, w.topic().State)
		}
		w.stop()
	}
}

func TestHeal_AGroupThatMovedIsFollowed(t *testing.T) {
	w := newWorld(t, setup{})
	w.console.before = func(op string, _ int) error {
		if op != "OpenTopic" {
			return nil
		}
		w.console.before = nil
		return &core.SendError{Reason: core.RoomMoved, Detail: "-200"}
	}
	w.says("1", "раз")
	w.settle()
	if ref := w.topic().Ref; ref.Room != "-200" || len(w.console.Standing(ref)) != 1 {
		t.Errorf("topic in %v", ref)
	}
}

func TestHold_WithoutRightsNothingIsLostAndTheAdminsAreToldOnce(t *testing.T) {
	w := newWorld(t, setup{})
	w.update(func(tx *store.Tx) error {
		if err := tx.MeetOperator(core.Person{ID: "9", Name: "Босс", Language: "en"}); err != nil {
			return err
		}
		room, err := tx.RoomNamed("boss")
		if err != nil {
			return err
		}
		return tx.SetOperatorRoom("9", room.No)
	})
	refused := 0
	w.console.before = func(op string, _ int) error {
		if op == "OpenTopic" {
			if refused++; refused <= 3 {
				return &core.SendError{Reason: core.BadConfig, Detail: "can_manage_topics"}
			}
		}
		return nil
	}
	w.says("1", "раз")
	w.says("2", "два")
	w.until("held", func() bool { return len(w.console.Standing(core.TopicRef{Room: "boss"})) == 1 })
	w.settle()
	boss := w.console.Standing(core.TopicRef{Room: "boss"})
	if len(boss) != 2 {
		t.Fatalf("%d alarms", len(boss))
	}
	wantText(t, "alarm", boss[0].Post.Content.Text.Body, "the bot lacks rights (can_manage_topics)")
	wantText(t, "back", boss[1].Post.Content.Text.Body, "rights are back")
	if got := w.standing(); len(got) != 2 || !strings.HasSuffix(got[0], "раз") || !strings.HasSuffix(got[1], "два") {
		t.Errorf("%q", got)
	}
	if waited := w.clock.Now().Sub(start); waited < 2*time.Minute || waited > 10*time.Minute {
		t.Errorf("went on after %s", waited)
	}
}
