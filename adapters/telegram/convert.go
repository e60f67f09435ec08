package telegram

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// Content is what a message says. holder is the account of the bot that got it:
// its files travel by reference there and nowhere else. What the gateway cannot
// carry becomes an Unsupported attachment with the API's word for it, beside
// whatever words of it can be shown.
func Content(m *botapi.Message, holder string) core.Content {
	var c core.Content
	if m.Text != "" {
		c.Text = TextOf(m.Text, m.Entities)
	} else {
		c.Text = TextOf(m.Caption, m.CaptionEntities)
	}
	a, ok := fileOf(m)
	if !ok {
		a, ok = cardOf(m)
	}
	if ok {
		if a.Kind.IsFile() {
			a.Holder = holder
		}
		a.Spoiler = m.HasMediaSpoiler
		a.Source = Remote(m.Chat.ID, m.MessageID)
		c.Attachments = []core.Attachment{a}
		return c
	}
	switch kind := m.Content(); {
	case kind == "text":
	case m.Dice != nil:
		c.Text = core.Plain(m.Dice.Emoji + " " + strconv.Itoa(m.Dice.Value))
	case kind == "" && m.Inaccessible():
	default:
		if c.Text.IsEmpty() {
			c.Text = core.Plain(legible(m))
		}
		if kind == "" {
			kind = "message"
		}
		c.Attachments = []core.Attachment{{Kind: core.Unsupported, Name: kind, Source: Remote(m.Chat.ID, m.MessageID)}}
	}
	return c
}

// fileOf is the file a message carries. An animation also has a document, for
// clients that know no animations, so it comes first.
func fileOf(m *botapi.Message) (a core.Attachment, ok bool) {
	switch {
	case m.Animation != nil:
		f := m.Animation
		return core.Attachment{
			Kind: core.Animation, Name: f.FileName, MIME: f.MimeType, SizeBytes: f.FileSize,
			Duration: seconds(f.Duration), Width: f.Width, Height: f.Height, Locator: f.FileID,
		}, true
	case m.Audio != nil:
		f := m.Audio
		return core.Attachment{
			Kind: core.Audio, Name: audioName(f), MIME: f.MimeType, SizeBytes: f.FileSize,
			Duration: seconds(f.Duration), Locator: f.FileID,
		}, true
	case m.Document != nil:
		f := m.Document
		return core.Attachment{
			Kind: core.Document, Name: f.FileName, MIME: f.MimeType, SizeBytes: f.FileSize,
			Locator: f.FileID,
		}, true
	case m.LivePhoto != nil && len(m.LivePhoto.Photo) > 0:
		return photo(m.LivePhoto.Photo), true
	case m.LivePhoto != nil:
		f := m.LivePhoto
		return core.Attachment{
			Kind: core.Video, MIME: f.MimeType, SizeBytes: f.FileSize,
			Duration: seconds(f.Duration), Width: f.Width, Height: f.Height, Locator: f.FileID,
		}, true
	case len(m.Photo) > 0:
		return photo(m.Photo), true
	case m.Sticker != nil:
		f := m.Sticker
		return core.Attachment{
			Kind: core.Sticker, Name: f.SetName, MIME: stickerMIME(f), SizeBytes: f.FileSize,
			Width: f.Width, Height: f.Height, Locator: f.FileID, Emoji: f.Emoji,
		}, true
	case m.Video != nil:
		f := m.Video
		return core.Attachment{
			Kind: core.Video, Name: f.FileName, MIME: f.MimeType, SizeBytes: f.FileSize,
			Duration: seconds(f.Duration), Width: f.Width, Height: f.Height, Locator: f.FileID,
		}, true
	case m.VideoNote != nil:
		f := m.VideoNote
		return core.Attachment{
			Kind: core.VideoNote, MIME: "video/mp4", SizeBytes: int64(f.FileSize),
			Duration: seconds(f.Duration), Width: f.Length, Height: f.Length, Locator: f.FileID,
		}, true
	case m.Voice != nil:
		f := m.Voice
		return core.Attachment{
			Kind: core.Voice, MIME: f.MimeType, SizeBytes: int64(f.FileSize),
			Duration: seconds(f.Duration), Locator: f.FileID,
		}, true
	}
	return a, false
}

// cardOf is what a message carries that is no file and yet more than text.
func cardOf(m *botapi.Message) (a core.Attachment, ok bool) {
	switch {
	case m.Contact != nil:
		f := m.Contact
		a = core.Attachment{Kind: core.ContactCard, Name: strings.TrimSpace(f.FirstName + " " + f.LastName), Phone: e164(f.PhoneNumber)}
		// Telegram finds the account by the number, so who shares a card with his
		// own account shares his own number.
		if m.From != nil && f.UserID != 0 && f.UserID == m.From.ID && m.ForwardOrigin == nil {
			a.Owner = peerID(m.From.ID)
		}
		return a, true
	case m.Venue != nil:
		f := m.Venue
		return core.Attachment{
			Kind: core.Location, Name: f.Title, Address: f.Address,
			Lat: f.Location.Latitude, Lon: f.Location.Longitude,
		}, true
	case m.Location != nil:
		return core.Attachment{Kind: core.Location, Lat: m.Location.Latitude, Lon: m.Location.Longitude}, true
	case m.Poll != nil:
		a = core.Attachment{Kind: core.Poll, Name: m.Poll.Question}
		for _, o := range m.Poll.Options {
			a.Options = append(a.Options, o.Text)
		}
		return a, true
	}
	return a, false
}

func photo(sizes []botapi.PhotoSize) core.Attachment {
	f := slices.MaxFunc(sizes, func(a, b botapi.PhotoSize) int {
		return cmp.Or(cmp.Compare(a.Width*a.Height, b.Width*b.Height), cmp.Compare(a.FileSize, b.FileSize))
	})
	return core.Attachment{
		Kind: core.Photo, MIME: "image/jpeg", SizeBytes: int64(f.FileSize),
		Width: f.Width, Height: f.Height, Locator: f.FileID,
	}
}

func audioName(f *botapi.Audio) string {
	switch {
	case f.FileName != "":
		return f.FileName
	case f.Performer != "" && f.Title != "":
		return f.Performer + " — " + f.Title
	}
	return f.Performer + f.Title
}

func stickerMIME(f *botapi.Sticker) string {
	switch {
	case f.IsAnimated:
		return "application/x-tgsticker"
	case f.IsVideo:
		return "video/webm"
	}
	return "image/webp"
}

// legible are the words of a message that cannot be carried as a whole.
func legible(m *botapi.Message) string {
	switch {
	case m.Checklist != nil:
		lines := []string{m.Checklist.Title}
		for _, t := range m.Checklist.Tasks {
			box := "☐ "
			if t.CompletionDate != 0 {
				box = "☑ "
			}
			lines = append(lines, box+t.Text)
		}
		return strings.Join(lines, "\n")
	case m.Game != nil:
		return titled(m.Game)
	case m.Invoice != nil:
		return titled(m.Invoice)
	case m.Giveaway != nil:
		return m.Giveaway.PrizeDescription
	case m.Story != nil:
		return chatName(&m.Story.Chat)
	}
	return ""
}

func titled(t *botapi.Titled) string {
	return strings.TrimSpace(t.Title + "\n" + t.Description)
}

// ReplyOf is what a message answers; nil when nothing, or nothing of this chat.
// The fragment is there only if its author chose it.
func ReplyOf(m *botapi.Message) *core.Reference {
	r := m.ReplyToMessage
	if r == nil || r.Chat.ID != m.Chat.ID || r.ForumTopicCreated != nil {
		return nil
	}
	ref := &core.Reference{Remote: Remote(r.Chat.ID, r.MessageID)}
	if m.Quote != nil && m.Quote.IsManual {
		ref.Fragment = m.Quote.Text
	}
	return ref
}

// Foreign is a quoted line for an answer to something of another chat, which no
// reference can name: who, and the words or a sign of the kind. It is empty for
// other messages.
func Foreign(m *botapi.Message) core.Text {
	var line string
	switch {
	case m.ExternalReply != nil:
		line = cmp.Or(originName(&m.ExternalReply.Origin), chatName(m.ExternalReply.Chat))
		line += ": " + signOf(m.ExternalReply)
		if m.Quote != nil {
			line += m.Quote.Text
		}
	case m.ReplyToStory != nil:
		line = chatName(&m.ReplyToStory.Chat) + ": 📖"
	default:
		return core.Text{}
	}
	line = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), ": "), ":"))
	if line == "" {
		line = "…"
	}
	return core.Styled(line, core.Quote).Append(core.Plain("\n"))
}

func signOf(r *botapi.ExternalReply) string {
	switch {
	case len(r.Photo) > 0:
		return "🖼 "
	case r.Video != nil, r.VideoNote != nil, r.Animation != nil:
		return "🎬 "
	case r.Voice != nil:
		return "🎤 "
	case r.Audio != nil:
		return "🎵 "
	case r.Sticker != nil:
		return r.Sticker.Emoji + " "
	case r.Document != nil:
		return "📎 " + r.Document.FileName + " "
	case r.Contact != nil:
		return "👤 "
	case r.Venue != nil, r.Location != nil:
		return "📍 "
	case r.Poll != nil:
		return "📊 " + r.Poll.Question + " "
	}
	return ""
}

// Forwarded is the original author's name; empty when the message is no forward.
func Forwarded(m *botapi.Message) string {
	if m.ForwardOrigin == nil {
		return ""
	}
	if name := originName(m.ForwardOrigin); name != "" {
		return name
	}
	return "…"
}

func originName(o *botapi.MessageOrigin) string {
	switch {
	case o.SenderUser != nil:
		return userName(o.SenderUser)
	case o.SenderUserName != "":
		return o.SenderUserName
	case o.SenderChat != nil:
		return chatName(o.SenderChat)
	case o.Chat != nil:
		return chatName(o.Chat)
	}
	return o.AuthorSignature
}

func chatName(c *botapi.Chat) string {
	if c == nil {
		return ""
	}
	return cmp.Or(c.Title, strings.TrimSpace(c.FirstName+" "+c.LastName), c.UserName)
}

func userName(u *botapi.User) string {
	return cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.UserName, strconv.FormatInt(u.ID, 10))
}

// channelBotID writes for channels (Channel_Bot), as GroupAnonymousBotID does for
// anonymous admins. *Guess*: seen in updates, not documented.
const channelBotID int64 = 136817688

// Person is somebody in a group. behind is the message's sender_chat, nil where
// there is none; self is our bot's id. u may be nil.
func Person(u *botapi.User, behind *botapi.Chat, self int64) core.Person {
	var p core.Person
	p.Guise = core.Human
	if u != nil {
		p.ID = core.PersonID(strconv.FormatInt(u.ID, 10))
		p.Name, p.Username, p.Language = userName(u), u.UserName, u.LanguageCode
	}
	switch {
	case u != nil && u.ID == self:
		p.Guise = core.Self
	case u != nil && u.ID == botapi.GroupAnonymousBotID:
		p.Guise = core.Anonymous
	case behind != nil, u != nil && (u.ID == botapi.LinkedChannelID || u.ID == channelBotID):
		p.Guise = core.Broadcast
		if behind != nil && behind.Type != "channel" {
			p.Guise = core.Anonymous // the group itself speaks
		}
	case u == nil:
		p.Guise = core.Broadcast
	case u.IsBot:
		p.Guise = core.Robot
	}
	if behind != nil && p.Guise != core.Self {
		p.ID, p.Name, p.Username = core.PersonID(strconv.FormatInt(behind.ID, 10)), chatName(behind), behind.UserName
	}
	return p
}

// Peer is a correspondent of a private chat.
func Peer(u *botapi.User) core.Peer {
	p := core.Peer{ID: peerID(u.ID), Name: userName(u), Username: u.UserName, Language: u.LanguageCode, Bot: u.IsBot}
	if u.UserName != "" {
		p.Link = "https://t.me/" + u.UserName
	}
	return p
}

func peerID(chat int64) core.PeerID { return core.PeerID(strconv.FormatInt(chat, 10)) }

// Remote names a message: "<chat id>:<message id>".
func Remote(chat int64, message int) core.RemoteID {
	return core.RemoteID(strconv.FormatInt(chat, 10) + ":" + strconv.Itoa(message))
}

// ParseRemote reads what Remote wrote.
func ParseRemote(r core.RemoteID) (chat int64, message int, ok bool) {
	c, m, found := strings.Cut(string(r), ":")
	chat, err1 := strconv.ParseInt(c, 10, 64)
	message, err2 := strconv.Atoi(m)
	return chat, message, found && err1 == nil && err2 == nil
}

// e164 adds the plus that Telegram leaves out.
func e164(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	if digits == "" {
		return ""
	}
	return "+" + digits
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func unix(sec int) time.Time { return time.Unix(int64(sec), 0) }
