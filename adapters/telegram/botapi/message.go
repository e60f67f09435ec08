package botapi

import (
	"encoding/json"
	"slices"

	tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// Message is any message. What the library knows is promoted from it; the fields
// here are newer, or shadow those whose shape has changed since.
type Message struct {
	tg.Message

	ThreadID             int    `json:"message_thread_id,omitempty"`
	IsTopicMessage       bool   `json:"is_topic_message,omitempty"`
	From                 *User  `json:"from,omitempty"`
	SenderChat           *Chat  `json:"sender_chat,omitempty"`
	SenderBusinessBot    *User  `json:"sender_business_bot,omitempty"`
	SenderTag            string `json:"sender_tag,omitempty"`
	BusinessConnectionID string `json:"business_connection_id,omitempty"`
	Chat                 Chat   `json:"chat"`
	ViaBot               *User  `json:"via_bot,omitempty"`
	IsFromOffline        bool   `json:"is_from_offline,omitempty"`
	EffectID             string `json:"effect_id,omitempty"`

	ForwardOrigin  *MessageOrigin `json:"forward_origin,omitempty"`
	ReplyToMessage *Message       `json:"reply_to_message,omitempty"`
	ExternalReply  *ExternalReply `json:"external_reply,omitempty"`
	Quote          *TextQuote     `json:"quote,omitempty"`
	ReplyToStory   *Story         `json:"reply_to_story,omitempty"`

	Entities              []MessageEntity     `json:"entities,omitempty"`
	CaptionEntities       []MessageEntity     `json:"caption_entities,omitempty"`
	LinkPreviewOptions    *LinkPreviewOptions `json:"link_preview_options,omitempty"`
	ShowCaptionAboveMedia bool                `json:"show_caption_above_media,omitempty"`
	HasMediaSpoiler       bool                `json:"has_media_spoiler,omitempty"`
	RichMessage           json.RawMessage     `json:"rich_message,omitempty"`

	Animation *Animation `json:"animation,omitempty"`
	Audio     *Audio     `json:"audio,omitempty"`
	Document  *Document  `json:"document,omitempty"`
	LivePhoto *LivePhoto `json:"live_photo,omitempty"`
	Sticker   *Sticker   `json:"sticker,omitempty"`
	Story     *Story     `json:"story,omitempty"`
	Video     *Video     `json:"video,omitempty"`
	VideoNote *VideoNote `json:"video_note,omitempty"`
	Poll      *Poll      `json:"poll,omitempty"`

	PaidMedia json.RawMessage `json:"paid_media,omitempty"`
	Checklist *Checklist      `json:"checklist,omitempty"`
	Giveaway  *Giveaway       `json:"giveaway,omitempty"`
	Game      *Titled         `json:"game,omitempty"`
	Invoice   *Titled         `json:"invoice,omitempty"`

	NewChatMembers []User   `json:"new_chat_members,omitempty"`
	LeftChatMember *User    `json:"left_chat_member,omitempty"`
	PinnedMessage  *Message `json:"pinned_message,omitempty"`

	ForumTopicCreated        *ForumTopicCreated `json:"forum_topic_created,omitempty"`
	ForumTopicEdited         *ForumTopicEdited  `json:"forum_topic_edited,omitempty"`
	ForumTopicClosed         *struct{}          `json:"forum_topic_closed,omitempty"`
	ForumTopicReopened       *struct{}          `json:"forum_topic_reopened,omitempty"`
	GeneralForumTopicHidden  *struct{}          `json:"general_forum_topic_hidden,omitempty"`
	GeneralForumTopicVisible *struct{}          `json:"general_forum_topic_unhidden,omitempty"`

	// Shapes that changed or that nobody here reads: kept raw, so that they can
	// never make a message undecodable.
	ReplyMarkup             json.RawMessage `json:"reply_markup,omitempty"`
	SuccessfulPayment       json.RawMessage `json:"successful_payment,omitempty"`
	PassportData            json.RawMessage `json:"passport_data,omitempty"`
	ProximityAlertTriggered json.RawMessage `json:"proximity_alert_triggered,omitempty"`
	AutoDeleteTimerChanged  json.RawMessage `json:"message_auto_delete_timer_changed,omitempty"`

	// Others names the fields beyond those above that carry content or a service
	// event ("gift", "video_chat_started"), sorted. It is filled only when nothing
	// above says what the message is.
	Others []string `json:"-"`
}

// MessageOrigin tells where a forwarded message came from: Type is user,
// hidden_user, chat or channel.
type MessageOrigin struct {
	Type            string `json:"type"`
	Date            int    `json:"date"`
	SenderUser      *User  `json:"sender_user,omitempty"`
	SenderUserName  string `json:"sender_user_name,omitempty"`
	SenderChat      *Chat  `json:"sender_chat,omitempty"`
	Chat            *Chat  `json:"chat,omitempty"`
	MessageID       int    `json:"message_id,omitempty"`
	AuthorSignature string `json:"author_signature,omitempty"`
}

// TextQuote is the fragment a message quotes; Position counts UTF-16 units.
type TextQuote struct {
	Text     string          `json:"text"`
	Entities []MessageEntity `json:"entities,omitempty"`
	Position int             `json:"position"`
	IsManual bool            `json:"is_manual,omitempty"`
}

// ExternalReply is a quoted message from another chat or topic.
type ExternalReply struct {
	Origin    MessageOrigin `json:"origin"`
	Chat      *Chat         `json:"chat,omitempty"`
	MessageID int           `json:"message_id,omitempty"`
	Animation *Animation    `json:"animation,omitempty"`
	Audio     *Audio        `json:"audio,omitempty"`
	Document  *Document     `json:"document,omitempty"`
	Photo     []PhotoSize   `json:"photo,omitempty"`
	Sticker   *Sticker      `json:"sticker,omitempty"`
	Video     *Video        `json:"video,omitempty"`
	VideoNote *VideoNote    `json:"video_note,omitempty"`
	Voice     *Voice        `json:"voice,omitempty"`
	Contact   *Contact      `json:"contact,omitempty"`
	Location  *Location     `json:"location,omitempty"`
	Venue     *Venue        `json:"venue,omitempty"`
	Poll      *Poll         `json:"poll,omitempty"`
}

// LinkPreviewOptions govern the preview under a text.
type LinkPreviewOptions struct {
	IsDisabled       bool   `json:"is_disabled,omitempty"`
	URL              string `json:"url,omitempty"`
	PreferSmallMedia bool   `json:"prefer_small_media,omitempty"`
	PreferLargeMedia bool   `json:"prefer_large_media,omitempty"`
	ShowAboveText    bool   `json:"show_above_text,omitempty"`
}

// Story names a story; bots cannot see it.
type Story struct {
	Chat Chat `json:"chat"`
	ID   int  `json:"id"`
}

// Titled is a game or an invoice, of which only the words are of use.
type Titled struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// Checklist is a list of tasks.
type Checklist struct {
	Title string `json:"title"`
	Tasks []struct {
		ID             int    `json:"id"`
		Text           string `json:"text"`
		CompletionDate int    `json:"completion_date,omitempty"` // zero: open
	} `json:"tasks"`
}

// Giveaway is a scheduled prize draw.
type Giveaway struct {
	WinnersSelectionDate int    `json:"winners_selection_date"`
	WinnerCount          int    `json:"winner_count"`
	PrizeDescription     string `json:"prize_description,omitempty"`
}

// ForumTopicCreated is the first message of every topic but General.
type ForumTopicCreated struct {
	Name              string `json:"name"`
	IconColor         int    `json:"icon_color"`
	IconCustomEmojiID string `json:"icon_custom_emoji_id,omitempty"`
}

// ForumTopicEdited names what changed; IconCustomEmojiID is "" when the icon went.
type ForumTopicEdited struct {
	Name              string  `json:"name,omitempty"`
	IconCustomEmojiID *string `json:"icon_custom_emoji_id,omitempty"`
}

// ForumTopic is what createForumTopic makes.
type ForumTopic struct {
	ThreadID          int    `json:"message_thread_id"`
	Name              string `json:"name"`
	IconColor         int    `json:"icon_color"`
	IconCustomEmojiID string `json:"icon_custom_emoji_id,omitempty"`
}

// MessageID is the answer to copyMessage.
type MessageID struct {
	MessageID int `json:"message_id"`
}

// Inaccessible reports whether the server sent only the message's place: it is
// deleted or too old for the bot.
func (m *Message) Inaccessible() bool { return m.Date == 0 }

// UnmarshalJSON decodes a message and names its content if no field here does.
func (m *Message) UnmarshalJSON(b []byte) error {
	type plain Message
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	if m.known() != "" {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(b, &fields) != nil {
		return nil // "null"
	}
	for name, raw := range fields {
		if !frame[name] && string(raw) != "null" && string(raw) != "false" {
			m.Others = append(m.Others, name)
		}
	}
	slices.Sort(m.Others)
	return nil
}

// Content names what the message carries by the API's field name: "text", "photo",
// "forum_topic_closed", "gift". It is "" for an inaccessible or empty message. An
// animation, which also has a document, is "animation"; a venue, which also has a
// location, is "venue".
func (m *Message) Content() string {
	if k := m.known(); k != "" {
		return k
	}
	if len(m.Others) > 0 {
		return m.Others[0]
	}
	return ""
}
