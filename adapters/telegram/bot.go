package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"parom/adapters/internal/httpx"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

// BotOptions configure a Bot. Token, Clock, Log and Cursors are required.
type BotOptions struct {
	Token string
	// Endpoint is the Bot API server, "https://api.telegram.org" when empty.
	// FileEndpoint is derived from it when empty.
	Endpoint     string
	FileEndpoint string
	// Local: the server runs with --local, so files have its limits. LocalDir is
	// the folder of its files as seen from here; without it nothing can be fetched,
	// since such a server names files by path and serves none over HTTP.
	Local    bool
	LocalDir string
	// CAFile holds PEM certificates to trust besides the system's own.
	CAFile string
	// PollTimeout is how long a poll waits at the server; default 30 s, which
	// proxies that cut at 60 s let through.
	PollTimeout time.Duration

	Clock   core.Clock
	Log     *slog.Logger
	Cursors core.Cursors
}

// Format prints options without the token.
func (o BotOptions) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "telegram.BotOptions{…}")
}

// LogValue prints options without the token.
func (o BotOptions) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// Bot is one bot account: one poller, one cursor, shared by a channel and, when
// it is the console's bot too, by the console. Handlers are set before Run.
type Bot struct {
	api         *botapi.Client
	web         *httpx.Client
	account     string
	local       bool
	pollTimeout time.Duration
	clock       core.Clock
	log         *slog.Logger
	cursors     core.Cursors

	onPrivate  func(context.Context, []botapi.Update) error
	onGroups   func(context.Context, []botapi.Update) error
	onOperator func(context.Context, botapi.Update) (bool, error)
	onGap      []func(ctx context.Context, from, to time.Time) error
	onPark     func(context.Context, botapi.Update, error) error

	mu      sync.Mutex // guards what follows
	self    *botapi.User
	running bool
	state   BotState
}

// BotState is how polling goes, for health checks and metrics.
type BotState struct {
	LastPoll time.Time // last answer of the server; zero: none yet
	Failures int       // failed polls since
	Err      error     // of the last failed poll, nil after a good one
	Parked   int       // updates that could not be taken, since the start
}

// NewBot checks the options and builds a bot. It calls nobody, so the gateway
// starts while Telegram is down.
func NewBot(o BotOptions) (*Bot, error) {
	if o.Clock == nil || o.Log == nil || o.Cursors == nil {
		return nil, errors.New("telegram bot: clock, log and cursors are required")
	}
	web, err := webClient(o)
	if err != nil {
		return nil, err
	}
	api, err := botapi.New(botapi.Options{
		Token: o.Token, Endpoint: o.Endpoint, FileEndpoint: o.FileEndpoint, LocalDir: o.LocalDir, Doer: web,
	})
	if err != nil {
		return nil, err
	}
	if o.PollTimeout <= 0 {
		o.PollTimeout = 30 * time.Second
	}
	b := &Bot{
		api: api, web: web, local: o.Local || o.LocalDir != "", pollTimeout: o.PollTimeout,
		account: "telegram:" + strconv.FormatInt(api.BotID(), 10),
		clock:   o.Clock, cursors: o.Cursors,
	}
	b.log = o.Log.With("account", b.account)
	return b, nil
}

// publicEndpoint is Telegram's own server.
const publicEndpoint = "https://api.telegram.org"

// webClient is an HTTP client of the bot's own, so that a flood of uploads of one
// bot starves no other. It goes to the configured servers, through the proxy of
// the environment if there is one, and to no other private address. It has no
// timeout: contexts and botapi bound each call.
func webClient(o BotOptions) (*httpx.Client, error) {
	options := httpx.Options{CAFile: o.CAFile, Redactor: httpx.NewRedactor(o.Token)}
	for _, e := range []string{cmp.Or(o.Endpoint, publicEndpoint), o.FileEndpoint} {
		if e == "" {
			continue
		}
		u, err := url.Parse(strings.ReplaceAll(e, "%s", "x")) // a whole template may stand there
		if err != nil || u.Host == "" {
			return nil, errors.New("telegram bot: the endpoint is no address of a server")
		}
		options.Endpoints = append(options.Endpoints, u.Scheme+"://"+u.Host)
		if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
			options.Proxy = proxy.String()
		}
	}
	web, err := httpx.New(options)
	if err != nil {
		return nil, fmt.Errorf("telegram bot: %w", err)
	}
	return web, nil
}

// Account is the bot's name among all accounts: "telegram:<bot id>". It is the
// key of its cursor and the Holder of its files.
func (b *Bot) Account() string { return b.account }

// ID is the bot's user id.
func (b *Bot) ID() int64 { return b.api.BotID() }

// API calls Telegram with this bot's token.
func (b *Bot) API() *botapi.Client { return b.api }

// Local reports whether the server runs with --local.
func (b *Bot) Local() bool { return b.local }

// Limits are those of this bot's server.
func (b *Bot) Limits() core.Limits {
	l := Limits(b.local)
	l.Holder = b.account
	return l
}

// Self is the bot's own user, asked once.
func (b *Bot) Self(ctx context.Context) (botapi.User, error) {
	b.mu.Lock()
	self := b.self
	b.mu.Unlock()
	if self != nil {
		return *self, nil
	}
	self, err := b.api.GetMe(ctx)
	if err != nil {
		return botapi.User{}, Classify(err)
	}
	b.mu.Lock()
	b.self = self
	b.mu.Unlock()
	return *self, nil
}

// State is how polling goes.
func (b *Bot) State() BotState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// OnPrivate takes the updates of private chats in order, those that could not be
// decoded included (Update.Err). It returns nil only when they are stored; else
// they come again.
func (b *Bot) OnPrivate(f func(ctx context.Context, us []botapi.Update) error) { b.onPrivate = f }

// OnGroups takes the updates of groups and channels, like OnPrivate. Pressed
// buttons go where their message lies.
func (b *Bot) OnGroups(f func(ctx context.Context, us []botapi.Update) error) { b.onGroups = f }

// OnOperator is asked first about each update of a private chat: an operator's
// own chat with the console's bot. What it claims does not go to OnPrivate.
func (b *Bot) OnOperator(f func(ctx context.Context, u botapi.Update) (claimed bool, err error)) {
	b.onOperator = f
}

// OnGap hears, before anything newer is handed over, that updates between from
// and to are lost. It may be called again with the same from. Several may listen.
func (b *Bot) OnGap(f func(ctx context.Context, from, to time.Time) error) {
	b.onGap = append(b.onGap, f)
}

// OnPark takes updates that nobody can: undecodable ones of no known chat, and
// those over which a handler panicked. They are skipped once it returned nil.
// Without it they are only logged, by number.
func (b *Bot) OnPark(f func(ctx context.Context, u botapi.Update, cause error) error) { b.onPark = f }

// String names the bot without its token.
func (b *Bot) String() string { return b.account }

// Format prints the bot without its token, whatever the verb.
func (b *Bot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.account) }

// LogValue prints the bot without its token.
func (b *Bot) LogValue() slog.Value { return slog.StringValue(b.account) }

func (b *Bot) closeIdle() { b.web.CloseIdle() }
