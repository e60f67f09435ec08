package e2e

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/cmd/parom/gateway"
	"parom/config"
	"parom/core"
)

// world is a simulated network with two bots of customers (one of them the
// console's too), a forum of operators, and the gateway between them.
type world struct {
	t   testing.TB
	sim *telegramsim.Server

	shop, help           int64 // bots; help is the console's as well
	shopToken, helpToken string
	group                int64
	anna, boris, owner   int64 // operators; the owner is listed as admin
	ivan, olga           int64 // customers

	endpoint string // of the Bot API as the gateway sees it
	folder   string
	logs     *logBook
	clock    core.Clock // nil: the machine's
	stop     func()
}

// setup changes what a world is made of.
type setup struct {
	knobs    *telegramsim.Knobs
	language string
	hold     string // "0s" when empty
	from     string // answers.from
	minute   int    // console.per_minute; 0: plenty
	answers  string // appended to the answers
	extra    string // appended to the configuration
	clock    core.Clock
	endpoint func(sim string) string
}

// newWorld starts everything; it ends with the test.
func newWorld(t testing.TB, s setup) *world {
	t.Helper()
	if s.knobs == nil {
		s.knobs = telegramsim.Unlimited()
	}
	sim, err := telegramsim.New(telegramsim.Options{Dir: t.TempDir(), Knobs: s.knobs, Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w := &world{t: t, sim: sim, folder: t.TempDir(), logs: &logBook{}, clock: s.clock}
	w.people()
	w.endpoint = sim.URL()
	if s.endpoint != nil {
		w.endpoint = s.endpoint(sim.URL())
	}
	w.writeConfig(s)
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) people() {
	var err error
	if w.shopToken, w.shop, err = w.sim.MakeBot(telegramsim.BotOptions{Name: "Магазин", Username: "shop_test_bot"}); err != nil {
		w.t.Fatal(err)
	}
	if w.helpToken, w.help, err = w.sim.MakeBot(telegramsim.BotOptions{Name: "Поддержка", Username: "help_test_bot"}); err != nil {
		w.t.Fatal(err)
	}
	w.owner = w.sim.AddUser(telegramsim.Person{FirstName: "Вера", Username: "vera_boss", Language: "ru"})
	w.anna = w.sim.AddUser(telegramsim.Person{FirstName: "Анна", Username: "anna_op", Language: "ru"})
	w.boris = w.sim.AddUser(telegramsim.Person{FirstName: "Борис", Username: "boris_op", Language: "ru"})
	w.ivan = w.sim.AddUser(telegramsim.Person{FirstName: "Иван", LastName: "Петров", Username: "ivan_p", Language: "ru"})
	w.olga = w.sim.AddUser(telegramsim.Person{FirstName: "Ольга", Language: "ru"})
	w.group = w.sim.AddForum("Операторы", w.owner, w.help)
	if err := w.sim.Join(w.owner, w.group, w.anna, w.boris); err != nil {
		w.t.Fatal(err)
	}
	for _, u := range []int64{w.ivan, w.olga} {
		for _, b := range []int64{w.shop, w.help} {
			if _, err := w.sim.Start(u, b, ""); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

func (w *world) writeConfig(s setup) {
	def := func(v, d string) string {
		if v == "" {
			return d
		}
		return v
	}
	minute := s.minute
	if minute == 0 {
		minute = 100000
	}
	text := fmt.Sprintf(`
language: %s
time_zone: UTC
http: {listen: ""}
console:
  network: telegram
  per_minute: %d
  settings: {token: "%s", endpoint: "%s"}
groups: [{id: main, chat: "%d"}]
departments: [{id: sales, name: Продажи, group: main}]
operators: [{id: "%d", name: Вера, role: admin}]
answers: {from: %s, hold: %s%s}
channels:
  - {id: shop, network: telegram, name: Магазин, icon: "🛒", settings: {token: "%s", endpoint: "%s"}}
  - {id: help, network: telegram, name: Помощь, settings: {token: "%s", endpoint: "%s"}}
%s`, def(s.language, "ru"), minute, w.helpToken, w.endpoint, w.group, w.owner, def(s.from, "members"), def(s.hold, "0s"), s.answers,
		w.shopToken, w.endpoint, w.helpToken, w.endpoint, s.extra)
	if err := os.WriteFile(w.configPath(), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) configPath() string { return filepath.Join(w.folder, "parom.yaml") }

// start runs the gateway in this process until stop.
func (w *world) start() {
	w.t.Helper()
	cfg, err := config.Load(w.configPath())
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	log := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelInfo}))
	go func() {
		done <- gateway.Run(ctx, cfg, gateway.Options{Log: log, NoSync: true, Clock: w.clock, Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-done:
		w.t.Fatalf("gateway: %v", err)
	}
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("gateway: %v", err)
		}
	})
}

// logBook keeps what the gateway logs.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const patience = 15 * time.Second

// until waits for something to come true.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		short, done := context.WithTimeout(ctx, 200*time.Millisecond)
		err := w.sim.WaitFor(short, cond)
		done()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			w.t.Fatalf("waited in vain for: %s\n%s\nlog:\n%s", what, w.picture(), w.logs)
		}
	}
}

// picture is what everybody sees, for a failure's message.
func (w *world) picture() string {
	var b strings.Builder
	show := func(title string, ms []telegramsim.Seen) {
		fmt.Fprintf(&b, "== %s\n", title)
		for _, m := range ms {
			fmt.Fprintf(&b, "  %d %s [%s] %q", m.ID, m.Sender, m.Kind, m.Text)
			if m.ReplyTo != 0 {
				fmt.Fprintf(&b, " re %d", m.ReplyTo)
			}
			for _, row := range m.Buttons {
				for _, x := range row {
					fmt.Fprintf(&b, " (%s)", x.Text)
				}
			}
			for _, r := range m.Reactions {
				fmt.Fprintf(&b, " %v", r)
			}
			b.WriteByte('\n')
		}
	}
	for _, t := range w.sim.Topics(w.group) {
		show(fmt.Sprintf("topic %d %q closed=%v deleted=%v", t.ID, t.Name, t.Closed, t.Deleted), w.sim.InTopic(telegramsim.Group(w.group), t.ID))
	}
	for name, u := range map[string]int64{"ivan": w.ivan, "olga": w.olga} {
		for bot, id := range map[string]int64{"shop": w.shop, "help": w.help} {
			show(name+"@"+bot, w.sim.Live(telegramsim.Private(id, u)))
		}
	}
	return b.String()
}

// writes is a customer's text to a bot.
func (w *world) writes(user, bot int64, text string) int64 {
	w.t.Helper()
	return w.posts(telegramsim.Post{From: user, In: telegramsim.Private(bot, user), Text: text})
}

func (w *world) posts(p telegramsim.Post) int64 {
	w.t.Helper()
	id, err := w.sim.Send(p)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// says is an operator's text in a topic, as a reply when re is not zero.
func (w *world) says(user, topic int64, text string, re int64) int64 {
	w.t.Helper()
	return w.posts(telegramsim.Post{From: user, In: telegramsim.Group(w.group), Thread: topic, Text: text, ReplyTo: re})
}

// topicOf waits for the topic whose name contains a word.
func (w *world) topicOf(word string) int64 {
	w.t.Helper()
	var id int64
	w.until("a topic of "+word, func() bool {
		for _, t := range w.sim.Topics(w.group) {
			if t.ID != 0 && !t.Deleted && strings.Contains(t.Name, word) {
				id = t.ID
				return true
			}
		}
		return false
	})
	return id
}

// inTopic waits for a post in a topic whose text contains words.
func (w *world) inTopic(topic int64, words string) telegramsim.Seen {
	w.t.Helper()
	var found telegramsim.Seen
	w.until(fmt.Sprintf("%q in topic %d", words, topic), func() bool {
		for _, m := range w.sim.InTopic(telegramsim.Group(w.group), topic) {
			if m.From.ID == w.help && strings.Contains(m.Text, words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// gets waits for a message of a bot to a customer whose text contains words.
func (w *world) gets(user, bot int64, words string) telegramsim.Seen {
	w.t.Helper()
	var found telegramsim.Seen
	w.until(fmt.Sprintf("customer gets %q", words), func() bool {
		for _, m := range w.sim.Live(telegramsim.Private(bot, user)) {
			if m.From.ID == bot && strings.Contains(m.Text, words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// got counts the bot's messages to a customer that contain words.
func (w *world) got(user, bot int64, words string) int {
	n := 0
	for _, m := range w.sim.Live(telegramsim.Private(bot, user)) {
		if m.From.ID == bot && strings.Contains(m.Text, words) {
			n++
		}
	}
	return n
}

// sign waits for the gateway's sign on a post.
func (w *world) sign(id int64, emoji string) {
	w.t.Helper()
	w.until(fmt.Sprintf("sign %s on %d", emoji, id), func() bool {
		m, ok := w.sim.Message(telegramsim.Group(w.group), id)
		for _, r := range m.Reactions {
			if ok && strings.Contains(fmt.Sprint(r), emoji) {
				return true
			}
		}
		return ok && emoji == "" && len(m.Reactions) == 0
	})
}

// press presses a button by its label's beginning.
func (w *world) press(user, post int64, label string) string {
	w.t.Helper()
	m, _ := w.sim.Message(telegramsim.Group(w.group), post)
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.Contains(b.Text, label) {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				p, err := w.sim.Press(ctx, user, telegramsim.Group(w.group), post, b.Data)
				if err != nil {
					w.t.Fatalf("press %s: %v", label, err)
				}
				return p.Text
			}
		}
	}
	w.t.Fatalf("no button %q under %d: %+v", label, post, m.Buttons)
	return ""
}

// quiet checks that a customer got nothing that contains words, now that
// everything the gateway had to do is done.
func (w *world) quiet(user, bot int64, words string) {
	w.t.Helper()
	marker := fmt.Sprintf("отметка-%d", time.Now().UnixNano())
	w.writes(w.olga, w.help, marker)
	w.until("the gateway to be through", func() bool {
		for _, m := range w.sim.Live(telegramsim.Group(w.group)) {
			if strings.Contains(m.Text, marker) {
				return true
			}
		}
		return false
	})
	if n := w.got(user, bot, words); n != 0 {
		w.t.Errorf("%q reached the customer\n%s", words, w.picture())
	}
}
