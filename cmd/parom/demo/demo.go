package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/core"
	"parom/core/lang"
)

// How long each part may take to stop.
const (
	gatewayStop = 15 * time.Second
	pageStop    = 2 * time.Second
	simStop     = 5 * time.Second
)

// Options are what the command line says. Gateway is needed, the rest has defaults.
type Options struct {
	Listen string // of the page; empty: a free port of 127.0.0.1; anything but loopback is refused
	Data   string // folder that outlives the run; empty: a temporary one, removed at the end
	Lang   string // "ru" or "en": of the seeded names, and of the page until the visitor chooses; empty: "ru"
	Log    *slog.Logger
	Out    io.Writer // gets the page's URL on a line of its own; nil: os.Stdout
	Clock  core.Clock
	// Gateway runs the gateway on the world until ctx ends, then returns nil.
	Gateway func(ctx context.Context, w World) error
}

func (o *Options) fill() {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Lang == "" {
		o.Lang = "ru"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
}

// Run shows the demo until ctx ends or a part of it fails. It stops what it
// started in reverse order, each part within a bound.
func Run(ctx context.Context, o Options) (err error) {
	o.fill()
	if o.Gateway == nil {
		return errors.New("demo: no gateway")
	}
	if err := loopbackOnly(o.Listen); err != nil {
		return err
	}
	folder, done, err := dataFolder(o.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()

	sim, err := startSim(folder, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, within(simStop, "simulator", sim.Close)) }()
	world, cast, err := seed(sim, lang.For(o.Lang))
	if err != nil {
		return err
	}
	world.Folder = filepath.Join(folder, "gateway")
	if err := os.MkdirAll(world.Folder, 0o700); err != nil {
		return fmt.Errorf("demo: make folder: %w", err)
	}
	if o.Data != "" {
		stop := keepSaving(sim, o)
		defer stop()
	}

	failed := make(chan error, 2)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	stopPage, err := servePage(listener, cast, sim.URL(), o, failed)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stopPage()
	stopGateway := startGateway(ctx, world, o, failed)
	defer func() { err = errors.Join(err, stopGateway()) }()

	_, _ = fmt.Fprintf(o.Out, "http://%s/\n", listener.Addr())
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// loopbackOnly refuses addresses that others could reach: the page has no login.
func loopbackOnly(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("demo: --listen %q: want host:port, for example 127.0.0.1:8080", listen)
	}
	if !isLoopback(host) {
		return fmt.Errorf("demo: --listen %q: the page has no login, only 127.0.0.1, [::1] and localhost are allowed", listen)
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// dataFolder is where everything lives, and what to do with it at the end.
func dataFolder(data string) (folder string, done func() error, err error) {
	if data == "" {
		if folder, err = os.MkdirTemp("", "parom-demo-"); err != nil {
			return "", nil, fmt.Errorf("demo: make folder: %w", err)
		}
		return folder, func() error { return os.RemoveAll(folder) }, nil
	}
	if folder, err = filepath.Abs(data); err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return "", nil, fmt.Errorf("demo: make folder: %w", err)
	}
	return folder, func() error { return nil }, nil
}

func startSim(folder string, o Options) (*telegramsim.Server, error) {
	sim, err := telegramsim.New(telegramsim.Options{
		Clock: o.Clock, Dir: filepath.Join(folder, "telegram"), Persist: o.Data != "",
		// Ids of button presses derive from the seed and must not recur after a restart.
		Seed: o.Clock.Now().UnixNano(),
	})
	if err != nil {
		return nil, fmt.Errorf("demo: start simulator: %w", err)
	}
	if err := sim.Serve(); err != nil {
		return nil, errors.Join(fmt.Errorf("demo: start simulator: %w", err), sim.Close())
	}
	return sim, nil
}

// keepSaving writes the simulator's state a moment after it changed, so that a
// killed demo finds the network as its gateway remembers it.
func keepSaving(sim *telegramsim.Server, o Options) (stop func()) {
	const pause = time.Second
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	changes := sim.Changes(ctx)
	wg.Go(func() {
		for range changes {
			if core.Sleep(ctx, o.Clock, pause) != nil {
				return // Close saves too
			}
			for drained := false; !drained; {
				select {
				case _, open := <-changes:
					drained = !open
				default:
					drained = true
				}
			}
			if err := sim.Save(); err != nil {
				o.Log.Error("demo state not saved", "reason", err.Error())
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// startGateway runs the gateway in a goroutine of Run's; stop ends it and waits.
func startGateway(ctx context.Context, w World, o Options, failed chan<- error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		err := runGateway(ctx, w, o.Gateway)
		ended <- err
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("demo: the gateway ended by itself")
			}
			failed <- err
		}
	}()
	return func() error {
		cancel()
		return within(gatewayStop, "gateway", func() error {
			if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})
	}
}

// runGateway turns a panic into an error, so that the page and the simulator
// still stop in order.
func runGateway(ctx context.Context, w World, run func(context.Context, World) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("demo: the gateway panicked: %v", p)
		}
	}()
	return run(ctx, w)
}

// servePage serves in a goroutine of Run's; stop ends it and waits.
func servePage(l net.Listener, c cast, sim string, o Options, failed chan<- error) (stop func(), err error) {
	handler, err := newPage(c, sim, o.Lang, o.Log)
	if err != nil {
		return nil, err
	}
	// Streams to browsers have no end of their own: they watch this context.
	ctx, cancel := context.WithCancel(context.Background())
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("demo: serve page: %w", err)
		}
	})
	return func() {
		cancel()
		late, stop := context.WithTimeout(context.Background(), pageStop)
		defer stop()
		if web.Shutdown(late) != nil {
			_ = web.Close()
		}
		wg.Wait()
	}, nil
}

// within waits for do, but no longer than d: then the process goes on without it.
func within(d time.Duration, what string, do func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case err := <-ended:
		return err
	case <-t.C:
		return fmt.Errorf("demo: the %s did not stop within %s", what, d)
	}
}
