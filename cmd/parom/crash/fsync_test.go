//go:build unix

package crash

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const tracedLife = 4 * time.Second

var closedLine = regexp.MustCompile(`data file closed.* updates=(\d+) failed=(\d+) commits=(\d+)`)

// traced runs the program under strace for a while, under load, stops it as an
// administrator does, and compares its flushes with what it acknowledged. It
// returns a line of the report.
func (w *world) traced(life int, _ *load) string {
	w.t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		p := w.start(life, "")
		time.Sleep(tracedLife)
		p.stop()
		return "flushes\tnot counted: strace is not here (Debian: apt-get install strace)\n"
	}
	counts := filepath.Join(w.folder, "strace.txt")
	p := w.start(life, "", strace, "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync", "-o", counts)
	time.Sleep(tracedLife)
	if p.pid = child(p.pid); p.pid == 0 {
		w.t.Errorf("strace does not run the program here: %s", p.tail())
		_ = p.cmd.Process.Kill()
		<-p.over
		return "flushes\tnot counted: strace could not trace\n"
	}
	p.stop()
	m := closedLine.FindStringSubmatch(string(p.output()))
	if m == nil {
		w.t.Errorf("the program did not tell its commits\n%s", p.tail())
		return ""
	}
	updates, _ := strconv.Atoi(m[1])
	failed, _ := strconv.Atoi(m[2])
	commits, _ := strconv.Atoi(m[3])
	flushes := flushesIn(w, counts)
	if flushes < commits {
		w.t.Errorf("%d flushes for %d commits: something was acknowledged before it was on disk", flushes, commits)
	}
	return fmt.Sprintf("flushes\t%d for %d commits that acknowledged %d transactions\n", flushes, commits, updates-failed)
}

// child is the process that a tracer runs; zero: none.
func child(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0
	}
	n, _, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	id, _ := strconv.Atoi(n)
	return id
}

// flushesIn sums the calls column of strace's table.
func flushesIn(w *world, path string) (n int) {
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Error(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) >= 5 && strings.HasSuffix(f[len(f)-1], "sync") {
			calls, err := strconv.Atoi(f[3])
			if err != nil {
				w.t.Errorf("strace said %q", line)
			}
			n += calls
		}
	}
	return n
}
