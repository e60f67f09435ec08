package adaptertest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parom/core"
)

// level is how much of a message kind a network carries.
type level uint8

const (
	unknown  level = iota
	native         // the same thing there
	degraded       // its meaning in another form
	named          // not carried; who would miss it is told
	notHere        // the network has no such thing
)

// verdict is one cell of the table.
type verdict struct {
	level level
	how   string
}

func (v verdict) String() string {
	switch v.level {
	case native:
		return "native"
	case degraded:
		return "degraded: " + v.how
	case named:
		return "named: " + v.how
	case notHere:
		return "not on this network"
	}
	return ""
}

// worse is the lower of two verdicts.
func (v verdict) worse(o verdict) verdict {
	switch {
	case o.level <= v.level && v.level != unknown:
		if o.level == v.level && o.how != v.how && o.how != "" {
			v.how += ", " + o.how
		}
		return v
	}
	return o
}

// table is what the suite found: row, then in and out.
type table struct {
	network string
	rows    []string
	in, out map[string]verdict
}

func newTable(network string) *table {
	return &table{network: network, rows: rowNames(), in: map[string]verdict{}, out: map[string]verdict{}}
}

// check fails for each cell nobody filled.
func (f *table) check(t *testing.T) {
	t.Helper()
	for _, row := range f.rows {
		if f.in[row].level == unknown {
			t.Errorf("%s, in: nothing is known", row)
		}
		if f.out[row].level == unknown {
			t.Errorf("%s, out: nothing is known", row)
		}
	}
}

const (
	fidelityHead = `# What each network carries

Written by the conformance suite from what it saw (` + "`make docs`" + `); do not edit.

**native**: arrives as the same thing. **degraded**: its meaning arrives in another form. **named**: it is not carried, and who would
miss it is told. **In** is from the customer to us, **out** from us to the customer.

`
	marker = "<!-- network: %s -->\n"
)

// save puts the network's section into the document at path, leaving others.
func (f *table) save(path string) error {
	release, err := lock(path + ".lock")
	if err != nil {
		return err
	}
	defer release()
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("read fidelity table: %w", err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(old), "<!-- network: ")[1:] {
		if name, body, ok := strings.Cut(s, " -->\n"); ok {
			sections[name] = strings.TrimSpace(body)
		}
	}
	sections[f.network] = f.markdown()
	names := make([]string, 0, len(sections))
	for name := range sections {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(fidelityHead)
	for _, name := range names {
		fmt.Fprintf(&b, marker, name)
		b.WriteString(sections[name] + "\n\n")
	}
	if err := os.WriteFile(path, []byte(strings.TrimRight(b.String(), "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("write fidelity table: %w", err)
	}
	return nil
}

func (f *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| kind | in | out |\n|---|---|---|\n", f.network)
	for _, row := range f.rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row, f.in[row], f.out[row])
	}
	return strings.TrimSpace(b.String())
}

// lock keeps packages tested at the same time from losing each other's sections.
func lock(path string) (release func(), err error) {
	clock := core.SystemClock()
	for range 200 {
		l, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_ = l.Close()
			return func() { _ = os.Remove(path) }, nil
		}
		if !os.IsExist(err) {
			return nil, fmt.Errorf("lock fidelity table: %w", err)
		}
		<-clock.NewTimer(50 * time.Millisecond).C()
	}
	return nil, fmt.Errorf("lock fidelity table: %s is left over, remove it", path)
}
