// Command gotest runs `go test` and tells the two things that go test keeps to
// itself: which tests were skipped and why, and that a test one asked for by
// name was not run at all.
//
//	go run ./.ci/gotest [-need] [-v] [go test flags and packages]
//
// With -need it fails unless at least one test ran and none was skipped. It
// needs Go alone, like the tests themselves. The Makefile calls it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		code = 1
	}
	os.Exit(code)
}

// run returns the exit code to end with.
func run(ctx context.Context, args []string, out io.Writer) (int, error) {
	r := report{out: out}
	test := []string{"test", "-json"}
	for _, a := range args {
		switch a {
		case "-need":
			r.need = true
		case "-v":
			r.verbose = true
		default:
			test = append(test, a)
		}
	}
	cmd := exec.CommandContext(ctx, "go", test...) //nolint:gosec // the arguments are the Makefile's
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	readErr := r.read(events)
	waitErr := cmd.Wait()
	if readErr != nil {
		return 1, fmt.Errorf("read go test's events: %w", readErr)
	}
	if exit := (*exec.ExitError)(nil); waitErr != nil && !errors.As(waitErr, &exit) {
		return 1, waitErr
	}
	if !r.finish() || waitErr != nil {
		return 1, nil
	}
	return 0, nil
}

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

type report struct {
	out           io.Writer
	need, verbose bool

	output  map[string][]string // by package and test, until it ends
	passed  int
	failed  int
	skipped []skip
	// packages that failed, those that do not build among them.
	packages int
}

type skip struct{ name, reason string }

func (r *report) read(events io.Reader) error {
	r.output = map[string][]string{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprint(r.out, string(line)) // not an event: show it as it is
			} else {
				r.take(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		if r.verbose {
			fmt.Fprint(r.out, e.Output)
		} else if e.Test == "" && isClosingLine(e.Output) {
			fmt.Fprint(r.out, e.Output)
		} else {
			r.output[key] = append(r.output[key], e.Output)
		}
		if r.verbose && e.Test != "" {
			r.output[key] = append(r.output[key], e.Output)
		}
	case "pass":
		if e.Test != "" {
			r.passed++
		}
		delete(r.output, key)
	case "skip":
		if e.Test != "" {
			r.skipped = append(r.skipped, skip{strings.TrimPrefix(key, "parom/"), reason(r.output[key])})
		}
		delete(r.output, key)
	case "fail":
		if e.Test != "" {
			r.failed++
		} else {
			r.packages++
		}
		if !r.verbose {
			fmt.Fprint(r.out, strings.Join(r.output[key], ""))
		}
		delete(r.output, key)
	}
}

// isClosingLine says whether line is what go test says last of a package:
// "ok  parom/core 0.1s", "FAIL parom/core 0.1s".
func isClosingLine(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t")
}

// reason finds what the test said to t.Skip.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		// "file_test.go:12: reason" -> "reason"
		if _, after, ok := strings.Cut(line, "_test.go:"); ok {
			if _, text, ok := strings.Cut(after, ": "); ok {
				line = text
			}
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return said[len(said)-1]
}

// finish prints the skipped tests and reports whether what was needed ran.
func (r *report) finish() bool {
	if r.packages > 0 {
		fmt.Fprintf(r.out, "%d packages failed\n", r.packages)
	}
	if len(r.skipped) == 0 {
		fmt.Fprintf(r.out, "%d passed, %d failed, none skipped\n", r.passed, r.failed)
	} else {
		fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped:\n", r.passed, r.failed, len(r.skipped))
		for _, s := range r.skipped {
			fmt.Fprintf(r.out, "  skipped %s: %s\n", s.name, s.reason)
		}
	}
	if !r.need {
		return true
	}
	if len(r.skipped) > 0 {
		fmt.Fprintln(r.out, "FAIL: a test that is needed here was skipped")
		return false
	}
	if r.passed == 0 {
		fmt.Fprintln(r.out, "FAIL: no test ran")
		return false
	}
	return true
}
