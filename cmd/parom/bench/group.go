package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/cmd/parom/gateway"
	"parom/config"
)

const (
	groupBudget   = 20 // posts a minute that the network takes into a group
	groupOverload = 5
	groupPeople   = 10
	groupSettle   = 2                    // minutes before measuring begins: topics are made
	quiet         = 2 * time.Millisecond // of real time without anything happening, before simulated time moves
)

// crowd is the operators' group under overload, in simulated time: the whole
// gateway, the simulator enforcing its limits, and customers who write five
// times as much as can be shown.
type crowd struct {
	clock  *stepClock
	sim    *telegramsim.Server
	gate   *gateway.Gateway
	calls  atomic.Int64 // of bots, polls left out, that are being served
	served atomic.Int64
	bot    int64
	group  int64
	people []int64
	sent   int
}

// group measures what becomes of an operators' group that is written to more
// than its network allows.
func (b *bench) group(ctx context.Context) error {
	dir := filepath.Join(b.dir, "group")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	c := &crowd{clock: newStepClock()}
	stop, err := c.open(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	every := time.Minute / (groupBudget * groupOverload)
	from := time.Duration(groupSettle) * time.Minute
	end := from + time.Duration(b.Minutes)*time.Minute
	var began time.Time
	for at := time.Duration(0); at < end; at += every {
		if err := c.until(ctx, at); err != nil {
			return err
		}
		if began.IsZero() && at >= from {
			began = c.clock.Now()
		}
		if err := c.write(); err != nil {
			return err
		}
	}
	if err := c.until(ctx, end); err != nil {
		return err
	}
	f := c.judge(began, c.clock.Now())
	budget := float64(groupBudget * b.Minutes)
	b.line("group at 5× overload: budget used", 100*float64(f.counted)/budget, "%", atLeast(98))
	b.line("group at 5× overload: answers with 429", float64(c.sim.Throttled()), "answers", atMost(0))
	b.line("group at 5× overload: customer messages per send", float64(f.shown)/float64(max(1, f.sends)), "messages", atLeast(4))
	b.line("group at 5× overload: out of order", float64(f.disorder), "messages", atMost(0))
	b.tell("group at 5× overload: sends", float64(f.sends), "posts")
	return nil
}

// open starts simulator and gateway; stop ends them.
func (c *crowd) open(ctx context.Context, dir string) (stop func(), err error) {
	knobs := telegramsim.DefaultKnobs()
	knobs.KeepRequests = 1 << 20
	if c.sim, err = telegramsim.New(telegramsim.Options{Dir: filepath.Join(dir, "sim"), Clock: c.clock, Knobs: &knobs}); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, c.sim.Close())
	}
	srv := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.Serve(l) }()
	shut := func() { _ = srv.Close(); <-served; _ = c.sim.Close() }

	token, bot, err := c.sim.MakeBot(telegramsim.BotOptions{Name: "Магазин", Username: "bench_bot"})
	if err != nil {
		shut()
		return nil, err
	}
	c.bot = bot
	owner := c.sim.AddUser(telegramsim.Person{FirstName: "Вера"})
	c.group = c.sim.AddForum("Операторы", owner, bot)
	for i := range groupPeople {
		u := c.sim.AddUser(telegramsim.Person{FirstName: fmt.Sprintf("Клиент %d", i)})
		if _, err := c.sim.Start(u, bot, ""); err != nil {
			shut()
			return nil, err
		}
		c.people = append(c.people, u)
	}
	cfg, err := writeConfig(dir, c.group, "http://"+l.Addr().String(), []string{token})
	if err != nil {
		shut()
		return nil, err
	}
	if c.gate, err = gateway.New(ctx, cfg, gateway.Options{Clock: c.clock, NoSync: true}); err != nil {
		shut()
		return nil, err
	}
	run, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = c.gate.Run(run) }()
	return func() {
		cancel()
		for running := true; running; { // stopping takes simulated time as well
			select {
			case <-done:
				running = false
			case <-time.After(quiet):
				c.clock.step(c.clock.Mono() + time.Second)
			}
		}
		_ = c.gate.Close()
		shut()
	}, nil
}

// writeConfig writes and loads a configuration with a channel for each token;
// the first is the console's too.
func writeConfig(dir string, group int64, endpoint string, tokens []string) (config.Config, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `
language: ru
time_zone: UTC
http: {listen: ""}
log: {level: error}
console: {network: telegram, settings: {token: "%s", endpoint: "%s"}}
groups: [{id: main, chat: "%d"}]
departments: [{id: sales, name: Продажи, group: main}]
answers: {from: members}
channels:
`, tokens[0], endpoint, group)
	for i, token := range tokens {
		fmt.Fprintf(&b, "  - {id: shop%d, network: telegram, name: Магазин %d, settings: {token: \"%s\", endpoint: \"%s\"}}\n", i, i, token, endpoint)
	}
	path := configPath(dir)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return config.Config{}, err
	}
	return config.Load(path)
}

func configPath(dir string) string { return filepath.Join(dir, "parom.yaml") }

// ServeHTTP counts what is being served, long polls left out.
func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(strings.ToLower(r.URL.Path), "/getupdates") {
		c.calls.Add(1)
		defer c.calls.Add(-1)
	}
	defer c.served.Add(1)
	c.sim.ServeHTTP(w, r)
}

// until moves simulated time, each step once nothing is in flight.
func (c *crowd) until(ctx context.Context, at time.Duration) error {
	for {
		if err := c.calm(ctx); err != nil {
			return err
		}
		if c.clock.step(at) {
			return c.calm(ctx)
		}
	}
}

// calm waits until nothing is in flight.
func (c *crowd) calm(ctx context.Context) error {
	type state struct {
		changes uint64
		served  int64
	}
	var was state
	since := time.Now()
	for time.Since(since) < quiet {
		now := state{c.clock.changed(), c.served.Load()}
		if now != was || c.calls.Load() > 0 || c.gate.Busy() || !c.sim.Drained(c.bot) {
			was, since = now, time.Now()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(quiet / 10)
	}
	return nil
}

func (c *crowd) write() error {
	u := c.people[c.sent%len(c.people)]
	c.sent++
	_, err := c.sim.Send(telegramsim.Post{From: u, In: telegramsim.Private(c.bot, u), Text: fmt.Sprintf("w%06dz когда приедет заказ?", c.sent)})
	return err
}

// found is what the group looks like.
type found struct{ counted, sends, shown, disorder int }

var written = regexp.MustCompile(`w\d{6}z`)

// judge reads the simulator's state: what the bot did in the group in a span,
// and whether words stand there in the order in which they were written.
func (c *crowd) judge(from, to time.Time) (f found) {
	for _, r := range c.sim.Requests() {
		if r.Bot != c.bot || r.Chat != c.group || r.Code != http.StatusOK || r.At.Before(from) || !r.At.Before(to) {
			continue
		}
		switch r.Method {
		case "sendmessage":
			f.sends++
			f.counted++
		case "editmessagetext", "createforumtopic", "editforumtopic", "editmessagecaption", "editmessagereplymarkup":
			f.counted++
		}
	}
	for _, t := range c.sim.Topics(c.group) {
		last := ""
		for _, m := range c.sim.InTopic(telegramsim.Group(c.group), t.ID) {
			if m.From.ID != c.bot || m.Service {
				continue
			}
			for _, token := range written.FindAllString(m.Text, -1) {
				if token <= last {
					f.disorder++
				}
				last = token
				if !m.At.Before(from) && m.At.Before(to) {
					f.shown++
				}
			}
		}
	}
	return f
}
