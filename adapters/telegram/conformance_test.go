package telegram

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"parom/adapters/telegram/telegramsim"
	"parom/core"
	"parom/core/adaptertest"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Network{
		Name:    "Telegram",
		Open:    openSimulated,
		Opening: 1, // Start
		Untold: map[string]string{
			"delete":    "bots are not told of deletions in private chats",
			"typing":    "bots are not told who types",
			"read mark": "bots are not told what was read",
		},
	})
}

// simulated is a customer's chat with a bot on telegramsim.
type simulated struct {
	sim   *telegramsim.Server
	token string
	bot   int64
	user  int64
	other int64 // whose messages get forwarded
	chat  telegramsim.Place
}

func openSimulated(t *testing.T) adaptertest.Simulator {
	t.Helper()
	return simulate(t, telegramsim.Options{Knobs: telegramsim.Unlimited()})
}

func simulate(t *testing.T, o telegramsim.Options) *simulated {
	t.Helper()
	s, err := telegramsim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &simulated{sim: s}
	if c.token, c.bot, err = s.MakeBot(telegramsim.BotOptions{Name: "Лавка", Username: "lavka_bot"}); err != nil {
		t.Fatal(err)
	}
	c.user = s.AddUser(telegramsim.Person{FirstName: "Ольга", LastName: "Орлова", Username: "olga", Language: "ru"})
	c.other = s.AddUser(telegramsim.Person{FirstName: "Пётр"})
	c.chat = telegramsim.Private(c.bot, c.user)
	if _, err := s.Start(c.user, c.bot, "ad-7"); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *simulated) Adapter(t *testing.T, g adaptertest.Gateway) core.Adapter {
	t.Helper()
	a, err := New(Config{Token: c.token, Endpoint: c.sim.URL()},
		Deps{ID: g.ID, Clock: g.Clock, Log: g.Log, Cursors: g.Cursors, Media: g.Media})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.bot.closeIdle)
	return a
}

func (c *simulated) Customer() adaptertest.Customer { return c }
func (c *simulated) Faults() adaptertest.Faults     { return (*simulatedFaults)(c) }

func (c *simulated) Secrets() []string {
	_, password, _ := strings.Cut(c.token, ":")
	return []string{c.token, password}
}

func (c *simulated) Peer() core.PeerID { return peerID(c.user) }

func (c *simulated) remote(id int64) core.RemoteID { return Remote(c.user, int(id)) }

func (c *simulated) id(m core.RemoteID) int64 {
	_, id, _ := ParseRemote(m)
	return int64(id)
}

func (c *simulated) entities(t core.Text) (string, []telegramsim.Entity) {
	body, es := Entities(t)
	var out []telegramsim.Entity
	for _, e := range es {
		o := telegramsim.Entity{Type: e.Type, Offset: e.Offset, Length: e.Length, URL: e.URL, Language: e.Language}
		if e.User != nil {
			o.User = &telegramsim.User{ID: e.User.ID}
		}
		out = append(out, o)
	}
	return body, out
}

func (c *simulated) Say(_ context.Context, s adaptertest.Said) ([]core.RemoteID, error) {
	if s.Forwarded != "" {
		theirs, err := c.sim.Send(telegramsim.Post{From: c.other, In: telegramsim.Private(c.bot, c.other), Text: s.Content.Text.Body})
		if err != nil {
			return nil, err
		}
		id, err := c.sim.Send(telegramsim.Post{
			From: c.user, In: c.chat,
			Forward: &telegramsim.Ref{Place: telegramsim.Private(c.bot, c.other), ID: theirs},
		})
		return []core.RemoteID{c.remote(id)}, err
	}
	posts := []telegramsim.Post{{}}
	if n := len(s.Content.Attachments); n > 0 {
		posts = make([]telegramsim.Post, n)
	}
	for i := range posts {
		p := &posts[i]
		p.From, p.In = c.user, c.chat
		if i == 0 {
			p.Text, p.Entities = c.entities(s.Content.Text)
			p.ReplyTo, p.Quote = c.id(s.ReplyTo), s.Fragment
		}
		if len(s.Content.Attachments) == 0 {
			continue
		}
		a := s.Content.Attachments[i]
		switch a.Kind {
		case core.Location:
			p.Location = &telegramsim.Location{Latitude: a.Lat, Longitude: a.Lon}
		case core.ContactCard:
			p.Contact = &telegramsim.Contact{Phone: a.Phone, FirstName: a.Name}
		case core.Poll:
			p.Poll = &telegramsim.Poll{Question: a.Name}
			for _, o := range a.Options {
				p.Poll.Options = append(p.Poll.Options, telegramsim.PollOption{Text: o})
			}
		default:
			p.Kind, p.Emoji = a.Kind.String(), a.Emoji
			p.File = &telegramsim.Upload{Name: a.Name, MIME: a.MIME, Data: s.Data[i]}
		}
	}
	ids, err := c.sim.SendAlbum(posts)
	var out []core.RemoteID
	for _, id := range ids {
		out = append(out, c.remote(id))
	}
	return out, err
}

func (c *simulated) Edit(_ context.Context, m core.RemoteID, text core.Text) error {
	body, es := c.entities(text)
	return c.sim.Edit(c.user, c.chat, c.id(m), body, es...)
}

func (c *simulated) Delete(_ context.Context, m core.RemoteID) error {
	return c.sim.Delete(c.user, c.chat, c.id(m))
}

func (c *simulated) React(_ context.Context, m core.RemoteID, emoji string) error {
	if emoji == "" {
		return c.sim.React(c.user, c.chat, c.id(m))
	}
	return c.sim.React(c.user, c.chat, c.id(m), emoji)
}

func (c *simulated) Type(context.Context) error                { return adaptertest.ErrNotHere }
func (c *simulated) Read(context.Context, core.RemoteID) error { return adaptertest.ErrNotHere }

func (c *simulated) Press(_ context.Context, m core.RemoteID, button string) error {
	return c.sim.Tap(c.user, c.chat, c.id(m), button)
}

func (c *simulated) Block(_ context.Context, blocked bool) error {
	if blocked {
		return c.sim.Block(c.user, c.bot)
	}
	return c.sim.Unblock(c.user, c.bot)
}

func (c *simulated) SeesTyping(context.Context) (bool, error) {
	chat, _ := c.sim.Chat(c.chat)
	return chat.Actions[c.bot].Action == "typing", nil
}

func (c *simulated) SeesRead(context.Context, core.RemoteID) (bool, error) {
	return false, adaptertest.ErrNotHere
}

func (c *simulated) Sees(context.Context) ([]adaptertest.Seen, error) {
	var out []adaptertest.Seen
	for _, m := range c.sim.Messages(c.chat) {
		if m.From.ID != c.bot || m.Service {
			continue
		}
		s, err := c.seen(m)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (c *simulated) seen(m telegramsim.Seen) (adaptertest.Seen, error) {
	s := adaptertest.Seen{Remote: c.remote(m.ID), Group: m.Album, Deleted: m.Deleted}
	if m.ReplyTo != 0 {
		s.ReplyTo = c.remote(m.ReplyTo)
	}
	if m.Quote != nil && m.Quote.Manual {
		s.Fragment = m.Quote.Text
	}
	for _, row := range m.Buttons {
		var out []core.Button
		for _, b := range row {
			out = append(out, core.Button{ID: b.Data, Label: b.Text, URL: b.URL})
		}
		s.Buttons = append(s.Buttons, out)
	}
	for _, r := range m.Reactions {
		if r.User == c.bot {
			s.Reactions = append(s.Reactions, r.Emoji)
		}
	}
	s.Content.Text = shown(m)
	a, has := core.Attachment{}, true
	switch {
	case m.File != nil:
		if k := kindNamed(m.Kind); k != 0 {
			a.Kind = k
		} else {
			return s, fmt.Errorf("unknown kind %q", m.Kind)
		}
		a.Name, a.MIME, a.SizeBytes, a.Emoji, a.Spoiler = m.File.Name, m.File.MIME, m.File.Size, m.Emoji, m.File.Spoiler
	case m.Contact != nil:
		a = core.Attachment{Kind: core.ContactCard, Name: strings.TrimSpace(m.Contact.FirstName + " " + m.Contact.LastName), Phone: e164(m.Contact.Phone)}
	case m.Venue != nil:
		a = core.Attachment{Kind: core.Location, Name: m.Venue.Title, Address: m.Venue.Address, Lat: m.Venue.Location.Latitude, Lon: m.Venue.Location.Longitude}
	case m.Location != nil:
		a = core.Attachment{Kind: core.Location, Lat: m.Location.Latitude, Lon: m.Location.Longitude}
	case m.Poll != nil:
		a = core.Attachment{Kind: core.Poll, Name: m.Poll.Question}
	default:
		has = false
	}
	if !has {
		return s, nil
	}
	s.Content.Attachments = []core.Attachment{a}
	s.Data = [][]byte{nil}
	if m.File != nil && m.File.Size < 1<<20 {
		data, err := c.bytes(m.File.Key)
		if err != nil {
			return s, err
		}
		s.Data[0] = data
	}
	return s, nil
}

func (c *simulated) bytes(key string) ([]byte, error) {
	f, _, err := c.sim.File(key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// styled are the entities a sender makes; the rest the app finds in the text.
var styled = map[string]core.Style{
	"bold": core.Bold, "italic": core.Italic, "underline": core.Underline, "strikethrough": core.Strike, "spoiler": core.Spoiler,
	"code": core.Code, "pre": core.Block, "blockquote": core.Quote, "text_link": core.Link, "text_mention": core.Mention,
}

// shown is a text as the app shows it, converted by the simplest means there
// are, and not by those under test.
func shown(m telegramsim.Seen) core.Text {
	units := utf16.Encode([]rune(m.Text))
	t := core.Text{Body: m.Text}
	for _, e := range m.Entities {
		style, ok := styled[e.Type]
		if !ok {
			continue
		}
		from := len(string(utf16.Decode(units[:e.Offset])))
		s := core.Span{Offset: from, Length: len(string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))), Style: style, Value: e.URL + e.Language}
		if e.User != nil {
			s.Value = string(peerID(e.User.ID))
		}
		t.Spans = append(t.Spans, s)
	}
	return t
}

type simulatedFaults simulated

func (f *simulatedFaults) next(fault telegramsim.Fault) {
	fault.Method, fault.Count, fault.Chat = "send*", 1, f.user
	f.sim.AddFault(fault)
}

func (f *simulatedFaults) Throttle(after time.Duration) {
	n := int(after / time.Second)
	f.next(telegramsim.Fault{Refuse: &telegramsim.Refusal{
		Code:        http.StatusTooManyRequests,
		Description: fmt.Sprint("Too Many Requests: retry after ", n), RetryAfter: n,
	}})
}

func (f *simulatedFaults) Break()               { f.next(telegramsim.Fault{HTML: true}) }
func (f *simulatedFaults) LoseAnswer()          { f.next(telegramsim.Fault{Drop: true}) }
func (f *simulatedFaults) Hang()                { f.next(telegramsim.Fault{Hang: true}) }
func (f *simulatedFaults) Down(down bool) error { return f.sim.SetDown(down) }
func (f *simulatedFaults) Clear()               { f.sim.RemoveFault(0) }
