package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"parom/adapters/telegram"
	"parom/cmd/parom/gateway"
	"parom/config"
)

// collectAt has the collector run when the memory in use has grown by half, not by
// all of itself: a gateway with a long queue stays small, for little processor
// time. GOGC overrides it.
const collectAt = 50

type runCommand struct {
	Config string `help:"${cli_config}" default:"parom.yaml" type:"path"`
}

// Run runs the gateway until ctx ends.
func (c *runCommand) Run(ctx context.Context, s *session) error {
	cfg, err := s.load(c.Config)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	log := s.log(cfg.Log)
	log.Info("starting", "version", versionLine())
	return gateway.Run(ctx, cfg, gateway.Options{Log: log, Clock: s.clock, Version: versionName()})
}

// load reads a configuration and learns its secrets.
func (s *session) load(path string) (config.Config, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return cfg, err
	}
	return cfg, s.learn(cfg)
}

// learn has the secrets of a configuration hidden from now on.
func (s *session) learn(cfg config.Config) error {
	part := func(network string, settings config.Settings) error {
		if network != "telegram" {
			return fmt.Errorf("no such network: %s", network)
		}
		var own telegram.Config
		err := settings.Decode(&own)
		s.secrets.hide(own.Token)
		return err
	}
	if err := part(cfg.Console.Network, cfg.Console.Settings); err != nil {
		return err
	}
	for _, ch := range cfg.Channels {
		if err := part(ch.Network, ch.Settings); err != nil {
			return err
		}
	}
	return nil
}
