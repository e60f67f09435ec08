package router

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/store"
)

// bench is a router on a store of its own, with one group and two channels.
type bench struct {
	*testing.T
	r     *Router
	db    *store.DB
	clock *coretest.Clock
	n     int
}

func plenty() core.Limits {
	media := map[core.Kind]core.MediaLimit{}
	for k := core.Photo; k <= core.Document; k++ {
		media[k] = core.MediaLimit{SendBytes: 50 << 20, FetchBytes: 20 << 20}
	}
	return core.Limits{
		Text: core.TextLimit{Max: 4096}, Caption: core.TextLimit{Max: 1024}, Media: media,
		Album: core.AlbumLimit{Max: 10, Mix: [][]core.Kind{{core.Photo, core.Video}}},
		Reply: core.Native, Edit: core.Native, Delete: core.Native, Reaction: core.Native, DeleteWindow: 48 * time.Hour,
	}
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := coretest.NewClock(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	db, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "a.db"), NoSync: true, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	source := plenty()
	source.Holder = "console"
	r := New(Options{
		DB: db, Source: source, Default: "sales",
		Departments: []Department{{ID: "sales", Group: "main"}},
		Channels:    []Channel{{ID: "one", Name: "Первый", Limits: plenty()}, {ID: "two", Name: "Второй", Limits: plenty()}},
	})
	b := &bench{T: t, r: r, db: db, clock: clock}
	b.update(func(x *store.Tx) error { return x.BindRoom("main", "room") })
	for _, c := range []core.ChannelID{"one", "two"} {
		if err := r.Bind(context.Background(), c, "account-"+string(c)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) update(fn func(*store.Tx) error) {
	b.Helper()
	if err := b.db.Update(context.Background(), fn); err != nil {
		b.Fatal(err)
	}
}

// event is an event of a customer on a channel, remote being the network's id.
func (b *bench) event(peer, remote string, body core.EventBody) core.Event {
	b.n++
	return core.Event{
		Key: fmt.Sprintf("k%d", b.n), From: core.Peer{ID: core.PeerID(peer), Name: "Имя " + peer}, At: b.clock.Now(),
		Remote: core.RemoteID(remote), Body: body,
	}
}

func (b *bench) deliver(ch core.ChannelID, evs ...core.Event) {
	b.Helper()
	if err := b.r.Deliver(context.Background(), ch, evs); err != nil {
		b.Fatal(err)
	}
}

func posted(text string, as ...core.Attachment) core.Posted {
	return core.Posted{Content: core.Content{Text: core.Plain(text), Attachments: as}}
}

// jobs lists the jobs of a family, in order.
func (b *bench) jobs(family store.Lane) []store.Job {
	b.Helper()
	var out []store.Job
	b.update(func(x *store.Tx) error {
		out = nil
		hs, err := x.Heads()
		if err != nil {
			return err
		}
		for _, h := range hs {
			if h.Lane.Family() != family {
				continue
			}
			js, err := x.LaneJobs(h.Lane, 100)
			if err != nil {
				return err
			}
			out = append(out, js...)
		}
		return nil
	})
	return out
}

func (b *bench) message(id core.MessageID) core.Message {
	b.Helper()
	var m core.Message
	b.update(func(x *store.Tx) (err error) { m, err = x.Message(id); return err })
	return m
}

// topic is the only topic, made in its room, with a post of each message shown so far.
func (b *bench) topic() store.Topic {
	b.Helper()
	var o store.Topic
	b.update(func(x *store.Tx) (err error) {
		if o, err = x.Topic(1); err != nil {
			return err
		}
		room, err := x.RoomOf("main")
		if err != nil {
			return err
		}
		o.RoomNo, o.Ref, o.State = room.No, core.TopicRef{Room: "room", Thread: "5"}, store.TopicOpen
		return x.SaveTopic(o)
	})
	return o
}

// shown records a customer's message as shown at a place.
func (b *bench) shown(o store.Topic, m core.Message, seq int64) store.PostPart {
	b.Helper()
	p := store.PostPart{RoomNo: o.RoomNo, Room: "room", Seq: seq, Topic: o.ID, Kind: store.PostCustomer, Message: m.ID, Address: m.Address, Attachment: -1}
	b.update(func(x *store.Tx) error { return x.AddPost(p) })
	return p
}

func TestBind_AnotherAccountUnderTheSameNameIsRefused(t *testing.T) {
	b := newBench(t)
	err := b.r.Bind(context.Background(), "one", "somebody-else")
	if core.ReasonOf(err) != core.BadConfig || !errors.Is(err, store.ErrOtherAccount) {
		t.Errorf("got %v", err)
	}
}

func TestDeliver_ARepeatedEventHasNoSecondEffect(t *testing.T) {
	b := newBench(t)
	ev := b.event("7", "1", posted("привет"))
	for range 3 {
		b.deliver("one", ev)
	}
	if js := b.jobs(store.ToTopic); len(js) != 1 {
		t.Errorf("%d jobs, want 1", len(js))
	}
}

func TestDeliver_AnEventThatFailsIsParkedAndTheOthersGoOn(t *testing.T) {
	b := newBench(t)
	bad := b.event("7", "1", nil) // a body of no known kind
	b.deliver("one", b.event("7", "0", posted("до")), bad, b.event("7", "2", posted("после")))
	if js := b.jobs(store.ToTopic); len(js) != 2 {
		t.Errorf("%d messages to show, want 2", len(js))
	}
	if js := b.jobs(store.ToRoom); len(js) != 1 || !strings.Contains(js[0].Payload, "line.parked") {
		t.Errorf("the team is told: %+v", js)
	}
}

func TestDeliver_AlbumPartsBecomeOneMessage(t *testing.T) {
	b := newBench(t)
	part := func(remote, text string) core.Event {
		ev := b.event("7", remote, posted(text, core.Attachment{Kind: core.Photo, Locator: remote}))
		ev.Group = "g"
		return ev
	}
	b.deliver("one", part("1", "подпись"))
	b.clock.Advance(time.Second)
	b.deliver("one", part("2", ""), part("3", ""))
	js := b.jobs(store.ToTopic)
	if len(js) != 1 {
		t.Fatalf("%d jobs, want 1", len(js))
	}
	if want := b.clock.Now().Add(1200 * time.Millisecond); !js[0].DueAt.Equal(want) {
		t.Errorf("due %v, want 1.2 s after the last part, %v", js[0].DueAt, want)
	}
	if m := b.message(js[0].Message); len(m.Content.Attachments) != 3 || m.Content.Text.Body != "подпись" {
		t.Errorf("got %+v", m.Content)
	}
	b.deliver("one", b.event("7", "4", posted("и ещё")))
	if js := b.jobs(store.ToTopic); len(js) != 2 || js[0].DueAt.After(b.clock.Now()) {
		t.Errorf("the next message completes the album: %+v", js)
	}
	late := part("5", "")
	b.deliver("one", late)
	// The album is complete but not shown: the part still joins it.
	if js := b.jobs(store.ToTopic); len(js) != 2 || len(b.message(js[0].Message).Content.Attachments) != 4 {
		t.Errorf("a late part of what is not shown yet joins it: %d jobs", len(js))
	}
}

func TestEdited_BeforeItWasShownItMerges_AfterwardsItAmends_LateItIsTold(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.event("7", "1", posted("раз")))
	b.deliver("one", b.event("7", "1", core.Edited{Content: posted("два").Content}))
	js := b.jobs(store.ToTopic)
	if len(js) != 1 || b.message(js[0].Message).Content.Text.Body != "два" {
		t.Fatalf("merged into the waiting message: %+v", js)
	}
	m := js[0].Message
	b.update(func(x *store.Tx) error { return x.FinishJob(js[0]) }) // shown
	b.clock.Advance(10 * time.Second)
	b.deliver("one", b.event("7", "1", core.Edited{Content: posted("три").Content}))
	if js = b.jobs(store.ToTopic); len(js) != 1 || js[0].Kind != store.JobAmend {
		t.Fatalf("an early edit amends without a line: %+v", js)
	}
	b.clock.Advance(2 * time.Minute)
	b.deliver("one", b.event("7", "1", core.Edited{Content: posted("четыре").Content}))
	js = b.jobs(store.ToTopic)
	if len(js) != 2 || !strings.Contains(js[1].Payload, "line.edited") || !strings.Contains(js[1].Payload, "три") || !strings.Contains(js[1].Payload, "четыре") {
		t.Fatalf("a late edit raises was and is: %+v", js)
	}
	b.update(func(x *store.Tx) error {
		vs, err := x.Versions(m)
		if len(vs) != 3 || vs[0].Content.Text.Body != "раз" || vs[2].Content.Text.Body != "три" {
			t.Errorf("every version is kept: %+v", vs)
		}
		d, _ := x.Dialog(b.message0(x, m).Dialog)
		if d.Unanswered != 2 {
			t.Errorf("a late edit counts as unanswered: %d", d.Unanswered)
		}
		return err
	})
	before := len(b.jobs(store.ToTopic))
	b.deliver("one", b.event("7", "1", core.Edited{Content: posted("четыре").Content}))
	if after := len(b.jobs(store.ToTopic)); after != before {
		t.Errorf("an edit that changes nothing does nothing: %d → %d", before, after)
	}
}

func (b *bench) message0(x *store.Tx, id core.MessageID) core.Message {
	m, err := x.Message(id)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

func TestSend_WhereAnAnswerGoes(t *testing.T) {
	b := newBench(t)
	// One contact with two addresses, as after a merge.
	b.deliver("one", b.event("7", "1", posted("с первого")))
	o := b.topic()
	var first, second core.Message
	b.update(func(x *store.Tx) error {
		no, err := x.ChannelNumber("two")
		if err != nil {
			return err
		}
		a, _, err := x.MeetPeer(no, core.Peer{ID: "8", Name: "Имя 7"}, b.clock.Now())
		if err != nil {
			return err
		}
		_, err = x.Exec(`UPDATE addresses SET contact_id = 1 WHERE id = $1`, int64(a.ID))
		return err
	})
	b.deliver("two", b.event("8", "2", posted("со второго")))
	first, second = b.message(1), b.message(2)
	p1 := b.shown(o, first, 10)
	b.shown(o, second, 20)
	send := func(seq int64, q *store.PostPart) (core.Message, *Refusal) {
		var m core.Message
		var no *Refusal
		b.update(func(x *store.Tx) (err error) {
			m, no, err = b.r.Send(x, Answer{
				Topic: o, Post: core.PostRef{Room: "room", Seq: seq}, By: "op", Quoted: q,
				Content: core.Content{Text: core.Plain("ответ")}, At: b.clock.Now(),
			})
			return err
		})
		return m, no
	}
	if m, no := send(15, nil); no != nil || m.Address != first.Address {
		t.Errorf("unquoted, written when only the first stood above: to %d, %+v", m.Address, no)
	}
	if m, no := send(21, nil); no != nil || m.Address != second.Address {
		t.Errorf("unquoted, below both: to %d, %+v", m.Address, no)
	}
	if m, no := send(22, &p1); no != nil || m.Address != first.Address || m.ReplyTo == nil || m.ReplyTo.Message != first.ID {
		t.Errorf("quoting the first: to %d, %+v", m.Address, no)
	}
	if _, no := send(5, nil); no == nil || no.Key != "refused.unclear" {
		t.Errorf("above everything it is unclear: %+v", no)
	}
	other := p1
	other.Topic = 99
	if _, no := send(23, &other); no == nil || no.Key != "refused.other_topic" {
		t.Errorf("a quote of another topic is refused: %+v", no)
	}
	b.update(func(x *store.Tx) error {
		_, err := x.Exec(`UPDATE addresses SET contact_id = 2 WHERE id = $1`, int64(second.Address))
		return err
	})
	if _, no := send(24, nil); no == nil || no.Key != "refused.unclear" {
		t.Errorf("an address that is another contact's now is refused: %+v", no)
	}
}

func TestSend_TheFirstAnswererBecomesResponsibleAndTheBotIsQuiet(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.event("7", "1", posted("вопрос")))
	o := b.topic()
	b.shown(o, b.message(1), 10)
	b.update(func(x *store.Tx) error {
		bot := core.Message{Dialog: 1, Address: 1, Direction: core.FromBot, Delivery: core.DeliveryWaiting, Content: posted("меню").Content}
		if err := x.InsertMessage(&bot); err != nil {
			return err
		}
		return x.Enqueue(&store.Job{Lane: store.AddressLane(1, ""), Kind: store.JobSend, Message: bot.ID})
	})
	b.update(func(x *store.Tx) error {
		_, no, err := b.r.Send(x, Answer{Topic: o, Post: core.PostRef{Room: "room", Seq: 11}, By: "op", Content: posted("ответ").Content, At: b.clock.Now()})
		if no != nil {
			t.Errorf("refused: %+v", no)
		}
		return err
	})
	b.update(func(x *store.Tx) error {
		d, err := x.Dialog(1)
		if d.Assignee != "op" || d.Unanswered != 0 || !d.MutedUntil.Equal(store.Forever) {
			t.Errorf("dialog %+v", d)
		}
		return err
	})
	js := b.jobs(store.ToAddress)
	if len(js) != 1 || b.message(js[0].Message).Direction != core.FromOperator {
		t.Errorf("what the bot had queued is withdrawn: %+v", js)
	}
}

func TestSend_LimitsAreNamedBeforeAnythingIsStored(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.event("7", "1", posted("вопрос")))
	o := b.topic()
	b.shown(o, b.message(1), 10)
	const mb = 1 << 20
	for _, c := range []struct {
		name    string
		file    core.Attachment
		refused bool
	}{
		{"the console hands over 20 MB", core.Attachment{Kind: core.Document, Holder: "console", Locator: "f", SizeBytes: 20 * mb}, false},
		{"a byte more it does not", core.Attachment{Kind: core.Document, Holder: "console", Locator: "f", SizeBytes: 20*mb + 1}, true},
	} {
		b.update(func(x *store.Tx) error {
			_, no, err := b.r.Send(x, Answer{
				Topic: o, Post: core.PostRef{Room: "room", Seq: 11}, By: "op",
				Content: posted("", c.file).Content, At: b.clock.Now(),
			})
			if (no != nil) != c.refused {
				t.Errorf("%s: refusal %+v", c.name, no)
			}
			if no != nil && (no.Key != "refused.limits" || !strings.Contains(fmt.Sprint(no.Args["Problems"]), "20")) {
				t.Errorf("%s: limit is not named: %+v", c.name, no)
			}
			return err
		})
	}
}

func TestDeleteAnswer_TheWindowCountsFromTheNetworksTime(t *testing.T) {
	for _, c := range []struct {
		name    string
		after   time.Duration
		refused string
	}{
		{"within 48 hours", 47 * time.Hour, ""},
		{"after them", 48*time.Hour + time.Second, "refused.delete_late"},
	} {
		b := newBench(t)
		b.deliver("one", b.event("7", "1", posted("вопрос")))
		b.update(func(x *store.Tx) error {
			m := core.Message{
				Dialog: 1, Address: 1, Direction: core.FromOperator, Delivery: core.DeliverySent,
				SentAt: b.clock.Now().Add(-c.after), Content: posted("ответ").Content,
			}
			if err := x.InsertMessage(&m); err != nil {
				return err
			}
			no, err := b.r.DeleteAnswer(x, m)
			switch {
			case c.refused == "" && no != nil, c.refused != "" && (no == nil || no.Key != c.refused):
				t.Errorf("%s: %+v", c.name, no)
			case no != nil && no.Actions[0] != "replace":
				t.Errorf("%s: editing still works, so its text can be replaced: %v", c.name, no.Actions)
			}
			return err
		})
	}
}

func TestReachable_AnUnreachableCustomerRefusesAnswersAtOnce(t *testing.T) {
	b := newBench(t)
	b.deliver("one", b.event("7", "1", posted("вопрос")))
	o := b.topic()
	b.shown(o, b.message(1), 10)
	b.deliver("one", b.event("7", "", core.Reachable{Now: false, Reason: "blocked"}))
	send := func() *Refusal {
		var no *Refusal
		b.update(func(x *store.Tx) (err error) {
			_, no, err = b.r.Send(x, Answer{Topic: o, Post: core.PostRef{Room: "room", Seq: 11}, By: "op", Content: posted("ответ").Content, At: b.clock.Now()})
			return err
		})
		return no
	}
	if no := send(); no == nil || no.Key != "refused.gone" {
		t.Errorf("refusal %+v", no)
	}
	b.deliver("one", b.event("7", "2", posted("я вернулся")))
	if no := send(); no != nil {
		t.Errorf("whoever writes can be written to: %+v", no)
	}
}

func TestUndo_AnAnswerThatAnOutageKeepsBackHasNotLeft(t *testing.T) {
	for _, c := range []struct {
		name  string
		state store.JobState
		undo  bool
	}{
		{"every attempt was refused", store.JobWaiting, true},
		{"an answer was lost", store.JobAttempting, false},
	} {
		b := newBench(t)
		b.deliver("one", b.event("7", "1", posted("вопрос")))
		b.update(func(x *store.Tx) error {
			m := core.Message{Dialog: 1, Address: 1, Direction: core.FromOperator, Delivery: core.DeliveryWaiting, Content: posted("ответ").Content}
			if err := x.InsertMessage(&m); err != nil {
				return err
			}
			j := store.Job{Lane: store.AddressLane(1, ""), Kind: store.JobSend, Message: m.ID, State: c.state, Attempts: 4}
			if err := x.Enqueue(&j); err != nil {
				return err
			}
			if err := x.SaveJob(j); err != nil {
				return err
			}
			if no, err := b.r.EditAnswer(x, m, store.PostPart{Attachment: -1}, posted("новый").Content, b.clock.Now()); no != nil || err != nil {
				t.Errorf("%s: edit: %+v, %v", c.name, no, err)
			}
			js, err := x.JobsOf(m.ID)
			if (len(js) == 1) != c.undo {
				t.Errorf("%s: an edit of its own is needed: %+v", c.name, js)
			}
			if err != nil {
				return err
			}
			done, err := b.r.Undo(x, m)
			if done != c.undo {
				t.Errorf("%s: undone %v", c.name, done)
			}
			return err
		})
	}
}
