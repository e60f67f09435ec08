package core

import (
	"context"
	"time"
)

// TopicRef names a topic as the console does. An empty Thread is the room's
// general part; a private chat with an operator is a room without topics.
type TopicRef struct {
	Room   string
	Thread string
}

// PostRef names one post. Seq grows within a room: what stands above has a
// smaller one.
type PostRef struct {
	Room string
	Seq  int64
}

// Post is something to show to operators.
type Post struct {
	Topic   TopicRef
	Content Content
	ReplyTo PostRef // zero: answers nothing
	// Fragment is the stretch of the replied-to post that is meant.
	Fragment string
	Buttons  [][]Button
	Silent   bool // no sound
	Copy     *PostRef
}

// Button is one button under a post or a message. Exactly one of ID and URL is set.
type Button struct {
	ID    string `json:"id,omitempty"` // opaque, minted by the gateway, at most 64 bytes
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

// Console is where operators work. Errors of its methods are *SendError.
// All methods are safe for concurrent use.
type Console interface {
	// Limits of what can be shown, as for an adapter.
	Limits() Limits
	// Run receives what operators do until ctx ends, then returns nil.
	Run(ctx context.Context, d Desk) error

	OpenTopic(ctx context.Context, room, title, icon string) (TopicRef, error)
	// EditTopic changes title and icon; empty ones stay.
	EditTopic(ctx context.Context, t TopicRef, title, icon string) error
	ReopenTopic(ctx context.Context, t TopicRef) error
	DeleteTopic(ctx context.Context, t TopicRef) error
	// Show makes a post: one PostRef, or one for each file of an album.
	Show(ctx context.Context, p Post) (Shown, error)
	// Amend replaces text (or caption) and buttons of a post.
	Amend(ctx context.Context, ref PostRef, p Post) error
	// Mark sets the gateway's one sign on a post; empty takes it away.
	Mark(ctx context.Context, ref PostRef, emoji string) error
	Remove(ctx context.Context, ref PostRef) error
	Pin(ctx context.Context, ref PostRef) error
}

// Census is the ability of a console to tell who is in a room now.
type Census interface {
	// IsMember asks the network. Errors are *SendError.
	IsMember(ctx context.Context, room string, p PersonID) (bool, error)
}

// Shown is a console's receipt.
type Shown struct {
	Posts []PostRef
	At    time.Time
	// Locators are the console's references to the files shown, in order.
	Locators []string
}

// Desk takes what operators do. core/desk implements it.
type Desk interface {
	// Deliver stores the acts in order, each with its effect exactly once.
	// When it returns nil the console may be acknowledged.
	Deliver(ctx context.Context, acts []Act) error
	// Press handles a button, once for a Key, and answers with the pop-up to show.
	// With an error nothing was done, and the pop-up says so: the person may press
	// again, the press itself need not be repeated.
	Press(ctx context.Context, p Press) (Popup, error)
}

// Person is somebody in the operators' rooms.
type Person struct {
	ID       PersonID
	Name     string
	Username string
	Guise    Guise
	Language string // BCP 47
}

// Guise says in what voice a person speaks.
type Guise uint8

// Guises. Only a Human may ever answer a customer.
const (
	Human     Guise = iota + 1
	Robot           // any bot but ourselves
	Anonymous       // an admin hiding behind the group
	Broadcast       // on behalf of a channel, or a linked channel's post
	Self            // the gateway's own echo
)

// Act is one thing that happened in the operators' rooms.
type Act struct {
	Key   string // as Event.Key
	Topic TopicRef
	Post  PostRef // zero where there is none
	By    Person
	At    time.Time
	Body  ActBody
	// Private says that the room is By's own chat with the gateway.
	Private bool
}

// ActBody is what was done: one of the types below.
type ActBody interface{ actBody() }

type (
	// Wrote is a new message of somebody.
	Wrote struct {
		Content   Content
		Group     string   // album
		ReplyTo   PostRef  // zero: answers nothing
		ReplyIn   TopicRef // topic of the replied-to post, when the console tells
		Fragment  string
		Forwarded bool
		Inline    bool     // sent through an inline bot
		Mentions  []string // usernames or person ids the text mentions by markup, in order
	}
	// Rewrote replaces the content of an earlier message.
	Rewrote struct{ Content Content }
	// Signed is the whole set of reactions a person now has on a post.
	Signed struct{ Emoji []string }
	// TopicMade is a topic's own service message, as the three below;
	// By.Guise is Self for our own echoes.
	TopicMade struct{ Title string }
	// TopicRenamed is a new title.
	TopicRenamed struct{ Title string }
	// TopicShut is a topic closed by hand, or by ourselves.
	TopicShut struct{}
	// TopicReopened is its reverse.
	TopicReopened struct{}
	// ServiceLine is any other service message (a pin, a title change).
	ServiceLine struct{}
	// Moved says that Act.Topic.Room has a new id.
	Moved struct{ To string }
	// Membership is somebody's standing in a room, ours when By.Guise is Self.
	Membership struct {
		Present bool
		Admin   bool
		// Rights the gateway lacks, as the console words them; only for Self.
		Missing []string
	}
	// Blind says that the console could not be read between From and To.
	Blind struct{ From, To time.Time }
)

func (Wrote) actBody()         {}
func (Rewrote) actBody()       {}
func (Signed) actBody()        {}
func (TopicMade) actBody()     {}
func (TopicRenamed) actBody()  {}
func (TopicShut) actBody()     {}
func (TopicReopened) actBody() {}
func (ServiceLine) actBody()   {}
func (Moved) actBody()         {}
func (Membership) actBody()    {}
func (Blind) actBody()         {}

// Press is a pressed button.
type Press struct {
	Key    string // as Event.Key; empty: it never comes again
	Button string
	Topic  TopicRef
	Post   PostRef
	By     Person
	At     time.Time
	// Private says that the room is By's own chat with the gateway.
	Private bool
}

// Popup is the answer to a pressed button; it costs none of the group's budget.
type Popup struct {
	Text  string
	Alert bool // must be dismissed by hand
}
