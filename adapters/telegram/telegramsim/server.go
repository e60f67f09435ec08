package telegramsim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parom/core"
)

// Server is one simulated network. All methods are safe for concurrent use.
type Server struct {
	clock  core.Clock
	dir    string
	ownDir bool // dir is temporary
	opts   Options

	mu      sync.Mutex // guards everything below
	st      *state
	limits  Limits
	knobs   Knobs
	rng     *rand.Rand
	byToken map[string]*bot
	rates   map[rateKey]*rateLog
	queries map[string]*query
	faults  []*Fault
	nextFix int
	changed chan struct{} // closed and replaced at each change
	feeds   map[*feed]struct{}
	journal journal
	closed  bool

	offline  atomic.Bool
	netMu    sync.Mutex // guards the listener; never held together with mu
	addr     string
	listener net.Listener
	web      *http.Server
	stopped  chan struct{}  // closed by Close; all waits watch it
	wg       sync.WaitGroup // the web server, webhook senders, requests under way
}

// New makes a Server that does not listen yet; it is an http.Handler already.
func New(o Options) (*Server, error) {
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
	s := &Server{
		clock: o.Clock, opts: o, dir: o.Dir, st: newState(), limits: CloudLimits(), knobs: DefaultKnobs(),
		byToken: map[string]*bot{}, rates: map[rateKey]*rateLog{}, queries: map[string]*query{},
		changed: make(chan struct{}), feeds: map[*feed]struct{}{},
		rng: rand.New(rand.NewPCG(uint64(o.Seed), 0x70a7_0a7)), //nolint:gosec // deterministic on purpose
	}
	if o.Limits != nil {
		s.limits = *o.Limits
	}
	if o.Knobs != nil {
		s.knobs = *o.Knobs
	}
	s.journal.counts = map[string]int{}
	if s.dir == "" {
		d, err := os.MkdirTemp("", "telegramsim-")
		if err != nil {
			return nil, fmt.Errorf("telegramsim: make folder: %w", err)
		}
		s.dir, s.ownDir = d, true
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "files"), 0o700); err != nil {
		return nil, fmt.Errorf("telegramsim: make folder: %w", err)
	}
	s.stopped = make(chan struct{})
	loaded, err := s.load()
	if err != nil {
		return nil, err
	}
	if !loaded {
		s.reserved()
		if o.Seeding != nil {
			if err := s.Apply(*o.Seeding); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// reserved makes the accounts that exist everywhere.
func (s *Server) reserved() {
	for _, u := range []User{
		{ID: anonymousAdminID, IsBot: true, FirstName: "Group", Username: "GroupAnonymousBot"},
		{ID: channelBotID, IsBot: true, FirstName: "Channel", Username: "Channel_Bot"},
		{ID: serviceID, FirstName: "Telegram"},
	} {
		s.st.Users[u.ID] = &account{User: u}
	}
}

// Serve listens on Options.Listen and returns; Close ends it.
func (s *Server) Serve() error {
	s.netMu.Lock()
	defer s.netMu.Unlock()
	addr := s.opts.Listen
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	return s.listen(addr)
}

func (s *Server) listen(addr string) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("telegramsim: listen: %w", err)
	}
	web := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.addr, s.listener, s.web = l.Addr().String(), l, web
	s.wg.Go(func() {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			// The listener died under us: every later request fails to connect,
			// which is what a test must see.
			_ = web.Close()
		}
	})
	return nil
}

// URL is the address to use as the Bot API endpoint, once Serve has returned.
func (s *Server) URL() string {
	s.netMu.Lock()
	defer s.netMu.Unlock()
	return "http://" + s.addr
}

// SetDown makes the server vanish from the network (connections refused, those
// open cut) or come back at the same address. State goes on living.
func (s *Server) SetDown(down bool) error {
	s.netMu.Lock()
	defer s.netMu.Unlock()
	if s.addr == "" {
		return errors.New("telegramsim: not serving")
	}
	if down {
		if s.web != nil {
			_ = s.web.Close()
			s.web = nil
		}
		return nil
	}
	if s.web != nil || s.ended() {
		return nil
	}
	return s.listen(s.addr)
}

// SetOffline cuts every connection of bots without reading it, while the control
// API goes on: the network is gone, seen from the gateway.
func (s *Server) SetOffline(on bool) { s.offline.Store(on) }

// Close stops listening, ends waits and webhook senders, saves the state when
// Options.Persist, and removes a temporary folder.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	bots := slices.Collect(maps.Values(s.st.Bots))
	s.mu.Unlock()
	close(s.stopped)
	for _, b := range bots {
		s.stopSender(b)
	}
	s.netMu.Lock()
	if s.web != nil {
		_ = s.web.Close()
		s.web = nil
	}
	s.netMu.Unlock()
	s.wg.Wait()
	var err error
	if s.opts.Persist {
		err = s.Save()
	}
	if s.ownDir {
		if e := os.RemoveAll(s.dir); e != nil && err == nil {
			err = fmt.Errorf("telegramsim: remove folder: %w", e)
		}
	}
	return err
}

// enter counts a request so that Close can wait for it; false when closing.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

// Run serves until ctx ends: the whole of a command-line simulator. ready is
// called with the address once it listens; it may be nil.
func Run(ctx context.Context, o Options, ready func(s *Server)) error {
	if o.SeedFile != "" {
		seed, err := ReadSeeding(o.SeedFile)
		if err != nil {
			return err
		}
		o.Seeding = seed
	}
	s, err := New(o)
	if err != nil {
		return err
	}
	if err := s.Serve(); err != nil {
		_ = s.Close()
		return err
	}
	if ready != nil {
		ready(s)
	}
	<-ctx.Done()
	return s.Close()
}

func (s *Server) ended() bool {
	select {
	case <-s.stopped:
		return true
	default:
		return false
	}
}

// Limits are the sizes in force.
func (s *Server) Limits() Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits
}

// SetLimits changes sizes from now on.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	s.limits = l
	s.mu.Unlock()
}

// Knobs are the knobs in force.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// SetKnobs changes knobs from now on.
func (s *Server) SetKnobs(k Knobs) {
	s.mu.Lock()
	s.knobs = k
	s.mu.Unlock()
}

// seq numbers files, albums, polls and whatever else needs an id.
func (s *Server) seq() int64 {
	s.st.NextSeq++
	return s.st.NextSeq
}

func (s *Server) now() time.Time { return s.clock.Now() }
