package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// shared is the folder of extra test data; empty when it is not there.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PAROM_SHARED")
	if dir == "none" {
		return ""
	}
	if dir == "" {
		dir = "../../../../shared"
	}
	if _, err := os.Stat(filepath.Join(dir, "specs")); err != nil {
		return ""
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// wireChecker builds the proxy that holds traffic to the API's own contract, and
// starts one of it before each simulator.
type wireChecker struct {
	t         *testing.T
	bin, spec string

	mu         sync.Mutex
	violations []string
}

func newWireChecker(t *testing.T) *wireChecker {
	dir := shared(t)
	if dir == "" {
		t.Skip("extra test data are not there: set PAROM_SHARED")
	}
	c := &wireChecker{t: t, bin: filepath.Join(t.TempDir(), "wirecheck"), spec: filepath.Join(dir, "specs", "telegram-bot-api.json")}
	cmd := exec.Command("go", "build", "-o", c.bin, "./telegram")
	cmd.Dir = filepath.Join(dir, "tools", "wirecheck")
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the wire check: %v\n%s", err, out)
	}
	return c
}

// before starts a proxy before a server and returns its address.
func (c *wireChecker) before(to string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(c.bin, "-listen", addr, "-to", to, "-spec", c.spec)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			c.mu.Lock()
			c.violations = append(c.violations, lines.Text())
			c.mu.Unlock()
		}
	}()
	c.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	for range 200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return "http://" + addr
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatal("the wire check does not listen")
	return ""
}

// TestWireCheck runs every scenario with each call and answer held to the API's
// machine-readable contract.
func TestWireCheck(t *testing.T) {
	c := newWireChecker(t)
	var mu sync.Mutex
	calls, total := map[string]int{}, 0
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range scenarios {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{endpoint: c.before})
				s.run(w)
				w.stop()
				mu.Lock()
				defer mu.Unlock()
				for method, n := range w.sim.Calls() {
					calls[method] += n
					total += n
				}
			})
		}
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.violations {
		t.Errorf("violation: %s", v)
	}
	fmt.Printf("wire check: %d requests over %d methods, %d violations\n", total, len(calls), len(c.violations))
	if total <= 500 || len(calls) < 25 {
		t.Errorf("too little was seen: %d requests over %d methods: %s", total, len(calls), strings.Join(names(calls), " "))
	}
}

func names(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}
