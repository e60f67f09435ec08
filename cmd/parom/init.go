package main

import "context"

type initCommand struct {
	Config string `help:"${cli_init_config}" default:"parom.yaml" type:"path"`
}
func (c *initCommand) Run(ctx context.Context, s *session) error { return nil }
