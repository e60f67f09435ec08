package outbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/spool"
	"parom/core/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// network is a plain network with every ability.
var network = core.Limits{
	Text:  core.TextLimit{Max: 20},
	Media: map[core.Kind]core.MediaLimit{core.Photo: {SendBytes: 1000}, core.Document: {SendBytes: 1000}},
	Reply: core.Native, Edit: core.Native, Delete: core.Native, Reaction: core.Native, ReadMarks: core.Native,
}

// world is a store, an outbox and the channels of a test.
type world struct {
	t        *testing.T
	path     string
	clock    *coretest.Clock
	db       *store.DB
	out      *outbox.Outbox
	watch    *watch
	adapters map[core.ChannelID]core.Adapter
	stop     func() error // ends Run; may be called again
}

type setup struct {
	path    string // a store that exists; empty: a new one
	limits  core.Limits
	options outbox.Options
	address outbox.AddressOptions
	still   bool // the clock moves only by hand
	carry   func(*outbox.Outbox)
	// channels by name; nil: "shop" with the able adapter
	channels map[core.ChannelID]core.Adapter
	clock    *coretest.Clock
	idle     bool                                      // Run is not started
	find     func(core.ChannelID) (core.Adapter, bool) // nil: among channels
}

func newWorld(t *testing.T, s setup) *world {
	t.Helper()
	w := &world{t: t, path: s.path, clock: s.clock, watch: &watch{}, adapters: s.channels}
	if w.path == "" {
		w.path = filepath.Join(t.TempDir(), "parom.db")
	}
	if w.clock == nil {
		w.clock = coretest.NewClock(start)
	}
	if s.limits.Text.Max == 0 {
		s.limits = network
	}
	if w.adapters == nil {
		w.adapters = map[core.ChannelID]core.Adapter{"shop": coretest.NewAbleAdapter("shop", s.limits, w.clock)}
	}
	var err error
	if w.db, err = store.Open(t.Context(), store.Options{Path: w.path, Clock: w.clock, NoSync: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	for ch := range w.adapters {
		w.update(func(tx *store.Tx) error { _, err := tx.BindChannel(ch, string(ch)); return err })
	}
	s.options.DB, s.options.Clock, s.options.Watch = w.db, w.clock, w.watch
	w.out = outbox.New(s.options)
	w.db.OnWake(w.out.Wake)
	s.address.Watch = w.watch
	s.address.Adapters = func(c core.ChannelID) (core.Adapter, bool) { a, ok := w.adapters[c]; return a, ok }
	if s.find != nil {
		s.address.Adapters = s.find
	}
	w.out.Carry(store.ToAddress, outbox.NewAddressCarrier(s.address))
	if s.carry != nil {
		s.carry(w.out)
	}
	w.stop = func() error { return nil }
	if !s.idle {
		w.run(!s.still)
	}
	return w
}

func (w *world) run(auto bool) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.out.Run(ctx) }()
	halt := func() {}
	if auto {
		halt = w.clock.AutoStep(coretest.AutoStep{Busy: w.busy, Quiet: quiet(), Until: start.Add(100 * time.Hour)})
	}
	w.stop = sync.OnceValue(func() error {
		cancel()
		err := <-done
		halt()
		return err
	})
	w.t.Cleanup(func() { _ = w.stop() })
}

// quiet is longer where goroutines may wait for their turn.
func quiet() time.Duration {
	if raceDetector {
		return 15 * time.Millisecond
	}
	return 2 * time.Millisecond
}

func (w *world) busy() bool {
	if w.out.Busy() {
		return true
	}
	for _, a := range w.adapters {
		if b, ok := a.(interface{ Busy() bool }); ok && b.Busy() {
			return true
		}
	}
	return false
}

func (w *world) able(c core.ChannelID) coretest.AbleAdapter {
	return w.adapters[c].(coretest.AbleAdapter)
}

func (w *world) update(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// address is the address of a peer on a channel.
func (w *world) address(ch core.ChannelID, peer string) (id core.AddressID) {
	w.t.Helper()
	w.update(func(t *store.Tx) error {
		no, err := t.ChannelNumber(ch)
		if err != nil {
			return err
		}
		a, _, err := t.MeetPeer(no, core.Peer{ID: core.PeerID(peer), Name: peer}, t.Now())
		id = a.ID
		return err
	})
	return id
}

// say stores an answer and has it sent.
func (w *world) say(a core.AddressID, text string) core.MessageID {
	w.t.Helper()
	return w.post(core.Message{Address: a, Content: core.Content{Text: core.Plain(text)}}, "")
}

func (w *world) post(m core.Message, payload string) core.MessageID {
	w.t.Helper()
	w.update(func(t *store.Tx) error {
		m := m
		return w.enqueue(t, &m, payload, func(id core.MessageID) { m.ID = id })
	})
	return w.lastMessage()
}

func (w *world) enqueue(t *store.Tx, m *core.Message, payload string, got func(core.MessageID)) error {
	m.Direction, m.Delivery = core.FromOperator, core.DeliveryWaiting
	if err := t.InsertMessage(m); err != nil {
		return err
	}
	got(m.ID)
	return t.Enqueue(&store.Job{
		Lane: store.AddressLane(m.Address, m.Thread), Kind: store.JobSend, Message: m.ID, Payload: payload, Priority: store.Words,
	})
}

func (w *world) lastMessage() (id core.MessageID) {
	w.t.Helper()
	w.view(func(t *store.Tx) error { return t.QueryRow(`SELECT max(id) FROM messages`).Scan(&id) })
	return id
}

// do enqueues another kind of job about a message.
func (w *world) do(k store.JobKind, a core.AddressID, m core.MessageID, payload string) {
	w.t.Helper()
	w.update(func(t *store.Tx) error {
		return t.Enqueue(&store.Job{Lane: store.AddressLane(a, ""), Kind: k, Message: m, Payload: payload, Priority: store.Words})
	})
}

// rewrite is what the desk does with an edit of an answer.
func (w *world) rewrite(a core.AddressID, id core.MessageID, text string) {
	w.t.Helper()
	w.update(func(t *store.Tx) error {
		m, err := t.Message(id)
		if err != nil {
			return err
		}
		if err := t.ReplaceContent(&m, core.Content{Text: core.Plain(text), Attachments: m.Content.Attachments}, t.Now()); err != nil {
			return err
		}
		return t.Enqueue(&store.Job{
			Lane: store.AddressLane(a, ""), Kind: store.JobEdit, Message: id, Slot: fmt.Sprintf("edit:%d", id), Priority: store.Words,
		})
	})
}

func (w *world) view(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.View(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) message(id core.MessageID) (m core.Message) {
	w.t.Helper()
	w.view(func(t *store.Tx) (err error) { m, err = t.Message(id); return err })
	return m
}

func (w *world) jobs() (n int) {
	w.t.Helper()
	w.view(func(t *store.Tx) error { return t.QueryRow(`SELECT count(*) FROM jobs`).Scan(&n) })
	return n
}

// waiting counts jobs that are not parked.
func (w *world) waiting() (n int) {
	w.t.Helper()
	w.view(func(t *store.Tx) error { return t.QueryRow(`SELECT count(*) FROM jobs WHERE state < 2`).Scan(&n) })
	return n
}

func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain: %s; %+v", what, w.out.Stats())
		}
	}
}

func (w *world) awaitEmpty() {
	w.t.Helper()
	w.await("lanes empty", func() bool { return w.waiting() == 0 && w.out.Stats().InFlight == 0 })
	w.update(func(*store.Tx) error { return nil }) // the watch has been told
}

// crash gives a copy of the data file as a killed process would leave it.
func (w *world) crash() (path string) {
	w.t.Helper()
	path = filepath.Join(w.t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.path + end)
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.WriteFile(path+end, b, 0o600)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return path
}

// watch remembers what it was told.
type watch struct {
	mu     sync.Mutex
	sent   []core.MessageID
	twice  []core.MessageID // of sent, those that may have arrived twice
	parked []core.Reason
	slow   []core.MessageID
}

func (w *watch) Sent(t *store.Tx, j store.Job, m core.Message) error {
	t.OnCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sent = append(w.sent, m.ID)
		if m.Twice {
			w.twice = append(w.twice, m.ID)
		}
	})
	return nil
}

func (w *watch) Parked(t *store.Tx, j store.Job, cause *core.SendError) error {
	t.OnCommit(func() { w.mu.Lock(); w.parked = append(w.parked, cause.Reason); w.mu.Unlock() })
	return nil
}

func (w *watch) Slow(t *store.Tx, j store.Job) error {
	t.OnCommit(func() { w.mu.Lock(); w.slow = append(w.slow, j.Message); w.mu.Unlock() })
	return nil
}

func (w *watch) get() (sent []core.MessageID, parked []core.Reason, slow []core.MessageID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(sent, w.sent...), append(parked, w.parked...), append(slow, w.slow...)
}

func texts(ps []core.Parcel) (out []string) {
	for _, p := range ps {
		out = append(out, p.Content.Text.Body)
	}
	return out
}

func newPorter(t *testing.T, from core.Fetcher) *outbox.Porter {
	t.Helper()
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &outbox.Porter{Spool: s, Fetchers: func(string) (core.Fetcher, bool) { return from, true }}
}
