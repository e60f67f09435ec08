package telegramsim

import (
	"errors"
	"fmt"
	"strings"
)

const tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// BotOptions are what @BotFather would be asked for.
type BotOptions struct {
	ID       int64  `json:"id,omitempty"`    // zero: chosen
	Token    string `json:"token,omitempty"` // empty: made; its number must be ID
	Name     string `json:"name"`
	Username string `json:"username"`
	// Privacy keeps what is not for the bot from it in groups, unless it is an
	// admin. BotFather's default is true; here the zero value is false.
	Privacy bool `json:"privacy,omitempty"`
	NoJoin  bool `json:"no_join,omitempty"` // may not be added to groups
}

// AddBot makes a bot and returns its token.
func (s *Server) AddBot(name, username string) string {
	token, _, err := s.MakeBot(BotOptions{Name: name, Username: username})
	if err != nil {
		panic(err) // cannot be: nothing was chosen by the caller
	}
	return token
}

// MakeBot makes a bot and returns its token and id. It fails when the id or
// token is taken or malformed.
func (s *Server) MakeBot(o BotOptions) (token string, id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Token != "" {
		if !tokenShaped(o.Token) {
			return "", 0, fmt.Errorf("telegramsim: token is not <number>:<text>")
		}
		var n int64
		_, _ = fmt.Sscanf(o.Token, "%d:", &n)
		if o.ID != 0 && o.ID != n {
			return "", 0, errors.New("telegramsim: the token's number is not the bot's id")
		}
		o.ID = n
	}
	if o.ID == 0 {
		o.ID = 5_000_000_000 + s.seq()
	}
	if s.st.Users[o.ID] != nil {
		return "", 0, fmt.Errorf("telegramsim: account %d exists", o.ID)
	}
	if o.Token == "" {
		var sb strings.Builder
		fmt.Fprintf(&sb, "%d:AA", o.ID)
		for range 33 {
			sb.WriteByte(tokenAlphabet[s.rng.IntN(len(tokenAlphabet))])
		}
		o.Token = sb.String()
	}
	s.st.Users[o.ID] = &account{User: User{ID: o.ID, IsBot: true, FirstName: o.Name, Username: o.Username}}
	b := &bot{ID: o.ID, Token: o.Token, Privacy: o.Privacy, NoJoin: o.NoJoin, NextID: 100_000_000 + s.rng.Int64N(800_000_000)}
	b.wake = make(chan struct{})
	s.st.Bots[o.ID], s.byToken[o.Token] = b, b
	s.note(nil, Change{Kind: "bot", By: o.ID})
	return o.Token, o.ID, nil
}

// RevokeToken replaces a bot's token; the old one gets 401 from now on.
func (s *Server) RevokeToken(bot int64) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.st.Bots[bot]
	if b == nil {
		return "", fmt.Errorf("telegramsim: no bot %d", bot)
	}
	delete(s.byToken, b.Token)
	head, tail, _ := strings.Cut(b.Token, ":")
	b.Token = head + ":" + tail[1:] + string(tokenAlphabet[s.rng.IntN(len(tokenAlphabet))])
	s.byToken[b.Token] = b
	return b.Token, nil
}

// Person describes somebody with the app. ID zero: chosen.
type Person struct {
	ID          int64  `json:"id,omitempty"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name,omitempty"`
	Username    string `json:"username,omitempty"`
	Language    string `json:"language,omitempty"`
	Premium     bool   `json:"premium,omitempty"`
	NoVoice     bool   `json:"no_voice,omitempty"` // forbids voice and video notes
	Deactivated bool   `json:"deactivated,omitempty"`
}

// AddUser makes a person and returns the id.
func (s *Server) AddUser(p Person) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.ID == 0 {
		p.ID = 100_000_000 + s.seq()*1009
	}
	s.st.Users[p.ID] = &account{User: User{
		ID: p.ID, FirstName: p.FirstName, LastName: p.LastName, Username: p.Username,
		Language: p.Language, Premium: p.Premium,
	}, NoVoice: p.NoVoice, Deactivated: p.Deactivated}
	s.note(nil, Change{Kind: "user", By: p.ID})
	return p.ID
}

// SetPerson changes a person; p.ID names them.
func (s *Server) SetPerson(p Person) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.st.Users[p.ID]
	if a == nil || a.IsBot {
		return fmt.Errorf("telegramsim: no person %d", p.ID)
	}
	a.User = User{ID: p.ID, FirstName: p.FirstName, LastName: p.LastName, Username: p.Username, Language: p.Language, Premium: p.Premium}
	a.NoVoice, a.Deactivated = p.NoVoice, p.Deactivated
	s.note(nil, Change{Kind: "user", By: p.ID})
	return nil
}

// GroupOptions describe a new group.
type GroupOptions struct {
	ID       int64   `json:"id,omitempty"` // zero: chosen
	Title    string  `json:"title"`
	Username string  `json:"username,omitempty"` // makes it public
	Kind     string  `json:"kind,omitempty"`     // supergroup (default), group, channel
	Forum    bool    `json:"forum,omitempty"`
	Owner    int64   `json:"owner"`
	Members  []int64 `json:"members,omitempty"`
	// Bots become admins with all rights, as plain members when in Members.
	Bots []int64 `json:"bots,omitempty"`
}

// AddForum makes a forum supergroup; bots become admins with all rights.
func (s *Server) AddForum(title string, owner int64, bots ...int64) int64 {
	id, err := s.AddGroup(GroupOptions{Title: title, Forum: true, Owner: owner, Bots: bots})
	if err != nil {
		panic(err) // cannot be: nothing was chosen by the caller
	}
	return id
}

// AddGroup makes a group, supergroup or channel and returns its id.
func (s *Server) AddGroup(o GroupOptions) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Kind == "" {
		o.Kind = kindSupergroup
	}
	if o.ID == 0 {
		o.ID = -(2_000_000 + s.seq())
		if o.Kind != kindGroup {
			o.ID = -1_000_000_000_000 - (2_000_000_000 + s.seq()*13)
		}
	}
	if o.ID >= 0 || s.st.Chats[Group(o.ID)] != nil {
		return 0, fmt.Errorf("telegramsim: group id %d is taken or not negative", o.ID)
	}
	k := &chat{
		Place: Group(o.ID), Kind: o.Kind, Title: o.Title, Username: o.Username, Forum: o.Forum,
		Messages: map[int64]*message{}, Topics: map[int64]*topic{}, Members: map[int64]*member{}, GeneralName: "General",
	}
	s.st.Chats[k.Place] = k
	if o.Owner != 0 {
		k.Members[o.Owner] = &member{User: o.Owner, Status: statusOwner}
	}
	if o.Kind != kindChannel {
		kind := kSuperMade
		if o.Kind == kindGroup {
			kind = kGroupMade
		}
		s.service(k, o.Owner, 0, content{Kind: kind})
	}
	for _, id := range o.Members {
		s.setMember(k, o.Owner, &member{User: id, Status: statusMember})
	}
	for _, id := range o.Bots {
		s.setMember(k, o.Owner, &member{User: id, Status: statusAdmin, Rights: allRights()})
	}
	s.note(k, Change{Kind: "chat", By: o.Owner})
	return o.ID, nil
}

func allRights() map[string]bool {
	out := map[string]bool{"can_post_messages": true, "can_edit_messages": true}
	for _, r := range adminRights {
		out[r] = true
	}
	return out
}
