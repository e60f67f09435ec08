package console

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

// receive stores what happened in the groups, in order, in one batch as far as no
// button was pressed in between. The bot calls it; nil acknowledges the updates.
func (c *Console) receive(ctx context.Context, us []botapi.Update) error {
	return c.take(ctx, us, c.rooms(), false)
}

// private takes the updates of an operator's own chat with the bot.
func (c *Console) private(ctx context.Context, u botapi.Update) (claimed bool, err error) {
	chat := chatIn(&u)
	if chat <= 0 {
		return false, nil
	}
	is, err := c.isOperator(ctx, core.PersonID(roomOf(chat)))
	if err != nil { // whose words these are is not guessed: they come again
		return false, fmt.Errorf("tell operators from customers: %w", err)
	}
	if !is {
		return false, nil
	}
	if u.MyChatMember != nil {
		// Whether an operator can be reached shows when he is written to.
		return true, nil
	}
	return true, c.take(ctx, []botapi.Update{u}, []string{roomOf(chat)}, true)
}

// gap tells that updates of all rooms are lost: one act, in the first room.
func (c *Console) gap(ctx context.Context, from, to time.Time) error {
	d, err := c.atDesk(ctx)
	if err != nil {
		return err
	}
	a := core.Act{
		Key: c.Account() + ":gap:" + strconv.FormatInt(from.Unix(), 10),
		By:  core.Person{Guise: core.Self}, At: c.clock.Now(), Body: core.Blind{From: from, To: to},
	}
	rooms := c.rooms()
	if len(rooms) == 0 {
		return nil // nobody has been heard yet
	}
	a.Topic.Room = rooms[0]
	if err := d.Deliver(ctx, []core.Act{a}); err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	return nil
}

func (c *Console) take(ctx context.Context, us []botapi.Update, rooms []string, private bool) error {
	d, err := c.atDesk(ctx)
	if err != nil {
		return err
	}
	answers := &answers{c: c}
	defer answers.wg.Wait()
	r := reader{account: c.Account(), self: c.bot.ID(), now: c.clock.Now(), private: private}
	var acts []core.Act
	flush := func() error {
		if len(acts) == 0 {
			return nil
		}
		if err := d.Deliver(ctx, acts); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		acts = nil
		return nil
	}
	for i := range us {
		u := &us[i]
		if !c.ours(u, rooms) {
			if u.CallbackQuery != nil { // its spinner must not turn for ever
				answers.give(ctx, u.CallbackQuery.ID, core.Popup{})
			}
			continue
		}
		if q := u.CallbackQuery; q != nil {
			// What stands before the press is stored before it acts.
			if err := flush(); err != nil {
				return err
			}
			if err := c.press(ctx, d, r, q, answers); err != nil {
				return err
			}
			continue
		}
		made := r.acts(u)
		if len(made) == 0 && u.Err != nil {
			c.log.Error("update cannot be read", "update", u.UpdateID, "kind", u.Kind, "reason", u.Err.Error())
		}
		for i := range made {
			made[i].Private = private
		}
		c.follow(made)
		acts = append(acts, made...)
	}
	return flush()
}

// ours tells whether an update is of a room of the desk. A group that one of ours
// became is ours as soon as Telegram says so.
func (c *Console) ours(u *botapi.Update, rooms []string) bool {
	chat := chatIn(u)
	if chat == 0 {
		return false
	}
	if c.known(rooms, roomOf(chat)) {
		return true
	}
	if m := u.Message; m != nil && m.MigrateFromChatID != 0 && c.known(rooms, roomOf(m.MigrateFromChatID)) {
		return true
	}
	c.ignore(roomOf(chat))
	return false
}

// follow remembers rooms that moved, until Rooms names them.
func (c *Console) follow(acts []core.Act) {
	for _, a := range acts {
		if m, ok := a.Body.(core.Moved); ok {
			c.mu.Lock()
			c.moved[m.To] = true
			c.mu.Unlock()
		}
	}
}

// chatIn is the chat an update is about; zero when it has none.
func chatIn(u *botapi.Update) int64 {
	switch {
	case u.Err != nil:
		if m := salvage(u.Raw); m != nil {
			return m.Chat.ID
		}
	case u.Message != nil:
		return u.Message.Chat.ID
	case u.EditedMessage != nil:
		return u.EditedMessage.Chat.ID
	case u.CallbackQuery != nil && u.CallbackQuery.Message != nil:
		return u.CallbackQuery.Message.Chat.ID
	case u.MessageReaction != nil:
		return u.MessageReaction.Chat.ID
	case u.MyChatMember != nil:
		return u.MyChatMember.Chat.ID
	case u.ChatMember != nil:
		return u.ChatMember.Chat.ID
	}
	return 0
}

// press hands a pressed button to the desk and answers it, whatever comes of it.
// One that failed is told and does not come again: who pressed must not find it
// done minutes later. Only a ctx that ended makes it come again.
func (c *Console) press(ctx context.Context, d core.Desk, r reader, q *botapi.CallbackQuery, answers *answers) error {
	popup, seen := c.pressed(q.ID)
	if !seen && q.Data != "" {
		var err error
		popup, err = guarded(func() (core.Popup, error) { return d.Press(ctx, r.press(q)) })
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.log.Error("press failed", "room", roomOf(q.Message.Chat.ID), "reason", err.Error())
		}
		c.remember(q.ID, popup)
	}
	answers.give(ctx, q.ID, popup)
	return nil
}

var errPanic = errors.New("panic in the desk") // its value is left out: it may quote a message

func guarded(f func() (core.Popup, error)) (p core.Popup, err error) {
	defer func() {
		if recover() != nil {
			p, err = core.Popup{}, errPanic
		}
	}()
	return f()
}

// pressLog remembers the last presses, for batches that come again because what
// stood after a press could not be stored: their pop-ups, and those that failed,
// which the desk does not know.
type pressLog struct {
	popups map[string]core.Popup
	order  []string
}

const maxPresses = 200 // two batches of updates

func (c *Console) pressed(query string) (core.Popup, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.answered.popups[query]
	return p, ok
}

func (c *Console) remember(query string, p core.Popup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := &c.answered
	if l.popups == nil {
		l.popups = map[string]core.Popup{}
	}
	l.popups[query] = p
	if l.order = append(l.order, query); len(l.order) > maxPresses {
		delete(l.popups, l.order[0])
		l.order = l.order[1:]
	}
}

// reader turns updates into acts.
type reader struct {
	account string
	self    int64     // the bot's user id
	now     time.Time // where Telegram gives no time
	private bool      // an operator's own chat, which has no topics
}

func (r reader) acts(u *botapi.Update) []core.Act {
	switch {
	case u.Err != nil:
		return r.salvaged(u)
	case u.Message != nil:
		return r.message(u.Message)
	case u.EditedMessage != nil:
		return r.edited(u.EditedMessage)
	case u.MessageReaction != nil:
		return r.reaction(u.MessageReaction)
	case u.MyChatMember != nil:
		return r.standing(u.MyChatMember)
	case u.ChatMember != nil:
		return r.standing(u.ChatMember)
	}
	return nil
}

func (r reader) press(q *botapi.CallbackQuery) core.Press {
	p := core.Press{
		Key: r.account + ":press:" + q.ID, Button: q.Data, By: telegram.Person(&q.From, nil, r.self), At: r.now, Private: r.private,
	}
	if q.Message != nil {
		p.Topic, p.Post = r.topic(q.Message), post(q.Message)
	}
	return p
}
