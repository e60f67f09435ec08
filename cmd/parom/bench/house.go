package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/console"
	"parom/core"
	"parom/core/desk"
	"parom/core/outbox"
	"parom/core/router"
	"parom/core/store"
)

const (
	shop     = core.ChannelID("shop")
	room     = "-1001"
	people   = 256 // customers, so that no two messages on their way share a lane
	text     = "Здравствуйте! Подскажите, пожалуйста, когда приедет мой заказ %07d?"
	token    = "1000001:bench-bench-bench-bench-bench-bench-0"
	settleIn = 30 * time.Second
)

// house is the gateway's core and its console as the gateway wires them, without
// what polls, without budgets, against a responder: events go in by the router.
type house struct {
	db     *store.DB
	router *router.Router
	outbox *outbox.Outbox
	to     *responder
	shown  func() // called for each message whose showing is on disk
	stop   context.CancelFunc
	done   chan error
	number atomic.Int64
}

// unbounded is a console whose network names no rate.
type unbounded struct{ core.Console }

func (u unbounded) Limits() core.Limits {
	l := u.Console.Limits()
	l.Rate = core.Rate{PerSecond: 1e9}
	return l
}

// noMedia has no files.
type noMedia struct{}

func (noMedia) Open(context.Context, string) (io.ReadSeekCloser, int64, error) {
	return nil, 0, errors.New("no files here")
}

func newHouse(ctx context.Context, dir string, to *responder) (*house, error) {
	h := &house{to: to, done: make(chan error, 1)}
	log := slog.New(slog.DiscardHandler)
	clock := core.SystemClock()
	var err error
	if h.db, err = store.Open(ctx, store.Options{Path: filepath.Join(dir, "parom.db"), Clock: clock}); err != nil {
		return nil, err
	}
	bot, err := telegram.NewBot(telegram.BotOptions{Token: token, Endpoint: to.url, Clock: clock, Log: log, Cursors: h.db})
	if err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	con, err := console.New(console.Options{Bot: bot, Media: noMedia{}, Clock: clock, Log: log, Rooms: func() []string { return []string{room} }})
	if err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	err = h.db.Update(ctx, func(t *store.Tx) error {
		if _, err := t.BindChannel(shop, bot.Account()); err != nil {
			return err
		}
		return t.BindRoom("main", room)
	})
	if err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	h.router = router.New(router.Options{
		DB: h.db, Log: log, Default: "sales", Source: con.Limits(),
		Channels:    []router.Channel{{ID: shop, Name: "Магазин", Department: "sales", Limits: bot.Limits()}},
		Departments: []router.Department{{ID: "sales", Name: "Продажи", Group: "main"}},
	})
	d := desk.New(desk.Options{
		DB: h.db, Router: h.router, Console: unbounded{con}, Porter: &outbox.Porter{}, Clock: clock, Log: log,
		Account: bot.Account(), GroupPerMinute: 1e9, Metrics: h,
	})
	h.outbox = outbox.New(outbox.Options{DB: h.db, Clock: clock, Log: log, Watch: d, PerChannel: inFlight})
	d.SetOutbox(h.outbox)
	shown := d.Carrier()
	for _, family := range []store.Lane{store.ToTopic, store.Cosmetic, store.ToRoom} {
		h.outbox.Carry(family, shown)
	}
	h.outbox.Carry(store.Timer, d.Timers())
	h.db.OnWake(h.outbox.Wake)
	return h, nil
}

// Act implements desk.Metrics.
func (h *house) Act(string) {}

// Shown implements desk.Metrics: it is called after the commit that says so.
func (h *house) Shown(n int) {
	for range n {
		if h.shown != nil {
			h.shown()
		}
	}
}

// send starts what carries.
func (h *house) send(ctx context.Context) {
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() { h.done <- h.outbox.Run(ctx) }()
}

func (h *house) close() error {
	var err error
	if h.stop != nil {
		h.stop()
		err = <-h.done
	}
	return errors.Join(err, h.db.Close())
}

// take is one message of a customer, durable when it returns.
func (h *house) take(ctx context.Context) (number int64, err error) {
	n := h.number.Add(1)
	who := strconv.FormatInt(n%people, 10)
	return n, h.router.Deliver(ctx, shop, []core.Event{{
		Key: fmt.Sprintf("telegram:1000001:%s:%d", who, n), From: core.Peer{ID: core.PeerID(who), Name: "Клиент " + who},
		At: time.Now(), Remote: core.RemoteID(who + ":" + strconv.FormatInt(n, 10)),
		Body: core.Posted{Content: core.Content{Text: core.Plain(fmt.Sprintf(text, n))}},
	}})
}

// carry takes messages for a span with inFlight on their way, each until its
// showing is on disk, and tells how many a second.
func (h *house) carry(ctx context.Context, span time.Duration) (perSecond float64, err error) {
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeoutCause(ctx, span+settleIn, errors.New("messages were not shown"))
	defer cancel()
	places := make(chan struct{}, inFlight)
	var shown atomic.Int64
	h.shown = func() { shown.Add(1); <-places }
	failed := make(chan error, 1)
	began := time.Now()
	var taken int64
	for ctx.Err() == nil && time.Since(began) < span {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			continue
		}
		taken++
		wg.Go(func() {
			if _, err := h.take(ctx); err != nil {
				select {
				case failed <- err:
				default:
				}
				cancel()
			}
		})
	}
	rate := float64(shown.Load()) / time.Since(began).Seconds()
	wg.Wait()
	for range inFlight { // everything that is on its way arrives
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			select {
			case err := <-failed:
				return 0, err
			default:
				return 0, context.Cause(ctx)
			}
		}
	}
	h.shown = nil
	return rate, nil
}

// warm makes every customer's topic and waits until nothing is left to do.
func (h *house) warm(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleIn)
	defer cancel()
	for range people {
		if _, err := h.take(ctx); err != nil {
			return err
		}
	}
	return h.settle(ctx)
}

// settle waits until no job is left.
func (h *house) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleIn)
	defer cancel()
	for {
		n, err := h.jobs(ctx)
		if err != nil || n == 0 {
			return err
		}
		if err := core.Sleep(ctx, core.SystemClock(), 20*time.Millisecond); err != nil {
			return fmt.Errorf("%d jobs are left: %w", n, err)
		}
	}
}

func (h *house) jobs(ctx context.Context) (n int, err error) {
	err = h.db.View(ctx, func(t *store.Tx) error { return t.QueryRow(`SELECT count(*) FROM jobs`).Scan(&n) })
	return n, err
}
