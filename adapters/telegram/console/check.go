package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

// group is a chat with what only a check needs of it.
type group struct {
	botapi.Chat
	JoinByRequest bool  `json:"join_by_request"`
	Linked        int64 `json:"linked_chat_id"` // the channel whose posts it discusses
}

// args are those of every finding here: which group.
func (g *group) args(more ...any) map[string]any {
	name := g.Title
	if name == "" {
		name = roomOf(g.ID)
	}
	out := map[string]any{"Group": name}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// Check looks whether a room can be worked in, without leaving a trace: what
// makes it impossible is fatal, what endangers customers' words is a warning. An
// error means that Telegram could not be asked.
func (c *Console) Check(ctx context.Context, room string) ([]core.Finding, error) {
	chat, err := chatOf(room)
	if err != nil {
		return []core.Finding{{Fatal: true, Key: "check.group.not_an_id", Args: map[string]any{"Group": room}}}, nil
	}
	var g group
	err = c.api.Call(ctx, "getChat", struct {
		ChatID int64 `json:"chat_id"`
	}{chat}, &g)
	if err != nil {
		return unreachable(err, room)
	}
	switch {
	case g.Type == "private" || g.Type == "channel":
		return []core.Finding{{Fatal: true, Key: "check.group.not_a_group", Args: g.args()}}, nil
	case g.Type != "supergroup":
		return c.basic(ctx, &g, room)
	}
	var found []core.Finding
	if !g.IsForum {
		found = append(found, core.Finding{Fatal: true, Key: "check.group.not_forum", Args: g.args()})
	}
	me, err := c.api.GetChatMember(ctx, chat, c.bot.ID())
	if err != nil {
		return found, fmt.Errorf("check group: %w", classify(err, chat, toChange, ""))
	}
	if !me.Present() {
		return append(found, core.Finding{Fatal: true, Key: "check.group.not_member", Args: g.args()}), nil
	}
	found = append(found, standing(&g, *me)...)
	admins, err := c.api.GetChatAdministrators(ctx, chat)
	if err != nil {
		return found, fmt.Errorf("check group: %w", classify(err, chat, toChange, ""))
	}
	found = append(found, exposure(&g)...)
	return append(found, powers(&g, admins, c.bot.ID())...), nil
}

// basic tells a group that never had topics from the shell of one that moved.
// Reading does not show it; whatever needs the right to write does.
func (c *Console) basic(ctx context.Context, g *group, room string) ([]core.Finding, error) {
	err := c.api.SendChatAction(ctx, botapi.SendChatActionParams{ChatID: g.ID, Action: "typing"})
	if botapi.KindOf(err) == botapi.KindMigrated {
		return unreachable(err, room)
	}
	return []core.Finding{{Fatal: true, Key: "check.group.not_supergroup", Args: g.args()}}, nil
}

// unreachable tells a group that is not there from a network that is not.
func unreachable(err error, room string) ([]core.Finding, error) {
	args := map[string]any{"Group": room}
	var moved *botapi.Error
	switch botapi.KindOf(err) {
	case botapi.KindMigrated:
		if errors.As(err, &moved) {
			args["Other"] = roomOf(moved.MigrateToChatID)
		}
		return []core.Finding{{Fatal: true, Key: "check.group.moved", Args: args}}, nil
	case botapi.KindChatNotFound, botapi.KindGroupLost, botapi.KindForbidden, botapi.KindPeerGone:
		return []core.Finding{{Fatal: true, Key: "check.group.not_found", Args: args}}, nil
	}
	return nil, fmt.Errorf("check group: %w", classify(err, 0, toChange, ""))
}

// CheckOperators warns of operators whom the bot cannot write to in private: those
// who never pressed Start, or blocked it. Lists and reminders do not reach them.
// It shows them "typing…" for a moment, for want of a way that shows nothing.
func (c *Console) CheckOperators(ctx context.Context, who []core.PersonID) ([]core.Finding, error) {
	var deaf []string
	for _, p := range who {
		chat, err := chatOf(string(p))
		if err != nil {
			return []core.Finding{{Fatal: true, Key: "check.group.operator_not_an_id", Args: map[string]any{"Person": string(p)}}}, nil
		}
		err = c.api.SendChatAction(ctx, botapi.SendChatActionParams{ChatID: chat, Action: "typing"})
		switch botapi.KindOf(err) {
		case botapi.KindNone:
			if err != nil {
				return nil, fmt.Errorf("check operators: %w", classify(err, chat, toChange, ""))
			}
		case botapi.KindPeerGone, botapi.KindChatNotFound, botapi.KindUserNotFound, botapi.KindForbidden:
			deaf = append(deaf, string(p))
		default:
			return nil, fmt.Errorf("check operators: %w", classify(err, chat, toChange, ""))
		}
	}
	if len(deaf) == 0 {
		return nil, nil
	}
	return []core.Finding{{Key: "check.group.operators_deaf", Args: map[string]any{"Names": strings.Join(deaf, ", ")}}}, nil
}

// standing are the rights that the bot lacks. Without being an admin it would
// not see all messages either: privacy mode hides them.
func standing(g *group, me botapi.ChatMember) []core.Finding {
	lack := missing(me)
	if slices.Contains(lack, rightAdmin) {
		return []core.Finding{{Fatal: true, Key: "check.group.not_admin", Args: g.args()}}
	}
	var out []core.Finding
	for _, right := range lack {
		switch right {
		case rightTopics:
			if !g.IsForum { // without topics the server does not tell
				continue
			}
			out = append(out, core.Finding{Fatal: true, Key: "check.group.no_topics_right", Args: g.args()})
		case rightDelete:
			out = append(out, core.Finding{Fatal: true, Key: "check.group.no_delete_right", Args: g.args()})
		case rightPin:
			out = append(out, core.Finding{Fatal: true, Key: "check.group.no_pin_right", Args: g.args()})
		}
	}
	return out
}

// signs are what the gateway shows by reactions: waiting, sent, read, failed.
var signs = []string{"✍", "👌", "👀", "💔"}

// exposure is who can come to read what customers write.
func exposure(g *group) []core.Finding {
	var out []core.Finding
	if name := username(&g.Chat); name != "" {
		out = append(out, core.Finding{Key: "check.group.public", Args: g.args("Username", name)})
	}
	if g.Linked != 0 {
		out = append(out, core.Finding{Key: "check.group.linked", Args: g.args()})
	}
	if g.HasVisibleHistory {
		out = append(out, core.Finding{Key: "check.group.open_history", Args: g.args()})
	}
	if g.InviteLink != "" && !g.JoinByRequest {
		out = append(out, core.Finding{Key: "check.group.open_link", Args: g.args()})
	}
	if g.Permissions["can_manage_topics"] {
		out = append(out, core.Finding{Key: "check.group.members_manage_topics", Args: g.args()})
	}
	if g.Permissions["can_pin_messages"] {
		out = append(out, core.Finding{Key: "check.group.members_pin", Args: g.args()})
	}
	if off := unavailable(g); len(off) > 0 {
		out = append(out, core.Finding{Key: "check.group.no_signs", Args: g.args("Signs", strings.Join(off, " "))})
	}
	return out
}

func username(c *botapi.Chat) string {
	if c.UserName != "" {
		return c.UserName
	}
	if len(c.ActiveUsernames) > 0 {
		return c.ActiveUsernames[0]
	}
	return ""
}

// unavailable are the signs that the group does not allow as reactions.
func unavailable(g *group) []string {
	if g.AvailableReactions == nil {
		return nil
	}
	var off []string
	for _, s := range signs {
		if !slices.ContainsFunc(*g.AvailableReactions, func(r botapi.ReactionType) bool { return bare(r.Emoji) == s }) {
			off = append(off, s)
		}
	}
	return off
}

// powers are admins who can undo the gateway's work, or whose answers would never
// be sent because they hide behind the group. The owner may do anything anyhow.
func powers(g *group, admins []botapi.ChatMember, self int64) []core.Finding {
	var topics, pins, hidden []string
	for _, m := range admins {
		if m.User.ID == self || m.User.IsBot {
			continue
		}
		name := telegram.Person(&m.User, nil, self).Name
		if m.IsAnonymous {
			hidden = append(hidden, name)
		}
		if m.Status == botapi.StatusCreator {
			continue
		}
		if m.CanManageTopics || m.CanDeleteMessages {
			topics = append(topics, name)
		}
		if m.CanPinMessages {
			pins = append(pins, name)
		}
	}
	var out []core.Finding
	if len(topics) > 0 {
		out = append(out, core.Finding{Key: "check.group.admins_delete", Args: g.args("Names", strings.Join(topics, ", "))})
	}
	if len(pins) > 0 {
		out = append(out, core.Finding{Key: "check.group.admins_pin", Args: g.args("Names", strings.Join(pins, ", "))})
	}
	if len(hidden) > 0 {
		out = append(out, core.Finding{Key: "check.group.anonymous", Args: g.args("Names", strings.Join(hidden, ", "))})
	}
	return out
}
