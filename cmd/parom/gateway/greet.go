package gateway

import (
	"context"
	"errors"
	"fmt"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/adapters/telegram/console"
	"parom/core"
	"parom/core/desk"
	"parom/core/dialogs"
	"parom/core/lang"
	"parom/core/store"
)

// greet asks for the console bot's own name, which commands may be addressed to,
// and lists the commands in the groups' menus. It tries until both are done.
func (g *Gateway) greet(ctx context.Context) error {
	for {
		err := g.greetOnce(ctx)
		if err == nil {
			return nil
		}
		g.log.Warn("the menu of commands is not set yet", "reason", err)
		if core.Sleep(ctx, g.clock, retryAfter) != nil {
			return nil
		}
	}
}

func (g *Gateway) greetOnce(ctx context.Context) error {
	u, err := g.bot.Self(ctx)
	if err != nil {
		return fmt.Errorf("ask for the bot's name: %w", err)
	}
	g.states.setName(u.UserName)
	menu := map[string][]console.Command{}
	for tag, to := range map[string]string{"ru": "ru", "en": ""} {
		p := lang.For(tag)
		for _, name := range desk.Commands() {
			menu[to] = append(menu[to], console.Command{Name: name, Description: p.Text("command." + name)})
		}
	}
	for _, room := range g.rooms() {
		if err := g.console.SetCommands(ctx, room, menu); err != nil {
			return err
		}
	}
	return nil
}

// parkUpdates keeps what a bot got and nobody could read, and names it to the team.
func (g *Gateway) parkUpdates(b *telegram.Bot, channel, name string) {
	b.OnPark(func(ctx context.Context, u botapi.Update, cause error) error {
		err := g.db.Update(ctx, func(t *store.Tx) error {
			key := fmt.Sprintf("%s:update:%d", b.Account(), u.UpdateID)
			if err := t.Park(key, core.ChannelID(channel), string(u.Raw), cause.Error()); err != nil {
				return err
			}
			room, err := t.RoomOf(core.GroupID(g.cfg.Groups[0].ID))
			if errors.Is(err, store.ErrNotFound) {
				return nil // kept all the same: nobody to tell yet
			}
			if err != nil {
				return err
			}
			return dialogs.SayIn(t, room.No, dialogs.Line{Key: "line.parked", Args: dialogs.Args{"Channel": name, "Who": ""}})
		})
		if err != nil {
			return fmt.Errorf("park update %d: %w", u.UpdateID, err)
		}
		return nil
	})
}

// pollsFailed are failed polls in a row after which a bot counts as down: a
// second poller, a webhook set elsewhere, a server out of reach.
const pollsFailed = 3

// polling is what keeps a bot from reading; nil: nothing.
func polling(b *telegram.Bot) error {
	if s := b.State(); s.Failures >= pollsFailed {
		return telegram.Classify(s.Err)
	}
	return nil
}
