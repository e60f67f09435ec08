package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"parom/cmd/parom/bench"
)

type benchCommand struct {
	Dir      string        `help:"${cli_bench_dir}" type:"path"`
	Only     []string      `help:"${cli_bench_only}" enum:"floor,latency,group,archive,memory"`
	Messages int           `help:"${cli_bench_messages}" default:"1000000"`
	Span     time.Duration `help:"${cli_bench_span}" default:"5s"`
	Profile  string        `help:"${cli_bench_profile}" type:"path"`
}

// Run measures the gateway on this machine.
func (c *benchCommand) Run(ctx context.Context, s *session) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("where this program is: %w", err)
	}
	if c.Profile != "" {
		f, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return bench.Run(ctx, s.out, bench.Options{Program: program, Dir: c.Dir, Only: c.Only, Messages: c.Messages, Span: c.Span})
}
