package botapi

import (
	"context"
	"slices"
)

// SendPhotoParams send a picture.
type SendPhotoParams struct {
	Target
	Caption
	Photo                 InputFile   `json:"photo,omitzero"`
	ShowCaptionAboveMedia bool        `json:"show_caption_above_media,omitempty"`
	HasSpoiler            bool        `json:"has_spoiler,omitempty"`
	ReplyMarkup           ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendPhotoParams) withFiles(a *attachments) any { a.field("photo", &p.Photo); return p }

// SendPhoto sends a picture.
func (c *Client) SendPhoto(ctx context.Context, p SendPhotoParams) (*Message, error) {
	return c.message(ctx, "sendPhoto", p)
}

// SendAudioParams send music.
type SendAudioParams struct {
	Target
	Caption
	Audio           InputFile   `json:"audio,omitzero"`
	Thumbnail       InputFile   `json:"thumbnail,omitzero"`
	DurationSeconds int         `json:"duration,omitempty"`
	Performer       string      `json:"performer,omitempty"`
	Title           string      `json:"title,omitempty"`
	ReplyMarkup     ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendAudioParams) withFiles(a *attachments) any {
	a.field("audio", &p.Audio)
	a.field("thumbnail", &p.Thumbnail)
	return p
}

// SendAudio sends music.
func (c *Client) SendAudio(ctx context.Context, p SendAudioParams) (*Message, error) {
	return c.message(ctx, "sendAudio", p)
}

// SendVoiceParams send a voice note: ogg/opus, mp3 or m4a.
type SendVoiceParams struct {
	Target
	Caption
	Voice           InputFile   `json:"voice,omitzero"`
	DurationSeconds int         `json:"duration,omitempty"`
	ReplyMarkup     ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendVoiceParams) withFiles(a *attachments) any { a.field("voice", &p.Voice); return p }

// SendVoice sends a voice note.
func (c *Client) SendVoice(ctx context.Context, p SendVoiceParams) (*Message, error) {
	return c.message(ctx, "sendVoice", p)
}

// SendVideoParams send a video.
type SendVideoParams struct {
	Target
	Caption
	Video                 InputFile   `json:"video,omitzero"`
	Thumbnail             InputFile   `json:"thumbnail,omitzero"`
	DurationSeconds       int         `json:"duration,omitempty"`
	Width                 int         `json:"width,omitempty"`
	Height                int         `json:"height,omitempty"`
	ShowCaptionAboveMedia bool        `json:"show_caption_above_media,omitempty"`
	HasSpoiler            bool        `json:"has_spoiler,omitempty"`
	SupportsStreaming     bool        `json:"supports_streaming,omitempty"`
	ReplyMarkup           ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendVideoParams) withFiles(a *attachments) any {
	a.field("video", &p.Video)
	a.field("thumbnail", &p.Thumbnail)
	return p
}

// SendVideo sends a video.
func (c *Client) SendVideo(ctx context.Context, p SendVideoParams) (*Message, error) {
	return c.message(ctx, "sendVideo", p)
}

// SendVideoNoteParams send a round video, which has no caption.
type SendVideoNoteParams struct {
	Target
	VideoNote       InputFile   `json:"video_note,omitzero"`
	Thumbnail       InputFile   `json:"thumbnail,omitzero"`
	DurationSeconds int         `json:"duration,omitempty"`
	Length          int         `json:"length,omitempty"` // diameter
	ReplyMarkup     ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendVideoNoteParams) withFiles(a *attachments) any {
	a.field("video_note", &p.VideoNote)
	a.field("thumbnail", &p.Thumbnail)
	return p
}

// SendVideoNote sends a round video.
func (c *Client) SendVideoNote(ctx context.Context, p SendVideoNoteParams) (*Message, error) {
	return c.message(ctx, "sendVideoNote", p)
}

// SendAnimationParams send a GIF or a soundless video.
type SendAnimationParams struct {
	Target
	Caption
	Animation             InputFile   `json:"animation,omitzero"`
	Thumbnail             InputFile   `json:"thumbnail,omitzero"`
	DurationSeconds       int         `json:"duration,omitempty"`
	Width                 int         `json:"width,omitempty"`
	Height                int         `json:"height,omitempty"`
	ShowCaptionAboveMedia bool        `json:"show_caption_above_media,omitempty"`
	HasSpoiler            bool        `json:"has_spoiler,omitempty"`
	ReplyMarkup           ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendAnimationParams) withFiles(a *attachments) any {
	a.field("animation", &p.Animation)
	a.field("thumbnail", &p.Thumbnail)
	return p
}

// SendAnimation sends a GIF or a soundless video.
func (c *Client) SendAnimation(ctx context.Context, p SendAnimationParams) (*Message, error) {
	return c.message(ctx, "sendAnimation", p)
}

// SendStickerParams send a sticker, which has no caption.
type SendStickerParams struct {
	Target
	Sticker     InputFile   `json:"sticker,omitzero"`
	Emoji       string      `json:"emoji,omitempty"`
	ReplyMarkup ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendStickerParams) withFiles(a *attachments) any { a.field("sticker", &p.Sticker); return p }

// SendSticker sends a sticker.
func (c *Client) SendSticker(ctx context.Context, p SendStickerParams) (*Message, error) {
	return c.message(ctx, "sendSticker", p)
}

// SendDocumentParams send a file as it is.
type SendDocumentParams struct {
	Target
	Caption
	Document                    InputFile   `json:"document,omitzero"`
	Thumbnail                   InputFile   `json:"thumbnail,omitzero"`
	DisableContentTypeDetection bool        `json:"disable_content_type_detection,omitempty"`
	ReplyMarkup                 ReplyMarkup `json:"reply_markup,omitempty"`
}

func (p SendDocumentParams) withFiles(a *attachments) any {
	a.field("document", &p.Document)
	a.field("thumbnail", &p.Thumbnail)
	return p
}

// SendDocument sends a file as it is.
func (c *Client) SendDocument(ctx context.Context, p SendDocumentParams) (*Message, error) {
	return c.message(ctx, "sendDocument", p)
}

// InputMedia is one item of an album or of an edit. Type is photo, video,
// animation, audio or document; fields that the type lacks stay zero.
type InputMedia struct {
	Type string `json:"type"`
	Caption
	Media                 InputFile `json:"media"`
	Thumbnail             InputFile `json:"thumbnail,omitzero"`
	Width                 int       `json:"width,omitempty"`
	Height                int       `json:"height,omitempty"`
	DurationSeconds       int       `json:"duration,omitempty"`
	Performer             string    `json:"performer,omitempty"`
	Title                 string    `json:"title,omitempty"`
	SupportsStreaming     bool      `json:"supports_streaming,omitempty"`
	HasSpoiler            bool      `json:"has_spoiler,omitempty"`
	ShowCaptionAboveMedia bool      `json:"show_caption_above_media,omitempty"`
	NoTypeDetection       bool      `json:"disable_content_type_detection,omitempty"`
}

func (m *InputMedia) nest(a *attachments) {
	a.nested(&m.Media)
	a.nested(&m.Thumbnail)
}

// SendMediaGroupParams send an album of 2–10 items: photos and videos mixed, or
// documents alone, or audio alone. An album has no buttons.
type SendMediaGroupParams struct {
	Target
	Media []InputMedia `json:"media"`
}

func (p SendMediaGroupParams) withFiles(a *attachments) any {
	p.Media = slices.Clone(p.Media)
	for i := range p.Media {
		p.Media[i].nest(a)
	}
	return p
}

// SendMediaGroup sends an album and returns its messages in order.
func (c *Client) SendMediaGroup(ctx context.Context, p SendMediaGroupParams) ([]Message, error) {
	var out []Message
	err := c.Call(ctx, "sendMediaGroup", p, &out)
	return out, err
}
