package gateway

import (
	"context"
	"errors"
	"fmt"

	"parom/adapters/telegram"
	"parom/adapters/telegram/console"
	"parom/config"
	"parom/core"
	"parom/core/router"
	"parom/core/store"
)

// makeConsole makes the operators' side.
func (g *Gateway) makeConsole() error {
	var c telegram.Config
	if err := g.cfg.Console.Settings.Decode(&c); err != nil {
		return err
	}
	var err error
	g.bot, err = telegram.NewBot(telegram.BotOptions{
		Token: c.Token, Endpoint: c.Endpoint, FileEndpoint: c.FileEndpoint,
		Local: c.Local, LocalDir: c.LocalDir, CAFile: c.CAFile, Clock: g.clock, Log: g.log.With("channel", "console"), Cursors: g.db,
	})
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	g.parkUpdates(g.bot, "console", "console")
	g.console, err = console.New(console.Options{
		Bot: g.bot, Media: g.spool, Clock: g.clock, Log: g.log,
		Rooms: g.rooms, IsOperator: g.isOperator,
	})
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	return nil
}

// makeChannels makes the adapter of every configured channel. This is the one
// place that knows which networks there are.
func (g *Gateway) makeChannels(ctx context.Context) error {
	owner := map[string]string{}
	for _, c := range g.cfg.Channels {
		ch, err := g.makeChannel(c)
		if err != nil {
			return fmt.Errorf("channel %s: %w", c.ID, err)
		}
		if other, taken := owner[ch.account]; taken {
			return fmt.Errorf("channel %s: its account %s is channel %s already", c.ID, ch.account, other)
		}
		owner[ch.account] = c.ID
		if ch.foreign, err = g.isForeign(ctx, ch); err != nil {
			return fmt.Errorf("channel %s: %w", c.ID, err)
		}
		g.channels = append(g.channels, ch)
	}
	return nil
}

// isForeign tells why a channel must not be used: its name belongs to another
// account, whose customers and keys are not this one's. Answers that wait for
// that account wait on.
func (g *Gateway) isForeign(ctx context.Context, c channel) (why, err error) {
	err = g.db.View(ctx, func(t *store.Tx) error {
		bound, err := t.ChannelAccount(c.adapter.ID())
		if err == nil && bound != "" && bound != c.account {
			why = &core.SendError{Reason: core.BadConfig, Detail: fmt.Sprintf(
				"channel %s was made for %s and its settings name %s: put the old account back, or give the new one a channel of its own",
				c.adapter.ID(), bound, c.account)}
		}
		return err
	})
	return why, err
}

func (g *Gateway) makeChannel(c config.Channel) (channel, error) {
	switch c.Network {
	case "telegram":
		return g.makeTelegram(c)
	}
	return channel{}, fmt.Errorf("no such network: %s", c.Network)
}

func (g *Gateway) makeTelegram(c config.Channel) (channel, error) {
	var own telegram.Config
	if err := c.Settings.Decode(&own); err != nil {
		return channel{}, err
	}
	deps := telegram.Deps{ID: core.ChannelID(c.ID), Clock: g.clock, Log: g.log, Cursors: g.db, Media: g.spool}
	var shared telegram.Config
	if err := g.cfg.Console.Settings.Decode(&shared); err == nil && shared.Token == own.Token {
		deps.Bot = g.bot // one bot does both: one poller, files by reference
	}
	a, err := telegram.New(own, deps)
	if err != nil {
		return channel{}, err
	}
	if deps.Bot == nil {
		g.parkUpdates(a.Bot(), c.ID, c.Name)
	}
	return channel{cfg: c, adapter: a, account: a.Bot().Account(), fetcher: a.Bot(), trouble: func() error { return polling(a.Bot()) }}, nil
}

// routed is the channels as the rules see them.
func (g *Gateway) routed() []router.Channel {
	var out []router.Channel
	for _, c := range g.channels {
		if c.foreign != nil {
			continue // answers are refused at once, with the channel named
		}
		out = append(out, router.Channel{
			ID: c.adapter.ID(), Name: c.cfg.Name, Icon: c.cfg.Icon,
			Department: core.DepartmentID(c.cfg.Department), Language: c.cfg.Language, Limits: c.adapter.Limits(),
		})
	}
	return out
}

func (g *Gateway) channel(id core.ChannelID) (channel, bool) {
	for _, c := range g.channels {
		if c.adapter.ID() == id {
			return c, true
		}
	}
	return channel{}, false
}

func (g *Gateway) adapter(id core.ChannelID) (core.Adapter, bool) {
	c, ok := g.channel(id)
	return c.adapter, ok && c.foreign == nil
}

func (g *Gateway) accountOf(id core.ChannelID) string {
	if c, ok := g.channel(id); ok {
		return c.account
	}
	return string(id)
}

// fetcher is who hands over the files of an account.
func (g *Gateway) fetcher(holder string) (core.Fetcher, bool) {
	for _, c := range g.channels {
		if c.account == holder && c.fetcher != nil {
			return c.fetcher, true
		}
	}
	if holder == g.bot.Account() {
		return g.bot, true
	}
	return nil, false
}

// source is what the account that holds a file hands over.
func (g *Gateway) source(holder string) (core.Limits, bool) {
	if holder == g.bot.Account() {
		return g.console.Limits(), true
	}
	for _, c := range g.channels {
		if c.account == holder {
			return c.adapter.Limits(), true
		}
	}
	return core.Limits{}, false
}

// rooms are the groups' rooms as they are now: they may have moved.
func (g *Gateway) rooms() []string {
	var out []string
	err := g.db.View(context.Background(), func(t *store.Tx) error {
		out = out[:0]
		for _, x := range g.cfg.Groups {
			r, err := t.RoomOf(core.GroupID(x.ID))
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, r.Room)
		}
		return nil
	})
	if err != nil { // the configuration is the next best answer
		g.log.Error("read rooms", "reason", err)
		out = out[:0]
		for _, x := range g.cfg.Groups {
			out = append(out, x.Chat)
		}
	}
	return out
}

// isOperator tells an operator's private chat with the console's bot from a
// customer's: listed people and, where members answer, those seen in a group and
// still there, unless the gateway knows them as customers of this very bot.
func (g *Gateway) isOperator(ctx context.Context, p core.PersonID) (bool, error) {
	for _, x := range g.cfg.Operators {
		if x.ID == string(p) {
			return true, nil
		}
	}
	if g.cfg.Answers.From != "members" {
		return false, nil
	}
	var is bool
	err := g.db.View(ctx, func(t *store.Tx) error {
		o, err := t.Operator(p)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || !o.Present {
			return err
		}
		customer, err := g.isCustomer(t, p)
		is = err == nil && !customer
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read operator: %w", err)
	}
	return is, nil
}

// isCustomer reports that a person has written to the console's bot as a
// customer. On its network a person and his private chat have the same name.
func (g *Gateway) isCustomer(t *store.Tx, p core.PersonID) (bool, error) {
	for _, c := range g.channels {
		if c.account != g.bot.Account() {
			continue
		}
		no, err := t.ChannelNumber(c.adapter.ID())
		if err == nil {
			var a store.Address
			a, err = t.AddressOf(no, core.PeerID(p))
			if err == nil && !a.LastAt.IsZero() {
				return true, nil
			}
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}
