package telegram

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
)

const plantedToken = "424242:AAplanted-secret_0123456789abcdef"

// script is a server that answers getUpdates with what a test wrote down, once
// each, and then holds polls until they are given up.
type script struct {
	*httptest.Server
	mu      sync.Mutex
	answers []string // bodies; the status is their error_code
	polls   []url.Values
	polled  chan struct{} // one for each poll
	other   func(method string, form url.Values) string
}

func newScript(t *testing.T, answers ...string) *script {
	t.Helper()
	s := &script{answers: answers, polled: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	_ = r.ParseForm()
	body := `{"ok":true,"result":true}`
	if method != "getUpdates" {
		if s.other != nil {
			body = s.other(method, r.PostForm)
		}
		answerJSON(w, body)
		return
	}
	s.mu.Lock()
	s.polls = append(s.polls, r.PostForm)
	body = ""
	if len(s.answers) > 0 {
		body, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	s.polled <- struct{}{}
	if body == "" {
		<-r.Context().Done()
		return
	}
	answerJSON(w, body)
}

func answerJSON(w http.ResponseWriter, body string) {
	code := http.StatusOK
	if _, rest, refused := strings.Cut(body, `"error_code":`); refused {
		_, _ = fmt.Sscan(rest, &code)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

func (s *script) requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.polls...)
}

func (s *script) awaitPolls(t *testing.T, n int) {
	t.Helper()
	late := time.After(5 * time.Second)
	for range n {
		select {
		case <-s.polled:
		case <-late:
			t.Fatalf("%d polls, want %d", len(s.requests()), n)
		}
	}
}

func updates(us ...string) string { return `{"ok":true,"result":[` + strings.Join(us, ",") + `]}` }

func refusal(code int, description, parameters string) string {
	if parameters != "" {
		parameters = `,"parameters":` + parameters
	}
	return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q%s}`, code, description, parameters)
}

// text is an update with a message of customer 7.
func text(update, message int, words string) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1700000000,"text":%q,`+
		`"chat":{"id":7,"type":"private","first_name":"Ольга"},"from":{"id":7,"first_name":"Ольга","is_bot":false}}}`, update, message, words)
}

func groupText(update, message int, words string) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1700000000,"text":%q,`+
		`"chat":{"id":-1001,"type":"supergroup","title":"Смена","is_forum":true},"from":{"id":8,"first_name":"Иван","is_bot":false}}}`, update, message, words)
}

// memory is core.Cursors.
type memory struct {
	clock core.Clock
	mu    sync.Mutex
	m     map[string]core.Cursor
	saves int
	fail  error
}

func (m *memory) Cursor(_ context.Context, account string) (core.Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[account], m.fail
}

func (m *memory) SaveCursor(_ context.Context, account, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[account] = core.Cursor{Value: value, At: m.clock.Now()}
	m.saves++
	return nil
}

func (m *memory) value() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m["telegram:424242"].Value
}

// logged collects log lines from any goroutine.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// rig is a bot on a script with a clock that stands still.
type rig struct {
	*Bot
	script  *script
	clock   *coretest.Clock
	cursors *memory
	log     *logged
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newRig(t *testing.T, answers ...string) *rig {
	t.Helper()
	r := &rig{script: newScript(t, answers...), clock: coretest.NewClock(noon), log: &logged{}}
	r.cursors = &memory{clock: r.clock, m: map[string]core.Cursor{}}
	var err error
	r.Bot, err = NewBot(BotOptions{
		Token: plantedToken, Endpoint: r.script.URL, Clock: r.clock, Cursors: r.cursors,
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.closeIdle)
	return r
}

// start runs the bot; stop waits for Run and returns its error.
func (r *rig) start(t *testing.T) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case err = <-ended:
			case <-time.After(5 * time.Second):
				t.Error("Run goes on after its context")
			}
		})
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

// awaitPause waits until Run sleeps, and says for how long.
func (r *rig) awaitPause(t *testing.T) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := r.clock.AwaitTimers(ctx, 1); err != nil {
		t.Fatal(err)
	}
	d, _ := r.clock.NextTimer()
	return d
}
