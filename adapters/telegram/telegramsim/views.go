package telegramsim

import (
	"fmt"
	"os"
	"sort"
	"time"
)

// Seen is a message as people see it, deleted ones included.
type Seen struct {
	ID         int64          `json:"id"`
	Place      Place          `json:"place"`
	Thread     int64          `json:"thread,omitempty"` // topic, 0 for General or none
	From       User           `json:"from"`
	SenderChat int64          `json:"sender_chat,omitempty"`
	Sender     string         `json:"sender"` // the name shown
	Signature  string         `json:"signature,omitempty"`
	At         time.Time      `json:"at"`
	Edited     bool           `json:"edited,omitempty"`
	Kind       string         `json:"kind"`
	Text       string         `json:"text,omitempty"` // or caption, or what a service line says
	Entities   []Entity       `json:"entities,omitempty"`
	File       *SeenFile      `json:"file,omitempty"`
	Contact    *Contact       `json:"contact,omitempty"`
	Location   *Location      `json:"location,omitempty"`
	Venue      *Venue         `json:"venue,omitempty"`
	Dice       *Dice          `json:"dice,omitempty"`
	Poll       *Poll          `json:"poll,omitempty"`
	Emoji      string         `json:"emoji,omitempty"`
	Users      []User         `json:"users,omitempty"`
	Number     int64          `json:"number,omitempty"` // pinned message, other chat of a migration
	Album      string         `json:"album,omitempty"`
	ReplyTo    int64          `json:"reply_to,omitempty"`
	ReplyPlace *Place         `json:"reply_place,omitempty"` // when it is elsewhere
	Quote      *Quote         `json:"quote,omitempty"`
	Forward    *Origin        `json:"forward,omitempty"`
	Buttons    [][]Button     `json:"buttons,omitempty"`
	Reactions  []SeenReaction `json:"reactions,omitempty"`
	Pinned     bool           `json:"pinned,omitempty"`
	Deleted    bool           `json:"deleted,omitempty"`
	Versions   []Version      `json:"versions,omitempty"`
	Service    bool           `json:"service,omitempty"`
}

// SeenFile is a file in a message. URL is a path of the control API.
type SeenFile struct {
	Key       string `json:"key"`
	URL       string `json:"url"`
	Name      string `json:"name,omitempty"`
	MIME      string `json:"mime,omitempty"`
	Size      int64  `json:"size"` // bytes
	SHA256    string `json:"sha256"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Duration  int    `json:"duration,omitempty"` // seconds
	Performer string `json:"performer,omitempty"`
	Title     string `json:"title,omitempty"`
	Spoiler   bool   `json:"spoiler,omitempty"`
}

// SeenReaction is who put what on a message.
type SeenReaction struct {
	User  int64  `json:"user"`
	Emoji string `json:"emoji"`
}

// TopicView is a room in the list of a forum.
type TopicView struct {
	ID       int64     `json:"id"` // 0 is General
	Name     string    `json:"name"`
	Icon     string    `json:"icon,omitempty"` // custom emoji id
	Emoji    string    `json:"emoji,omitempty"`
	Color    int       `json:"color,omitempty"`
	Closed   bool      `json:"closed,omitempty"`
	Deleted  bool      `json:"deleted,omitempty"`
	Hidden   bool      `json:"hidden,omitempty"`
	Messages int       `json:"messages"` // live ones, service lines included
	Last     int64     `json:"last"`     // newest live message
	LastAt   time.Time `json:"last_at"`
}

// ChatView is a conversation in the list.
type ChatView struct {
	Place    Place            `json:"place"`
	Kind     string           `json:"kind"`
	Title    string           `json:"title"`
	Username string           `json:"username,omitempty"`
	Forum    bool             `json:"forum,omitempty"`
	Topics   []TopicView      `json:"topics,omitempty"`
	Members  []MemberView     `json:"members,omitempty"`
	Blocked  bool             `json:"blocked,omitempty"`
	Started  bool             `json:"started,omitempty"`
	MovedTo  int64            `json:"moved_to,omitempty"`
	Deleted  bool             `json:"deleted,omitempty"`
	Pinned   []int64          `json:"pinned,omitempty"`
	Actions  map[int64]action `json:"actions,omitempty"` // who is typing, by account
	Messages int              `json:"messages"`
	Last     int64            `json:"last"`
	LastAt   time.Time        `json:"last_at"`
}

// MemberView is somebody in a group.
type MemberView struct {
	User      User            `json:"user"`
	Status    string          `json:"status"`
	Rights    map[string]bool `json:"rights,omitempty"`
	Anonymous bool            `json:"anonymous,omitempty"`
}

func (s *Server) seen(m *message) Seen {
	k := s.st.Chats[m.Place]
	c := &m.Content
	v := Seen{
		ID: m.ID, Place: m.Place, Thread: topicOf(m), From: s.user(m.From), SenderChat: m.SenderChat, Signature: m.Signature,
		At: m.At, Edited: m.EditDate != 0, Kind: c.Kind, Text: c.Text, Entities: c.Entities, Contact: c.Contact,
		Location: c.Location, Venue: c.Venue, Dice: c.Dice, Poll: c.Poll, Emoji: c.Emoji, Number: c.Number, Album: m.Album,
		ReplyTo: m.ReplyTo, ReplyPlace: m.ReplyPlace, Quote: m.Quote, Forward: m.Origin, Buttons: m.Keyboard,
		Deleted: m.Deleted, Versions: m.Versions, Service: c.service(), Pinned: k.pinned(m.ID) >= 0,
	}
	v.Sender = fullName(v.From)
	if g := s.st.Chats[Group(m.SenderChat)]; g != nil {
		v.Sender = g.Title
	}
	if c.service() && c.Name != "" {
		v.Text = c.Name
	}
	for _, id := range c.Users {
		v.Users = append(v.Users, s.user(id))
	}
	if f := s.st.Files[c.File]; f != nil {
		v.File = &SeenFile{
			Key: f.Key, URL: "/_sim/file/" + f.Key, Name: f.Name, MIME: f.MIME, Size: f.Size, SHA256: f.SHA256,
			Width: c.Width, Height: c.Height, Duration: c.Duration, Performer: c.Performer, Title: c.Title, Spoiler: c.Spoiler,
		}
		if v.File.Width == 0 {
			v.File.Width, v.File.Height = f.Width, f.Height
		}
	}
	for user, rs := range m.Reactions {
		for _, r := range rs {
			v.Reactions = append(v.Reactions, SeenReaction{user, r.Emoji + r.Custom})
		}
	}
	sort.Slice(v.Reactions, func(i, j int) bool { return v.Reactions[i].User < v.Reactions[j].User })
	return v
}

func fullName(u User) string {
	if u.LastName == "" {
		return u.FirstName
	}
	return u.FirstName + " " + u.LastName
}

// Messages are all messages of a conversation in order, deleted ones marked.
func (s *Server) Messages(at Place) []Seen {
	return s.collect(at, func(*message) bool { return true })
}

// Live are the messages that are there now and are no service lines.
func (s *Server) Live(at Place) []Seen {
	return s.collect(at, func(m *message) bool { return !m.Deleted && !m.Content.service() })
}

// InTopic are the live messages of one topic, service lines included; thread 0 is
// General.
func (s *Server) InTopic(at Place, thread int64) []Seen {
	return s.collect(at, func(m *message) bool { return !m.Deleted && topicOf(m) == thread })
}

func (s *Server) collect(at Place, want func(*message) bool) []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.st.Chats[at]
	if k == nil {
		return nil
	}
	out := []Seen{}
	for _, id := range k.Order {
		if m := k.Messages[id]; want(m) {
			out = append(out, s.seen(m))
		}
	}
	return out
}

// Message is one message, deleted or not.
func (s *Server) Message(at Place, id int64) (Seen, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.st.Chats[at]; k != nil && k.Messages[id] != nil {
		return s.seen(k.Messages[id]), true
	}
	return Seen{}, false
}

// Log is everything that happened in a conversation, in order.
func (s *Server) Log(at Place) []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.st.Chats[at]; k != nil {
		return append([]Change(nil), k.Log...)
	}
	return nil
}

// Topics is a forum's list, General first, then by age; deleted ones are marked.
func (s *Server) Topics(group int64) []TopicView {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.st.Chats[Group(group)]; k != nil {
		return s.topicsOf(k)
	}
	return nil
}

func (s *Server) topicsOf(k *chat) []TopicView {
	at := map[int64]int{0: 0}
	out := []TopicView{{Name: k.GeneralName, Closed: k.GeneralClosed, Hidden: k.GeneralHidden}}
	ids := make([]int64, 0, len(k.Topics))
	for id := range k.Topics {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	for _, id := range ids {
		t := k.Topics[id]
		at[id] = len(out)
		out = append(out, TopicView{ID: id, Name: t.Name, Icon: t.Icon, Emoji: iconEmoji(t.Icon), Color: t.Color, Closed: t.Closed, Deleted: t.Deleted})
	}
	for _, id := range k.Order {
		if m := k.Messages[id]; !m.Deleted {
			v := &out[at[topicOf(m)]]
			v.Messages++
			v.Last, v.LastAt = m.ID, m.At
		}
	}
	return out
}

func iconEmoji(id string) string {
	for _, i := range topicIcons {
		if i.ID == id {
			return i.Emoji
		}
	}
	return ""
}

// Chats are the conversations a person sees: private chats and groups they are in.
// Person 0 sees all.
func (s *Server) Chats(user int64) []ChatView {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []ChatView{}
	for at, k := range s.st.Chats {
		if user == 0 || at.Bot != 0 && at.Chat == user || at.Bot == 0 && k.Members[user].present() {
			out = append(out, s.chatView(k))
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i].Place, out[j].Place
		return a.Bot < b.Bot || a.Bot == b.Bot && a.Chat < b.Chat
	})
	return out
}

// Chat is one conversation.
func (s *Server) Chat(at Place) (ChatView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.st.Chats[at]; k != nil {
		return s.chatView(k), true
	}
	return ChatView{}, false
}

// actionShown is how long an app shows a chat action: bots/api#sendchataction.
const actionShown = 5 * time.Second

func (s *Server) chatView(k *chat) ChatView {
	v := ChatView{
		Place: k.Place, Kind: k.Kind, Title: k.Title, Username: k.Username, Forum: k.Forum, Blocked: k.Blocked,
		Started: k.Started, MovedTo: k.MovedTo, Deleted: k.Deleted, Pinned: append([]int64(nil), k.Pinned...),
	}
	if k.private() {
		v.Title = fullName(s.user(k.Place.Bot))
	}
	if k.Forum {
		v.Topics = s.topicsOf(k)
	}
	for id, m := range k.Members {
		v.Members = append(v.Members, MemberView{s.user(id), m.Status, m.Rights, m.Anonymous})
	}
	sort.Slice(v.Members, func(i, j int) bool { return v.Members[i].User.ID < v.Members[j].User.ID })
	for id, a := range k.ChatActions {
		if s.now().Sub(a.At) < actionShown && a.Action != "cancel" {
			if v.Actions == nil {
				v.Actions = map[int64]action{}
			}
			v.Actions[id] = a
		}
	}
	for _, id := range k.Order {
		if m := k.Messages[id]; !m.Deleted {
			v.Messages++
			v.Last, v.LastAt = m.ID, m.At
		}
	}
	return v
}

// File opens the bytes of a message's file.
func (s *Server) File(key string) (*os.File, SeenFile, error) {
	s.mu.Lock()
	f := s.st.Files[key]
	s.mu.Unlock()
	if f == nil {
		return nil, SeenFile{}, fmt.Errorf("telegramsim: no file %q", key)
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return nil, SeenFile{}, fmt.Errorf("telegramsim: %w", err)
	}
	return in, SeenFile{
		Key: f.Key, URL: "/_sim/file/" + f.Key, Name: f.Name, MIME: f.MIME, Size: f.Size, SHA256: f.SHA256,
		Width: f.Width, Height: f.Height,
	}, nil
}

// BotView is a bot and how far it has read.
type BotView struct {
	User    User     `json:"user"`
	Token   string   `json:"token"`
	Pending int      `json:"pending"` // updates waiting
	NextID  int64    `json:"next_update_id"`
	Allowed []string `json:"allowed_updates,omitempty"`
	Polling bool     `json:"polling"` // a getUpdates waits right now
	Webhook string   `json:"webhook,omitempty"`
}

// Bots are all bots by id.
func (s *Server) Bots() []BotView {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []BotView{}
	for id, b := range s.st.Bots {
		b.expire(s.now())
		out = append(out, BotView{s.user(id), b.Token, len(b.Queue), b.NextID, b.Allowed, b.poll != nil, b.Hook.URL})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].User.ID < out[j].User.ID })
	return out
}

// People are all persons by id, the network's own account left out.
func (s *Server) People() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []User{}
	for id, a := range s.st.Users {
		if !a.IsBot && id != serviceID {
			out = append(out, a.User)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Drained reports whether a bot has confirmed all its updates.
func (s *Server) Drained(bot int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.st.Bots[bot]
	return b == nil || len(b.Queue) == 0
}
