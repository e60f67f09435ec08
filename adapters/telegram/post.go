package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// Outgoing is one message, or one album, to send anywhere.
type Outgoing struct {
	Target  botapi.Target // chat, topic, reply, silence
	Content core.Content  // within Limits
	Buttons [][]core.Button
	Media   core.Media // the spool; nil when every file goes by reference
	// Typing shows "sending a photo…" while files are uploaded.
	Typing bool
	// NoPreview keeps the server from showing a linked page under a text.
	NoPreview bool

	plain  bool // the entities were refused
	upload bool // the references were refused
}

// Post sends o and returns the messages it became, in order. What the server
// refuses in one form is sent in the next best: text without formatting, a reply
// without its fragment or at all, a photo as a document, a voice note as audio, a
// file by its bytes. Errors are *core.SendError.
func (b *Bot) Post(ctx context.Context, o Outgoing) ([]botapi.Message, error) {
	// Each form is tried once; there are fewer than this many.
	for range 8 {
		ms, err := b.postOnce(ctx, o)
		if err == nil {
			return ms, nil
		}
		if !o.degrade(err) {
			return nil, o.classify(err)
		}
	}
	return nil, &core.SendError{Reason: core.Rejected, Detail: "refused in every form"}
}

// degrade changes o to the next form after a refusal; false when there is none.
func (o *Outgoing) degrade(err error) bool {
	switch botapi.KindOf(err) {
	case botapi.KindBadEntities:
		if o.plain {
			return false
		}
		o.plain = true
	case botapi.KindQuoteInvalid:
		if o.Target.Reply == nil || o.Target.Reply.Quote == "" {
			return false
		}
		whole := *o.Target.Reply
		whole.Quote = ""
		o.Target.Reply = &whole
	case botapi.KindReplyGone:
		if o.Target.Reply == nil {
			return false
		}
		o.Target.Reply = nil
	case botapi.KindBadFileID, botapi.KindBadFile:
		if o.upload || !o.spooled() {
			return false
		}
		o.upload = true
	case botapi.KindVoiceForbidden:
		return o.recast(map[core.Kind]core.Kind{
			core.Voice: core.Audio, core.VideoNote: core.Video, core.Audio: core.Document, core.Video: core.Document,
		})
	case botapi.KindBadImage:
		return o.recast(map[core.Kind]core.Kind{core.Photo: core.Document, core.Video: core.Document})
	default:
		return false
	}
	return true
}

// recast sends files as other kinds. A reference keeps the kind it was made with,
// so the bytes are needed.
func (o *Outgoing) recast(to map[core.Kind]core.Kind) bool {
	if !o.spooled() {
		return false
	}
	files, changed := slices.Clone(o.Content.Attachments), false
	for i, a := range files {
		if kind, ok := to[a.Kind]; ok {
			if a.Name == "" {
				files[i].Name = fileName(a)
			}
			files[i].Kind, changed = kind, true
		}
	}
	if changed {
		o.Content.Attachments, o.upload = files, true
	}
	return changed
}

// classify asks for the bytes where another form would need them.
func (o *Outgoing) classify(err error) error {
	out := Classify(err)
	var e *core.SendError
	if isKind(err, botapi.KindVoiceForbidden, botapi.KindBadImage, botapi.KindBadFile) && !o.upload && !o.spooled() && errors.As(out, &e) {
		e.Reason = core.MediaGone
	}
	return out
}

// spooled reports whether every file can be uploaded.
func (o *Outgoing) spooled() bool {
	if o.Media == nil || len(o.Content.Attachments) == 0 {
		return false
	}
	return !slices.ContainsFunc(o.Content.Attachments, func(a core.Attachment) bool { return a.Blob == "" })
}

func (b *Bot) postOnce(ctx context.Context, o Outgoing) ([]botapi.Message, error) {
	switch n := len(o.Content.Attachments); {
	case n > 1:
		return b.postAlbum(ctx, o)
	case n == 0:
		return one(b.postText(ctx, o))
	}
	a := o.Content.Attachments[0]
	switch a.Kind {
	case core.Location, core.ContactCard:
		return one(b.postCard(ctx, o, a))
	case core.Poll:
		o.Content = core.Content{Text: pollText(o.Content.Text, a)}
		return one(b.postText(ctx, o))
	case core.Unsupported:
		return nil, rejected("%s cannot be sent", a.Name)
	}
	file, err := FileSource(ctx, a, b.account, o.Media, o.upload)
	if err != nil {
		return nil, err
	}
	if o.Typing && file.Upload != nil {
		b.act(ctx, o.Target, action(a.Kind))
	}
	return one(b.postFile(ctx, o, a, file))
}

func one(m *botapi.Message, err error) ([]botapi.Message, error) {
	if err != nil {
		return nil, err
	}
	return []botapi.Message{*m}, nil
}

func rejected(format string, args ...any) error {
	return &core.SendError{Reason: core.Rejected, Detail: fmt.Sprintf(format, args...)}
}

// words are text and entities as this form of o sends them. A subject, which no
// chat has, stands above in bold.
func (o *Outgoing) words() (string, []botapi.MessageEntity) {
	t := o.Content.Text
	if o.Content.Subject != "" {
		head := core.Styled(o.Content.Subject, core.Bold)
		if !t.IsEmpty() {
			head = head.Append(core.Plain("\n"))
		}
		t = head.Append(t)
	}
	if o.plain {
		t.Spans = nil
	}
	return Entities(t)
}

func (o *Outgoing) caption() botapi.Caption {
	text, entities := o.words()
	return botapi.Caption{Caption: text, CaptionEntities: entities}
}

func (b *Bot) postText(ctx context.Context, o Outgoing) (*botapi.Message, error) {
	text, entities := o.words()
	if strings.TrimSpace(text) == "" {
		return nil, rejected("nothing to send")
	}
	return b.api.SendMessage(ctx, botapi.SendMessageParams{
		Target: o.Target, Text: text, Entities: entities, LinkPreviewOptions: o.preview(), ReplyMarkup: keyboard(o.Buttons),
	})
}

// preview is nil for the server's default.
func (o *Outgoing) preview() *botapi.LinkPreviewOptions {
	if !o.NoPreview {
		return nil
	}
	return &botapi.LinkPreviewOptions{IsDisabled: true}
}

// pollText is a poll in words, as the gateway carries it.
func pollText(above core.Text, a core.Attachment) core.Text {
	t := above
	if !t.IsEmpty() {
		t = t.Append(core.Plain("\n"))
	}
	t = t.Append(core.Styled("📊 "+a.Name, core.Bold))
	for _, o := range a.Options {
		t = t.Append(core.Plain("\n▫️ " + o))
	}
	return t
}

func (b *Bot) postCard(ctx context.Context, o Outgoing, a core.Attachment) (*botapi.Message, error) {
	if text, _ := o.words(); text != "" {
		return nil, rejected("no text goes with a %s", a.Kind)
	}
	markup := keyboard(o.Buttons)
	switch {
	case a.Kind == core.ContactCard && a.Phone == "":
		o.Content = core.Content{Text: core.Plain("👤 " + a.Name)}
		return b.postText(ctx, o)
	case a.Kind == core.ContactCard:
		name := a.Name
		if name == "" {
			name = a.Phone // a first name is required
		}
		return b.api.SendContact(ctx, botapi.SendContactParams{Target: o.Target, PhoneNumber: a.Phone, FirstName: name, ReplyMarkup: markup})
	case a.Name != "" || a.Address != "":
		title, address := a.Name, a.Address
		if title == "" {
			title = address
		}
		if address == "" { // required
			address = fmt.Sprintf("%.5f, %.5f", a.Lat, a.Lon)
		}
		return b.api.SendVenue(ctx, botapi.SendVenueParams{
			Target: o.Target, Latitude: a.Lat, Longitude: a.Lon, Title: title, Address: address, ReplyMarkup: markup,
		})
	}
	return b.api.SendLocation(ctx, botapi.SendLocationParams{Target: o.Target, Latitude: a.Lat, Longitude: a.Lon, ReplyMarkup: markup})
}

func (b *Bot) postFile(ctx context.Context, o Outgoing, a core.Attachment, f botapi.InputFile) (*botapi.Message, error) {
	text, markup, length := o.caption(), keyboard(o.Buttons), int(a.Duration/time.Second)
	if text.Caption != "" && (a.Kind == core.Sticker || a.Kind == core.VideoNote) {
		return nil, rejected("no text goes with a %s", a.Kind)
	}
	switch a.Kind {
	case core.Photo:
		return b.api.SendPhoto(ctx, botapi.SendPhotoParams{Target: o.Target, Caption: text, Photo: f, HasSpoiler: a.Spoiler, ReplyMarkup: markup})
	case core.Video:
		return b.api.SendVideo(ctx, botapi.SendVideoParams{
			Target: o.Target, Caption: text, Video: f, DurationSeconds: length,
			Width: a.Width, Height: a.Height, HasSpoiler: a.Spoiler, SupportsStreaming: true, ReplyMarkup: markup,
		})
	case core.Audio:
		return b.api.SendAudio(ctx, botapi.SendAudioParams{Target: o.Target, Caption: text, Audio: f, DurationSeconds: length, ReplyMarkup: markup})
	case core.Voice:
		return b.api.SendVoice(ctx, botapi.SendVoiceParams{Target: o.Target, Caption: text, Voice: f, DurationSeconds: length, ReplyMarkup: markup})
	case core.VideoNote:
		return b.api.SendVideoNote(ctx, botapi.SendVideoNoteParams{Target: o.Target, VideoNote: f, DurationSeconds: length, Length: a.Width, ReplyMarkup: markup})
	case core.Sticker:
		return b.api.SendSticker(ctx, botapi.SendStickerParams{Target: o.Target, Sticker: f, Emoji: uploadedEmoji(a, f), ReplyMarkup: markup})
	case core.Animation:
		return b.api.SendAnimation(ctx, botapi.SendAnimationParams{
			Target: o.Target, Caption: text, Animation: f, DurationSeconds: length,
			Width: a.Width, Height: a.Height, HasSpoiler: a.Spoiler, ReplyMarkup: markup,
		})
	case core.Document:
		// What is sent as a document stays one, also if it looks like a video.
		return b.api.SendDocument(ctx, botapi.SendDocumentParams{
			Target: o.Target, Caption: text, Document: f,
			DisableContentTypeDetection: f.Upload != nil, ReplyMarkup: markup,
		})
	}
	return nil, rejected("%s cannot be sent", a.Kind)
}

// uploadedEmoji goes with uploaded stickers only: core.telegram.org/bots/api#sendsticker.
func uploadedEmoji(a core.Attachment, f botapi.InputFile) string {
	if f.Upload == nil {
		return ""
	}
	return a.Emoji
}

var albumTypes = map[core.Kind]string{
	core.Photo: "photo", core.Video: "video", core.Audio: "audio", core.Document: "document",
}

// postAlbum sends files that stand together. The text goes with the first.
func (b *Bot) postAlbum(ctx context.Context, o Outgoing) ([]botapi.Message, error) {
	if len(o.Buttons) > 0 {
		return nil, rejected("no buttons go with an album")
	}
	p := botapi.SendMediaGroupParams{Target: o.Target}
	uploads := false
	for i, a := range o.Content.Attachments {
		if albumTypes[a.Kind] == "" {
			return nil, rejected("%s cannot stand in an album", a.Kind)
		}
		f, err := FileSource(ctx, a, b.account, o.Media, o.upload)
		if err != nil {
			return nil, err
		}
		m := botapi.InputMedia{Type: albumTypes[a.Kind], Media: f, NoTypeDetection: a.Kind == core.Document}
		if a.Kind == core.Photo || a.Kind == core.Video {
			m.HasSpoiler = a.Spoiler
		}
		if a.Kind == core.Video {
			m.Width, m.Height, m.SupportsStreaming = a.Width, a.Height, true
		}
		if a.Kind != core.Photo && a.Kind != core.Document {
			m.DurationSeconds = int(a.Duration / time.Second)
		}
		if i == 0 {
			m.Caption = o.caption()
		}
		p.Media = append(p.Media, m)
		uploads = uploads || f.Upload != nil
	}
	if o.Typing && uploads {
		b.act(ctx, o.Target, action(o.Content.Attachments[0].Kind))
	}
	ms, err := b.api.SendMediaGroup(ctx, p)
	if err == nil && len(ms) != len(p.Media) {
		err = &core.SendError{Reason: core.MaybeSent, Detail: fmt.Sprintf("album of %d became %d messages", len(p.Media), len(ms))}
	}
	return ms, err
}

// keyboard is nil, untyped, when there are no buttons: a typed nil would be sent.
func keyboard(rows [][]core.Button) botapi.ReplyMarkup {
	if k := Keyboard(rows); k != nil {
		return k
	}
	return nil
}

// Keyboard lays out buttons; nil when there are none.
func Keyboard(rows [][]core.Button) *botapi.InlineKeyboard {
	var k botapi.InlineKeyboard
	for _, row := range rows {
		var out []botapi.InlineButton
		for _, b := range row {
			out = append(out, botapi.InlineButton{Text: b.Label, URL: b.URL, CallbackData: b.ID})
		}
		if len(out) > 0 {
			k.Rows = append(k.Rows, out)
		}
	}
	if len(k.Rows) == 0 {
		return nil
	}
	return &k
}

// act shows what the bot is about to do. It is an ornament: failures are ignored.
func (b *Bot) act(ctx context.Context, t botapi.Target, what string) {
	_ = b.api.SendChatAction(ctx, botapi.SendChatActionParams{
		BusinessConnectionID: t.BusinessConnectionID, ChatID: t.ChatID, ThreadID: t.ThreadID, Action: what,
	})
}

// action names the sign for a kind: core.telegram.org/bots/api#sendchataction.
func action(k core.Kind) string {
	switch k {
	case core.Photo:
		return "upload_photo"
	case core.Video, core.Animation:
		return "upload_video"
	case core.VideoNote:
		return "upload_video_note"
	case core.Voice, core.Audio:
		return "upload_voice"
	}
	return "upload_document"
}

// Locators are the file_ids of sent messages, in order; empty where there is no file.
func Locators(ms []botapi.Message) []string {
	out := make([]string, len(ms))
	for i := range ms {
		if f, ok := fileOf(&ms[i]); ok {
			out[i] = f.Locator
		}
	}
	return out
}

// settled turns "it is so already" into success.
func settled(err error) error {
	if botapi.KindOf(err) == botapi.KindNotModified {
		return nil
	}
	return err
}

func isKind(err error, kinds ...botapi.Kind) bool {
	var e *botapi.Error
	return errors.As(err, &e) && slices.Contains(kinds, e.Kind)
}
