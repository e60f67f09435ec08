//go:build unix

package crash

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// process is one life of the program.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	log  string // its output
	pid  int    // of the program itself, also under a tracer
	over chan struct{}
	err  error // of its end
}

// start runs the program; point, when not empty, is where it kills itself.
func (w *world) start(life int, point string, tracer ...string) *process {
	w.t.Helper()
	p := &process{t: w.t, log: filepath.Join(w.folder, fmt.Sprintf("life-%03d.log", life)), over: make(chan struct{})}
	args := append(append([]string(nil), tracer...), w.program, "run", "--config", w.config())
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Env = append(os.Environ(), "PAROM_CRASH_AT="+point)
	out, err := os.Create(p.log)
	if err != nil {
		w.t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	p.pid = p.cmd.Process.Pid
	go func() {
		defer close(p.over)
		p.err = p.cmd.Wait()
		_ = out.Close()
	}()
	w.t.Cleanup(func() { // only when the test fails before it ends the process
		select {
		case <-p.over:
		default:
			_ = p.cmd.Process.Kill()
			<-p.over
		}
	})
	return p
}

// killed waits up to d for the program to kill itself, then kills it, and
// reports whether it did so by itself. Any other end fails the test.
func (p *process) killed(d time.Duration) (itself bool) {
	p.t.Helper()
	select {
	case <-p.over:
		itself = true
	case <-time.After(d):
		if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
			p.t.Fatal(err)
		}
		<-p.over
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == syscall.SIGKILL {
			return itself
		}
	}
	p.t.Fatalf("the program ended by itself: %v\n%s", p.err, p.tail())
	return false
}

// stop ends the program as an administrator does and wants exit code 0.
func (p *process) stop() {
	p.t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.over:
	case <-time.After(30 * time.Second):
		p.t.Fatalf("the program does not stop\n%s", p.tail())
	}
	if p.err != nil {
		p.t.Errorf("the program stopped with %v\n%s", p.err, p.tail())
	}
}

func (p *process) output() []byte {
	b, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Error(err)
	}
	return b
}

func (p *process) tail() []byte {
	lines := bytes.Split(p.output(), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-30):], []byte("\n"))
}
