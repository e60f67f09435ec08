package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

var (
	_ core.Adapter = (*Adapter)(nil)
	_ core.Editor  = (*Adapter)(nil)
	_ core.Deleter = (*Adapter)(nil)
	_ core.Reactor = (*Adapter)(nil)
	_ core.Typist  = (*Adapter)(nil)
	_ core.Fetcher = (*Adapter)(nil)
	_ core.Prober  = (*Adapter)(nil)
	_ core.Pinger  = (*Adapter)(nil)
)

// Deps are what a channel needs of the gateway. Bot may be nil.
type Deps struct {
	ID      core.ChannelID
	Clock   core.Clock
	Log     *slog.Logger
	Cursors core.Cursors
	Media   core.Media
	// Bot is set when the account is the console's too: its owner runs it, and
	// the connection's settings in Config are not used. Nil: a bot of the
	// channel's own, run by Adapter.Run.
	Bot *Bot
}

// Adapter is one channel: the private chats of a bot with customers.
type Adapter struct {
	id     core.ChannelID
	bot    *Bot
	shared bool
	limits core.Limits
	typing bool
	media  core.Media
	clock  core.Clock
	log    *slog.Logger

	mu      sync.Mutex
	inbox   core.Inbox
	up      chan struct{} // closed while Run has an inbox
	stopped bool          // Run ended at least once and has not begun again
}

// New checks the configuration and builds a channel. It calls nobody.
func New(cfg Config, deps Deps) (*Adapter, error) {
	if deps.ID == "" || deps.Clock == nil || deps.Log == nil || deps.Media == nil {
		return nil, errors.New("telegram channel: id, clock, log and media are required")
	}
	log := deps.Log.With("channel", string(deps.ID))
	bot := deps.Bot
	if bot == nil {
		var err error
		bot, err = NewBot(BotOptions{
			Token: cfg.Token, Endpoint: cfg.Endpoint, FileEndpoint: cfg.FileEndpoint,
			Local: cfg.Local, LocalDir: cfg.LocalDir, CAFile: cfg.CAFile,
			Clock: deps.Clock, Log: log, Cursors: deps.Cursors,
		})
		if err != nil {
			return nil, err
		}
	}
	limits, err := cfg.Limits.lower(bot.Limits())
	if err != nil {
		return nil, fmt.Errorf("telegram channel %s: %w", deps.ID, err)
	}
	a := &Adapter{
		id: deps.ID, bot: bot, shared: deps.Bot != nil, limits: limits,
		typing: cfg.Typing == nil || *cfg.Typing,
		media:  deps.Media, clock: deps.Clock, log: log, up: make(chan struct{}),
	}
	bot.OnPrivate(a.receive)
	bot.OnGap(a.gap)
	return a, nil
}

// ID is the channel.
func (a *Adapter) ID() core.ChannelID { return a.id }

// Limits are the network's, lowered by the configuration.
func (a *Adapter) Limits() core.Limits { return a.limits }

// Bot is the account behind the channel.
func (a *Adapter) Bot() *Bot { return a.bot }

// Run receives until ctx ends. On a shared bot it only lends the inbox: the
// bot's owner polls.
func (a *Adapter) Run(ctx context.Context, in core.Inbox) error {
	if err := in.Bind(ctx, a.id, a.bot.Account()); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("bind channel %s: %w", a.id, err)
	}
	a.mu.Lock()
	if a.inbox != nil {
		a.mu.Unlock()
		return fmt.Errorf("channel %s runs already", a.id)
	}
	a.inbox, a.stopped = in, false
	close(a.up)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.inbox, a.stopped, a.up = nil, true, make(chan struct{})
		a.mu.Unlock()
	}()
	if a.shared {
		<-ctx.Done()
		return nil
	}
	return a.bot.Run(ctx)
}

// box is the inbox, waited for while the gateway starts.
func (a *Adapter) box(ctx context.Context) (core.Inbox, error) {
	a.mu.Lock()
	in, up, stopped := a.inbox, a.up, a.stopped
	a.mu.Unlock()
	switch {
	case in != nil:
		return in, nil
	case stopped:
		return nil, fmt.Errorf("channel %s is stopped", a.id)
	}
	select {
	case <-up:
		return a.box(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Probe asks who the token belongs to and whether anything stands in the way of
// polling. An unreachable server is an error, a refused token a finding.
func (a *Adapter) Probe(ctx context.Context) (core.Account, []core.Finding, error) {
	account := core.Account{ID: a.bot.Account()}
	self, err := a.bot.Self(ctx)
	if err != nil {
		if core.ReasonOf(err) == core.BadConfig {
			return account, []core.Finding{{Fatal: true, Key: "check.telegram.token", Args: map[string]any{"error": err.Error()}}}, nil
		}
		return account, nil, fmt.Errorf("probe channel %s: %w", a.id, err)
	}
	account.Name = userName(&self)
	if self.UserName != "" {
		account.Link = "https://t.me/" + self.UserName
	}
	var found []core.Finding
	if self.ID != a.bot.ID() {
		found = append(found, core.Finding{
			Fatal: true, Key: "check.telegram.other_account",
			Args: map[string]any{"id": strconv.FormatInt(self.ID, 10)},
		})
	}
	if a.bot.Local() && !a.bot.API().Local() {
		found = append(found, core.Finding{Key: "check.telegram.local_dir"})
	}
	hook, err := a.bot.API().GetWebhookInfo(ctx)
	switch {
	case err != nil && botapi.KindOf(err) != botapi.KindNoMethod:
		return account, found, fmt.Errorf("probe channel %s: %w", a.id, Classify(err))
	case err == nil && hook.URL != "":
		found = append(found, core.Finding{Fatal: true, Key: "check.telegram.webhook"})
	}
	return account, found, nil
}

// gap tells the channel that updates were lost.
func (a *Adapter) gap(ctx context.Context, from, to time.Time) error {
	in, err := a.box(ctx)
	if err != nil {
		return err
	}
	return in.Deliver(ctx, a.id, []core.Event{{
		Key: a.bot.Account() + ":gap:" + strconv.FormatInt(from.Unix(), 10),
		At:  a.clock.Now(), Body: core.Gap{From: from, To: to},
	}})
}
