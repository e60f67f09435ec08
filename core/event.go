package core

import "time"

// Event is one thing that happened on a network.
type Event struct {
	// Key makes the event's effect happen once: the account plus the network's
	// own message id, plus the version for edits. Never an update counter.
	Key    string
	Group  string   // album the message belongs to; empty: none
	From   Peer     // the correspondent, also of an Echo
	Thread ThreadID // empty on chat networks
	At     time.Time
	Remote RemoteID // the message it is about; empty where there is none
	Body   EventBody
}

// Peer is a correspondent as the network describes him. Empty fields are
// unknown and do not erase what is known.
type Peer struct {
	ID       PeerID
	Name     string
	Username string
	Phone    string // proven by the network, E.164
	Email    string // proven by the network
	Language string // BCP 47
	Link     string // page of the profile
	Bot      bool
}

// EventBody is what happened: one of the types below.
type EventBody interface{ eventBody() }

type (
	// Posted is a new message of the correspondent.
	Posted struct {
		Content   Content
		ReplyTo   *Reference // Remote and Fragment are set, Message is not
		Forwarded string     // original author's name; empty: not forwarded
	}
	// Edited replaces the content of an earlier message.
	Edited struct{ Content Content }
	// Deleted removes an earlier message.
	Deleted struct{}
	// Reacted is the whole set of reactions the correspondent now has on a message.
	Reacted struct{ Emoji []string }
	// Read says that everything up to Event.Remote was seen.
	Read struct{}
	// Delivered says that Event.Remote is on the correspondent's device.
	Delivered struct{}
	// Typing is passing and never stored.
	Typing struct{}
	// Reachable says whether the correspondent takes messages from now on.
	Reachable struct {
		Now    bool
		Reason string // the network's word for why not
	}
	// Started is the correspondent opening the conversation, with the source he came by.
	Started struct{ Source string }
	// Pressed is a button of ours pressed by the correspondent.
	Pressed struct{ Button string }
	// Echoed is a message of ours that did not come from the gateway: typed on
	// the account's own phone or page.
	Echoed struct {
		Content Content
		ReplyTo *Reference
	}
	// Gap says that whatever happened on the channel between From and To
	// cannot be had any more.
	Gap struct{ From, To time.Time }
	// Recovered says that N messages were fetched after an outage.
	Recovered struct{ N int }
)

func (Posted) eventBody()    {}
func (Edited) eventBody()    {}
func (Deleted) eventBody()   {}
func (Reacted) eventBody()   {}
func (Read) eventBody()      {}
func (Delivered) eventBody() {}
func (Typing) eventBody()    {}
func (Reachable) eventBody() {}
func (Started) eventBody()   {}
func (Pressed) eventBody()   {}
func (Echoed) eventBody()    {}
func (Gap) eventBody()       {}
func (Recovered) eventBody() {}
