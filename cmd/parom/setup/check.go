package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/console"
	"parom/config"
	"parom/core"
	"parom/core/lang"
)

// partMax bounds how long one part may be looked at.
const partMax = 45 * time.Second

// Report is what was found of one part.
type Report struct {
	// Key names the part in core/lang, with Name as its argument.
	Key, Name string
	Account   core.Account // zero: the part has none
	Findings  []core.Finding
	// Err says that the network could not be asked, or that the part cannot
	// even be made.
	Err error
}

// IsFatal reports that the gateway cannot work with this.
func (r Report) IsFatal() bool {
	for _, f := range r.Findings {
		if f.Fatal {
			return true
		}
	}
	return r.Err != nil
}

// checker holds what all parts need.
type checker struct {
	cfg     config.Config
	clock   core.Clock
	bot     *telegram.Bot // the console's
	token   string        // of the console
	reports []Report
}

// Check looks at every credential, right and setting, without changing
// anything. file is the configuration's.
func Check(ctx context.Context, file string, cfg config.Config, clock core.Clock) []Report {
	c := &checker{cfg: cfg, clock: clock}
	c.add(Report{Key: "check.setup.config", Name: file, Findings: settings(file, cfg)})
	c.checkConsole(ctx)
	for _, ch := range cfg.Channels {
		c.checkChannel(ctx, ch)
	}
	return c.reports
}

func (c *checker) add(r Report) { c.reports = append(c.reports, r) }

// settings are remarks on the configuration by itself.
func settings(file string, cfg config.Config) []core.Finding {
	var found []core.Finding
	if i, err := os.Stat(file); err == nil && i.Mode().Perm()&0o077 != 0 {
		found = append(found, core.Finding{Key: "check.setup.readable", Args: map[string]any{"File": file}})
	}
	if err := writable(cfg.Data); err != nil {
		found = append(found, core.Finding{Fatal: true, Key: "check.setup.data", Args: map[string]any{"Folder": cfg.Data, "Detail": err}})
	}
	switch {
	case cfg.HTTP.PublicURL == "":
		found = append(found, core.Finding{Key: "check.setup.no_public_url"})
	case cfg.HTTP.Listen == "":
		found = append(found, core.Finding{Key: "check.setup.no_listen"})
	}
	return found
}

// writable tries to write in a folder; one that is not there yet is made by the
// gateway.
func writable(folder string) error {
	f, err := os.CreateTemp(folder, ".check-")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (c *checker) checkConsole(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, partMax)
	defer cancel()
	r := Report{Key: "check.setup.console"}
	var own telegram.Config
	if r.Err = c.cfg.Console.Settings.Decode(&own); r.Err == nil {
		c.token = own.Token
		c.bot, r.Err = newBot(own, c.clock)
	}
	if r.Err == nil {
		r.Account, r.Findings, r.Err = probe(ctx, "console", own, c.bot, c.clock)
	}
	c.add(r)
	if r.Err != nil || len(r.Account.Name) == 0 {
		return // without the bot nothing of the groups can be known
	}
	con, err := newConsole(c.bot, c.clock)
	if err != nil {
		c.add(Report{Key: "check.setup.console", Err: err})
		return
	}
	for _, g := range c.cfg.Groups {
		found, err := con.Check(ctx, g.Chat)
		c.add(Report{Key: "check.setup.group", Name: g.ID, Findings: found, Err: err})
	}
	if len(c.cfg.Operators) == 0 {
		return
	}
	var who []core.PersonID
	for _, o := range c.cfg.Operators {
		who = append(who, core.PersonID(o.ID))
	}
	found, err := con.CheckOperators(ctx, who)
	c.add(Report{Key: "check.setup.operators", Findings: found, Err: err})
}

func (c *checker) checkChannel(ctx context.Context, ch config.Channel) {
	ctx, cancel := context.WithTimeout(ctx, partMax)
	defer cancel()
	r := Report{Key: "check.setup.channel", Name: ch.ID}
	var own telegram.Config
	if r.Err = ch.Settings.Decode(&own); r.Err == nil {
		bot := c.bot
		if own.Token != c.token {
			bot, r.Err = newBot(own, c.clock)
		}
		if r.Err == nil && bot != nil {
			r.Account, r.Findings, r.Err = probe(ctx, core.ChannelID(ch.ID), own, bot, c.clock)
		}
	}
	c.add(r)
}

func probe(ctx context.Context, id core.ChannelID, own telegram.Config, bot *telegram.Bot, clock core.Clock) (core.Account, []core.Finding, error) {
	a, err := telegram.New(own, telegram.Deps{ID: id, Clock: clock, Log: quiet, Cursors: nowhere{}, Media: nowhere{}, Bot: bot})
	if err != nil {
		return core.Account{}, nil, err
	}
	return a.Probe(ctx)
}

var quiet = slog.New(slog.DiscardHandler)

func newBot(c telegram.Config, clock core.Clock) (*telegram.Bot, error) {
	return telegram.NewBot(telegram.BotOptions{
		Token: c.Token, Endpoint: c.Endpoint, FileEndpoint: c.FileEndpoint,
		Local: c.Local, LocalDir: c.LocalDir, CAFile: c.CAFile, Clock: clock, Log: quiet, Cursors: nowhere{},
	})
}

func newConsole(bot *telegram.Bot, clock core.Clock) (*console.Console, error) {
	return console.New(console.Options{Bot: bot, Media: nowhere{}, Clock: clock, Log: quiet, Rooms: func() []string { return nil }})
}

// nowhere stands in for the store and the spool, which nothing here touches.
type nowhere struct{}

func (nowhere) Cursor(context.Context, string) (core.Cursor, error) { return core.Cursor{}, nil }

func (nowhere) SaveCursor(context.Context, string, string) error { return nil }

func (nowhere) Open(context.Context, string) (io.ReadSeekCloser, int64, error) {
	return nil, 0, errors.New("setup: there is no spool")
}

// Show prints reports and whether something is fatal.
func Show(w io.Writer, p *lang.Printer, reports []Report) (fatal bool) {
	warnings, broken := 0, 0
	for _, r := range reports {
		line := p.Text(r.Key, lang.Args{"Name": r.Name})
		if r.Account.Name != "" {
			line += ": " + core.Isolate(r.Account.Name)
		}
		if r.Account.Link != "" {
			line += " (" + r.Account.Link + ")"
		}
		_, _ = fmt.Fprintln(w, line)
		for _, f := range r.Findings {
			mark := "check.setup.warning"
			if f.Fatal {
				mark, broken = "check.setup.fatal", broken+1
			} else {
				warnings++
			}
			_, _ = fmt.Fprintf(w, "  %s: %s\n", p.Text(mark), p.Text(f.Key, f.Args))
		}
		if r.Err != nil {
			broken++
			_, _ = fmt.Fprintf(w, "  %s: %s\n", p.Text("check.setup.fatal"), trouble(p, r.Err))
		}
		if len(r.Findings) == 0 && r.Err == nil {
			_, _ = fmt.Fprintf(w, "  %s\n", p.Text("check.setup.ok"))
		}
	}
	switch {
	case broken > 0:
		_, _ = fmt.Fprintln(w, p.Text("check.setup.sum_fatal", lang.Args{"Count": broken}))
	case warnings > 0:
		_, _ = fmt.Fprintln(w, p.Text("check.setup.sum_warnings", lang.Args{"Count": warnings}))
	default:
		_, _ = fmt.Fprintln(w, p.Text("check.setup.sum_ok"))
	}
	return broken > 0
}

// trouble is an error in words: a classified one with what to do.
func trouble(p *lang.Printer, err error) string {
	var s *core.SendError
	if errors.As(err, &s) {
		return p.Text("check.setup.unreachable", lang.Args{"Cause": s.Reason, "Detail": s.Detail})
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return p.Text("check.setup.unreachable", lang.Args{"Cause": core.Unavailable, "Detail": ""})
	}
	return err.Error()
}
