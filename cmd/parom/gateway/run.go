package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"parom/core"
)

const (
	// retryAfter is how long a part that cannot work waits before it tries
	// again: somebody may have acted.
	retryAfter = time.Minute
	// workedAfter is how long a part has to run before it counts as working
	// again: what is refused is refused at once.
	workedAfter = 10 * time.Second
	// inMax and outMax bound how long the parts that take something in, and
	// those that carry it out, get to end: together less than what service
	// managers wait by default.
	inMax  = 4 * time.Second
	outMax = 12 * time.Second
)

// Run runs everything until ctx ends, then stops in reverse order.
func (g *Gateway) Run(ctx context.Context) error {
	// Each layer has a context of its own, so that it can outlive those above.
	base := context.WithoutCancel(ctx)
	var out, in layer
	out.start(base)
	in.start(base)
	out.add("outbox", g.log, g.outbox.Run)
	out.add("housekeeping", g.log, g.keepHouse)
	out.add("backlog", g.log, g.desk.WatchBacklog)
	if err := g.web.start(base); err != nil {
		return errors.Join(err, in.stop(inMax), out.stop(outMax))
	}
	in.add("console", g.log, g.keep("console", func(ctx context.Context) error { return g.console.Run(ctx, trapDesk(g.desk)) }))
	in.add("greeting", g.log, g.greet)
	for _, c := range g.channels {
		id := string(c.adapter.ID())
		if c.foreign != nil {
			g.states.set(id, c.foreign)
			g.log.Error("a channel is not used", "channel", id, "reason", c.foreign)
			continue
		}
		in.add(id, g.log, g.keep(id, func(ctx context.Context) error { return c.adapter.Run(ctx, trapInbox(g.router)) }))
	}
	g.log.Info("running", "channels", len(g.channels))
	if g.ready != nil {
		g.ready()
	}
	<-ctx.Done()
	g.log.Info("stopping")
	return errors.Join(in.stop(inMax), out.stop(outMax), g.web.stop())
}

// keep runs a part for as long as the gateway does: one that cannot work is told
// and tried again now and then; the others do not notice.
func (g *Gateway) keep(name string, run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			g.states.begin(name, g.clock.Mono())
			err := guarded(ctx, run)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				err = errors.New("ended without a reason")
			}
			g.states.set(name, err)
			g.log.Error("a part cannot work", "channel", name, "reason", err)
			if core.Sleep(ctx, g.clock, retryAfter) != nil {
				return nil
			}
		}
	}
}

// guarded turns a panic into an error: one part must not end the others.
func guarded(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run(ctx)
}

// health takes the outbox's word that a channel's lanes are held.
func (g *Gateway) health(channel string, cause *core.SendError) {
	if cause == nil {
		g.states.setHeld(channel, nil)
		return
	}
	g.states.setHeld(channel, cause)
	g.log.Error("a channel's answers are held", "channel", channel, "reason", cause.Reason.String())
}

// layer is a set of goroutines that start and stop together.
type layer struct {
	ctx    context.Context //nolint:containedctx // ends with the layer, which lives as long
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (l *layer) start(base context.Context) { l.ctx, l.cancel = context.WithCancel(base) }

func (l *layer) add(name string, log interface{ Error(string, ...any) }, run func(context.Context) error) {
	l.wg.Go(func() {
		if err := guarded(l.ctx, run); err != nil {
			log.Error("a part ended", "channel", name, "reason", err)
		}
	})
}

// stop ends the layer and waits for it, at most for a while.
func (l *layer) stop(most time.Duration) error {
	l.cancel()
	done := make(chan struct{})
	go func() { l.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(most): // bounds the stop of a process, which simulated time has not
		return errors.New("some parts did not stop in time")
	}
}

// states is what readiness tells of each part.
type states struct {
	mu    sync.Mutex
	errs  map[string]error
	began map[string]time.Duration // monotonic, of the present run
	held  map[string]error
	self  string
}

// begin says that a part starts, or tries again.
func (s *states) begin(name string, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began == nil {
		s.began = map[string]time.Duration{}
	}
	s.began[name] = now
}

func (s *states) set(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.errs == nil {
		s.errs = map[string]error{}
	}
	s.errs[name] = err
	delete(s.began, name)
}

func (s *states) setHeld(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]error{}
	}
	s.held[name] = err
}

func (s *states) setName(n string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.self = n
}

func (s *states) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.self
}

// of is a part's present trouble; nil: none.
func (s *states) of(name string, now time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.errs[name]
	if began, runs := s.began[name]; runs && now-began > workedAfter {
		err = nil
	}
	return errors.Join(err, s.held[name])
}

// rooms is the trouble of the operators' rooms; nil: all can be written to.
func (s *states) rooms() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for name, err := range s.held {
		if strings.HasPrefix(name, "room:") {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
