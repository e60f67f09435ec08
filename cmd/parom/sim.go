package main

import (
	"context"

	"parom/adapters/telegram/telegramsim"
)

type simCommand struct {
	Telegram simTelegramCommand `cmd:"" help:"${cli_sim_telegram}"`
}

type simTelegramCommand struct {
	Listen string `help:"${cli_sim_listen}" default:"127.0.0.1:8081"`
	Seed   string `help:"${cli_seed}" type:"path"`
	Data   string `help:"${cli_sim_data}" type:"path"`
}

// Run runs a simulated Telegram until ctx ends.
func (c *simTelegramCommand) Run(ctx context.Context, s *session) error {
	o := telegramsim.Options{Clock: s.clock, Listen: c.Listen, SeedFile: c.Seed, Dir: c.Data, Persist: c.Data != ""}
	return telegramsim.Run(ctx, o, func(sim *telegramsim.Server) { s.say(s.out, "%s\n", sim.URL()) })
}
