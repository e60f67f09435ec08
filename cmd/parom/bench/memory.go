package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

const (
	idleFor   = 8 * time.Second // what is resident after that is called idle
	pollWait  = 30 * time.Second
	coldTries = 5
)

// memory runs the real program: what is resident, and how fast it polls.
func (b *bench) memory(ctx context.Context) error {
	if b.Program == "" {
		return nil
	}
	empty := filepath.Join(b.dir, "empty")
	if err := os.MkdirAll(empty, 0o700); err != nil {
		return err
	}
	began, resident, err := b.life(ctx, empty, idleFor)
	if err != nil {
		return err
	}
	b.tell("start on an empty data file to first poll", ms(began), "ms")
	b.line("resident idle, four channels", resident, "MB", atMost(35))
	archive := filepath.Join(b.dir, "archive")
	if _, err := os.Stat(b.archivePath()); err != nil {
		return nil //nolint:nilerr // the archive was not asked for
	}
	var starts []time.Duration
	for range coldTries {
		dropCaches(b.archivePath())
		took, _, err := b.life(ctx, archive, 0)
		if err != nil {
			return err
		}
		starts = append(starts, took)
	}
	slices.Sort(starts)
	b.line(fmt.Sprintf("cold start, %d messages and %d queued, to first poll", b.Messages, b.Queued), ms(starts[len(starts)/2]), "ms", atMost(200))
	b.tell("cold start, the slowest of five", ms(starts[len(starts)-1]), "ms")
	_, resident, err = b.life(ctx, archive, idleFor)
	if err != nil {
		return err
	}
	b.line(fmt.Sprintf("resident, %d queued", b.Queued), resident, "MB", atMost(64))
	return nil
}

// life runs the program on a folder until it has polled and a while longer, and
// tells how long it took to its first poll and what was resident at the end.
func (b *bench) life(ctx context.Context, dir string, stay time.Duration) (polled time.Duration, residentMB float64, err error) {
	sim, tokens, err := b.network(filepath.Join(dir, "sim"))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	door, err := newDoor(ctx, sim)
	if err != nil {
		return 0, 0, err
	}
	defer door.close()
	if _, err := writeConfig(dir, benchGroup, door.url, tokens); err != nil {
		return 0, 0, err
	}
	var out strings.Builder
	cmd := exec.Command(b.Program, "run", "--config", configPath(dir)) //nolint:gosec,noctx // ourselves; stopped below
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if ended := <-over; ended != nil {
			err = errors.Join(err, fmt.Errorf("the program: %w\n%s", ended, out.String()))
		}
	}()
	select {
	case at := <-door.polled:
		polled = at.Sub(began)
	case ended := <-over:
		over <- ended
		return 0, 0, errors.New("the program ended before it polled")
	case <-time.After(pollWait):
		return 0, 0, errors.New("the program does not poll")
	}
	if stay == 0 {
		return polled, 0, nil
	}
	if err := core.Sleep(ctx, core.SystemClock(), stay); err != nil {
		return 0, 0, err
	}
	residentMB, err = resident(cmd.Process.Pid)
	return polled, residentMB, err
}

// resident is what a process occupies, in MB.
func resident(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("resident memory is told by Linux only: %w", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kb float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kb); err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	return kb / 1024, nil
}

// door is the simulator, telling of the first poll.
type door struct {
	url    string
	sim    *telegramsim.Server
	srv    *http.Server
	done   chan struct{}
	once   sync.Once
	polled chan time.Time
}

func newDoor(ctx context.Context, sim *telegramsim.Server) (*door, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{url: "http://" + l.Addr().String(), sim: sim, done: make(chan struct{}), polled: make(chan time.Time, 1)}
	d.srv = &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	go func() { defer close(d.done); _ = d.srv.Serve(l) }()
	return d, nil
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(strings.ToLower(r.URL.Path), "/getupdates") {
		d.once.Do(func() { d.polled <- time.Now() })
	}
	d.sim.ServeHTTP(w, r)
}

func (d *door) close() {
	_ = d.srv.Close()
	<-d.done
}
