package botapi

import (
	"bytes"
	"context"
	"encoding/json"
)

// Place names a message to edit: chat and id, or an inline message's id.
type Place struct {
	BusinessConnectionID string `json:"business_connection_id,omitempty"`
	ChatID               int64  `json:"chat_id,omitempty"`
	MessageID            int    `json:"message_id,omitempty"`
	InlineMessageID      string `json:"inline_message_id,omitempty"`
}

// EditMessageTextParams replace a text. A nil ReplyMarkup takes the buttons away.
type EditMessageTextParams struct {
	Place
	Text               string              `json:"text"`
	Entities           []MessageEntity     `json:"entities,omitempty"`
	LinkPreviewOptions *LinkPreviewOptions `json:"link_preview_options,omitempty"`
	ReplyMarkup        *InlineKeyboard     `json:"reply_markup,omitempty"`
}

// EditMessageText replaces the text of one of the bot's messages. The message is
// nil for an inline message.
func (c *Client) EditMessageText(ctx context.Context, p EditMessageTextParams) (*Message, error) {
	return c.edit(ctx, "editMessageText", p)
}

// EditMessageCaptionParams replace a caption; an empty one removes it.
type EditMessageCaptionParams struct {
	Place
	Caption
	ShowCaptionAboveMedia bool            `json:"show_caption_above_media,omitempty"`
	ReplyMarkup           *InlineKeyboard `json:"reply_markup,omitempty"`
}

// EditMessageCaption replaces the caption of one of the bot's messages.
func (c *Client) EditMessageCaption(ctx context.Context, p EditMessageCaptionParams) (*Message, error) {
	return c.edit(ctx, "editMessageCaption", p)
}

// EditMessageMediaParams replace the media and caption.
type EditMessageMediaParams struct {
	Place
	Media       InputMedia      `json:"media"`
	ReplyMarkup *InlineKeyboard `json:"reply_markup,omitempty"`
}

func (p EditMessageMediaParams) withFiles(a *attachments) any { p.Media.nest(a); return p }

// EditMessageMedia replaces the media of one of the bot's messages.
func (c *Client) EditMessageMedia(ctx context.Context, p EditMessageMediaParams) (*Message, error) {
	return c.edit(ctx, "editMessageMedia", p)
}

// EditMessageReplyMarkupParams replace the buttons; nil removes them.
type EditMessageReplyMarkupParams struct {
	Place
	ReplyMarkup *InlineKeyboard `json:"reply_markup,omitempty"`
}

// EditMessageReplyMarkup replaces the buttons of one of the bot's messages.
func (c *Client) EditMessageReplyMarkup(ctx context.Context, p EditMessageReplyMarkupParams) (*Message, error) {
	return c.edit(ctx, "editMessageReplyMarkup", p)
}

// edit decodes an answer that is a message, or true for inline messages.
func (c *Client) edit(ctx context.Context, method string, p any) (*Message, error) {
	var out edited
	if err := c.Call(ctx, method, p, &out); err != nil {
		return nil, err
	}
	return out.m, nil
}

type edited struct{ m *Message }

func (e *edited) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("true")) {
		return nil
	}
	return json.Unmarshal(b, &e.m)
}

type chatMessage struct {
	ChatID    int64 `json:"chat_id"`
	MessageID int   `json:"message_id"`
}

// DeleteMessage removes a message; up to 48 h after it was sent.
func (c *Client) DeleteMessage(ctx context.Context, chatID int64, messageID int) error {
	return c.Call(ctx, "deleteMessage", chatMessage{chatID, messageID}, nil)
}

// DeleteMessages removes 1–100 messages of a chat; those not found are skipped.
func (c *Client) DeleteMessages(ctx context.Context, chatID int64, messageIDs []int) error {
	return c.Call(ctx, "deleteMessages", struct {
		ChatID     int64 `json:"chat_id"`
		MessageIDs []int `json:"message_ids"`
	}{chatID, messageIDs}, nil)
}

// DeleteBusinessMessages removes 1–100 messages of one business chat.
func (c *Client) DeleteBusinessMessages(ctx context.Context, connectionID string, messageIDs []int) error {
	return c.Call(ctx, "deleteBusinessMessages", struct {
		ConnectionID string `json:"business_connection_id"`
		MessageIDs   []int  `json:"message_ids"`
	}{connectionID, messageIDs}, nil)
}

// ReadBusinessMessage marks a customer's message as read for the business account.
func (c *Client) ReadBusinessMessage(ctx context.Context, connectionID string, chatID int64, messageID int) error {
	return c.Call(ctx, "readBusinessMessage", struct {
		ConnectionID string `json:"business_connection_id"`
		chatMessage
	}{connectionID, chatMessage{chatID, messageID}}, nil)
}

// SetMessageReactionParams set the bot's reactions to a message. A bot has one at
// most; none takes it away.
type SetMessageReactionParams struct {
	ChatID    int64          `json:"chat_id"`
	MessageID int            `json:"message_id"`
	Reaction  []ReactionType `json:"reaction"`
	IsBig     bool           `json:"is_big,omitempty"`
}

// SetMessageReaction sets the bot's reaction.
func (c *Client) SetMessageReaction(ctx context.Context, p SetMessageReactionParams) error {
	if p.Reaction == nil {
		p.Reaction = []ReactionType{}
	}
	return c.Call(ctx, "setMessageReaction", p, nil)
}

// AnswerCallbackQueryParams answer a pressed button, once.
type AnswerCallbackQueryParams struct {
	CallbackQueryID  string `json:"callback_query_id"`
	Text             string `json:"text,omitempty"` // at most 200 characters
	ShowAlert        bool   `json:"show_alert,omitempty"`
	URL              string `json:"url,omitempty"`
	CacheTimeSeconds int    `json:"cache_time,omitempty"`
}

// AnswerCallbackQuery stops the spinner on a button and may show a text.
func (c *Client) AnswerCallbackQuery(ctx context.Context, p AnswerCallbackQueryParams) error {
	return c.Call(ctx, "answerCallbackQuery", p, nil)
}

// PinChatMessageParams pin a message.
type PinChatMessageParams struct {
	BusinessConnectionID string `json:"business_connection_id,omitempty"`
	ChatID               int64  `json:"chat_id"`
	MessageID            int    `json:"message_id"`
	DisableNotification  bool   `json:"disable_notification,omitempty"`
}

// PinChatMessage pins a message.
func (c *Client) PinChatMessage(ctx context.Context, p PinChatMessageParams) error {
	return c.Call(ctx, "pinChatMessage", p, nil)
}

// UnpinChatMessage takes a pin away; MessageID zero means the newest pin.
func (c *Client) UnpinChatMessage(ctx context.Context, chatID int64, messageID int) error {
	return c.Call(ctx, "unpinChatMessage", struct {
		ChatID    int64 `json:"chat_id"`
		MessageID int   `json:"message_id,omitempty"`
	}{chatID, messageID}, nil)
}
