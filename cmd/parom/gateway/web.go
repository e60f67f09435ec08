package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"parom/adapters/web"
	"parom/core"
	"parom/core/outbox"
	"parom/core/store"
)

// webSide is health, readiness and metrics over HTTP.
type webSide struct {
	g      *Gateway
	server *web.Server
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// familyNames are the labels of the lanes' families.
var familyNames = map[store.Lane]string{
	store.ToAddress: "customer", store.ToTopic: "topic", store.Cosmetic: "cosmetic", store.ToRoom: "room", store.Timer: "timer",
}

func (g *Gateway) calls() outbox.Metrics {
	return web.Calls[store.Lane]{Metrics: g.metrics, Name: func(l store.Lane) string { return familyNames[l] }}
}

// start takes the address and serves; nothing when none is configured.
func (w *webSide) start(ctx context.Context) error {
	g := w.g
	g.metrics.Watch(web.Sources{Channels: g.up, Lanes: g.lanes, Budgets: g.budgets, Backlog: g.backlog, Store: g.storeStats})
	if g.cfg.HTTP.Listen == "" {
		return nil
	}
	var err error
	w.server, err = web.Listen(ctx, web.Options{Listen: g.cfg.HTTP.Listen, Log: g.log, Clock: g.clock, Metrics: g.metrics, Ready: g.readiness})
	if err != nil {
		return err
	}
	g.log.Info("listening", "address", w.server.Addr())
	ctx, w.cancel = context.WithCancel(ctx)
	w.wg.Go(func() {
		if err := w.server.Run(ctx); err != nil {
			g.log.Error("web side ended", "reason", err)
		}
	})
	return nil
}

func (w *webSide) stop() error {
	if w.cancel != nil {
		w.cancel()
		w.wg.Wait()
	}
	return nil
}

// up tells which parts work now.
func (g *Gateway) up() map[string]bool {
	out := map[string]bool{"console": g.consoleTrouble() == nil}
	for _, c := range g.channels {
		out[string(c.adapter.ID())] = g.channelTrouble(c) == nil
	}
	return out
}

// consoleTrouble is what keeps operators from seeing or being heard; nil: nothing.
func (g *Gateway) consoleTrouble() error {
	return errors.Join(g.states.of("console", g.clock.Mono()), polling(g.bot), g.states.rooms())
}

// channelTrouble is what keeps a channel from working; nil: nothing.
func (g *Gateway) channelTrouble(c channel) error {
	return errors.Join(g.states.of(string(c.adapter.ID()), g.clock.Mono()), c.trouble())
}

func (g *Gateway) readiness(ctx context.Context) web.Readiness {
	part := func(err error) web.Part { return web.Part{Up: err == nil, Reason: core.ReasonOf(err)} }
	r := web.Readiness{Store: web.Part{Up: true}, Console: part(g.consoleTrouble()), Channels: map[string]web.Part{}}
	for _, c := range g.channels {
		r.Channels[string(c.adapter.ID())] = part(g.channelTrouble(c))
	}
	if err := g.writable.check(ctx); err != nil {
		g.log.Warn("the store cannot be written", "reason", err)
		r.Store = web.Part{Reason: core.Unavailable}
	}
	return r
}

func (g *Gateway) lanes() web.Lanes {
	s := g.outbox.Stats()
	return web.Lanes{Known: s.Lanes, Ready: s.Ready, Later: s.Later, InFlight: s.InFlight}
}

// budgets are those of accounts and groups: one line for each customer would be
// too many.
func (g *Gateway) budgets() map[string]web.Budget {
	out := map[string]web.Budget{}
	for name, b := range g.outbox.Stats().Budgets {
		if strings.HasPrefix(name, "room:") || strings.HasPrefix(name, "account:") && strings.Count(name, "/") == 0 {
			out[name] = web.Budget{Used: b.Used, Max: b.Max, Waiting: b.Waiting}
		}
	}
	return out
}

func (g *Gateway) backlog(ctx context.Context) (map[string]web.Backlog, int, error) {
	families, err := g.outbox.Backlogs(ctx)
	if err != nil {
		return nil, 0, err
	}
	out := map[string]web.Backlog{}
	for family, b := range families {
		out[familyNames[family]] = web.Backlog{Jobs: b.Jobs, Delay: b.Delay}
	}
	var parked int
	err = g.db.View(ctx, func(t *store.Tx) (err error) {
		parked, err = t.ParkedJobs()
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("count parked work: %w", err)
	}
	return out, parked, nil
}

func (g *Gateway) storeStats() web.Store {
	s := g.db.Stats()
	return web.Store{
		Updates: s.Updates, Failed: s.Failed, Commits: s.Commits, Retries: s.Retries, Waiting: s.Waiting,
		LogPages: s.LogPages, BatchBounds: store.BatchBounds[:], Batches: s.Batches[:],
		TimeBounds: store.CommitBounds[:], Times: s.CommitTimes[:], TimeSum: s.CommitTime,
	}
}
