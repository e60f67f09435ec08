package telegramsim

import "encoding/json"

// User is a person or a bot as the wire shows it.
type User struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name,omitempty"`
	Username  string `json:"username,omitempty"`
	Language  string `json:"language_code,omitempty"`
	Premium   bool   `json:"is_premium,omitempty"`
}

type wireMe struct {
	User
	CanJoinGroups       bool `json:"can_join_groups"`
	CanReadAll          bool `json:"can_read_all_group_messages"`
	SupportsInline      bool `json:"supports_inline_queries"`
	CanConnectBusiness  bool `json:"can_connect_to_business"`
	HasMainWebApp       bool `json:"has_main_web_app"`
	HasTopicsEnabled    bool `json:"has_topics_enabled"`
	UsersCreateTopics   bool `json:"allows_users_to_create_topics"`
	CanManageBots       bool `json:"can_manage_bots"`
	SupportsJoinQueries bool `json:"supports_join_request_queries"`
}

type wireChat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

// Entity is a styled range; Offset and Length count UTF-16 units.
type Entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url,omitempty"`
	User     *User  `json:"user,omitempty"`
	Language string `json:"language,omitempty"`
	Emoji    string `json:"custom_emoji_id,omitempty"`
	UnixTime int64  `json:"unix_time,omitempty"`
	Format   string `json:"date_time_format,omitempty"`
}

// Quote is the fragment of the answered message that was selected.
type Quote struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
	Position int      `json:"position"` // UTF-16 units
	Manual   bool     `json:"is_manual,omitempty"`
}

// Button is one button of an inline keyboard.
type Button struct {
	Text     string          `json:"text"`
	Icon     string          `json:"icon_custom_emoji_id,omitempty"`
	Style    string          `json:"style,omitempty"`
	URL      string          `json:"url,omitempty"`
	Data     string          `json:"callback_data,omitempty"`
	WebApp   json.RawMessage `json:"web_app,omitempty"`
	Login    json.RawMessage `json:"login_url,omitempty"`
	Inline   *string         `json:"switch_inline_query,omitempty"`
	Here     *string         `json:"switch_inline_query_current_chat,omitempty"`
	Chosen   json.RawMessage `json:"switch_inline_query_chosen_chat,omitempty"`
	CopyText json.RawMessage `json:"copy_text,omitempty"`
	Game     json.RawMessage `json:"callback_game,omitempty"`
	Pay      bool            `json:"pay,omitempty"`
}

type wireKeyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

type wirePhotoSize struct {
	FileID string `json:"file_id"`
	Unique string `json:"file_unique_id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Size   int64  `json:"file_size,omitempty"`
}

// wireFile covers every kind of file: which fields a kind has is decided by
// wireMedia, the rest stay nil.
type wireFile struct {
	FileID      string  `json:"file_id"`
	Unique      string  `json:"file_unique_id"`
	Type        *string `json:"type,omitempty"`
	Width       *int    `json:"width,omitempty"`
	Height      *int    `json:"height,omitempty"`
	Length      *int    `json:"length,omitempty"`
	Duration    *int    `json:"duration,omitempty"`
	IsAnimated  *bool   `json:"is_animated,omitempty"`
	IsVideo     *bool   `json:"is_video,omitempty"`
	Emoji       string  `json:"emoji,omitempty"`
	SetName     string  `json:"set_name,omitempty"`
	CustomEmoji string  `json:"custom_emoji_id,omitempty"`
	Performer   string  `json:"performer,omitempty"`
	Title       string  `json:"title,omitempty"`
	FileName    string  `json:"file_name,omitempty"`
	MIME        string  `json:"mime_type,omitempty"`
	Size        int64   `json:"file_size,omitempty"`
}

// Contact is a shared phone number. UserID is set when it is somebody's own.
type Contact struct {
	Phone     string `json:"phone_number"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name,omitempty"`
	UserID    int64  `json:"user_id,omitempty"`
	VCard     string `json:"vcard,omitempty"`
}

// Location is a point on the map, live while LivePeriod (seconds) is above zero.
type Location struct {
	Latitude   float64 `json:"latitude"`
	Longitude  float64 `json:"longitude"`
	Accuracy   float64 `json:"horizontal_accuracy,omitempty"`
	LivePeriod int     `json:"live_period,omitempty"`
	Heading    int     `json:"heading,omitempty"`
	Proximity  int     `json:"proximity_alert_radius,omitempty"`
}

// Venue is a place with a name.
type Venue struct {
	Location       Location `json:"location"`
	Title          string   `json:"title"`
	Address        string   `json:"address"`
	FoursquareID   string   `json:"foursquare_id,omitempty"`
	FoursquareType string   `json:"foursquare_type,omitempty"`
	GoogleID       string   `json:"google_place_id,omitempty"`
	GoogleType     string   `json:"google_place_type,omitempty"`
}

// Dice is a thrown emoji and its value.
type Dice struct {
	Emoji string `json:"emoji"`
	Value int    `json:"value"`
}

// PollOption is one choice of a poll.
type PollOption struct {
	ID       string   `json:"persistent_id"`
	Text     string   `json:"text"`
	Entities []Entity `json:"text_entities,omitempty"`
	Voters   int      `json:"voter_count"`
}

// Poll is a question with choices.
type Poll struct {
	ID          string       `json:"id"`
	Question    string       `json:"question"`
	Entities    []Entity     `json:"question_entities,omitempty"`
	Options     []PollOption `json:"options"`
	Total       int          `json:"total_voter_count"`
	Closed      bool         `json:"is_closed"`
	Anonymous   bool         `json:"is_anonymous"`
	Type        string       `json:"type"`
	Multiple    bool         `json:"allows_multiple_answers"`
	Revoting    bool         `json:"allows_revoting"`
	MembersOnly bool         `json:"members_only"`
	Correct     []int        `json:"correct_option_ids,omitempty"`
	Explanation string       `json:"explanation,omitempty"`
	OpenPeriod  int          `json:"open_period,omitempty"`
	CloseDate   int64        `json:"close_date,omitempty"`
}

// Reaction is an emoji or a custom emoji on a message.
type Reaction struct {
	Type   string `json:"type"`
	Emoji  string `json:"emoji,omitempty"`
	Custom string `json:"custom_emoji_id,omitempty"`
}

// Origin says where a forwarded message comes from.
type Origin struct {
	Type      string    `json:"type"`
	Date      int64     `json:"date"`
	User      *User     `json:"sender_user,omitempty"`
	Name      string    `json:"sender_user_name,omitempty"`
	Sender    *wireChat `json:"sender_chat,omitempty"`
	Chat      *wireChat `json:"chat,omitempty"`
	MessageID int64     `json:"message_id,omitempty"`
	Signature string    `json:"author_signature,omitempty"`
}

type topicCreated struct {
	Name  string `json:"name"`
	Color int    `json:"icon_color"`
	Icon  string `json:"icon_custom_emoji_id,omitempty"`
}

// topicEdited has an Icon of "" when the icon was taken away.
type topicEdited struct {
	Name string  `json:"name,omitempty"`
	Icon *string `json:"icon_custom_emoji_id,omitempty"`
}

type wireMessage struct {
	ID            int64           `json:"message_id"`
	Thread        int64           `json:"message_thread_id,omitempty"`
	From          *User           `json:"from,omitempty"`
	SenderChat    *wireChat       `json:"sender_chat,omitempty"`
	Date          int64           `json:"date"`
	Chat          wireChat        `json:"chat"`
	Origin        *Origin         `json:"forward_origin,omitempty"`
	Topical       bool            `json:"is_topic_message,omitempty"`
	AutoForward   bool            `json:"is_automatic_forward,omitempty"`
	ReplyTo       *wireMessage    `json:"reply_to_message,omitempty"`
	External      *wireExternal   `json:"external_reply,omitempty"`
	Quote         *Quote          `json:"quote,omitempty"`
	EditDate      int64           `json:"edit_date,omitempty"`
	Protected     bool            `json:"has_protected_content,omitempty"`
	Album         string          `json:"media_group_id,omitempty"`
	Signature     string          `json:"author_signature,omitempty"`
	Text          *string         `json:"text,omitempty"`
	Entities      []Entity        `json:"entities,omitempty"`
	LinkPreview   json.RawMessage `json:"link_preview_options,omitempty"`
	Caption       *string         `json:"caption,omitempty"`
	CapEntities   []Entity        `json:"caption_entities,omitempty"`
	CaptionAbove  bool            `json:"show_caption_above_media,omitempty"`
	Spoiler       bool            `json:"has_media_spoiler,omitempty"`
	Animation     *wireFile       `json:"animation,omitempty"`
	Audio         *wireFile       `json:"audio,omitempty"`
	Document      *wireFile       `json:"document,omitempty"`
	Photo         []wirePhotoSize `json:"photo,omitempty"`
	Sticker       *wireFile       `json:"sticker,omitempty"`
	Video         *wireFile       `json:"video,omitempty"`
	VideoNote     *wireFile       `json:"video_note,omitempty"`
	Voice         *wireFile       `json:"voice,omitempty"`
	Contact       *Contact        `json:"contact,omitempty"`
	Dice          *Dice           `json:"dice,omitempty"`
	Poll          *Poll           `json:"poll,omitempty"`
	Venue         *Venue          `json:"venue,omitempty"`
	Location      *Location       `json:"location,omitempty"`
	Joined        []User          `json:"new_chat_members,omitempty"`
	Left          *User           `json:"left_chat_member,omitempty"`
	NewTitle      string          `json:"new_chat_title,omitempty"`
	GroupCreated  bool            `json:"group_chat_created,omitempty"`
	SuperCreated  bool            `json:"supergroup_chat_created,omitempty"`
	MigrateTo     int64           `json:"migrate_to_chat_id,omitempty"`
	MigrateFrom   int64           `json:"migrate_from_chat_id,omitempty"`
	Pinned        *wireMessage    `json:"pinned_message,omitempty"`
	TopicCreated  *topicCreated   `json:"forum_topic_created,omitempty"`
	TopicEdited   *topicEdited    `json:"forum_topic_edited,omitempty"`
	TopicClosed   *struct{}       `json:"forum_topic_closed,omitempty"`
	TopicReopened *struct{}       `json:"forum_topic_reopened,omitempty"`
	GeneralHidden *struct{}       `json:"general_forum_topic_hidden,omitempty"`
	GeneralShown  *struct{}       `json:"general_forum_topic_unhidden,omitempty"`
	Keyboard      *wireKeyboard   `json:"reply_markup,omitempty"`
}

// wireExternal describes an answered message of another chat or topic.
type wireExternal struct {
	Origin    Origin          `json:"origin"`
	Chat      *wireChat       `json:"chat,omitempty"`
	MessageID int64           `json:"message_id,omitempty"`
	Animation *wireFile       `json:"animation,omitempty"`
	Audio     *wireFile       `json:"audio,omitempty"`
	Document  *wireFile       `json:"document,omitempty"`
	Photo     []wirePhotoSize `json:"photo,omitempty"`
	Sticker   *wireFile       `json:"sticker,omitempty"`
	Video     *wireFile       `json:"video,omitempty"`
	VideoNote *wireFile       `json:"video_note,omitempty"`
	Voice     *wireFile       `json:"voice,omitempty"`
	Contact   *Contact        `json:"contact,omitempty"`
	Dice      *Dice           `json:"dice,omitempty"`
	Location  *Location       `json:"location,omitempty"`
	Poll      *Poll           `json:"poll,omitempty"`
	Venue     *Venue          `json:"venue,omitempty"`
}
