package setup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/adapters/telegram"
	"parom/adapters/telegram/telegramsim"
	"parom/cmd/parom/setup"
	"parom/config"
	"parom/core"
	"parom/core/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a simulated Telegram with a bot, its owner and a scripted terminal.
type world struct {
	t      *testing.T
	sim    *telegramsim.Server
	token  string
	bot    int64
	owner  int64
	file   string
	in     *io.PipeWriter
	stdin  io.Reader
	out    lockedText
	hidden []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	knobs := telegramsim.DefaultKnobs()
	knobs.ThrottlePolls = false
	sim, err := telegramsim.New(telegramsim.Options{Dir: t.TempDir(), Knobs: &knobs})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w := &world{t: t, sim: sim, file: filepath.Join(t.TempDir(), "parom.yaml")}
	w.token, w.bot, err = sim.MakeBot(telegramsim.BotOptions{Name: "Volna", Username: "volna_bot", Privacy: true})
	if err != nil {
		t.Fatal(err)
	}
	w.owner = sim.AddUser(telegramsim.Person{FirstName: "Olga", LastName: "Orlova"})
	w.stdin, w.in = io.Pipe()
	return w
}

func (w *world) options() setup.Options {
	return setup.Options{
		File: w.file, Endpoint: w.sim.URL(), In: w.stdin, Out: &w.out, Texts: lang.For("en"), Clock: core.SystemClock(),
		Wait: 20 * time.Second, Hide: func(s string) { w.hidden = append(w.hidden, s) },
	}
}

// forum makes the staff's group with the bot as admin, if it is to be in.
func (w *world) forum(bots ...int64) int64 {
	w.t.Helper()
	return w.sim.AddForum("Staff", w.owner, bots...)
}

// run starts Init; the returned function waits for its end.
func (w *world) run(o setup.Options) (wait func() error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	w.t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- setup.Init(ctx, o) }()
	return func() error {
		defer func() { _ = w.in.Close() }()
		return <-ended
	}
}

// answer waits until the terminal shows a question and answers it.
func (w *world) answer(question, line string) {
	w.t.Helper()
	w.see(question)
	if _, err := io.WriteString(w.in, line+"\n"); err != nil {
		w.t.Fatal(err)
	}
}

// see waits until the terminal shows something it has not shown before.
func (w *world) see(text string) {
	w.t.Helper()
	for range 1000 {
		if w.out.take(text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("the terminal never showed %q; it shows:\n%s", text, w.out.String())
}

// lockedText is a terminal: what was shown, and how far the test has read.
type lockedText struct {
	mu   sync.Mutex
	b    strings.Builder
	read int
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedText) take(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := strings.Index(l.b.String()[l.read:], text)
	if at >= 0 {
		l.read += at + len(text)
	}
	return at >= 0
}

// settings reads the written file as the gateway will.
func (w *world) settings() (config.Config, telegram.Config, telegram.Config) {
	w.t.Helper()
	cfg, err := config.Load(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	var console, channel telegram.Config
	if err := cfg.Console.Settings.Decode(&console); err != nil {
		w.t.Fatal(err)
	}
	if err := cfg.Channels[0].Settings.Decode(&channel); err != nil {
		w.t.Fatal(err)
	}
	return cfg, console, channel
}

func TestInit_AsksWaitsForTheGroupAndWritesTheFile(t *testing.T) {
	w := newWorld(t)
	group := w.forum()
	wait := w.run(w.options())
	w.answer("Token of the bot", "not a token")
	w.see("does not look like a token")
	w.answer("Token of the bot", "123456:AAEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	w.see("does not know this token")
	w.answer("Token of the bot", "  "+w.token+"  ")
	w.see("The bot is Volna (@volna_bot).")
	w.see("https://t.me/volna_bot?startgroup")
	if err := w.sim.Join(w.owner, group, w.bot); err != nil {
		t.Fatal(err)
	}
	w.answer("Found “Staff”", "y")
	w.see("is no admin")
	if err := w.sim.Promote(w.owner, group, w.bot, "can_manage_topics", "can_delete_messages", "can_pin_messages"); err != nil {
		t.Fatal(err)
	}
	w.answer("press Enter", "")
	w.see("The group can be worked in.")
	w.see("First administrator: Olga Orlova")
	w.see("It leaves after 5")
	w.answer("Shall customers write to @volna_bot too?", "")
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	w.see("Written: " + w.file)

	cfg, console, channel := w.settings()
	if console.Token != w.token || channel.Token != w.token || console.Endpoint != w.sim.URL() || channel.Endpoint != w.sim.URL() {
		t.Error("the settings are not those that were given")
	}
	if want := strconv.FormatInt(group, 10); cfg.Groups[0].Chat != want {
		t.Errorf("group %s, want %s", cfg.Groups[0].Chat, want)
	}
	if o := cfg.Operators; len(o) != 1 || o[0].ID != strconv.FormatInt(w.owner, 10) || o[0].Name != "Olga Orlova" || o[0].Role != "admin" {
		t.Errorf("operators %+v", o)
	}
	if cfg.Departments[0].Mode != "direct" || cfg.Answers.Hold != 5*time.Second || cfg.Language != "en" {
		t.Errorf("answers %+v, departments %+v, language %s", cfg.Answers, cfg.Departments, cfg.Language)
	}
	if i, err := os.Stat(w.file); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", i.Mode(), err)
	}
	b, _ := os.ReadFile(w.file)
	for _, comment := range []string{"# Configuration of parom.", "# Groups of operators.", "# Staff", "an answer leaves after the hold"} {
		if !strings.Contains(string(b), comment) && !strings.Contains(string(b), strings.TrimPrefix(comment, "# ")) {
			t.Errorf("the file lacks the comment %q", comment)
		}
	}
	if strings.Contains(w.out.String(), w.token) {
		t.Error("the terminal shows the token")
	}
}

func TestInit_ConfirmsNoUpdate(t *testing.T) {
	w := newWorld(t)
	customer := w.sim.AddUser(telegramsim.Person{FirstName: "Anna"})
	if _, err := w.sim.Start(customer, w.bot, ""); err != nil {
		t.Fatal(err)
	}
	w.forum(w.bot)
	if _, err := w.sim.Send(telegramsim.Post{From: customer, In: telegramsim.Private(w.bot, customer), Text: "is anybody there?"}); err != nil {
		t.Fatal(err)
	}
	o := w.options()
	o.TokenFile, o.Yes = w.secretFile(w.token), true
	if err := w.run(o)(); err != nil {
		t.Fatal(err, w.out.String())
	}
	if w.sim.Drained(w.bot) {
		t.Error("the customer's message was taken from the queue")
	}
}

func (w *world) secretFile(token string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func TestInit_NeedsNobodyWhenAllIsTold(t *testing.T) {
	w := newWorld(t)
	other, otherID, err := w.sim.MakeBot(telegramsim.BotOptions{Name: "Shop \"№ 1\" 🛒", Username: "shop_bot"})
	if err != nil {
		t.Fatal(err)
	}
	_ = otherID
	group := w.forum(w.bot)
	o := w.options()
	o.TokenFile, o.CustomerTokenFile, o.Group, o.Yes = w.secretFile(w.token), w.secretFile(other), strconv.FormatInt(group, 10), true
	if err := os.WriteFile(w.file, []byte("language: ru\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.run(o)(); err != nil {
		t.Fatal(err, w.out.String())
	}
	cfg, console, channel := w.settings()
	if console.Token != w.token || channel.Token != other {
		t.Error("the tokens are not those that were given")
	}
	if cfg.Channels[0].Name != "Shop \"№ 1\" 🛒" {
		t.Errorf("name %q", cfg.Channels[0].Name)
	}
	if o := cfg.Operators; len(o) != 1 || o[0].ID != strconv.FormatInt(w.owner, 10) {
		t.Errorf("operators %+v, want the owner", o)
	}
	if b, err := os.ReadFile(w.file + ".old"); err != nil || string(b) != "language: ru\n" {
		t.Errorf("the file that was there is %q, %v", b, err)
	}
}

func TestInit_WritesInRussianToo(t *testing.T) {
	w := newWorld(t)
	group := w.forum(w.bot)
	o := w.options()
	o.TokenFile, o.Group, o.Yes, o.Texts = w.secretFile(w.token), strconv.FormatInt(group, 10), true, lang.For("ru")
	if err := w.run(o)(); err != nil {
		t.Fatal(err, w.out.String())
	}
	if cfg, _, _ := w.settings(); cfg.Language != "ru" {
		t.Errorf("language %s", cfg.Language)
	}
	if b, _ := os.ReadFile(w.file); !strings.Contains(string(b), "# Настройки parom.") {
		t.Errorf("no Russian comments:\n%s", strings.ReplaceAll(string(b), w.token, "…"))
	}
}

func TestInit_WritesNothingWhen(t *testing.T) {
	cases := []struct {
		name   string
		change func(w *world, o *setup.Options)
		says   string
	}{
		{"the person will not overwrite", func(w *world, o *setup.Options) {
			o.Yes = false
			o.In = strings.NewReader("n\n")
		}, "stays as it is"},
		{"the group is no forum", func(w *world, o *setup.Options) {
			if err := w.sim.SetForum(mustNumber(o.Group), false); err != nil {
				w.t.Fatal(err)
			}
		}, "Topics are off"},
		{"the group is not there", func(_ *world, o *setup.Options) { o.Group = "-1009999999" }, "was not found"},
		{"the token is unknown", func(w *world, o *setup.Options) {
			o.TokenFile = w.secretFile("123456:AAEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
		}, "does not know this token"},
		{"Telegram is away", func(w *world, _ *setup.Options) {
			if err := w.sim.SetDown(true); err != nil {
				w.t.Fatal(err)
			}
		}, "could not be asked"},
		{"no group comes in time", func(w *world, o *setup.Options) {
			o.Group, o.Wait = "", 300*time.Millisecond
			w.drain()
		}, "No group was seen in time"},
		{"the updates go elsewhere", func(w *world, _ *setup.Options) { w.hook() }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if err := os.WriteFile(w.file, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			o := w.options()
			o.TokenFile, o.Group, o.Yes = w.secretFile(w.token), strconv.FormatInt(w.forum(w.bot), 10), true
			c.change(w, &o)
			err := w.run(o)()
			if !errors.Is(err, setup.ErrNotReady) {
				t.Errorf("error %v, want ErrNotReady", err)
			}
			if !strings.Contains(w.out.String(), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, w.out.String())
			}
			if b, _ := os.ReadFile(w.file); string(b) != "mine" {
				t.Errorf("the file was overwritten: %q", b)
			}
			if strings.Contains(w.out.String(), w.token) {
				t.Error("the terminal shows the token")
			}
		})
	}
}

func mustNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// api is the bot's own way to the simulator.
func (w *world) api() *telegram.Bot {
	w.t.Helper()
	b, err := telegram.NewBot(telegram.BotOptions{Token: w.token, Endpoint: w.sim.URL(), Clock: core.SystemClock(), Log: quietLog(), Cursors: noCursors{}})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func ExampleShow() {
	setup.Show(os.Stdout, lang.For("en"), []setup.Report{
		{Key: "check.setup.config", Name: "parom.yaml", Findings: []core.Finding{{Key: "check.setup.readable", Args: map[string]any{"File": "parom.yaml"}}}},
		{Key: "check.setup.group", Name: "main"},
		{Key: "check.setup.channel", Name: "shop", Err: fmt.Errorf("probe: %w", &core.SendError{Reason: core.Unavailable, Detail: "no such host"})},
	})
	// Output:
	// Configuration parom.yaml
	//   warning: Others on this machine may read parom.yaml, and tokens with it: chmod 600
	// Group main
	//   in order
	// Channel shop
	//   must be mended: Telegram could not be asked: the network is not available now (no such host). Check the network, the proxy and the endpoint, then try again
	// It cannot run: 1 thing must be mended.
}
