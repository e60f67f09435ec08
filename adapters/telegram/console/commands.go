package console

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"parom/adapters/telegram/botapi"
)

// Command is an entry of Telegram's menu of commands. Name is 1–32 of a–z, 0–9
// and _, without the slash; other aliases work but cannot be listed
// (core.telegram.org/bots/api#botcommand).
type Command struct {
	Name, Description string
}

// SetCommands lists commands in a room, an operator's private chat included, by
// language: two letters, or "" for everybody whose language is not there.
// Customers of the same bot do not see them.
func (c *Console) SetCommands(ctx context.Context, room string, byLanguage map[string][]Command) error {
	chat, err := chatOf(room)
	if err != nil {
		return err
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		p := botapi.SetMyCommandsParams{
			Commands: []botapi.BotCommand{}, LanguageCode: language,
			Scope: &botapi.CommandScope{Type: "chat", ChatID: chat},
		}
		for _, cmd := range byLanguage[language] {
			p.Commands = append(p.Commands, botapi.BotCommand{Command: cmd.Name, Description: cut(cmd.Description, 256)})
		}
		if err := c.api.SetMyCommands(ctx, p); err != nil {
			return fmt.Errorf("set commands: %w", classify(err, chat, toChange, ""))
		}
	}
	return nil
}
