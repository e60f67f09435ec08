package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/adapters/telegram"
	"parom/adapters/telegram/console"
	"parom/adapters/telegram/telegramsim"
	"parom/core"
	"parom/core/coretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk records what it is given.
type desk struct {
	mu      sync.Mutex
	batches [][]core.Act
	presses []core.Press
	order   []string // "act" and "press", as they came
	refuse  []error  // answers to the next Delivers
	press   func(core.Press) (core.Popup, error)
	changed chan struct{}
}

func (d *desk) note(what string) {
	d.order = append(d.order, what)
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *desk) Deliver(_ context.Context, acts []core.Act) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.refuse) > 0 {
		err := d.refuse[0]
		d.refuse = d.refuse[1:]
		if err != nil {
			d.note("refused")
			return err
		}
	}
	d.batches = append(d.batches, slices.Clone(acts))
	d.note("act")
	return nil
}

func (d *desk) Press(_ context.Context, p core.Press) (core.Popup, error) {
	d.mu.Lock()
	d.presses = append(d.presses, p)
	d.note("press")
	f := d.press
	d.mu.Unlock()
	if f == nil {
		return core.Popup{Text: "done"}, nil
	}
	return f(p)
}

func (d *desk) acts() []core.Act {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Concat(d.batches...)
}

type spool map[string][]byte

func (s spool) Open(_ context.Context, blob string) (io.ReadSeekCloser, int64, error) {
	b, ok := s[blob]
	if !ok {
		return nil, 0, errors.New("no such blob")
	}
	return struct {
		io.ReadSeeker
		io.Closer
	}{bytes.NewReader(b), io.NopCloser(nil)}, int64(len(b)), nil
}

type cursors struct {
	mu sync.Mutex
	m  map[string]core.Cursor
}

func (c *cursors) Cursor(_ context.Context, account string) (core.Cursor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[account], nil
}

func (c *cursors) SaveCursor(_ context.Context, account, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[account] = core.Cursor{Value: value}
	return nil
}

// world is a simulated network with a forum of two operators, and a console in it.
type world struct {
	t       *testing.T
	clock   *coretest.Clock
	sim     *telegramsim.Server
	token   string
	botID   int64
	owner   int64
	anna    int64
	group   int64
	room    string
	at      telegramsim.Place
	bot     *telegram.Bot
	con     *console.Console
	desk    *desk
	log     *bytes.Buffer
	files   spool
	cursors *cursors
	rooms   func() []string
}

type option func(*world, *console.Options)

// newWorld stands still: nothing polls before run.
func newWorld(t *testing.T, opts ...option) *world {
	t.Helper()
	w := &world{
		t: t, clock: coretest.NewClock(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)), log: &bytes.Buffer{},
		desk: &desk{changed: make(chan struct{})}, files: spool{}, cursors: &cursors{m: map[string]core.Cursor{}},
	}
	sim, err := telegramsim.New(telegramsim.Options{Clock: w.clock, Knobs: telegramsim.Unlimited(), Dir: t.TempDir()})
	must(t, err)
	must(t, sim.Serve())
	t.Cleanup(func() { must(t, sim.Close()) })
	w.sim = sim
	w.token, w.botID, err = sim.MakeBot(telegramsim.BotOptions{Name: "Desk", Username: "desk_bot"})
	must(t, err)
	w.owner = sim.AddUser(telegramsim.Person{FirstName: "Olga", Username: "olga"})
	w.anna = sim.AddUser(telegramsim.Person{FirstName: "Anna", LastName: "Petrova", Username: "anna", Language: "ru"})
	w.setGroup(sim.AddForum("Staff", w.owner, w.botID))
	must(t, sim.Join(w.anna, w.group, w.anna))
	w.rooms = func() []string { return []string{w.room} }
	w.bot, err = telegram.NewBot(telegram.BotOptions{
		Token: w.token, Endpoint: sim.URL(), Clock: w.clock,
		Log: slog.New(slog.NewTextHandler(&locked{w: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug})), Cursors: w.cursors,
	})
	must(t, err)
	o := console.Options{
		Bot: w.bot, Media: w.files, Clock: w.clock, Rooms: func() []string { return w.rooms() },
		Log: slog.New(slog.NewTextHandler(&locked{w: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range opts {
		f(w, &o)
	}
	w.con, err = console.New(o)
	must(t, err)
	return w
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

var logMu sync.Mutex

type locked struct{ w io.Writer }

func (l *locked) Write(p []byte) (int, error) {
	logMu.Lock()
	defer logMu.Unlock()
	return l.w.Write(p)
}

func (w *world) logged() string {
	logMu.Lock()
	defer logMu.Unlock()
	return w.log.String()
}

func (w *world) setGroup(id int64) {
	w.group, w.room, w.at = id, strconv.FormatInt(id, 10), telegramsim.Group(id)
}

// run starts the console; it is stopped with the test.
func (w *world) run() *world {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.con.Run(ctx, w.desk) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.wait("the first poll", func() bool { return w.sim.Bots()[0].Polling })
	return w
}

// settle runs until the bot has read everything, then forgets what came.
func (w *world) settle() *world {
	w.t.Helper()
	w.run()
	w.drain()
	w.desk.mu.Lock()
	w.desk.batches, w.desk.order = nil, nil
	w.desk.mu.Unlock()
	return w
}

func (w *world) drain() {
	w.t.Helper()
	w.wait("updates to be read", func() bool { return w.sim.Drained(w.botID) })
}

func (w *world) wait(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain for %s; log:\n%s", what, w.logged())
		}
		time.Sleep(time.Millisecond)
	}
}

// next waits until n acts came since the world settled.
func (w *world) next(n int) []core.Act {
	w.t.Helper()
	w.wait(fmt.Sprintf("%d acts", n), func() bool { return len(w.desk.acts()) >= n })
	acts := w.desk.acts()
	if len(acts) != n {
		w.t.Fatalf("%d acts, want %d: %+v", len(acts), n, acts)
	}
	return acts
}

func (w *world) one() core.Act { w.t.Helper(); return w.next(1)[0] }

func (w *world) topic(name string) core.TopicRef {
	w.t.Helper()
	ref, err := w.con.OpenTopic(w.ctx(), w.room, name, "")
	must(w.t, err)
	return ref
}

func (w *world) show(t core.TopicRef, text string, buttons ...core.Button) core.PostRef {
	w.t.Helper()
	p := core.Post{Topic: t, Content: core.Content{Text: core.Plain(text)}}
	if len(buttons) > 0 {
		p.Buttons = [][]core.Button{buttons}
	}
	s, err := w.con.Show(w.ctx(), p)
	must(w.t, err)
	return s.Posts[0]
}

// write is Anna writing in a topic.
func (w *world) write(p telegramsim.Post) core.PostRef {
	w.t.Helper()
	if p.From == 0 {
		p.From = w.anna
	}
	if p.In == (telegramsim.Place{}) {
		p.In = w.at
	}
	id, err := w.sim.Send(p)
	must(w.t, err)
	return core.PostRef{Room: strconv.FormatInt(p.In.Chat, 10), Seq: id}
}

func (w *world) seen(p core.PostRef) telegramsim.Seen {
	w.t.Helper()
	m, ok := w.sim.Message(w.at, p.Seq)
	if !ok {
		w.t.Fatalf("no message %v", p)
	}
	return m
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

func threadOf(t core.TopicRef) int64 {
	n, _ := strconv.ParseInt(t.Thread, 10, 64)
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func reason(t *testing.T, err error, want core.Reason) *core.SendError {
	t.Helper()
	var e *core.SendError
	if !errors.As(err, &e) || e.Reason != want {
		t.Fatalf("error is %v, want %v", err, want)
	}
	return e
}
