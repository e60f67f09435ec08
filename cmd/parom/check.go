package main

import (
	"context"

	"parom/cmd/parom/setup"
)

type checkCommand struct {
	Config string `help:"${cli_config}" default:"parom.yaml" type:"path"`
}

// Run says what is wrong with the accounts, groups and settings.
func (c *checkCommand) Run(ctx context.Context, s *session) error {
	cfg, err := s.load(c.Config)
	if err != nil {
		return err
	}
	reports := setup.Check(ctx, c.Config, cfg, s.clock)
	if err := ctx.Err(); err != nil {
		return err
	}
	if setup.Show(s.out, s.texts, reports) {
		return errFound
	}
	return nil
}
