package storetest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/core/store"
)

// childEnv holds the data folder in the process that is to be killed.
const childEnv = "PAROM_STORETEST_CHILD"

const (
	killWriters = 8 // callers at once in the child
	killAtRound = 5 // the commit at which a trap kills
)

// child is a second process that runs the same subtest in the folder dir.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
}

func spawn(t *testing.T, dir string) *child {
	t.Helper()
	name := make([]string, 0, 4)
	for part := range strings.SplitSeq(t.Name(), "/") {
		name = append(name, "^"+part+"$")
	}
	cmd := exec.Command(os.Args[0], "-test.run", strings.Join(name, "/"), "-test.count=1")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	c := &child{cmd: cmd, out: bufio.NewScanner(out)}
	t.Cleanup(c.kill)
	return c
}

// kill ends the child with SIGKILL, if it still runs, and waits for it.
func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

// line reads the next line the child says; none when it is dead.
func (c *child) line() (string, bool) {
	if !c.out.Scan() {
		return "", false
	}
	return c.out.Text(), true
}

// say writes a line in one piece, past all buffers: what was said is heard
// even if the process dies next.
func say(format string, args ...any) {
	_, _ = os.Stdout.WriteString(fmt.Sprintf(format, args...) + "\n")
}

// suicide is SIGKILL to this very process: no deferred call runs, no buffer
// of the process is written.
func suicide() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		_ = p.Kill()
	}
	select {}
}

// load writes pairs of items for ever, many callers at once, and says which
// were acknowledged, and which are in the commit at which it dies.
func (s suite) load(t *testing.T, dir, killAt string) {
	o := at(dir)
	commits := 0
	var inCommit []string // only the writer's goroutine touches it
	o.Trap = func(point string) {
		if point == store.TrapBeforeCommit {
			commits++
		}
		if point == killAt && commits == killAtRound {
			say("last %s", strings.Join(inCommit, " "))
			suicide()
		}
		if point == store.TrapAfterCommit {
			inCommit = nil
		}
	}
	d, err := s.open(context.Background(), o)
	must(t, err)
	base := time.Now().UnixNano()
	var wg sync.WaitGroup
	for g := range killWriters {
		wg.Go(func() {
			for i := 0; ; i++ {
				k := fmt.Sprintf("%d-%d-%d", base, g, i)
				err := d.Update(context.Background(), func(tx *store.Tx) error {
					inCommit = append(inCommit, k)
					if err := put(tx, k+"a"); err != nil {
						return err
					}
					return put(tx, k+"b")
				})
				if err != nil {
					say("failed %v", err)
					return
				}
				say("ack %s", k)
			}
		})
	}
	wg.Wait()
}

// hear collects what the child acknowledged, and what was in its last commit,
// until it is dead; it is killed when it has acknowledged enough.
func hear(t *testing.T, c *child, enough int) (acked, last []string) {
	t.Helper()
	for {
		line, ok := c.line()
		if !ok {
			return acked, last
		}
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "ack":
			acked = append(acked, rest)
			if len(acked) == enough {
				_ = c.cmd.Process.Kill() // the rest of its words is still heard
			}
		case "last":
			last = strings.Fields(rest)
		case "failed":
			t.Errorf("child: %s", line)
		}
	}
}

// check opens what the dead process left and gives the pairs that are there.
func (s suite) check(t *testing.T, dir string, acked []string) map[string]int {
	t.Helper()
	d, err := s.open(t.Context(), at(dir))
	if err != nil {
		t.Fatalf("open after the kill: %v", err)
	}
	defer d.Close()
	must(t, d.Check(t.Context()))
	there := map[string]int{}
	for _, k := range keys(t, d) {
		there[k[:len(k)-1]]++
	}
	for k, n := range there {
		if n != 2 {
			t.Errorf("%s is half-written", k)
		}
	}
	for _, k := range acked {
		if there[k] == 0 {
			t.Errorf("%s was acknowledged and is lost", k)
		}
	}
	return there
}

func (s suite) killBeforeCommit(t *testing.T) { s.killAt(t, store.TrapBeforeCommit) }

func (s suite) killAfterCommit(t *testing.T) { s.killAt(t, store.TrapAfterCommit) }

func (s suite) killAt(t *testing.T, point string) {
	if dir := os.Getenv(childEnv); dir != "" {
		s.load(t, dir, point)
		return
	}
	dir := t.TempDir()
	c := spawn(t, dir)
	acked, last := hear(t, c, -1)
	c.kill()
	there := s.check(t, dir, acked)
	if len(acked) == 0 || len(last) == 0 {
		t.Fatalf("%d acknowledged, %d in the last commit: the test proves nothing", len(acked), len(last))
	}
	for _, k := range last {
		if durable := there[k] > 0; durable != (point == store.TrapAfterCommit) {
			t.Errorf("killed at %s: that %s is there is %v", point, k, durable)
		}
	}
}

func (s suite) killAnytime(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		s.load(t, dir, "")
		return
	}
	dir := t.TempDir()
	var acked []string
	for _, enough := range []int{1, 37, 400, 1500} {
		c := spawn(t, dir)
		more, _ := hear(t, c, enough)
		acked = append(acked, more...)
		c.kill()
		s.check(t, dir, acked)
	}
}

func (s suite) locked(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		_, err := s.open(context.Background(), at(dir))
		say("open %v", err)
		select {} // until killed
	}
	dir := t.TempDir()
	c := spawn(t, dir)
	if line, _ := c.line(); line != "open <nil>" {
		t.Fatalf("child says %q", line)
	}
	d, err := s.open(t.Context(), at(dir))
	if err == nil {
		d.Close()
	}
	wantErr(t, err, store.ErrLocked)
	if pid := strconv.Itoa(c.cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), pid) {
		t.Errorf("error %q does not name process %s", err, pid)
	}
	c.kill()
	s.reopen(t, at(dir))
}

func (s suite) lockedHere(t *testing.T) {
	dir := t.TempDir()
	s.reopen(t, at(dir))
	link := dir + "/other.db"
	must(t, os.Symlink(at(dir).Path, link))
	for _, path := range []string{at(dir).Path, link} {
		o := at(dir)
		o.Path = path
		_, err := s.open(t.Context(), o)
		wantErr(t, err, store.ErrLocked)
	}
}

// unchanged opens what must be refused and shows that the file was left alone.
func (s suite) unchanged(t *testing.T, o store.Options, want error) {
	t.Helper()
	before, err := os.ReadFile(o.Path)
	must(t, err)
	for range 2 { // the refusal leaves no lock behind
		d, err := s.open(t.Context(), o)
		if err == nil {
			d.Close()
		}
		wantErr(t, err, want)
		if errors.Is(want, store.ErrCorrupt) && err != nil && !strings.Contains(err.Error(), "backup") {
			t.Errorf("error %q does not say what to do", err)
		}
	}
	after, err := os.ReadFile(o.Path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the refused file was changed")
	}
}
