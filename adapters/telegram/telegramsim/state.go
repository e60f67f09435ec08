package telegramsim

import (
	"fmt"
	"time"
)

// Place names a conversation: a private chat by bot and person, a group or
// channel by its id alone.
type Place struct {
	Bot  int64 `json:"bot,omitempty"` // zero for groups and channels
	Chat int64 `json:"chat"`
}

// Private is the conversation of a person with a bot.
func Private(bot, user int64) Place { return Place{Bot: bot, Chat: user} }

// Group is a group, supergroup or channel.
func Group(chat int64) Place { return Place{Chat: chat} }

func (p Place) String() string { return fmt.Sprintf("%d:%d", p.Bot, p.Chat) }

// Kinds of chat, as the wire names them.
const (
	kindPrivate    = "private"
	kindGroup      = "group"
	kindSupergroup = "supergroup"
	kindChannel    = "channel"
)

// Ids the network reserves.
const (
	anonymousAdminID int64 = 1087968824 // GroupAnonymousBot
	channelBotID     int64 = 136817688  // Channel_Bot, writes for a channel
	serviceID        int64 = 777000     // Telegram, forwards a linked channel's posts
)

// account is a person or a bot.
type account struct {
	User
	Deactivated bool
	NoVoice     bool // forbids voice and video notes
	About       string
}

// chat is one conversation and everything that ever stood in it.
type chat struct {
	Place     Place
	Kind      string
	Title     string
	Username  string
	Forum     bool
	NextID    int64
	Messages  map[int64]*message
	Order     []int64 // message ids as they appeared
	Topics    map[int64]*topic
	Members   map[int64]*member
	Pinned    []int64 // newest last
	Reactions []string
	NoReact   bool // nobody may react
	Linked    int64
	MovedTo   int64 // the supergroup this group became
	MovedFrom int64
	Deleted   bool
	About     string
	Log       []Change

	// Of private chats.
	Started bool // the person has pressed Start or written
	Blocked bool // the person blocked the bot

	// Of forums.
	GeneralName   string
	GeneralClosed bool
	GeneralHidden bool
	// Permissions of plain members; absent means allowed.
	Denied map[string]bool

	SlowMode    int              // seconds
	ChatActions map[int64]action // by sender
}

type action struct {
	Action string    `json:"action"`
	Thread int64     `json:"thread,omitempty"`
	At     time.Time `json:"at"`
}

// topic is a room of a forum; its id is that of its creation message.
type topic struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Color   int    `json:"color"`
	Icon    string `json:"icon,omitempty"`
	Closed  bool   `json:"closed"`
	Deleted bool   `json:"deleted"`
	By      int64  `json:"by"`
	Pinned  bool   `json:"pinned,omitempty"`
}

// Statuses of a member, as the wire names them.
const (
	statusOwner      = "creator"
	statusAdmin      = "administrator"
	statusMember     = "member"
	statusRestricted = "restricted"
	statusLeft       = "left"
	statusBanned     = "kicked"
)

type member struct {
	User      int64
	Status    string
	Rights    map[string]bool // of an admin, by wire name
	Denied    map[string]bool // of the restricted
	Anonymous bool
	Title     string
	Until     int64
	InChat    bool // of the restricted
}

func (m *member) present() bool {
	if m == nil {
		return false
	}
	switch m.Status {
	case statusOwner, statusAdmin, statusMember:
		return true
	case statusRestricted:
		return m.InChat
	}
	return false
}

func (m *member) admin() bool {
	return m != nil && (m.Status == statusOwner || m.Status == statusAdmin)
}

// may reports an admin's right by its wire name; the owner has all.
func (m *member) may(right string) bool {
	return m != nil && (m.Status == statusOwner || m.Status == statusAdmin && m.Rights[right])
}

// message is one message as stored; render shows it to one bot.
type message struct {
	ID          int64
	Place       Place
	Thread      int64 // topic, or first message of a reply thread
	Topical     bool
	From        int64
	SenderChat  int64
	AutoForward bool
	Signature   string
	Date        int64
	At          time.Time
	EditDate    int64
	Content     content
	Album       string
	ReplyTo     int64
	ReplyPlace  *Place // when the answered message is elsewhere
	Quote       *Quote
	Origin      *Origin
	Keyboard    [][]Button
	LinkPreview []byte
	Protected   bool
	Reactions   map[int64][]Reaction
	Deleted     bool
	Versions    []Version
}

// Version is what an edit replaced.
type Version struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// content is what a message carries. Kind names the one thing it is.
type content struct {
	Kind        string
	Text        string // or the caption
	Entities    []Entity
	File        string // key of a file
	Width       int
	Height      int
	Duration    int
	Performer   string
	Title       string
	Emoji       string
	Above       bool
	Spoiler     bool
	Contact     *Contact
	Location    *Location
	Venue       *Venue
	Dice        *Dice
	Poll        *Poll
	Users       []int64 // joined or left
	Number      int64   // pinned message, other chat of a migration
	Name        string  // new title, topic name
	Color       int
	Icon        string
	IconChanged bool
}

// Kinds of content beyond those of files.
const (
	kText, kPhoto, kVideo, kAudio, kVoice = "text", "photo", "video", "audio", "voice"
	kNote, kAnimation, kSticker, kDoc     = "video_note", "animation", "sticker", "document"
	kContact, kLocation, kVenue           = "contact", "location", "venue"
	kPoll, kDice                          = "poll", "dice"
	kTopicCreated, kTopicEdited           = "forum_topic_created", "forum_topic_edited"
	kTopicClosed, kTopicReopened          = "forum_topic_closed", "forum_topic_reopened"
	kGeneralHidden, kGeneralShown         = "general_forum_topic_hidden", "general_forum_topic_unhidden"
	kPinned, kJoined, kLeft, kTitle       = "pinned_message", "new_chat_members", "left_chat_member", "new_chat_title"
	kMovedTo, kMovedFrom                  = "migrate_to_chat_id", "migrate_from_chat_id"
	kGroupMade, kSuperMade                = "group_chat_created", "supergroup_chat_created"
)

func (k *content) service() bool {
	switch k.Kind {
	case kTopicCreated, kTopicEdited, kTopicClosed, kTopicReopened, kGeneralHidden, kGeneralShown,
		kPinned, kJoined, kLeft, kTitle, kMovedTo, kMovedFrom, kGroupMade, kSuperMade:
		return true
	}
	return false
}

// captioned reports whether the text is a caption of a file that may have one.
func (k *content) captioned() bool {
	switch k.Kind {
	case kPhoto, kVideo, kAudio, kVoice, kAnimation, kDoc:
		return true
	}
	return false
}

// state is all that is saved.
type state struct {
	Users   map[int64]*account
	Bots    map[int64]*bot
	Chats   map[Place]*chat `json:"-"`
	List    []*chat         // Chats, as saved
	Files   map[string]*file
	NextSeq int64 // of files, albums, polls, users, groups
	Changes int64
}

func newState() *state {
	return &state{Users: map[int64]*account{}, Bots: map[int64]*bot{}, Chats: map[Place]*chat{}, Files: map[string]*file{}}
}

// find is a live message of k.
func (k *chat) find(id int64) *message {
	if m := k.Messages[id]; m != nil && !m.Deleted {
		return m
	}
	return nil
}

func (k *chat) private() bool { return k.Kind == kindPrivate }

// super covers chats whose messages are numbered for themselves.
func (k *chat) super() bool { return k.Kind == kindSupergroup || k.Kind == kindChannel }
