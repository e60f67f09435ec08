package main

import (
	"context"
	"fmt"

	"github.com/goccy/go-yaml"

	"parom/cmd/parom/demo"
	"parom/cmd/parom/gateway"
	"parom/config"
)

type demoCommand struct {
	Listen string `help:"${cli_listen}"`
	Data   string `help:"${cli_data}" type:"path"`
}

// Run shows the demo until ctx ends.
func (c *demoCommand) Run(ctx context.Context, s *session) error {
	log := s.log(config.Log{Format: "text", Level: "warn"})
	return demo.Run(ctx, demo.Options{
		Listen: c.Listen, Data: c.Data, Lang: s.texts.Language(), Log: log, Out: s.out, Clock: s.clock,
		Gateway: func(ctx context.Context, w demo.World) error {
			cfg, err := demoConfig(w, s.texts.Language())
			if err != nil {
				return err
			}
			if err := s.learn(cfg); err != nil {
				return err
			}
			return gateway.Run(ctx, cfg, gateway.Options{Log: log, Clock: s.clock, Version: versionName()})
		},
	})
}

// icons tell the demo's channels apart in the list of topics.
var icons = map[string]string{"shop": "💎", "support": "❓"}

// demoConfig is the configuration of a demo, made as a file would be, so that
// it has a file's defaults and checks.
func demoConfig(w demo.World, language string) (config.Config, error) {
	type m = map[string]any
	console := m{}
	channels, departments, operators := []m{}, []m{}, []m{}
	for _, b := range w.Bots {
		settings := m{"token": b.Token, "endpoint": w.Endpoint}
		if b.Console {
			console = settings
		}
		departments = append(departments, m{"id": b.Key, "name": b.Name, "group": "main"})
		channels = append(channels, m{"id": b.Key, "network": "telegram", "name": b.Name, "icon": icons[b.Key], "department": b.Key, "settings": settings})
	}
	role := "admin"
	for _, o := range w.Operators {
		operators = append(operators, m{"id": o.ID, "name": o.Name, "role": role})
		role = "operator"
	}
	b, err := yaml.Marshal(m{
		"language":    language,
		"console":     m{"network": "telegram", "settings": console},
		"groups":      []m{{"id": "main", "chat": w.Group}},
		"departments": departments, "operators": operators, "channels": channels,
	})
	if err != nil {
		return config.Config{}, fmt.Errorf("demo: configuration: %w", err)
	}
	cfg, err := config.Parse("demo", b)
	// The environment may mean another gateway of this machine.
	cfg.Data, cfg.Language, cfg.HTTP = w.Folder, language, config.HTTP{}
	return cfg, err
}
