package telegramsim

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
)

// post is what all sending methods do once they know the content: keyboard,
// chat, reply, topic, rights, budget, in the server's order.
func (c *call) post(k content, units int) (any, error) {
	m, ch, err := c.prepare(k)
	if err != nil {
		return nil, err
	}
	if err := c.spend(ch, units); err != nil {
		return nil, err
	}
	c.keepFiles(k)
	c.add(ch, m)
	return c.render(m, c.bot.ID, true), nil
}

// prepare makes the message without putting it anywhere.
func (c *call) prepare(k content) (*message, *chat, error) {
	keyboard, err := c.keyboard()
	if err != nil {
		return nil, nil, err
	}
	ch, err := c.chat("chat_id", true)
	if err != nil {
		return nil, nil, err
	}
	m := &message{From: c.bot.ID, Content: k, Keyboard: keyboard, Protected: c.p.flag("protect_content")}
	if ch.Kind == kindChannel {
		m.SenderChat = ch.Place.Chat
	}
	if raw := c.p.str("link_preview_options"); raw != "" && json.Valid([]byte(raw)) && k.Kind == kText {
		m.LinkPreview = []byte(raw)
	}
	if m.Thread, err = c.thread(ch); err != nil {
		return nil, nil, err
	}
	m.Topical = m.Thread != 0
	if err := c.reply(ch, m); err != nil {
		return nil, nil, err
	}
	if err := ch.maySend(c.bot.ID, k.Kind); err != nil {
		return nil, nil, err
	}
	if a := c.st.Users[ch.Place.Chat]; ch.private() && a.NoVoice && (k.Kind == kVoice || k.Kind == kNote) {
		return nil, nil, bad("VOICE_MESSAGES_FORBIDDEN")
	}
	return m, ch, nil
}

// keepFiles makes the uploads of an accepted message stay.
func (c *call) keepFiles(k content) {
	for _, f := range c.p.files {
		if f.Key == k.File {
			c.keep(f, k.Kind)
		}
	}
}

func (c *call) sendMessage() (any, error) {
	k, err := c.textContent("text")
	if err != nil {
		return nil, err
	}
	return c.post(k, 1)
}

func (c *call) textContent(param string) (content, error) {
	raw := c.p.str(param)
	if raw == "" {
		return content{}, bad("message text is empty")
	}
	text, es, err := c.formatted(raw, "parse_mode", "entities")
	if err != nil {
		return content{}, err
	}
	if text == "" {
		return content{}, bad("text must be non-empty")
	}
	if c.limits.TextUnits > 0 && units(text) > c.limits.TextUnits {
		return content{}, bad("message is too long")
	}
	return content{Kind: kText, Text: text, Entities: es}, nil
}

// caption reads the caption of k, which is about to be sent.
func (c *call) caption(k *content) error {
	if !k.captioned() {
		return nil
	}
	text, es, err := c.formatted(c.p.str("caption"), "parse_mode", "caption_entities")
	if err != nil {
		return err
	}
	k.Text, k.Entities = text, es
	k.Above, k.Spoiler = c.p.flag("show_caption_above_media"), c.p.flag("has_spoiler")
	return c.checkCaption(text)
}

func (c *call) checkCaption(text string) error {
	if c.limits.CaptionUnits > 0 && units(text) > c.limits.CaptionUnits {
		return bad("message caption is too long")
	}
	return nil
}

// sendFile is sendPhoto, sendDocument and their kin.
func sendFile(kind string) handler {
	param := kind
	return func(c *call) (any, error) {
		f, err := c.inputFile(kind, c.p.str(param), c.p.files[param], "there is no "+strings.ReplaceAll(kind, "_", " ")+" in the request")
		if err != nil {
			return nil, err
		}
		k := content{
			Kind: kind, File: f.Key, Width: int(c.p.int("width")), Height: int(c.p.int("height")),
			Duration: int(c.p.int("duration")), Performer: c.p.str("performer"), Title: c.p.str("title"), Emoji: c.p.str("emoji"),
		}
		k.shape(f, int(c.p.int("length")))
		if err := c.caption(&k); err != nil {
			return nil, err
		}
		return c.post(k, 1)
	}
}

// shape fills sizes a client did not give. Real servers measure; for videos the
// numbers are made up.
func (k *content) shape(f *file, length int) {
	switch k.Kind {
	case kVideo, kAnimation, kSticker:
		if k.Width == 0 || k.Height == 0 {
			k.Width, k.Height = f.Width, f.Height
		}
		if k.Width == 0 || k.Height == 0 {
			k.Width, k.Height = 512, 512
		}
	case kNote:
		k.Width = length
		if k.Width == 0 {
			k.Width = 240
		}
	}
}

// inputFile finds what a file parameter names: an upload, attach://, a file_id
// or a URL.
func (c *call) inputFile(kind, value string, direct *file, missing string) (*file, error) {
	if name, ok := strings.CutPrefix(value, "attach://"); ok {
		if direct = c.p.files[name]; direct == nil {
			return nil, bad(missing)
		}
	}
	if direct != nil {
		return direct, c.checkUpload(kind, direct)
	}
	if value == "" {
		return nil, bad(missing)
	}
	if strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://") {
		return c.fetched(kind, value)
	}
	f, foreign := c.byFileID(value, c.bot.ID)
	switch {
	case f == nil && strings.ContainsAny(value, ". /"):
		return nil, bad("wrong remote file identifier specified: Wrong character in the string")
	case f == nil:
		return nil, bad("wrong remote file identifier specified: Wrong padding in the string")
	case foreign:
		return nil, bad("wrong file identifier/HTTP URL specified")
	case f.Kind != kind:
		return nil, badf("can't use file of type %s as %s", tdKind[f.Kind], tdKind[kind])
	}
	return f, nil
}

// tdKind is TDLib's word for a kind of file.
var tdKind = map[string]string{
	kPhoto: "Photo", kVideo: "Video", kAudio: "Audio", kVoice: "VoiceNote", kNote: "VideoNote",
	kAnimation: "Animation", kSticker: "Sticker", kDoc: "Document",
}

// pictureExt are the extensions a photo may have: guess.
var pictureExt = map[string]bool{
	"": true, ".jpg": true, ".jpeg": true, ".png": true, ".webp": true, ".gif": true,
	".bmp": true, ".tif": true, ".tiff": true, ".heic": true, ".jfif": true, ".img": true, ".bin": true, ".tmp": true,
}

func (c *call) checkUpload(kind string, f *file) error {
	if f.Size == 0 {
		return bad("file must be non-empty")
	}
	switch kind {
	case kPhoto:
		if l := c.limits.PhotoBytes; l > 0 && f.Size > l {
			return badf("file of size %d bytes is too big for a photo; the maximum size is %d bytes", f.Size, l)
		}
		if !c.knobs.StrictImages {
			return nil
		}
		if !pictureExt[strings.ToLower(filepath.Ext(f.Name))] {
			return bad("PHOTO_EXT_INVALID")
		}
		if f.Format == "" {
			return bad("IMAGE_PROCESS_FAILED")
		}
		if f.Width+f.Height > 10000 || f.Width > 20*f.Height || f.Height > 20*f.Width {
			return bad("PHOTO_INVALID_DIMENSIONS")
		}
	case kNote:
		if l := c.limits.VideoNoteBytes; l > 0 && f.Size > l {
			return badf("file of size %d bytes is too big for a video note; the maximum size is %d bytes", f.Size, l)
		}
	}
	return nil
}

func (c *call) sendLocation() (any, error) {
	l, err := c.location()
	if err != nil {
		return nil, err
	}
	return c.post(content{Kind: kLocation, Location: l}, 1)
}

func (c *call) location() (*Location, error) {
	if c.p.str("latitude") == "" {
		return nil, bad("latitude is empty")
	}
	if c.p.str("longitude") == "" {
		return nil, bad("longitude is empty")
	}
	l := &Location{
		Latitude: c.p.float("latitude"), Longitude: c.p.float("longitude"), Accuracy: c.p.float("horizontal_accuracy"),
		LivePeriod: int(c.p.int("live_period")), Heading: int(c.p.int("heading")), Proximity: int(c.p.int("proximity_alert_radius")),
	}
	if l.Latitude < -90 || l.Latitude > 90 || l.Longitude < -180 || l.Longitude > 180 {
		return nil, bad("wrong location specified") // wording: guess
	}
	return l, nil
}

func (c *call) sendVenue() (any, error) {
	l, err := c.location()
	if err != nil {
		return nil, err
	}
	v := &Venue{
		Location: *l, Title: c.p.str("title"), Address: c.p.str("address"), FoursquareID: c.p.str("foursquare_id"),
		FoursquareType: c.p.str("foursquare_type"), GoogleID: c.p.str("google_place_id"), GoogleType: c.p.str("google_place_type"),
	}
	if v.Title == "" || v.Address == "" {
		return nil, bad("venue title and address must be non-empty") // wording: guess
	}
	return c.post(content{Kind: kVenue, Venue: v}, 1)
}

func (c *call) sendContact() (any, error) {
	p := &Contact{Phone: c.p.str("phone_number"), FirstName: c.p.str("first_name"), LastName: c.p.str("last_name"), VCard: c.p.str("vcard")}
	if p.Phone == "" {
		return nil, bad("phone number must be non-empty")
	}
	if p.FirstName == "" {
		return nil, bad("first name must be non-empty")
	}
	return c.post(content{Kind: kContact, Contact: p}, 1)
}

func (c *call) sendDice() (any, error) {
	emoji := c.p.str("emoji")
	if emoji == "" {
		emoji = "🎲"
	}
	sides := map[string]int{"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}[strings.TrimSuffix(emoji, "\ufe0f")]
	if sides == 0 {
		return nil, bad("invalid dice emoji") // wording: guess
	}
	return c.post(content{Kind: kDice, Dice: &Dice{emoji, 1 + c.rng.IntN(sides)}}, 1)
}

func (c *call) sendPoll() (any, error) {
	var options []json.RawMessage
	if err := c.p.object("options", &options); err != nil {
		return nil, err
	}
	question, es, err := c.formatted(c.p.str("question"), "question_parse_mode", "question_entities")
	if err != nil {
		return nil, err
	}
	if question == "" {
		return nil, bad("poll question must be non-empty")
	}
	if units(question) > 300 {
		return nil, bad("poll question length must not exceed 300")
	}
	if len(options) < 1 {
		return nil, bad("poll must have at least 1 option")
	}
	if len(options) > 12 {
		return nil, bad("poll can't have more than 12 options")
	}
	p := &Poll{
		ID: strconv.FormatInt(5_000_000_000_000_000_000+c.seq(), 10), Question: question, Entities: es, Type: "regular",
		Anonymous: !c.p.has("is_anonymous") || c.p.flag("is_anonymous"), Multiple: c.p.flag("allows_multiple_answers"),
		Closed: c.p.flag("is_closed"), OpenPeriod: int(c.p.int("open_period")), CloseDate: c.p.int("close_date"),
		Revoting: c.p.flag("allows_revoting"),
	}
	for i, raw := range options {
		var o struct {
			Text string `json:"text"`
			Mode string `json:"text_parse_mode"`
		}
		if json.Unmarshal(raw, &o) != nil && json.Unmarshal(raw, &o.Text) != nil || o.Text == "" {
			return nil, bad("poll options must be non-empty")
		}
		p.Options = append(p.Options, PollOption{ID: strconv.Itoa(i), Text: o.Text})
	}
	if c.p.str("type") == "quiz" {
		p.Type = "quiz"
		if err := c.p.object("correct_option_ids", &p.Correct); err != nil {
			return nil, err
		}
		if c.p.has("correct_option_id") {
			p.Correct = []int{int(c.p.int("correct_option_id"))}
		}
		p.Explanation = c.p.str("explanation")
	}
	return c.post(content{Kind: kPoll, Poll: p}, 1)
}
