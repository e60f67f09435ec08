package telegramsim

import (
	"encoding/json"
	"strings"
)

func (s *Server) user(id int64) User {
	if a := s.st.Users[id]; a != nil {
		return a.User
	}
	return User{ID: id, FirstName: "Deleted Account"}
}

// wireChatOf shows c as its bot sees it.
func (s *Server) wireChatOf(c *chat) wireChat {
	if c.private() {
		u := s.user(c.Place.Chat)
		return wireChat{ID: u.ID, Type: kindPrivate, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName}
	}
	return wireChat{ID: c.Place.Chat, Type: c.Kind, Title: c.Title, Username: c.Username, IsForum: c.Forum}
}

// senderOf shows a message's from and sender_chat.
func (s *Server) senderOf(c *chat, m *message) (*User, *wireChat) {
	var sc *wireChat
	if m.SenderChat != 0 {
		if k := s.st.Chats[Group(m.SenderChat)]; k != nil {
			w := s.wireChatOf(k)
			sc = &w
		}
	}
	if c.Kind == kindChannel || m.From == 0 {
		return nil, sc
	}
	u := s.user(m.From)
	return &u, sc
}

// render is m as one bot gets it. Deep also shows what it answers or pins.
func (s *Server) render(m *message, bot int64, deep bool) *wireMessage {
	c := s.st.Chats[m.Place]
	w := &wireMessage{
		ID: m.ID, Date: m.Date, Chat: s.wireChatOf(c), Origin: m.Origin, Topical: m.Topical,
		AutoForward: m.AutoForward, Thread: m.Thread, Album: m.Album, EditDate: m.EditDate, Signature: m.Signature,
		Protected: m.Protected, Quote: m.Quote, LinkPreview: json.RawMessage(m.LinkPreview),
	}
	w.From, w.SenderChat = s.senderOf(c, m)
	if len(m.Keyboard) > 0 {
		w.Keyboard = &wireKeyboard{m.Keyboard}
	}
	s.renderContent(w, m, bot, deep)
	if !deep {
		w.Quote = nil
		return w
	}
	answered := m.ReplyTo
	if answered == 0 && m.Topical && m.ID != m.Thread && m.Content.Kind != kPinned {
		answered = m.Thread // bots/api: the topic's creation message stands in
	}
	if m.ReplyPlace != nil {
		w.External = s.renderExternal(m, bot)
	} else if answered != 0 {
		if r := c.find(answered); r != nil {
			w.ReplyTo = s.render(r, bot, false)
		}
	}
	return w
}

func (s *Server) renderContent(w *wireMessage, m *message, bot int64, deep bool) {
	k := &m.Content
	switch k.Kind {
	case kText:
		w.Text, w.Entities = &k.Text, k.Entities
	case kContact:
		w.Contact = k.Contact
	case kLocation:
		w.Location = k.Location
	case kVenue:
		w.Venue, w.Location = k.Venue, &k.Venue.Location
	case kDice:
		w.Dice = k.Dice
	case kPoll:
		w.Poll = k.Poll
	default:
		if k.service() {
			s.renderService(w, m, bot, deep)
			return
		}
		s.renderMedia(w, k, bot)
	}
}

func (s *Server) renderService(w *wireMessage, m *message, bot int64, deep bool) {
	k := &m.Content
	switch k.Kind {
	case kTopicCreated:
		w.TopicCreated = &topicCreated{k.Name, k.Color, k.Icon}
	case kTopicEdited:
		w.TopicEdited = &topicEdited{Name: k.Name}
		if k.IconChanged {
			w.TopicEdited.Icon = &k.Icon
		}
	case kTopicClosed:
		w.TopicClosed = &struct{}{}
	case kTopicReopened:
		w.TopicReopened = &struct{}{}
	case kGeneralHidden:
		w.GeneralHidden = &struct{}{}
	case kGeneralShown:
		w.GeneralShown = &struct{}{}
	case kPinned:
		if p := s.st.Chats[m.Place].Messages[k.Number]; p != nil && deep {
			w.Pinned = s.render(p, bot, false)
		}
	case kJoined:
		for _, id := range k.Users {
			w.Joined = append(w.Joined, s.user(id))
		}
	case kLeft:
		u := s.user(k.Users[0])
		w.Left = &u
	case kTitle:
		w.NewTitle = k.Name
	case kMovedTo:
		w.MigrateTo = k.Number
	case kMovedFrom:
		w.MigrateFrom = k.Number
	case kGroupMade:
		w.GroupCreated = true
	case kSuperMade:
		w.SuperCreated = true
	}
}

func (s *Server) renderMedia(w *wireMessage, k *content, bot int64) {
	f := s.st.Files[k.File]
	if f == nil {
		return
	}
	if k.captioned() && k.Text != "" {
		w.Caption, w.CapEntities = &k.Text, k.Entities
	}
	w.CaptionAbove, w.Spoiler = k.Above, k.Spoiler
	if k.Kind == kPhoto {
		w.Photo = s.photoSizes(f, bot)
		return
	}
	m := s.wireMedia(f, k, bot)
	switch k.Kind {
	case kVideo:
		w.Video = m
	case kAudio:
		w.Audio = m
	case kVoice:
		w.Voice = m
	case kNote:
		w.VideoNote = m
	case kSticker:
		w.Sticker = m
	case kDoc:
		w.Document = m
	case kAnimation: // for old clients the document is there too
		w.Animation = m
		w.Document = &wireFile{FileID: m.FileID, Unique: m.Unique, FileName: m.FileName, MIME: m.MIME, Size: m.Size}
	}
}

func (s *Server) wireMedia(f *file, k *content, bot int64) *wireFile {
	m := &wireFile{FileID: s.fileID(f, bot, 0), Unique: s.uniqueID(f, 0), Size: f.Size}
	num := func(n int) *int { return &n }
	yes := func(b bool) *bool { return &b }
	if k.Kind != kVoice && k.Kind != kNote && k.Kind != kSticker {
		m.FileName = f.Name
	}
	if k.Kind != kNote && k.Kind != kSticker {
		m.MIME = f.MIME
	}
	switch k.Kind {
	case kVideo, kAnimation:
		m.Width, m.Height, m.Duration = num(k.Width), num(k.Height), num(k.Duration)
	case kAudio:
		m.Duration, m.Performer, m.Title = num(k.Duration), k.Performer, k.Title
	case kVoice:
		m.Duration = num(k.Duration)
	case kNote:
		m.Duration, m.Length = num(k.Duration), num(max(k.Width, 1))
	case kSticker:
		regular := "regular"
		m.Type, m.Width, m.Height, m.Emoji = &regular, num(k.Width), num(k.Height), k.Emoji
		m.IsAnimated, m.IsVideo = yes(strings.HasSuffix(f.Name, ".tgs")), yes(strings.HasSuffix(f.Name, ".webm"))
	}
	return m
}

// photoSizes offers a small and the whole picture. Both serve the same bytes:
// the simulator does not scale.
func (s *Server) photoSizes(f *file, bot int64) []wirePhotoSize {
	w, h := f.Width, f.Height
	if w == 0 || h == 0 {
		w, h = 800, 600
	}
	var out []wirePhotoSize
	if big := max(w, h); big > 320 {
		out = append(out, wirePhotoSize{s.fileID(f, bot, 'm'), s.uniqueID(f, 'm'), max(1, w*320/big), max(1, h*320/big), f.Size})
	}
	return append(out, wirePhotoSize{s.fileID(f, bot, 'x'), s.uniqueID(f, 'x'), w, h, f.Size})
}

// renderExternal describes an answered message of another chat or topic.
func (s *Server) renderExternal(m *message, bot int64) *wireExternal {
	c := s.st.Chats[*m.ReplyPlace]
	r := c.find(m.ReplyTo)
	if r == nil {
		return nil
	}
	w := s.render(r, bot, false)
	e := &wireExternal{
		Origin: *s.originOf(c, r), Animation: w.Animation, Audio: w.Audio, Document: w.Document, Photo: w.Photo,
		Sticker: w.Sticker, Video: w.Video, VideoNote: w.VideoNote, Voice: w.Voice, Contact: w.Contact, Dice: w.Dice,
		Location: w.Location, Poll: w.Poll, Venue: w.Venue,
	}
	if c.super() {
		wc := s.wireChatOf(c)
		e.Chat, e.MessageID = &wc, r.ID
	}
	return e
}

// originOf is who wrote r, as a forward of it says.
func (s *Server) originOf(c *chat, r *message) *Origin {
	if r.Origin != nil {
		o := *r.Origin
		return &o
	}
	if r.SenderChat != 0 {
		if k := s.st.Chats[Group(r.SenderChat)]; k != nil {
			wc := s.wireChatOf(k)
			if k.Kind == kindChannel && c.Kind == kindChannel {
				return &Origin{Type: "channel", Date: r.Date, Chat: &wc, MessageID: r.ID, Signature: r.Signature}
			}
			return &Origin{Type: "chat", Date: r.Date, Sender: &wc, Signature: r.Signature}
		}
	}
	u := s.user(r.From)
	return &Origin{Type: "user", Date: r.Date, User: &u}
}

// mimeByExt covers what minimal systems do not know, and keeps answers the same everywhere.
var mimeByExt = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif",
	".webp": "image/webp", ".oga": "audio/ogg", ".ogg": "audio/ogg", ".mp3": "audio/mpeg", ".m4a": "audio/mp4",
	".mp4": "video/mp4", ".webm": "video/webm", ".txt": "text/plain", ".csv": "text/csv", ".zip": "application/zip",
	".pdf": "application/pdf", ".tgs": "application/x-tgsticker", ".html": "text/html",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
