package botapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Update is one thing that happened. At most one of the pointers is set.
type Update struct {
	UpdateID int64 `json:"update_id"`

	Message           *Message `json:"message,omitempty"`
	EditedMessage     *Message `json:"edited_message,omitempty"`
	ChannelPost       *Message `json:"channel_post,omitempty"`
	EditedChannelPost *Message `json:"edited_channel_post,omitempty"`

	BusinessConnection      *BusinessConnection      `json:"business_connection,omitempty"`
	BusinessMessage         *Message                 `json:"business_message,omitempty"`
	EditedBusinessMessage   *Message                 `json:"edited_business_message,omitempty"`
	DeletedBusinessMessages *BusinessMessagesDeleted `json:"deleted_business_messages,omitempty"`

	MessageReaction *MessageReactionUpdated `json:"message_reaction,omitempty"`
	InlineQuery     *InlineQuery            `json:"inline_query,omitempty"`
	CallbackQuery   *CallbackQuery          `json:"callback_query,omitempty"`
	MyChatMember    *ChatMemberUpdated      `json:"my_chat_member,omitempty"`
	ChatMember      *ChatMemberUpdated      `json:"chat_member,omitempty"`
	Poll            *Poll                   `json:"poll,omitempty"`

	// Raw is the update as it came.
	Raw json.RawMessage `json:"-"`
	// Kind names the update by the API's field name ("message", "poll_answer"), also
	// when no field above holds it. It is "" when even that cannot be told.
	Kind string `json:"-"`
	// Err says why the update could not be decoded; the pointers are then all nil.
	Err error `json:"-"`
}

// MessageReactionUpdated tells that somebody changed their reactions to a message.
type MessageReactionUpdated struct {
	Chat        Chat           `json:"chat"`
	MessageID   int            `json:"message_id"`
	User        *User          `json:"user,omitempty"`       // nil for an anonymous actor
	ActorChat   *Chat          `json:"actor_chat,omitempty"` // set for an anonymous actor
	Date        int            `json:"date"`
	OldReaction []ReactionType `json:"old_reaction"`
	NewReaction []ReactionType `json:"new_reaction"`
}

// CallbackQuery is a pressed button. Message may be inaccessible.
type CallbackQuery struct {
	ID              string   `json:"id"`
	From            User     `json:"from"`
	Message         *Message `json:"message,omitempty"`
	InlineMessageID string   `json:"inline_message_id,omitempty"`
	ChatInstance    string   `json:"chat_instance"`
	Data            string   `json:"data,omitempty"`
}

// InlineQuery is what somebody types after the bot's name. It has no chat.
type InlineQuery struct {
	ID       string `json:"id"`
	From     User   `json:"from"`
	Query    string `json:"query"`
	Offset   string `json:"offset"`
	ChatType string `json:"chat_type,omitempty"`
}

// GetUpdatesParams asks for updates from Offset on, which confirms all before it.
type GetUpdatesParams struct {
	Offset int64 `json:"offset,omitempty"` // negative: only the newest -Offset
	Limit  int   `json:"limit,omitempty"`  // 1–100, default 100
	// TimeoutSeconds is how long the server waits for something to happen.
	TimeoutSeconds int `json:"timeout,omitempty"`
	// AllowedUpdates nil keeps the list of the last call; empty but non-nil means the
	// server's default, which lacks chat_member and message_reaction.
	AllowedUpdates []string `json:"allowed_updates,omitzero"`
}

// GetUpdates polls. Updates come in the server's order, each decoded by itself: an
// odd one carries its Err and Raw and leaves the others whole. An error means that
// nothing was received.
func (c *Client) GetUpdates(ctx context.Context, p GetUpdatesParams) ([]Update, error) {
	var raws []json.RawMessage
	wait := time.Duration(max(p.TimeoutSeconds, 0))*time.Second + c.timeouts.Poll
	if err := c.call(ctx, "getUpdates", p, &raws, wait); err != nil {
		return nil, err
	}
	out := make([]Update, len(raws))
	for i, raw := range raws {
		out[i] = DecodeUpdate(raw)
	}
	return out, nil
}

// DecodeUpdate decodes one update of a poll or a webhook. It always returns what
// could be told; see Update.Err. UpdateID is zero only if the update has none.
func DecodeUpdate(raw json.RawMessage) Update {
	var u Update
	err := json.Unmarshal(raw, &u)
	if err != nil {
		u = Update{}
		var id struct {
			UpdateID int64 `json:"update_id"`
		}
		if json.Unmarshal(raw, &id) == nil {
			u.UpdateID = id.UpdateID
		}
		u.Err = fmt.Errorf("decode update %d: %w", u.UpdateID, withoutValues(err))
	} else if u.UpdateID == 0 {
		u = Update{Err: errors.New("decode update: no update_id")}
	}
	u.Raw = raw
	if u.Kind = u.known(); u.Kind == "" {
		u.Kind = kindFromKeys(raw)
	}
	return u
}

// withoutValues keeps what a decoding error says of types and drops what it may
// quote of the content.
func withoutValues(err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return fmt.Errorf("field %s cannot be %s", t.Field, t.Type)
	}
	return errors.New("malformed JSON")
}

func (u *Update) known() string {
	switch {
	case u.Message != nil:
		return "message"
	case u.EditedMessage != nil:
		return "edited_message"
	case u.ChannelPost != nil:
		return "channel_post"
	case u.EditedChannelPost != nil:
		return "edited_channel_post"
	case u.BusinessConnection != nil:
		return "business_connection"
	case u.BusinessMessage != nil:
		return "business_message"
	case u.EditedBusinessMessage != nil:
		return "edited_business_message"
	case u.DeletedBusinessMessages != nil:
		return "deleted_business_messages"
	case u.MessageReaction != nil:
		return "message_reaction"
	case u.InlineQuery != nil:
		return "inline_query"
	case u.CallbackQuery != nil:
		return "callback_query"
	case u.MyChatMember != nil:
		return "my_chat_member"
	case u.ChatMember != nil:
		return "chat_member"
	case u.Poll != nil:
		return "poll"
	}
	return ""
}

func kindFromKeys(raw json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	delete(fields, "update_id")
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}
