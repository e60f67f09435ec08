package outbox_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

// raceDetector is set by a build with it.
var raceDetector bool

// backlogSize is the number of queued messages of the goals; a tenth when short.
func backlogSize() int {
	if testing.Short() {
		return 10_000
	}
	return 100_000
}

// TestBacklog_StaysSmallAndStartsAtOnce fills a store with queued messages,
// each to a customer of its own (the worst case: as many lanes), and starts on it.
func TestBacklog_StaysSmallAndStartsAtOnce(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector needs memory of its own")
	}
	n := backlogSize()
	path := os.Getenv("PAROM_BACKLOG")
	if path == "" { // a process of its own, so that what it occupies is its own
		path = filepath.Join(t.TempDir(), "parom.db")
		fillBacklog(t, path, n)
		cmd := exec.Command(os.Args[0], "-test.run=^TestBacklog_", "-test.v", fmt.Sprintf("-test.short=%t", testing.Short()))
		cmd.Env = append(os.Environ(), "PAROM_BACKLOG="+path, "GOGC=50") // as the program runs
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	clock := core.SystemClock()
	l := network
	l.Rate = core.Rate{PerSecond: 30, PerPeerPerSecond: 1}
	first := make(chan time.Duration, 1)
	began := time.Now()
	a := coretest.NewAdapter("shop", l, clock)
	a.Refuse(func(core.Parcel) error {
		select {
		case first <- time.Since(began):
		default:
		}
		return nil
	})
	db, err := store.Open(t.Context(), store.Options{Path: path, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	opened := time.Since(began)
	o := outbox.New(outbox.Options{DB: db, Clock: clock})
	db.OnWake(o.Wake)
	o.Carry(store.ToAddress, outbox.NewAddressCarrier(outbox.AddressOptions{
		Adapters: func(core.ChannelID) (core.Adapter, bool) { return a, true },
	}))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	call := <-first
	for end := time.Now().Add(30 * time.Second); o.Stats().Lanes < n-200; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", o.Stats())
		}
	}
	loaded := time.Since(began)
	mb := residentBytes(t) >> 20
	t.Logf("%d lanes: store open after %s, first call after %s, all heads after %s, resident %d MB", n, opened, call, loaded, mb)
	if mb > 64 {
		t.Errorf("%d MB are resident", mb)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func residentBytes(t *testing.T) (n int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the system does not tell what is resident")
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	if _, err := fmt.Sscanf(rest, "%d kB", &n); err != nil {
		t.Fatal(err)
	}
	return n << 10
}

func fillBacklog(t *testing.T, path string, n int) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: path, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < n; from += 5000 {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			no, err := tx.BindChannel("shop", "shop")
			if err != nil {
				return err
			}
			for i := from; i < min(n, from+5000); i++ {
				a, _, err := tx.MeetPeer(no, core.Peer{ID: core.PeerID(strconv.Itoa(i)), Name: "n"}, tx.Now())
				if err != nil {
					return err
				}
				m := core.Message{
					Address: a.ID, Direction: core.FromOperator, Delivery: core.DeliveryWaiting,
					Content: core.Content{Text: core.Plain(fmt.Sprint("message ", i))},
				}
				if err := tx.InsertMessage(&m); err != nil {
					return err
				}
				if err := tx.Enqueue(&store.Job{Lane: store.AddressLane(a.ID, ""), Kind: store.JobSend, Message: m.ID, Priority: store.Words}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSend measures queued → sent through a carrier that calls nothing.
func BenchmarkSend(b *testing.B) {
	db, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "parom.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	a := &counting{Adapter: coretest.NewAdapter("shop", network, core.SystemClock())}
	o := outbox.New(outbox.Options{DB: db, PerChannel: 64})
	db.OnWake(o.Wake)
	o.Carry(store.ToAddress, outbox.NewAddressCarrier(outbox.AddressOptions{
		Adapters: func(core.ChannelID) (core.Adapter, bool) { return a, true },
	}))
	err = db.Update(b.Context(), func(tx *store.Tx) error {
		no, err := tx.BindChannel("shop", "shop")
		if err != nil {
			return err
		}
		for i := range b.N {
			ad, _, err := tx.MeetPeer(no, core.Peer{ID: core.PeerID(strconv.Itoa(i % 1000))}, tx.Now())
			if err != nil {
				return err
			}
			m := core.Message{Address: ad.ID, Direction: core.FromOperator, Content: core.Content{Text: core.Plain("hello")}}
			if err := tx.InsertMessage(&m); err != nil {
				return err
			}
			if err := tx.Enqueue(&store.Job{Lane: store.AddressLane(ad.ID, ""), Kind: store.JobSend, Message: m.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	for a.n.Load() < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(db.Stats().Commits)/float64(b.N), "commits/op")
}

// counting takes everything and keeps nothing.
type counting struct {
	*coretest.Adapter
	n atomic.Int64
}

func (c *counting) Send(context.Context, core.Parcel) (core.Sent, error) {
	return core.Sent{Remote: []core.RemoteID{core.RemoteID(strconv.FormatInt(c.n.Add(1), 10))}}, nil
}
