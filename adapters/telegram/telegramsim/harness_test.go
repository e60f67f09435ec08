package telegramsim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeClock stands until it is moved.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Duration
	timers map[*fakeTimer]struct{}
}

var epoch = time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)

func newClock() *fakeClock { return &fakeClock{timers: map[*fakeTimer]struct{}{}, now: time.Hour} }

func (c *fakeClock) Now() time.Time { return epoch.Add(c.Mono()) }

func (c *fakeClock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

type fakeTimer struct {
	c  *fakeClock
	at time.Duration
	ch chan time.Time
}

func (c *fakeClock) NewTimer(d time.Duration) core.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &fakeTimer{c: c, at: c.now + d, ch: make(chan time.Time, 1)}
	if d <= 0 {
		t.ch <- epoch.Add(c.now)
		return t
	}
	c.timers[t] = struct{}{}
	return t
}

func (t *fakeTimer) C() <-chan time.Time { return t.ch }

func (t *fakeTimer) Stop() bool {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	_, was := t.c.timers[t]
	delete(t.c.timers, t)
	return was
}

func (c *fakeClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += d
	for t := range c.timers {
		if t.at <= c.now {
			t.ch <- epoch.Add(c.now)
			delete(c.timers, t)
		}
	}
}

// waiting blocks until n timers wait: the other side has reached its wait.
func (c *fakeClock) waiting(t *testing.T, n int) {
	t.Helper()
	for range 2000 {
		c.mu.Lock()
		got := len(c.timers)
		c.mu.Unlock()
		if got >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("no %d timers wait", n)
}

// world is a server with one bot, two people and a forum.
type world struct {
	*Server
	t     *testing.T
	clock *fakeClock
	web   *http.Client
	token string
	bot   int64
	anna  int64 // customer who pressed Start
	boris int64 // owner of the forum
	forum int64
}

type option func(*Options)

func newWorld(t *testing.T, opts ...option) *world {
	t.Helper()
	w := &world{t: t, clock: newClock()}
	k := DefaultKnobs()
	o := Options{Clock: w.clock, Dir: t.TempDir(), Knobs: &k}
	for _, f := range opts {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.Server = s
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	w.web = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		w.web.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if len(s.journal.panics) > 0 {
			t.Error(s.journal.panics[0])
		}
	})
	var id int64
	w.token, id, err = s.MakeBot(BotOptions{Name: "Parom", Username: "parom_bot"})
	if err != nil {
		t.Fatal(err)
	}
	w.bot = id
	w.anna = s.AddUser(Person{FirstName: "Anna", Username: "anna", Language: "ru"})
	w.boris = s.AddUser(Person{FirstName: "Boris", LastName: "Operator"})
	w.forum = s.AddForum("Staff", w.boris, id)
	if _, err := s.Start(w.anna, id, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

func knob(f func(*Knobs)) option { return func(o *Options) { f(o.Knobs) } }

type args map[string]any

type upfile struct {
	name string
	data []byte
}

// try calls a method; the answer's result is held to the Bot API's own schema.
func (w *world) try(token, method string, a args) (json.RawMessage, *Refusal) {
	w.t.Helper()
	raw, ref, err := w.do(context.Background(), token, method, a)
	if err != nil {
		w.t.Fatalf("%s: %v", method, err)
	}
	return raw, ref
}

func (w *world) do(ctx context.Context, token, method string, a args) (json.RawMessage, *Refusal, error) {
	w.t.Helper()
	var body bytes.Buffer
	ct := "application/json"
	files := false
	for _, v := range a {
		if _, ok := v.(upfile); ok {
			files = true
		}
	}
	if files {
		mw := multipart.NewWriter(&body)
		ct = mw.FormDataContentType()
		for k, v := range a {
			switch v := v.(type) {
			case upfile:
				p, _ := mw.CreateFormFile(k, v.name)
				_, _ = p.Write(v.data)
			case string:
				_ = mw.WriteField(k, v)
			default:
				b, _ := json.Marshal(v)
				_ = mw.WriteField(k, string(b))
			}
		}
		_ = mw.Close()
	} else {
		_ = json.NewEncoder(&body).Encode(a)
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, w.URL()+"/bot"+token+"/"+method, &body)
	req.Header.Set("Content-Type", ct)
	resp, err := w.web.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	var out struct {
		OK     bool            `json:"ok"`
		Result json.RawMessage `json:"result"`
		Refusal
		Parameters struct {
			Retry   int   `json:"retry_after"`
			Migrate int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, nil, fmt.Errorf("answer %q: %w", b, err)
	}
	if !out.OK {
		if resp.StatusCode != out.Code {
			w.t.Errorf("%s: HTTP status %d, error_code %d", method, resp.StatusCode, out.Code)
		}
		out.RetryAfter, out.MigrateTo = out.Parameters.Retry, out.Parameters.Migrate
		return nil, &out.Refusal, nil
	}
	holdToSchema(w.t, method, out.Result)
	return out.Result, nil, nil
}

// must is try that must succeed; a message's id comes back for convenience.
func (w *world) must(method string, a args) wireMessage {
	w.t.Helper()
	raw, ref := w.try(w.token, method, a)
	if ref != nil {
		w.t.Fatalf("%s: %v", method, ref)
	}
	var m wireMessage
	_ = json.Unmarshal(raw, &m)
	return m
}

// refused is try that must fail with a code and (part of) a description.
func (w *world) refused(code int, part, method string, a args) *Refusal {
	w.t.Helper()
	_, ref := w.try(w.token, method, a)
	if ref == nil {
		w.t.Errorf("%s(%v) was not refused, want %d %q", method, a, code, part)
		return &Refusal{}
	}
	if ref.Code != code || !strings.Contains(ref.Description, part) {
		w.t.Errorf("%s(%v) was refused with %d %q, want %d %q", method, a, ref.Code, ref.Description, code, part)
	}
	return ref
}

type gotUpdate struct {
	ID       int64                  `json:"update_id"`
	Message  *wireMessage           `json:"message"`
	Edited   *wireMessage           `json:"edited_message"`
	Query    *wireQuery             `json:"callback_query"`
	Reaction *reactionUpdate        `json:"message_reaction"`
	Mine     map[string]interface{} `json:"my_chat_member"`
	Member   map[string]interface{} `json:"chat_member"`
}

// updates fetches and confirms all that waits.
func (w *world) updates(a args) []gotUpdate {
	w.t.Helper()
	if a == nil {
		a = args{}
	}
	a["timeout"] = 0
	raw, ref := w.try(w.token, "getUpdates", a)
	if ref != nil {
		w.t.Fatalf("getUpdates: %v", ref)
	}
	var us []gotUpdate
	if err := json.Unmarshal(raw, &us); err != nil {
		w.t.Fatal(err)
	}
	if len(us) > 0 {
		_, _ = w.try(w.token, "getUpdates", args{"offset": us[len(us)-1].ID + 1, "timeout": 0, "limit": 1})
	}
	return us
}

func (w *world) topic(name string) int64 {
	w.t.Helper()
	raw, ref := w.try(w.token, "createForumTopic", args{"chat_id": w.forum, "name": name})
	if ref != nil {
		w.t.Fatalf("createForumTopic: %v", ref)
	}
	var t struct {
		ID int64 `json:"message_thread_id"`
	}
	_ = json.Unmarshal(raw, &t)
	return t.ID
}
