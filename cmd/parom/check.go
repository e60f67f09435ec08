package main

import "context"

type checkCommand struct {
	Config string `help:"${cli_config}" default:"parom.yaml" type:"path"`
}
func (c *checkCommand) Run(ctx context.Context, s *session) error { return nil }
