package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

const (
	// keptUpdates is how long the server keeps what was not fetched:
	// core.telegram.org/bots/api#getting-updates.
	keptUpdates = 24 * time.Hour
	// staleOffset is when an offset stops meaning anything: after a week without
	// updates their numbers start anew at random (core.telegram.org/bots/api#update).
	// A day earlier, to be safe; without an offset the server hands over all it has.
	staleOffset = 6 * 24 * time.Hour
	// heartbeat is how often the cursor is saved although nothing came, so that
	// its age tells how long nobody has polled.
	heartbeat = 5 * time.Minute

	firstPause, longestPause = time.Second, time.Minute
	// conflictPause is the first wait after a 409. The other poller gets a whole
	// long poll for itself; we only look whether it is still there.
	conflictPause, longestConflict = 30 * time.Second, 5 * time.Minute
)

// stream is where a bot stands in its updates. It belongs to the goroutine of Run.
type stream struct {
	next     int64     // number of the next update; zero: unknown
	reached  time.Time // when the last update came
	lastPoll time.Time // last good answer, also of the process before; zero: never
	saved    time.Time
	pause    time.Duration // next wait after a failure
}

// Run polls until ctx ends, then returns nil. An error means that the token is
// refused. An answered poll is confirmed only when its handlers returned nil and
// the cursor is on disk. It is called once, by the bot's owner.
func (b *Bot) Run(ctx context.Context) error {
	b.mu.Lock()
	if b.running {
		b.mu.Unlock()
		return errors.New("telegram bot: runs already")
	}
	b.running = true
	b.mu.Unlock()
	defer func() {
		b.closeIdle()
		b.mu.Lock()
		b.running = false
		b.mu.Unlock()
	}()

	s, ok := b.restore(ctx)
	for ok && ctx.Err() == nil {
		err := b.pollOnce(ctx, s)
		if err == nil {
			s.pause = 0
			continue
		}
		if ctx.Err() != nil {
			break
		}
		if botapi.KindOf(err) == botapi.KindUnauthorized {
			b.log.Error("telegram refuses the token", "reason", err.Error())
			return fmt.Errorf("poll: %w", Classify(err))
		}
		if core.Sleep(ctx, b.clock, b.afterFailure(s, err)) != nil {
			break
		}
	}
	return nil
}

// restore reads the cursor, waiting for the store if need be; false when ctx ended.
func (b *Bot) restore(ctx context.Context) (*stream, bool) {
	s := &stream{}
	for {
		c, err := b.cursors.Cursor(ctx, b.account)
		if err == nil {
			s.next, s.reached = parseCursor(c)
			s.lastPoll, s.saved = c.At, c.At
			return s, true
		}
		if ctx.Err() != nil || core.Sleep(ctx, b.clock, b.afterFailure(s, err)) != nil {
			return nil, false
		}
	}
}

// A cursor is "<next update> <unix time of the last one>"; its own time is that
// of the last poll, give or take a heartbeat.
func parseCursor(c core.Cursor) (next int64, reached time.Time) {
	number, at, _ := strings.Cut(c.Value, " ")
	next, err := strconv.ParseInt(number, 10, 64)
	if err != nil || next < 0 {
		return 0, c.At
	}
	if sec, err := strconv.ParseInt(at, 10, 64); err == nil {
		return next, time.Unix(sec, 0)
	}
	return next, c.At
}

func (s *stream) cursor() string {
	return strconv.FormatInt(s.next, 10) + " " + strconv.FormatInt(s.reached.Unix(), 10)
}

func (b *Bot) pollOnce(ctx context.Context, s *stream) error {
	if s.next != 0 && b.clock.Now().Sub(s.reached) > staleOffset {
		s.next = 0
	}
	us, err := b.api.GetUpdates(ctx, botapi.GetUpdatesParams{
		Offset: s.next, Limit: 100, TimeoutSeconds: int(b.pollTimeout / time.Second), AllowedUpdates: b.wanted(),
	})
	if err != nil {
		return err
	}
	now := b.clock.Now()
	if err := b.announceGap(ctx, s.lastPoll, now); err != nil {
		return fmt.Errorf("announce gap: %w", err)
	}
	if len(us) > 0 {
		if err := b.dispatch(ctx, us); err != nil {
			return fmt.Errorf("store updates: %w", err)
		}
		for _, u := range us {
			if u.UpdateID != 0 { // an unnumbered one cannot be confirmed alone
				s.next = u.UpdateID + 1
			}
		}
		s.reached = now
	}
	s.lastPoll = now
	if len(us) > 0 || now.Sub(s.saved) >= heartbeat || now.Before(s.saved) {
		if err := b.cursors.SaveCursor(ctx, b.account, s.cursor()); err != nil {
			return fmt.Errorf("save cursor: %w", err)
		}
		s.saved = now
	}
	b.mu.Lock()
	b.state.LastPoll, b.state.Failures, b.state.Err = now, 0, nil
	b.mu.Unlock()
	return nil
}

// wanted lists every update that somebody here takes. It is always sent: without
// it the server keeps the last list, whoever set it, and its default lacks
// reactions and members.
func (b *Bot) wanted() []string {
	w := []string{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction"}
	if b.onGroups != nil {
		w = append(w, "chat_member")
	}
	return w
}

// announceGap tells what the server has thrown away by now.
func (b *Bot) announceGap(ctx context.Context, from, now time.Time) error {
	to := now.Add(-keptUpdates)
	if from.IsZero() || !from.Before(to) {
		return nil
	}
	b.log.Warn("updates are lost: nobody polled for longer than the server keeps them", "from", from, "to", to)
	for _, f := range b.onGap {
		if err := f(ctx, from, to); err != nil {
			return err
		}
	}
	return nil
}

// afterFailure notes a failed poll and says how long to wait.
func (b *Bot) afterFailure(s *stream, err error) time.Duration {
	b.mu.Lock()
	b.state.Failures++
	b.state.Err = err
	failures := b.state.Failures
	b.mu.Unlock()
	first, longest := firstPause, longestPause
	switch kind := botapi.KindOf(err); kind {
	case botapi.KindConflict, botapi.KindWebhookActive:
		first, longest = conflictPause, longestConflict
		b.log.Error("somebody else receives this bot's updates; waiting, not fighting", "reason", kind.String())
	case botapi.KindThrottled:
		var e *botapi.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			return e.RetryAfter
		}
	default:
		b.log.Warn("poll failed", "reason", err.Error(), "failures", failures)
	}
	s.pause = min(max(2*s.pause, first), longest)
	return s.pause/2 + rand.N(s.pause/2+1) //nolint:gosec // jitter is no secret
}

// dispatch hands a batch over. When it returns nil every update is stored,
// parked or nobody's.
func (b *Bot) dispatch(ctx context.Context, us []botapi.Update) error {
	var private, groups []botapi.Update
	for _, u := range us {
		switch place(&u) {
		case inPrivate:
			claimed, err := b.askOperator(ctx, u)
			if err != nil {
				return err
			}
			if !claimed {
				private = append(private, u)
			}
		case inGroup:
			groups = append(groups, u)
		case nowhere:
			if u.Err != nil {
				if err := b.park(ctx, u, u.Err); err != nil {
					return err
				}
			}
		}
	}
	if err := b.hand(ctx, b.onGroups, groups); err != nil {
		return err
	}
	return b.hand(ctx, b.onPrivate, private)
}

// hand calls a handler. If it panics the updates are handed over one by one, and
// the one that makes it panic is parked.
func (b *Bot) hand(ctx context.Context, f func(context.Context, []botapi.Update) error, us []botapi.Update) error {
	if f == nil || len(us) == 0 {
		return nil
	}
	err := guarded(func() error { return f(ctx, us) })
	var p *panicked
	switch {
	case !errors.As(err, &p):
		return err
	case len(us) == 1:
		return b.park(ctx, us[0], err)
	}
	for i := range us {
		if err := b.hand(ctx, f, us[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bot) askOperator(ctx context.Context, u botapi.Update) (claimed bool, err error) {
	if b.onOperator == nil || u.Err != nil {
		return false, nil
	}
	err = guarded(func() error {
		var err error
		claimed, err = b.onOperator(ctx, u)
		return err
	})
	var p *panicked
	if errors.As(err, &p) {
		return true, b.park(ctx, u, err)
	}
	return claimed, err
}

func (b *Bot) park(ctx context.Context, u botapi.Update, cause error) error {
	b.log.Error("update parked", "update", u.UpdateID, "kind", u.Kind, "reason", cause.Error())
	b.mu.Lock()
	b.state.Parked++
	b.mu.Unlock()
	if b.onPark == nil {
		return nil
	}
	return b.onPark(ctx, u, cause)
}

// panicked is a recovered panic. Its value is left out: it may quote a message.
type panicked struct{ stack []byte }

func (p *panicked) Error() string { return "panic in a handler of updates" }

func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{stack: debug.Stack()}
		}
	}()
	return f()
}

type whereabouts uint8

const (
	nowhere whereabouts = iota
	inPrivate
	inGroup
)

// place tells which handler an update is for.
func place(u *botapi.Update) whereabouts {
	if u.Err != nil {
		return placeOfRaw(u.Raw)
	}
	switch {
	case u.Message != nil:
		return placeOf(u.Message.Chat)
	case u.EditedMessage != nil:
		return placeOf(u.EditedMessage.Chat)
	case u.CallbackQuery != nil:
		if m := u.CallbackQuery.Message; m != nil {
			return placeOf(m.Chat)
		}
	case u.MessageReaction != nil:
		return placeOf(u.MessageReaction.Chat)
	case u.MyChatMember != nil:
		return placeOf(u.MyChatMember.Chat)
	case u.ChatMember != nil:
		return placeOf(u.ChatMember.Chat)
	}
	return nowhere
}

func placeOf(c botapi.Chat) whereabouts {
	if c.Type == "private" {
		return inPrivate
	}
	return inGroup
}

// salvaged is what is needed of an update that cannot be decoded to tell people
// that there is one.
type salvaged struct {
	Message *struct {
		ID   int64           `json:"message_id"`
		Date json.RawMessage `json:"date"`
		Chat struct {
			ID   int64  `json:"id"`
			Type string `json:"type"`
		} `json:"chat"`
		From json.RawMessage `json:"from"`
	} `json:"message"`
}

// placeOfRaw looks for the chat of an undecodable message; of other kinds there
// is nothing to tell anybody.
func placeOfRaw(raw json.RawMessage) whereabouts {
	var s salvaged
	if json.Unmarshal(raw, &s) != nil || s.Message == nil || s.Message.ID == 0 || s.Message.Chat.ID == 0 {
		return nowhere
	}
	if s.Message.Chat.Type == "private" {
		return inPrivate
	}
	return inGroup
}
