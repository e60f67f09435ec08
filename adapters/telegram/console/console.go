package console

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

var _ core.Console = (*Console)(nil)

// Options make a Console. All but Shared and IsOperator are required.
type Options struct {
	Bot   *telegram.Bot
	Media core.Media // the spool: bytes of files that do not go by reference
	Clock core.Clock
	Log   *slog.Logger
	// Rooms are the chat ids of the operators' groups as they are now. It is
	// called for every batch of updates and every press.
	Rooms func() []string
	// IsOperator says whose private chat with the bot is a room of the desk
	// rather than a customer's. After an error the update comes again. Nil:
	// nobody's.
	IsOperator func(ctx context.Context, p core.PersonID) (bool, error)
	// Shared: somebody else runs the bot. Else Run does, and a channel on the
	// same bot must be given it in telegram.Deps.
	Shared bool
}

// Console is one bot in the operators' groups.
type Console struct {
	bot        *telegram.Bot
	api        *botapi.Client
	media      core.Media
	clock      core.Clock
	log        *slog.Logger
	rooms      func() []string
	isOperator func(context.Context, core.PersonID) (bool, error)
	shared     bool
	icons      icons

	mu       sync.Mutex // guards what follows
	desk     core.Desk
	up       chan struct{} // closed while Run has a desk
	stopped  bool          // Run ended and has not begun again
	moved    map[string]bool
	strange  map[string]bool // rooms told of in the log
	answered pressLog
}

// New makes a console and takes the bot's groups. It calls nobody. Updates that
// come before Run wait for it, unacknowledged.
func New(o Options) (*Console, error) {
	if o.Bot == nil || o.Media == nil || o.Clock == nil || o.Log == nil || o.Rooms == nil {
		return nil, errors.New("telegram console: bot, media, clock, log and rooms are required")
	}
	c := &Console{
		bot: o.Bot, api: o.Bot.API(), media: o.Media, clock: o.Clock, log: o.Log,
		rooms: o.Rooms, isOperator: o.IsOperator, shared: o.Shared,
		up: make(chan struct{}), moved: map[string]bool{}, strange: map[string]bool{},
	}
	o.Bot.OnGroups(c.receive)
	o.Bot.OnGap(c.gap)
	if o.IsOperator != nil {
		o.Bot.OnOperator(c.private)
	}
	return c, nil
}

// Run gives what operators do to d until ctx ends. An error means that the token
// is refused.
func (c *Console) Run(ctx context.Context, d core.Desk) error {
	c.mu.Lock()
	if c.desk != nil {
		c.mu.Unlock()
		return errors.New("telegram console: runs already")
	}
	c.desk, c.stopped = d, false
	close(c.up)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.desk, c.stopped, c.up = nil, true, make(chan struct{})
		c.mu.Unlock()
	}()
	if c.shared {
		<-ctx.Done()
		return nil
	}
	return c.bot.Run(ctx)
}

// atDesk is the desk, waited for while the gateway starts.
func (c *Console) atDesk(ctx context.Context) (core.Desk, error) {
	for {
		c.mu.Lock()
		d, up, stopped := c.desk, c.up, c.stopped
		c.mu.Unlock()
		switch {
		case d != nil:
			return d, nil
		case stopped:
			return nil, errors.New("telegram console: stopped")
		}
		select {
		case <-up:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// A bot may send some 20 messages a minute into a group:
// core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
const (
	groupMessages = 20
	groupWindow   = time.Minute
)

// Limits are the bot's, with the group's pace and without typing, which bots do
// not see. Being an admin does not widen the window for deleting: TDLib lets no
// bot delete what is older than two days (can_delete_channel_message).
func (c *Console) Limits() core.Limits {
	l := c.bot.Limits()
	l.Typing = core.Absent
	l.Rate.PerPeerPerSecond = groupMessages / groupWindow.Seconds()
	l.Rate.PeerBurst = groupMessages
	return l
}

// Account is the bot's name among all accounts: the Holder of files shown.
func (c *Console) Account() string { return c.bot.Account() }

func roomOf(chat int64) string { return strconv.FormatInt(chat, 10) }

func chatOf(room string) (int64, error) {
	chat, err := strconv.ParseInt(room, 10, 64)
	if err != nil || chat == 0 {
		return 0, &core.SendError{Reason: core.BadConfig, Detail: "no chat id: " + strconv.Quote(room)}
	}
	return chat, nil
}

// threadOf is zero for General.
func threadOf(t core.TopicRef) (int, error) {
	if t.Thread == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(t.Thread)
	if err != nil || n < 0 {
		return 0, &core.SendError{Reason: core.TopicGone, Detail: "no thread: " + strconv.Quote(t.Thread)}
	}
	return n, nil
}

func place(t core.TopicRef) (chat int64, thread int, err error) {
	if chat, err = chatOf(t.Room); err == nil {
		thread, err = threadOf(t)
	}
	return chat, thread, err
}

func message(p core.PostRef) (chat int64, id int, err error) {
	if chat, err = chatOf(p.Room); err == nil && (p.Seq <= 0 || p.Seq > 1<<31-1) {
		err = &core.SendError{Reason: core.TargetGone, Detail: "no post: " + strconv.FormatInt(p.Seq, 10)}
	}
	return chat, int(p.Seq), err
}

// known tells whether a chat is one of ours.
func (c *Console) known(rooms []string, room string) bool {
	for _, r := range rooms {
		if r == room {
			return true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved[room]
}

// maxStrange bounds what is remembered of foreign groups; beyond it they are
// ignored without a line in the log.
const maxStrange = 1000

// ignore logs a foreign room once.
func (c *Console) ignore(room string) {
	c.mu.Lock()
	fresh := !c.strange[room] && len(c.strange) < maxStrange
	if fresh {
		c.strange[room] = true
	}
	c.mu.Unlock()
	if fresh {
		c.log.Warn("the bot is in a group that is not configured; what happens there is ignored", "room", room)
	}
}
