package setup

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
	"parom/core/lang"
)

const (
	// pollWait is how long one poll waits at the server.
	pollWait = 10 * time.Second
	// pollPause is the wait between polls while updates lie there that are
	// not ours to confirm: they come again at once.
	pollPause = 3 * time.Second
	// pollLimit is the most updates a poll gives. When others fill it, what
	// happens in the group cannot be seen.
	pollLimit = 100
)

// wanted are the updates to ask for, those that the gateway will ask for: a
// shorter list would keep others from being stored meanwhile.
var wanted = []string{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction", "chat_member"}

// foundGroup is a group the bot was seen in.
type foundGroup struct {
	room, title string
	by          person // who brought the bot in or wrote; zero: not known
}

// group is the operators' group: as told, or waited for.
func (i *initer) group(ctx context.Context, console account) (foundGroup, error) {
	if i.Group != "" {
		return foundGroup{room: i.Group}, nil
	}
	i.say("init.about_group", lang.Args{
		"Username": "@" + console.user.UserName,
		// core.telegram.org/api/links#groupchannel-bot-links
		"Link": "https://t.me/" + console.user.UserName + "?startgroup&admin=manage_topics+delete_messages+pin_messages",
	})
	if i.Wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, i.Wait)
		defer cancel()
	}
	refused := map[string]bool{}
	for {
		g, err := i.await(ctx, console, refused)
		if errors.Is(err, context.DeadlineExceeded) {
			i.say("init.no_group")
			return g, ErrNotReady
		}
		if err != nil {
			return g, err
		}
		ok, err := i.confirm(ctx, true, "init.this_group", lang.Args{"Title": g.title, "Room": g.room})
		if err != nil || ok {
			return g, err
		}
		refused[g.room] = true
		i.say("init.wait_on")
	}
}

// await polls until the bot is seen in a group that was not refused.
func (i *initer) await(ctx context.Context, console account, refused map[string]bool) (foundGroup, error) {
	told := false
	for {
		us, err := console.bot.API().GetUpdates(ctx, botapi.GetUpdatesParams{
			Limit: pollLimit, TimeoutSeconds: int(pollWait / time.Second), AllowedUpdates: wanted,
		})
		if ctx.Err() != nil {
			return foundGroup{}, ctx.Err()
		}
		if err != nil {
			if core.ReasonOf(telegram.Classify(err)) == core.BadConfig {
				return foundGroup{}, i.unreachable(telegram.Classify(err))
			}
			if !told {
				i.say("init.poll_fails", lang.Args{"Trouble": trouble(i.p, telegram.Classify(err))})
				told = true
			}
		}
		if g, ok := groupIn(us, refused); ok {
			return g, nil
		}
		if len(us) >= pollLimit {
			i.say("init.too_many")
			return foundGroup{}, ErrNotReady
		}
		if err != nil || len(us) > 0 {
			if err := core.Sleep(ctx, i.Clock, pollPause); err != nil {
				return foundGroup{}, err
			}
		}
	}
}

// groupIn is the last group that updates tell of and the bot has not left. Of
// who is named there, the one who brought the bot in comes before who wrote.
func groupIn(us []botapi.Update, refused map[string]bool) (foundGroup, bool) {
	var last foundGroup
	brought := map[string]person{}
	for _, u := range us {
		var chat *botapi.Chat
		var by *botapi.User
		switch {
		case u.MyChatMember != nil:
			chat, by = &u.MyChatMember.Chat, &u.MyChatMember.From
		case u.Message != nil:
			chat = &u.Message.Chat
			if u.Message.SenderChat == nil {
				by = u.Message.From
			}
		}
		if chat == nil || chat.Type != "supergroup" && chat.Type != "group" {
			continue
		}
		room := strconv.FormatInt(chat.ID, 10)
		if refused[room] {
			continue
		}
		if u.MyChatMember != nil && !u.MyChatMember.NewChatMember.Present() {
			delete(brought, room)
			if last.room == room {
				last = foundGroup{}
			}
			continue
		}
		last = foundGroup{room: room, title: chat.Title}
		if by != nil && !by.IsBot {
			last.by = personOf(by)
			if u.MyChatMember != nil {
				brought[room] = last.by
			}
		}
		if p, ok := brought[room]; ok {
			last.by = p
		}
	}
	return last, last.room != ""
}

// inspect has the group checked until nothing fatal is left, and gives its room:
// a group that becomes a forum may get another number on the way.
func (i *initer) inspect(ctx context.Context, console account, room string) (string, error) {
	con, err := newConsole(console.bot, i.Clock)
	if err != nil {
		return room, err
	}
	for {
		found, err := con.Check(ctx, room)
		if err != nil {
			if ctx.Err() != nil {
				return room, ctx.Err()
			}
			return room, i.unreachable(err)
		}
		if to, moved := movedTo(found); moved {
			room = to
			continue
		}
		fatal := false
		for _, f := range found {
			mark := "check.setup.warning"
			if f.Fatal {
				fatal, mark = true, "check.setup.fatal"
			}
			i.say("init.finding", lang.Args{"Mark": i.p.Text(mark), "Text": i.p.Text(f.Key, f.Args)})
		}
		if !fatal {
			i.say("init.group_good")
			return room, nil
		}
		if i.Yes {
			return room, ErrNotReady
		}
		if _, err := i.line(ctx, "init.mend_and_enter"); err != nil {
			return room, err
		}
	}
}

func movedTo(found []core.Finding) (string, bool) {
	for _, f := range found {
		if to, ok := f.Args["Other"].(string); ok && f.Key == "check.group.moved" {
			return to, true
		}
	}
	return "", false
}
