package desk

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/core"
	"parom/core/coretest"
	"parom/core/dialogs"
	"parom/core/outbox"
	"parom/core/router"
	"parom/core/spool"
	"parom/core/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 21, 14, 3, 0, 0, time.UTC)

const (
	salesRoom = "-100"
	mega      = 1 << 20
)

func consoleLimits() core.Limits {
	file := core.MediaLimit{SendBytes: 50 * mega, Fallback: core.Document}
	return core.Limits{
		Text: core.TextLimit{Max: 4096}, Caption: core.TextLimit{Max: 1024},
		Media: map[core.Kind]core.MediaLimit{
			core.Photo: file, core.Video: file, core.Document: {SendBytes: 50 * mega}, core.Sticker: {NoCaption: true}, core.Location: {NoCaption: true},
		},
		Album:  core.AlbumLimit{Max: 10, Mix: [][]core.Kind{{core.Photo, core.Video}, {core.Document}}},
		Holder: "telegram:console", FirstWord: true,
		Reply: core.Native, Fragment: core.Native, Edit: core.Native, Delete: core.Native, Reaction: core.Native,
		Styles: []core.Style{core.Bold, core.Italic, core.Underline, core.Strike, core.Spoiler, core.Code, core.Block, core.Quote, core.Link},
		Rate:   core.Rate{PerSecond: 30},
	}
}

// hooked is a console whose calls can be made to fail, before or after they
// happened.
type hooked struct {
	*coretest.Console
	mu     sync.Mutex
	before func(op string, n int) error // n counts calls of op from 1
	after  func(op string, n int, ref core.TopicRef) error
	counts map[string]int
	shown  []core.Post
}

func (h *hooked) call(op string) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[op]++
	if h.before != nil {
		return h.counts[op], h.before(op, h.counts[op])
	}
	return h.counts[op], nil
}

func (h *hooked) ended(op string, n int, ref core.TopicRef) error {
	h.mu.Lock()
	after := h.after
	h.mu.Unlock()
	if after != nil {
		return after(op, n, ref)
	}
	return nil
}

func (h *hooked) OpenTopic(ctx context.Context, room, title, icon string) (core.TopicRef, error) {
	n, err := h.call("OpenTopic")
	if err != nil {
		return core.TopicRef{}, err
	}
	ref, err := h.Console.OpenTopic(ctx, room, title, icon)
	if err != nil {
		return ref, err
	}
	return ref, h.ended("OpenTopic", n, ref)
}

func (h *hooked) Show(ctx context.Context, p core.Post) (core.Shown, error) {
	if _, err := h.call("Show"); err != nil {
		return core.Shown{}, err
	}
	s, err := h.Console.Show(ctx, p)
	if err == nil {
		h.mu.Lock()
		h.shown = append(h.shown, p)
		h.mu.Unlock()
	}
	return s, err
}

func (h *hooked) Amend(ctx context.Context, ref core.PostRef, p core.Post) error {
	if _, err := h.call("Amend"); err != nil {
		return err
	}
	return h.Console.Amend(ctx, ref, p)
}

func (h *hooked) Mark(ctx context.Context, ref core.PostRef, emoji string) error {
	if _, err := h.call("Mark"); err != nil {
		return err
	}
	return h.Console.Mark(ctx, ref, emoji)
}

// shelf hands files over.
type shelf struct {
	clock core.Clock
	mu    sync.Mutex
	wait  time.Duration // before a file is handed over
	err   error
}

func (s *shelf) Fetch(ctx context.Context, a core.Attachment, w io.Writer) error {
	s.mu.Lock()
	wait, err := s.wait, s.err
	s.mu.Unlock()
	if wait > 0 {
		if err := core.Sleep(ctx, s.clock, wait); err != nil {
			return err
		}
	}
	if err == nil {
		_, err = io.WriteString(w, "bytes of "+a.Locator)
	}
	return err
}

type world struct {
	t       *testing.T
	clock   *coretest.Clock
	db      *store.DB
	router  *router.Router
	desk    *Desk
	out     *outbox.Outbox
	console *hooked
	shelf   *shelf
	events  int
	still   bool
	stop    func()
}

type setup struct {
	lang   string // ru when empty
	idle   bool   // nothing is carried until run
	still  bool   // the clock moves by hand only
	limits func(*core.Limits)
	desk   func(*Options)
}

func newWorld(t *testing.T, s setup) *world {
	t.Helper()
	w := &world{t: t, clock: coretest.NewClock(start), still: s.still}
	limits := consoleLimits()
	if s.limits != nil {
		s.limits(&limits)
	}
	w.console = &hooked{Console: coretest.NewConsole(limits, w.clock), counts: map[string]int{}}
	w.shelf = &shelf{clock: w.clock}
	var err error
	w.db, err = store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "parom.db"), Clock: w.clock, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	if s.lang == "" {
		s.lang = "ru"
	}
	language := func(core.GroupID) string { return s.lang }
	w.router = router.New(router.Options{
		DB: w.db, Language: language, Default: "sales", Source: limits,
		Channels: []router.Channel{
			{ID: "tg", Name: "Telegram Shop", Icon: "🟦", Limits: core.Limits{Holder: "telegram:shop"}},
			{ID: "vk", Name: "VK Shop", Icon: "🟪"},
		},
		Departments: []router.Department{{ID: "sales", Name: "Продажи", Group: "sales"}},
	})
	files, err := spool.Open(t.TempDir(), spool.Options{Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	porter := &outbox.Porter{Spool: files, Fetchers: func(string) (core.Fetcher, bool) { return w.shelf, true }}
	o := Options{
		DB: w.db, Router: w.router, Console: w.console, Porter: porter, Clock: w.clock, Language: language, Signs: true,
		Account: "telegram:console", Operators: []Listed{{Person: "7", Name: "Анна", Role: Member}, {Person: "9", Name: "Босс", Role: Admin}},
	}
	if s.desk != nil {
		s.desk(&o)
	}
	w.desk = New(o)
	w.out = outbox.New(outbox.Options{DB: w.db, Clock: w.clock, Watch: w.desk})
	w.desk.SetOutbox(w.out)
	c := w.desk.Carrier()
	for _, family := range []store.Lane{store.ToTopic, store.Cosmetic, store.ToRoom} {
		w.out.Carry(family, c)
	}
	w.db.OnWake(w.out.Wake)
	w.update(func(tx *store.Tx) error {
		if err := tx.BindRoom("sales", salesRoom); err != nil {
			return err
		}
		for _, ch := range []core.ChannelID{"tg", "vk"} {
			if _, err := tx.BindChannel(ch, string(ch)); err != nil {
				return err
			}
		}
		return nil
	})
	w.stop = func() {}
	if !s.idle {
		w.run()
	}
	return w
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.out.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(func() { w.stop() })
}

func (w *world) update(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// waiting counts the jobs towards operators.
func (w *world) waiting() (n int) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM jobs WHERE state < 2 AND substr(lane, 1, 1) IN ('t', 'c', 'g')`).Scan(&n)
	})
	return n
}

// settle waits until everything is shown.
func (w *world) settle() {
	w.t.Helper()
	w.until("everything shown", func() bool { return w.waiting() == 0 })
}

// until waits for something. The clock goes on only meanwhile, and only when
// nothing else does.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	const quiet = 15 * time.Millisecond
	calm, asked, timers := time.Now(), 0, 0
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.dump()
			w.t.Fatalf("never: %s", what)
		}
		a, n := len(w.console.Asked()), w.clock.Waiting()
		if w.out.Busy() || a != asked || n != timers {
			calm, asked, timers = time.Now(), a, n
			continue
		}
		if !w.still && time.Since(calm) > quiet {
			w.clock.Step()
			calm = time.Now()
		}
	}
}

func (w *world) dump() {
	w.view(func(tx *store.Tx) error {
		hs, err := tx.Heads()
		for _, h := range hs {
			j, _ := tx.Job(h.Job)
			w.t.Logf("head %s kind %d state %d attempts %d due %s error %s cuts %.80s", h.Lane, h.Kind, h.State, j.Attempts, h.DueAt, j.Error, j.Cuts)
		}
		return err
	})
}

func (w *world) deliver(channel core.ChannelID, ev core.Event) {
	w.t.Helper()
	w.events++
	if ev.Key == "" {
		ev.Key = fmt.Sprintf("event-%d", w.events)
	}
	if ev.At.IsZero() {
		ev.At = w.clock.Now()
	}
	if err := w.router.Deliver(w.t.Context(), channel, []core.Event{ev}); err != nil {
		w.t.Fatal(err)
	}
}

func ivan() core.Peer {
	return core.Peer{ID: "i1", Name: "Иван", Username: "ivan", Link: "https://t.me/ivan", Language: "ru"}
}

// says has a customer write on the first channel.
func (w *world) says(remote, text string) core.MessageID {
	w.t.Helper()
	return w.posts(remote, core.Posted{Content: core.Content{Text: core.Plain(text)}})
}

func (w *world) posts(remote string, p core.Posted) core.MessageID {
	w.t.Helper()
	w.deliver("tg", core.Event{From: ivan(), Remote: core.RemoteID(remote), Body: p})
	return w.message(remote)
}

func (w *world) message(remote string) (id core.MessageID) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		no, err := tx.ChannelNumber("tg")
		if err != nil {
			return err
		}
		r, err := tx.Remote(no, core.RemoteID(remote))
		id = r.Message
		return err
	})
	return id
}

func (w *world) topic() (topic store.Topic) {
	w.t.Helper()
	w.view(func(tx *store.Tx) (err error) { topic, err = tx.Topic(1); return err })
	return topic
}

// standing are the texts of the topic's posts as they stand.
func (w *world) standing() []string {
	w.t.Helper()
	var out []string
	for _, s := range w.console.Standing(w.topic().Ref) {
		if !s.Removed {
			out = append(out, s.Post.Content.Text.Body)
		}
	}
	return out
}

func (w *world) asked(op string) (n int) {
	for _, a := range w.console.Asked() {
		if a.Op == op {
			n++
		}
	}
	return n
}

func (w *world) say(l dialogs.Line) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error { return dialogs.Say(tx, 1, l) })
}

// answered records an operator's own post as an answer.
func (w *world) answered(delivery core.Delivery) (core.MessageID, core.PostRef) {
	w.t.Helper()
	ref, err := w.console.Console.Show(w.t.Context(), core.Post{Topic: w.topic().Ref, Content: core.Content{Text: core.Plain("ответ")}})
	if err != nil {
		w.t.Fatal(err)
	}
	m := core.Message{Direction: core.FromOperator, Author: "7", Address: 1, Dialog: 1, Delivery: delivery, Content: core.Content{Text: core.Plain("ответ")}}
	w.update(func(tx *store.Tx) error {
		if err := tx.InsertMessage(&m); err != nil {
			return err
		}
		return tx.AddPost(store.PostPart{RoomNo: w.topicIn(tx).RoomNo, Seq: ref.Posts[0].Seq, Topic: 1, Kind: store.PostAnswer, Message: m.ID, Attachment: -1})
	})
	return m.ID, ref.Posts[0]
}

func (w *world) topicIn(tx *store.Tx) store.Topic {
	topic, err := tx.Topic(1)
	if err != nil {
		w.t.Fatal(err)
	}
	return topic
}

func wantText(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	got = strings.ReplaceAll(got, "\u00a0", " ")
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("%s: %q lacks %q", what, got, p)
		}
	}
}

func wantNo(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(got, p) {
			t.Errorf("%s: %q has %q", what, got, p)
		}
	}
}

func styleOf(t core.Text, style core.Style, words string) bool {
	for _, s := range t.Spans {
		if s.Style == style && strings.Contains(t.Body[s.Offset:s.Offset+s.Length], words) {
			return true
		}
	}
	return false
}
