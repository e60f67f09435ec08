package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/term"

	"parom/cmd/parom/setup"
)

type initCommand struct {
	Config            string        `help:"${cli_init_config}" default:"parom.yaml" type:"path"`
	Endpoint          string        `help:"${cli_endpoint}"`
	TokenFile         string        `help:"${cli_token_file}" type:"path"`
	Group             string        `help:"${cli_group}"`
	Admin             string        `help:"${cli_admin}"`
	Customers         string        `help:"${cli_customers}" enum:"same,other," default:"" placeholder:"same|other"`
	CustomerTokenFile string        `help:"${cli_customer_token_file}" type:"path"`
	Wait              time.Duration `help:"${cli_wait}" default:"30m"`
	Yes               bool          `help:"${cli_yes}" short:"y"`
}

// Run asks, checks and writes a configuration.
func (c *initCommand) Run(ctx context.Context, s *session) error {
	hidden, restore := hiddenLine(s)
	defer restore() // a signal at the question leaves the terminal silent
	err := setup.Init(ctx, setup.Options{
		File: c.Config, Endpoint: c.Endpoint, TokenFile: c.TokenFile, Group: c.Group, Admin: c.Admin, Customers: c.Customers,
		CustomerTokenFile: c.CustomerTokenFile, Yes: c.Yes, Wait: c.Wait,
		In: s.in, Out: s.out, Hidden: hidden, Texts: s.texts, Clock: s.clock,
		Hide: func(secret string) { s.secrets.hide(secret) },
	})
	if errors.Is(err, setup.ErrNotReady) {
		return errFound // it was said already
	}
	return err
}

// hiddenLine reads a line from a terminal without showing it; nil when the input
// is none. restore gives the terminal back as it was.
func hiddenLine(s *session) (read func() (string, error), restore func()) {
	f, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	state, err := term.GetState(int(f.Fd()))
	if err != nil {
		return nil, func() {}
	}
	read = func() (string, error) {
		b, err := term.ReadPassword(int(f.Fd()))
		return string(b), err
	}
	return read, func() { _ = term.Restore(int(f.Fd()), state) }
}
