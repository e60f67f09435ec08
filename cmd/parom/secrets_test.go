package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/config"
	"parom/core/lang"
)

// output is everything a command shows, on both streams.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// await waits until something was shown.
func (o *output) await(t *testing.T, text string) {
	t.Helper()
	for range 1000 {
		if strings.Contains(o.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("never shown: %q; shown:\n%s", text, o.String())
}

// hides reports every form of a token that is shown.
func (o *output) hides(t *testing.T, token string) {
	t.Helper()
	_, secret, _ := strings.Cut(token, ":")
	for _, form := range []string{token, secret, url.QueryEscape(token), fmt.Sprintf("%x", secret)} {
		if strings.Contains(o.String(), form) {
			t.Errorf("a token is shown:\n%s", strings.ReplaceAll(o.String(), form, "<<<HERE>>>"))
		}
	}
}

// stage is a simulated network, a group and a configuration of them.
type stage struct {
	sim           *telegramsim.Server
	token         string
	bot, customer int64
	group         int64
	file          string
}

// set makes a stage whose configuration names an endpoint; empty: the simulator.
func set(t *testing.T, endpoint string) *stage {
	t.Helper()
	for _, name := range []string{"PAROM_LANGUAGE", "LC_ALL", "LC_MESSAGES"} {
		t.Setenv(name, "")
	}
	t.Setenv("LANG", "en")
	sim, err := telegramsim.New(telegramsim.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	s := &stage{sim: sim, file: filepath.Join(t.TempDir(), "parom.yaml")}
	if s.token, s.bot, err = sim.MakeBot(telegramsim.BotOptions{Name: "Volna", Username: "volna_bot"}); err != nil {
		t.Fatal(err)
	}
	s.group = sim.AddForum("Staff", sim.AddUser(telegramsim.Person{FirstName: "Olga"}), s.bot)
	s.customer = sim.AddUser(telegramsim.Person{FirstName: "Anna"})
	if endpoint == "" {
		endpoint = sim.URL()
	}
	text := fmt.Sprintf(`log: {format: json, level: debug}
http: {listen: "127.0.0.1:0"}
groups: [{id: main, chat: "%d"}]
console: {settings: &bot {token: %q, endpoint: %q}}
channels: [{id: shop, network: telegram, settings: {token: %q, endpoint: %q}}]
`, s.group, s.token, endpoint, s.token, endpoint)
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// running starts a command; stop ends it as a signal would and gives its code.
func running(t *testing.T, args ...string) (shown *output, stop func() int) {
	t.Helper()
	shown = &output{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- start(ctx, args, strings.NewReader(""), shown, shown) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { stop() })
	return shown, stop
}

func (s *stage) write(t *testing.T, text string) {
	t.Helper()
	if _, err := s.sim.Send(telegramsim.Post{From: s.customer, In: telegramsim.Private(s.bot, s.customer), Text: text}); err != nil {
		t.Fatal(err)
	}
}

func TestRun_ShowsNoTokenAndNoWords(t *testing.T) {
	s := set(t, "")
	if _, err := s.sim.Start(s.customer, s.bot, ""); err != nil {
		t.Fatal(err)
	}
	shown, stop := running(t, "run", "--config", s.file)
	s.write(t, "what does PLANTEDWORDS cost?")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.sim.WaitFor(ctx, func() bool { return len(s.sim.Topics(s.group)) > 1 }); err != nil {
		t.Errorf("no topic: %v\n%s", err, shown)
	}
	at := listening(t, shown)
	for _, page := range []string{"/readyz", "/metrics", "/healthz"} {
		r, err := http.Get("http://" + at + page)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", page, r.StatusCode)
		}
		if _, err := shown.b.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		_ = r.Body.Close()
	}
	if !strings.Contains(shown.String(), `parom_events_total{channel="shop"`) {
		t.Error("/metrics does not count the customer's message")
	}
	if _, err := s.sim.RevokeToken(s.bot); err != nil { // 401 from now on
		t.Fatal(err)
	}
	s.write(t, "PLANTEDWORDS again") // ends the poll under way
	shown.await(t, "refuses the token")
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	shown.hides(t, s.token)
	if strings.Contains(shown.String(), "PLANTEDWORDS") {
		t.Errorf("a customer's words are in the log:\n%s", shown)
	}
	if !strings.Contains(shown.String(), `"event":"starting"`) {
		t.Errorf("what happened is not under \"event\":\n%s", shown)
	}
}

// listening is the address of the web side, from the log.
func listening(t *testing.T, shown *output) string {
	t.Helper()
	const before = `"event":"listening","address":"`
	shown.await(t, before)
	_, rest, _ := strings.Cut(shown.String(), before)
	at, _, _ := strings.Cut(rest, `"`)
	return at
}

func TestRun_ShowsNoTokenWhenTheNetworkIsAway(t *testing.T) {
	for _, endpoint := range []string{"http://no-such-host.invalid", "https://127.0.0.1:1", "http://127.0.0.1:1"} {
		t.Run(endpoint, func(t *testing.T) {
			s := set(t, endpoint)
			shown, stop := running(t, "run", "--config", s.file)
			shown.await(t, `"WARN"`)
			at := listening(t, shown)
			down := func() bool {
				r, err := http.Get("http://" + at + "/readyz")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = r.Body.Close() }()
				return r.StatusCode == http.StatusServiceUnavailable
			}
			// Some polls have to fail first: once is enough.
			for deadline := time.Now().Add(20 * time.Second); strings.HasPrefix(endpoint, "https") && !down(); time.Sleep(500 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("/readyz says ready while the network is away")
				}
			}
			if code := stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			shown.hides(t, s.token)
		})
	}
}

func TestCheck_ShowsNoTokenAndSaysByItsCodeWhetherItCanRun(t *testing.T) {
	cases := []struct {
		name, endpoint string
		change         func(s *stage) error
		says           string
		code           int
	}{
		{"all is well", "", func(*stage) error { return nil }, "Group main\n", 0},
		{"the token is refused", "", func(s *stage) error { _, err := s.sim.RevokeToken(s.bot); return err }, "does not take the bot's token", exitFailed},
		{"the host is not known", "http://no-such-host.invalid", func(*stage) error { return nil }, "could not be asked", exitFailed},
		{"nobody answers", "http://127.0.0.1:1", func(*stage) error { return nil }, "could not be asked", exitFailed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := set(t, c.endpoint)
			if err := c.change(s); err != nil {
				t.Fatal(err)
			}
			shown := &output{}
			if code := start(t.Context(), []string{"check", "--config", s.file}, strings.NewReader(""), shown, shown); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(shown.String(), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, shown)
			}
			shown.hides(t, s.token)
		})
	}
}

func TestInit_ShowsNoTokenAndWritesWhatRuns(t *testing.T) {
	s := set(t, "")
	file := filepath.Join(t.TempDir(), "new", "parom.yaml")
	shown := &output{}
	args := []string{"init", "--config", file, "--endpoint", s.sim.URL(), "--group", strconv.FormatInt(s.group, 10)}
	if code := start(t.Context(), args, strings.NewReader(s.token+"\n\n"), shown, shown); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, shown)
	}
	shown.hides(t, s.token)
	checked := &output{}
	if code := start(t.Context(), []string{"check", "--config", file}, strings.NewReader(""), checked, checked); code != 0 {
		t.Errorf("check of what init wrote: exit code %d\n%s", code, checked)
	}

	// It never says a wrong token either, and ends when there is no more input.
	wrong := "424242:AAEplantedplantedplantedplantedplant"
	for _, endpoint := range []string{s.sim.URL(), "http://no-such-host.invalid", "not a url " + wrong} {
		shown := &output{}
		args := []string{"init", "--config", file + "2", "--endpoint", endpoint}
		if code := start(t.Context(), args, strings.NewReader(wrong+"\n"), shown, shown); code != exitFailed {
			t.Errorf("%s: exit code %d:\n%s", endpoint, code, shown)
		}
		shown.hides(t, wrong)
	}
}

func TestLog_TakesSecretsOutOfEverything(t *testing.T) {
	const token = "123456:AAEplantedplantedplantedplantedplant"
	_, secret, _ := strings.Cut(token, ":")
	type careless struct{ Token string }
	for _, format := range []string{"text", "json"} {
		shown := &output{}
		secrets := &redactor{}
		s := &session{out: shown, err: secrets.writer(shown), secrets: secrets, texts: lang.For("en")}
		log := s.log(config.Log{Format: format, Level: "debug"})
		secrets.hide(token)
		failed := &url.Error{Op: "Get", URL: "https://api.telegram.org/bot" + token + "/getMe", Err: errors.New("no such host")}
		log.Error("get "+token, "reason", failed, "msg", 5, "url", failed.URL, "half", secret, "any", careless{token},
			"list", []string{token}, slog.Group("g", "token", token, "msg", 6), "escaped", url.QueryEscape(token))
		log.With("token", token, "msg", 7).WithGroup("deep").Debug("x", "reason", fmt.Errorf("wrapped: %w", failed))
		shown.hides(t, token)
		want := []string{"event=x", "msg=5", "g.msg=6", "msg=7"}
		if format == "json" {
			want = []string{`"event":"x"`, `"msg":5`, `"msg":6`, `"msg":7`}
		}
		for _, w := range append(want, hidden, "no such host") {
			if !strings.Contains(shown.String(), w) {
				t.Errorf("%s lacks %q:\n%s", format, w, shown)
			}
		}
	}
}
