package telegramsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Upload is a file somebody sends. One of Data, Path and Reader has the bytes.
type Upload struct {
	Name      string    `json:"name"`
	MIME      string    `json:"mime,omitempty"`
	Data      []byte    `json:"data,omitempty"`
	Path      string    `json:"-"` // not over HTTP: it would read any file of the machine
	Reader    io.Reader `json:"-"`
	Width     int       `json:"width,omitempty"`
	Height    int       `json:"height,omitempty"`
	Duration  int       `json:"duration,omitempty"` // seconds
	Performer string    `json:"performer,omitempty"`
	Title     string    `json:"title,omitempty"`
}

// Ref names a message.
type Ref struct {
	Place
	ID int64 `json:"id"`
}

// Post is a message a person sends. From and In are needed, and one of the
// things to send; the text is the caption when there is a file.
type Post struct {
	From   int64 `json:"from"`
	In     Place `json:"in"`
	Thread int64 `json:"thread,omitempty"` // topic; zero for General or none

	Kind     string    `json:"kind,omitempty"` // of the file: photo, video, audio, voice, video_note, animation, sticker, document (default)
	Text     string    `json:"text,omitempty"`
	Mode     string    `json:"parse_mode,omitempty"` // how Text is formatted; none by default
	Entities []Entity  `json:"entities,omitempty"`
	File     *Upload   `json:"file,omitempty"`
	Emoji    string    `json:"emoji,omitempty"` // of a sticker
	Contact  *Contact  `json:"contact,omitempty"`
	Location *Location `json:"location,omitempty"`
	Venue    *Venue    `json:"venue,omitempty"`
	Dice     *Dice     `json:"dice,omitempty"` // Value zero: thrown
	Poll     *Poll     `json:"poll,omitempty"`
	Forward  *Ref      `json:"forward,omitempty"`

	ReplyTo int64  `json:"reply_to,omitempty"`
	Quote   string `json:"quote,omitempty"` // the selected fragment of the answered message
	QuoteAt int    `json:"quote_at,omitempty"`

	Anonymous bool  `json:"anonymous,omitempty"` // as GroupAnonymousBot; the person must be an admin
	As        int64 `json:"as,omitempty"`        // on behalf of this channel
}

var errNotThere = errors.New("telegramsim: the person is not in that chat")

// Send does what the app does when a person presses Send. The error is the
// app's refusal: not a member, blocked, closed topic, no permission.
func (s *Server) Send(p Post) (int64, error) {
	ids, err := s.SendAlbum([]Post{p})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// SendAlbum sends posts as one album (or one post as itself). Place, author and
// reply are the first one's.
func (s *Server) SendAlbum(posts []Post) ([]int64, error) {
	if len(posts) == 0 || len(posts) > 10 {
		return nil, errors.New("telegramsim: an album has 1 to 10 items")
	}
	files := make([]*file, len(posts))
	for i, p := range posts {
		if p.File == nil {
			continue
		}
		f, err := s.upload(p.File)
		if err != nil {
			return nil, err
		}
		files[i] = f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*message, len(posts))
	var k *chat
	for i, p := range posts {
		if i > 0 {
			p.From, p.In, p.Thread, p.As, p.Anonymous = posts[0].From, posts[0].In, posts[0].Thread, posts[0].As, posts[0].Anonymous
			p.ReplyTo, p.Quote = 0, ""
		}
		at, m, err := s.compose(p, files[i])
		if err != nil {
			for _, f := range files {
				if f != nil {
					f.remove()
				}
			}
			return nil, err
		}
		k, all[i] = at, m
	}
	album := ""
	if len(posts) > 1 {
		album = s.albumID()
	}
	ids := make([]int64, len(posts))
	for i, m := range all {
		m.Album = album
		if files[i] != nil {
			s.keep(files[i], m.Content.Kind)
		}
		ids[i] = s.add(k, m).ID
		s.echoToGroup(k, m)
	}
	return ids, nil
}

func (s *Server) upload(u *Upload) (*file, error) {
	r := u.Reader
	if r == nil && u.Path != "" {
		in, err := os.Open(u.Path)
		if err != nil {
			return nil, fmt.Errorf("telegramsim: %w", err)
		}
		defer in.Close()
		r = in
	}
	if r == nil {
		r = bytes.NewReader(u.Data)
	}
	f, err := s.spool(r, u.Name, u.MIME, 0)
	if err != nil {
		return nil, fmt.Errorf("telegramsim: %w", err)
	}
	if f.Width == 0 {
		f.Width, f.Height = u.Width, u.Height
	}
	return f, nil
}

// writable finds the place for somebody who writes there.
func (s *Server) writable(p Post, kind string) (*chat, error) {
	if s.st.Users[p.From] == nil && p.From != 0 {
		return nil, fmt.Errorf("telegramsim: no person %d", p.From)
	}
	if p.In.Bot != 0 {
		if s.st.Bots[p.In.Bot] == nil {
			return nil, fmt.Errorf("telegramsim: no bot %d", p.In.Bot)
		}
		if p.From != p.In.Chat {
			return nil, errNotThere
		}
		k := s.privateFor(p.In.Bot, p.From)
		if k.Blocked {
			return nil, errors.New("telegramsim: the person blocked this bot")
		}
		return k, nil
	}
	k := s.st.Chats[p.In]
	switch {
	case k == nil || k.Deleted:
		return nil, fmt.Errorf("telegramsim: no chat %d", p.In.Chat)
	case k.MovedTo != 0:
		return nil, fmt.Errorf("telegramsim: the group moved to %d", k.MovedTo)
	case p.As != 0 && s.st.Chats[Group(p.As)] == nil:
		return nil, fmt.Errorf("telegramsim: no channel %d", p.As)
	case !k.Members[p.From].present():
		return nil, errNotThere
	case p.Anonymous && !k.Members[p.From].admin():
		return nil, errors.New("telegramsim: only admins write anonymously")
	}
	t := k.Topics[p.Thread]
	if p.Thread != 0 && (t == nil || t.Deleted) {
		return nil, fmt.Errorf("telegramsim: no topic %d", p.Thread)
	}
	closed := t != nil && t.Closed || t == nil && k.GeneralClosed
	if closed && !k.Members[p.From].may("can_manage_topics") {
		return nil, errors.New("telegramsim: TOPIC_CLOSED")
	}
	return k, k.maySend(p.From, kind)
}

// compose makes the message of a post.
func (s *Server) compose(p Post, f *file) (*chat, *message, error) {
	k, err := s.substance(p, f)
	if err != nil {
		return nil, nil, err
	}
	m := &message{From: p.From, Content: k, Thread: p.Thread, Topical: p.Thread != 0}
	if p.Forward != nil {
		src := s.st.Chats[p.Forward.Place]
		if src == nil || src.find(p.Forward.ID) == nil {
			return nil, nil, fmt.Errorf("telegramsim: no message %d to forward", p.Forward.ID)
		}
		r := src.find(p.Forward.ID)
		m.Content, m.Origin = r.Content, s.originOf(src, r)
	}
	at, err := s.writable(p, m.Content.Kind)
	if err != nil {
		return nil, nil, err
	}
	if at.private() {
		at.Started = true
	}
	switch {
	case at.Kind == kindChannel:
		m.From, m.SenderChat = 0, at.Place.Chat
	case p.As != 0:
		m.From, m.SenderChat = channelBotID, p.As
	case p.Anonymous || at.Members[p.From] != nil && at.Members[p.From].Anonymous && at.Members[p.From].admin():
		m.From, m.SenderChat, m.Signature = anonymousAdminID, at.Place.Chat, at.Members[p.From].Title
	}
	if p.ReplyTo != 0 {
		r := at.find(p.ReplyTo)
		if r == nil {
			return nil, nil, fmt.Errorf("telegramsim: no message %d to answer", p.ReplyTo)
		}
		c := &call{Server: s}
		if err := s.answer(at, at, m, r, p.Quote, "", nil, p.QuoteAt, c); err != nil {
			return nil, nil, err
		}
	}
	return at, m, nil
}

// substance is the content of a post.
func (s *Server) substance(p Post, f *file) (content, error) {
	c := &call{Server: s, p: params{values: map[string]string{"parse_mode": p.Mode}}}
	text, es := p.Text, p.Entities
	var err error
	if p.Mode != "" {
		text, es, err = c.formatted(text, "parse_mode", "")
	} else {
		text, es, err = c.settle(text, append([]Entity(nil), es...))
	}
	if err != nil {
		return content{}, err
	}
	k := content{Kind: kText, Text: text, Entities: es, Emoji: p.Emoji}
	switch {
	case p.Forward != nil:
	case f != nil:
		if k.Kind = p.Kind; k.Kind == "" {
			k.Kind = kDoc
		}
		if fileIDPrefix[k.Kind] == "" {
			return content{}, fmt.Errorf("telegramsim: %q is not a kind of file", k.Kind)
		}
		k.File, k.Width, k.Height, k.Duration = f.Key, p.File.Width, p.File.Height, p.File.Duration
		k.Performer, k.Title = p.File.Performer, p.File.Title
		k.shape(f, p.File.Width)
	case p.Contact != nil:
		k = content{Kind: kContact, Contact: p.Contact}
	case p.Venue != nil:
		k = content{Kind: kVenue, Venue: p.Venue}
	case p.Location != nil:
		k = content{Kind: kLocation, Location: p.Location}
	case p.Dice != nil:
		d := *p.Dice
		if d.Value == 0 {
			d.Value = 1 + s.rng.IntN(6)
		}
		k = content{Kind: kDice, Dice: &d}
	case p.Poll != nil:
		k = content{Kind: kPoll, Poll: s.freshPoll(*p.Poll)}
	case text == "":
		return content{}, errors.New("telegramsim: nothing to send")
	}
	return k, nil
}

// freshPoll fills what the app would.
func (s *Server) freshPoll(p Poll) *Poll {
	p.ID = fmt.Sprint(5_000_000_000_000_000_000 + s.seq())
	if p.Type == "" {
		p.Type = "regular"
	}
	p.Options = append([]PollOption(nil), p.Options...)
	for i := range p.Options {
		p.Options[i].ID = fmt.Sprint(i)
	}
	return &p
}

// echoToGroup is the automatic forward of a channel's post to its group.
func (s *Server) echoToGroup(k *chat, m *message) {
	g := s.st.Chats[Group(k.Linked)]
	if k.Kind != kindChannel || g == nil {
		return
	}
	copied := &message{From: serviceID, SenderChat: k.Place.Chat, Content: m.Content, AutoForward: true, Album: m.Album}
	wc := s.wireChatOf(k)
	copied.Origin = &Origin{Type: "channel", Date: m.Date, Chat: &wc, MessageID: m.ID, Signature: m.Signature}
	s.add(g, copied)
}
