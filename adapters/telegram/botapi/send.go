package botapi

import "context"

// Target is where and how a message is sent; it is embedded in all Send parameters.
type Target struct {
	BusinessConnectionID string           `json:"business_connection_id,omitempty"`
	ChatID               int64            `json:"chat_id"`
	ThreadID             ThreadID         `json:"message_thread_id,omitzero"`
	DisableNotification  bool             `json:"disable_notification,omitempty"`
	ProtectContent       bool             `json:"protect_content,omitempty"`
	EffectID             string           `json:"message_effect_id,omitempty"`
	Reply                *ReplyParameters `json:"reply_parameters,omitempty"`
}

// ReplyParameters name the message that is answered, and the fragment of it.
type ReplyParameters struct {
	MessageID                int             `json:"message_id"`
	ChatID                   int64           `json:"chat_id,omitempty"` // zero: the same chat
	AllowSendingWithoutReply bool            `json:"allow_sending_without_reply,omitempty"`
	Quote                    string          `json:"quote,omitempty"` // at most 1024 after entities, exact
	QuoteEntities            []MessageEntity `json:"quote_entities,omitempty"`
	QuotePosition            *int            `json:"quote_position,omitempty"` // UTF-16 units
}

// Caption is the text of media; it is embedded.
type Caption struct {
	Caption         string          `json:"caption,omitempty"`
	CaptionEntities []MessageEntity `json:"caption_entities,omitempty"`
}

// SendMessageParams send a text of 1–4096 UTF-16 units.
type SendMessageParams struct {
	Target
	Text               string              `json:"text"`
	Entities           []MessageEntity     `json:"entities,omitempty"`
	LinkPreviewOptions *LinkPreviewOptions `json:"link_preview_options,omitempty"`
	ReplyMarkup        ReplyMarkup         `json:"reply_markup,omitempty"`
}

// SendMessage sends a text.
func (c *Client) SendMessage(ctx context.Context, p SendMessageParams) (*Message, error) {
	return c.message(ctx, "sendMessage", p)
}

func (c *Client) message(ctx context.Context, method string, p any) (*Message, error) {
	var m Message
	if err := c.Call(ctx, method, p, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// SendLocationParams send a place.
type SendLocationParams struct {
	Target
	Latitude           float64     `json:"latitude"`
	Longitude          float64     `json:"longitude"`
	HorizontalAccuracy float64     `json:"horizontal_accuracy,omitempty"` // metres, 0–1500
	LivePeriod         int         `json:"live_period,omitempty"`         // seconds
	ReplyMarkup        ReplyMarkup `json:"reply_markup,omitempty"`
}

// SendLocation sends a place on the map.
func (c *Client) SendLocation(ctx context.Context, p SendLocationParams) (*Message, error) {
	return c.message(ctx, "sendLocation", p)
}

// SendVenueParams send a place with a name.
type SendVenueParams struct {
	Target
	Latitude    float64     `json:"latitude"`
	Longitude   float64     `json:"longitude"`
	Title       string      `json:"title"`
	Address     string      `json:"address"`
	ReplyMarkup ReplyMarkup `json:"reply_markup,omitempty"`
}

// SendVenue sends a named place.
func (c *Client) SendVenue(ctx context.Context, p SendVenueParams) (*Message, error) {
	return c.message(ctx, "sendVenue", p)
}

// SendContactParams send a phone contact.
type SendContactParams struct {
	Target
	PhoneNumber string      `json:"phone_number"`
	FirstName   string      `json:"first_name"`
	LastName    string      `json:"last_name,omitempty"`
	VCard       string      `json:"vcard,omitempty"` // at most 2048 bytes
	ReplyMarkup ReplyMarkup `json:"reply_markup,omitempty"`
}

// SendContact sends a phone contact.
func (c *Client) SendContact(ctx context.Context, p SendContactParams) (*Message, error) {
	return c.message(ctx, "sendContact", p)
}

// SendPollParams send a poll.
type SendPollParams struct {
	Target
	Question              string            `json:"question"` // 1–300 characters
	QuestionEntities      []MessageEntity   `json:"question_entities,omitempty"`
	Options               []InputPollOption `json:"options"`
	IsAnonymous           *bool             `json:"is_anonymous,omitempty"` // nil: true
	Type                  string            `json:"type,omitempty"`         // "quiz" or "regular", the default
	AllowsMultipleAnswers bool              `json:"allows_multiple_answers,omitempty"`
	CorrectOptionIDs      []int             `json:"correct_option_ids,omitempty"`
	Explanation           string            `json:"explanation,omitempty"`
	IsClosed              bool              `json:"is_closed,omitempty"`
	ReplyMarkup           ReplyMarkup       `json:"reply_markup,omitempty"`
}

// InputPollOption is one choice to offer; 1–100 characters.
type InputPollOption struct {
	Text         string          `json:"text"`
	TextEntities []MessageEntity `json:"text_entities,omitempty"`
}

// SendPoll sends a poll.
func (c *Client) SendPoll(ctx context.Context, p SendPollParams) (*Message, error) {
	return c.message(ctx, "sendPoll", p)
}

// SendDiceParams send a die or another animated chance.
type SendDiceParams struct {
	Target
	Emoji       string      `json:"emoji,omitempty"`
	ReplyMarkup ReplyMarkup `json:"reply_markup,omitempty"`
}

// SendDice sends an animated emoji with a random value.
func (c *Client) SendDice(ctx context.Context, p SendDiceParams) (*Message, error) {
	return c.message(ctx, "sendDice", p)
}

// ForwardMessageParams forward one message.
type ForwardMessageParams struct {
	ChatID              int64    `json:"chat_id"`
	ThreadID            ThreadID `json:"message_thread_id,omitzero"`
	FromChatID          int64    `json:"from_chat_id"`
	MessageID           int      `json:"message_id"`
	DisableNotification bool     `json:"disable_notification,omitempty"`
	ProtectContent      bool     `json:"protect_content,omitempty"`
}

// ForwardMessage forwards a message with its author's name.
func (c *Client) ForwardMessage(ctx context.Context, p ForwardMessageParams) (*Message, error) {
	return c.message(ctx, "forwardMessage", p)
}

// CopyMessageParams copy one message. Caption nil keeps the caption, empty drops it.
type CopyMessageParams struct {
	ChatID              int64            `json:"chat_id"`
	ThreadID            ThreadID         `json:"message_thread_id,omitzero"`
	FromChatID          int64            `json:"from_chat_id"`
	MessageID           int              `json:"message_id"`
	Caption             *string          `json:"caption,omitempty"`
	CaptionEntities     []MessageEntity  `json:"caption_entities,omitempty"`
	DisableNotification bool             `json:"disable_notification,omitempty"`
	ProtectContent      bool             `json:"protect_content,omitempty"`
	Reply               *ReplyParameters `json:"reply_parameters,omitempty"`
	ReplyMarkup         ReplyMarkup      `json:"reply_markup,omitempty"`
}

// CopyMessage copies a message without a link to its origin and returns the copy's id.
func (c *Client) CopyMessage(ctx context.Context, p CopyMessageParams) (int, error) {
	var id MessageID
	err := c.Call(ctx, "copyMessage", p, &id)
	return id.MessageID, err
}

// CopyMessagesParams copy 1–100 messages, whose ids ascend. Albums stay albums;
// messages that cannot be copied are skipped.
type CopyMessagesParams struct {
	ChatID              int64    `json:"chat_id"`
	ThreadID            ThreadID `json:"message_thread_id,omitzero"`
	FromChatID          int64    `json:"from_chat_id"`
	MessageIDs          []int    `json:"message_ids"`
	DisableNotification bool     `json:"disable_notification,omitempty"`
	ProtectContent      bool     `json:"protect_content,omitempty"`
	RemoveCaption       bool     `json:"remove_caption,omitempty"`
}

// CopyMessages copies messages and returns the copies' ids.
func (c *Client) CopyMessages(ctx context.Context, p CopyMessagesParams) ([]int, error) {
	var ids []MessageID
	if err := c.Call(ctx, "copyMessages", p, &ids); err != nil {
		return nil, err
	}
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = id.MessageID
	}
	return out, nil
}

// SendChatActionParams show "typing…" and its like for five seconds.
type SendChatActionParams struct {
	BusinessConnectionID string   `json:"business_connection_id,omitempty"`
	ChatID               int64    `json:"chat_id"`
	ThreadID             ThreadID `json:"message_thread_id,omitzero"`
	Action               string   `json:"action"`
}

// SendChatAction shows what the bot is doing.
func (c *Client) SendChatAction(ctx context.Context, p SendChatActionParams) error {
	return c.Call(ctx, "sendChatAction", p, nil)
}
