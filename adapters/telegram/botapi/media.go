package botapi

import tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"

// MessageEntity is a styled range of a text; offset and length count UTF-16 units.
type MessageEntity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	User          *User  `json:"user,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
	UnixTime      int64  `json:"unix_time,omitempty"`
	DateFormat    string `json:"date_time_format,omitempty"`
}

// PhotoSize is one size of a picture.
type PhotoSize = tg.PhotoSize

// Types that Bot API 5 knew whole.
type (
	Voice    = tg.Voice
	Contact  = tg.Contact
	Dice     = tg.Dice
	Location = tg.Location
	Venue    = tg.Venue
)

// Animation is a GIF or a soundless video.
type Animation struct {
	tg.Animation
	Thumbnail *PhotoSize `json:"thumbnail,omitempty"`
	FileSize  int64      `json:"file_size,omitempty"`
}

// Audio is music.
type Audio struct {
	tg.Audio
	Thumbnail *PhotoSize `json:"thumbnail,omitempty"`
	FileSize  int64      `json:"file_size,omitempty"`
}

// Document is a file of no special kind.
type Document struct {
	tg.Document
	Thumbnail *PhotoSize `json:"thumbnail,omitempty"`
	FileSize  int64      `json:"file_size,omitempty"`
}

// Video is a video file.
type Video struct {
	tg.Video
	Thumbnail *PhotoSize  `json:"thumbnail,omitempty"`
	Cover     []PhotoSize `json:"cover,omitempty"`
	FileSize  int64       `json:"file_size,omitempty"`
}

// VideoNote is a round video.
type VideoNote struct {
	tg.VideoNote
	Thumbnail *PhotoSize `json:"thumbnail,omitempty"`
}

// LivePhoto is a picture that moves; Photo is its still side where sent.
type LivePhoto struct {
	FileID       string      `json:"file_id"`
	FileUniqueID string      `json:"file_unique_id"`
	Photo        []PhotoSize `json:"photo,omitempty"`
	Width        int         `json:"width"`
	Height       int         `json:"height"`
	Duration     int         `json:"duration"`
	MimeType     string      `json:"mime_type,omitempty"`
	FileSize     int64       `json:"file_size,omitempty"`
}

// Sticker is a sticker; Type is regular, mask or custom_emoji.
type Sticker struct {
	FileID        string     `json:"file_id"`
	FileUniqueID  string     `json:"file_unique_id"`
	Type          string     `json:"type"`
	Width         int        `json:"width"`
	Height        int        `json:"height"`
	IsAnimated    bool       `json:"is_animated"`
	IsVideo       bool       `json:"is_video"`
	Thumbnail     *PhotoSize `json:"thumbnail,omitempty"`
	Emoji         string     `json:"emoji,omitempty"`
	SetName       string     `json:"set_name,omitempty"`
	CustomEmojiID string     `json:"custom_emoji_id,omitempty"`
	FileSize      int64      `json:"file_size,omitempty"`
}

// Poll is a poll or quiz.
type Poll struct {
	ID                    string          `json:"id"`
	Question              string          `json:"question"`
	QuestionEntities      []MessageEntity `json:"question_entities,omitempty"`
	Options               []PollOption    `json:"options"`
	TotalVoterCount       int             `json:"total_voter_count"`
	IsClosed              bool            `json:"is_closed"`
	IsAnonymous           bool            `json:"is_anonymous"`
	Type                  string          `json:"type"`
	AllowsMultipleAnswers bool            `json:"allows_multiple_answers"`
	CorrectOptionIDs      []int           `json:"correct_option_ids,omitempty"`
	Explanation           string          `json:"explanation,omitempty"`
	Description           string          `json:"description,omitempty"`
}

// PollOption is one choice.
type PollOption struct {
	Text         string          `json:"text"`
	TextEntities []MessageEntity `json:"text_entities,omitempty"`
	VoterCount   int             `json:"voter_count"`
}

// File is a file ready to be downloaded for an hour; Path is empty when the server
// will not hand it over.
type File struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileSize     int64  `json:"file_size,omitempty"`
	FilePath     string `json:"file_path,omitempty"`
}

// ReactionType is an emoji, a custom emoji or a paid star.
type ReactionType struct {
	Type          string `json:"type"`
	Emoji         string `json:"emoji,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

// EmojiReaction is an ordinary emoji as a reaction.
func EmojiReaction(emoji string) ReactionType { return ReactionType{Type: "emoji", Emoji: emoji} }
