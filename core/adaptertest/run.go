package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"parom/core"
)

// Run tests one adapter. With PAROM_FIDELITY_OUT it writes what it saw into that
// document, unless something failed.
func Run(t *testing.T, n Network) {
	before := goleak.IgnoreCurrent()
	s := &suite{net: n, clock: core.SystemClock(), spool: newSpool(), table: newTable(n.Name)}
	s.log = slog.New(slog.NewJSONHandler(&s.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, part := range []struct {
		name string
		test func(*testing.T)
	}{
		{"carries what customers send", s.carriesIn},
		{"carries what we send", s.carriesOut},
		{"carries what is done with messages", s.carriesActs},
		{"declares the abilities it has", s.declaresAbilities},
		{"acknowledges only after Deliver", s.acknowledgesAfterDeliver},
		{"gives an event the same key every time", s.keysStay},
		{"keeps the order of messages", s.keepsOrder},
		{"sends concurrently", s.sendsConcurrently},
		{"returns nil when the context ends", s.returnsNil},
		{"survives an absence of the network", s.survivesAbsence},
		{"classifies failures", s.classifies},
		{"ends a send with its context", s.endsWithContext},
		{"keeps to the edges of text limits", s.textEdges},
		{"keeps to the edges of album limits", s.albumEdges},
		{"keeps to the edges of file limits", s.fileEdges},
		{"fetches what customers sent", s.fetches},
		{"shows no secret", s.showsNoSecret},
	} {
		t.Run(part.name, part.test)
	}
	if err := goleak.Find(before); err != nil {
		t.Errorf("goroutines are left: %v", err)
	}
	s.table.check(t)
	if path := os.Getenv("PAROM_FIDELITY_OUT"); path != "" && !t.Failed() {
		if err := s.table.save(path); err != nil {
			t.Error(err)
		}
	}
}

// suite is one run.
type suite struct {
	net   Network
	clock core.Clock
	log   *slog.Logger
	spool *spool
	table *table

	said    transcript // every log line and every error
	mu      sync.Mutex
	secrets []string
}

// transcript collects text from many goroutines.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// heard writes an error down, in every form in which somebody may print it.
func (s *suite) heard(err error) error {
	if err != nil {
		fmt.Fprintf(&s.said, "%v\n%+v\n%#v\n", err, err, err)
		s.log.Error("heard", "error", err)
		for e := err; e != nil; {
			fmt.Fprintln(&s.said, e)
			u, ok := e.(interface{ Unwrap() error })
			if !ok {
				break
			}
			e = u.Unwrap()
		}
	}
	return err
}

// line is a running adapter and its customer.
type line struct {
	*suite
	sim      Simulator
	adapter  core.Adapter
	customer Customer
	faults   Faults
	inbox    *inbox
	cursors  *cursors
	to       core.Destination
}

// open starts a simulator, with the adapter built but not running.
func (s *suite) open(t *testing.T) *line {
	t.Helper()
	sim := s.net.Open(t)
	s.mu.Lock()
	s.secrets = append(s.secrets, sim.Secrets()...)
	s.mu.Unlock()
	l := &line{suite: s, sim: sim, customer: sim.Customer(), faults: sim.Faults(), inbox: newInbox(s.clock), cursors: newCursors(s.clock)}
	l.to = core.Destination{Peer: l.customer.Peer()}
	l.again(t)
	return l
}

// again builds the adapter anew, as a restart does.
func (l *line) again(t *testing.T) {
	l.adapter = l.sim.Adapter(t, Gateway{ID: "conformance", Clock: l.clock, Log: l.log, Cursors: l.cursors, Media: l.spool})
}

// run has the adapter receive until stop, which fails the test when Run returns
// an error. It waits for the customer's opening first.
func (l *line) run(t *testing.T) (stop func()) {
	t.Helper()
	stop = l.start(t)
	if err := l.inbox.await(t.Context(), "the opening", func() bool { return len(l.inbox.events()) >= l.net.Opening }); err != nil {
		t.Fatal(err)
	}
	return stop
}

func (l *line) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a, in := l.adapter, l.inbox
	go func() { ended <- a.Run(ctx, in) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			timer := l.clock.NewTimer(patience)
			defer timer.Stop()
			select {
			case err := <-ended:
				if l.heard(err) != nil {
					t.Errorf("Run: %v, want nil at the end of its context", err)
				}
			case <-timer.C():
				t.Error("Run goes on after the end of its context")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// running is open and run.
func (s *suite) running(t *testing.T) *line {
	t.Helper()
	l := s.open(t)
	l.run(t)
	return l
}

func (l *line) parcel(c core.Content) core.Parcel {
	return core.Parcel{Key: core.NewKey(), To: l.to, Content: c, Attempt: 1}
}

// send sends and writes down the error.
func (l *line) send(ctx context.Context, p core.Parcel) (core.Sent, error) {
	sent, err := l.adapter.Send(ctx, p)
	return sent, l.heard(err)
}

// spooled puts the bytes of a sample where the adapter finds them.
func (l *line) spooled(sm sample) core.Content {
	c := sm.content
	c.Attachments = append([]core.Attachment(nil), c.Attachments...)
	for i := range sm.data {
		c.Attachments[i].Blob = l.spool.put(sm.data[i], 0)
		c.Attachments[i].SizeBytes = int64(len(sm.data[i]))
	}
	return l.mentioning(c)
}

// mentioning lets a mention mean the customer, the one person sure to exist.
func (l *line) mentioning(c core.Content) core.Content {
	spans := append([]core.Span(nil), c.Text.Spans...)
	for i := range spans {
		if spans[i].Style == core.Mention {
			spans[i].Value = string(l.customer.Peer())
		}
	}
	c.Text.Spans = spans
	return c
}

// sees finds our messages in the customer's chat by their names.
func (l *line) sees(ctx context.Context, remote ...core.RemoteID) ([]Seen, error) {
	all, err := l.customer.Sees(ctx)
	if err != nil {
		return nil, err
	}
	var out []Seen
	for _, r := range remote {
		found := false
		for _, m := range all {
			if m.Remote == r {
				out, found = append(out, m), true
			}
		}
		if !found {
			return nil, fmt.Errorf("the customer does not see %s", r)
		}
	}
	return out, nil
}

// together is what several messages of an album show.
func together(ms []Seen) (core.Content, [][]byte) {
	var c core.Content
	var data [][]byte
	for _, m := range ms {
		if c.Text.IsEmpty() {
			c.Text = m.Content.Text
		}
		c.Attachments = append(c.Attachments, m.Content.Attachments...)
		data = append(data, m.Data...)
	}
	return c, data
}

func (s *suite) showsNoSecret(t *testing.T) {
	said := s.said.String()
	if !strings.Contains(said, "heard") {
		t.Error("no failure was heard of: nothing is proven")
	}
	for _, secret := range s.secrets {
		if secret == "" {
			t.Error("an empty secret is none")
		} else if strings.Contains(said, secret) {
			t.Error("a secret shows in an error or a log")
		}
	}
}

// fetched reads an attachment's bytes through the adapter.
func (l *line) fetched(ctx context.Context, a core.Attachment) ([]byte, error) {
	f, ok := l.adapter.(core.Fetcher)
	if !ok {
		return nil, fmt.Errorf("%s: the adapter is no Fetcher", a.Kind)
	}
	var b bytes.Buffer
	err := f.Fetch(ctx, a, &b)
	return b.Bytes(), l.heard(err)
}

var _ io.Writer = (*transcript)(nil)
