package core

import (
	"context"
	"io"
	"time"
)

// Inbox takes what happens on the networks. The router implements it.
type Inbox interface {
	// Bind ties a channel to the account it was made for, once and for good.
	// It fails when the channel belongs to another account.
	Bind(ctx context.Context, channel ChannelID, account string) error
	// Deliver stores the events in order, each with its effect exactly once.
	// When it returns nil everything is on disk and the network may be
	// acknowledged. An event that cannot be taken is parked, not returned.
	Deliver(ctx context.Context, channel ChannelID, events []Event) error
}

// Cursors remembers how far each account has been read.
type Cursors interface {
	// Cursor is the last saved cursor; the zero Cursor when there is none.
	Cursor(ctx context.Context, account string) (Cursor, error)
	SaveCursor(ctx context.Context, account, value string) error
}

// Cursor is a place in a network's stream, and when it was reached.
type Cursor struct {
	Value string
	At    time.Time
}

// Adapter connects one configured channel.
type Adapter interface {
	ID() ChannelID
	Limits() Limits // constant after construction
	// Run receives until ctx ends, then returns nil. It reconnects by itself;
	// an error means that the channel cannot work until somebody acts.
	Run(ctx context.Context, in Inbox) error
	// Send delivers one parcel already cut to Limits and returns what the
	// network called it and when. Safe for concurrent use; the same Key means
	// the same parcel. Errors are *SendError.
	Send(ctx context.Context, p Parcel) (Sent, error)
}

// Destination is where a parcel goes.
type Destination struct {
	Peer   PeerID
	Thread ThreadID
}

// Parcel is a network-sized piece of a message.
type Parcel struct {
	Key     Key
	To      Destination
	Content Content // fits Limits; files are referenced or in the spool
	ReplyTo *Reference
	Buttons [][]Button
	Silent  bool
	// Attempt counts from 1. Above it, an earlier attempt may have arrived.
	Attempt int
}

// Sent is the network's receipt.
type Sent struct {
	Remote []RemoteID // one, or one for each file of an album, in order
	At     time.Time  // the network's time
	// Locators are the network's references to the files sent, in order, for
	// sending them again without moving bytes. Empty ones are unknown.
	Locators []string
}

// Media opens the bytes of an attachment that lie in the spool.
type Media interface {
	// Open may be called again for a retry. Size is in bytes.
	Open(ctx context.Context, blob string) (r io.ReadSeekCloser, sizeBytes int64, err error)
}

// Optional abilities of an adapter. Each that is implemented is declared in
// Limits too; the conformance suite checks that the two agree.
type (
	// Editor changes a message that was sent.
	Editor interface {
		Edit(ctx context.Context, to Destination, remote RemoteID, p Parcel) error
	}
	// Deleter removes a sent message at the customer.
	Deleter interface {
		Delete(ctx context.Context, to Destination, remote []RemoteID) error
	}
	// Reactor sets our reaction on a message; an empty emoji takes it away.
	Reactor interface {
		React(ctx context.Context, to Destination, remote RemoteID, emoji string) error
	}
	// Typist shows that somebody of ours is typing, for a few seconds.
	Typist interface {
		Type(ctx context.Context, to Destination) error
	}
	// Reader tells the customer that everything up to remote was read.
	Reader interface {
		MarkRead(ctx context.Context, to Destination, remote RemoteID) error
	}
	// Fetcher streams the bytes of an attachment it holds.
	Fetcher interface {
		Fetch(ctx context.Context, a Attachment, w io.Writer) error
	}
	// Finder looks whether a key was sent. Found is false when it was not.
	Finder interface {
		Find(ctx context.Context, to Destination, key Key) (s Sent, found bool, err error)
	}
	// Pinger asks for any answer by a call that sends nothing, as near to a
	// Send to that peer as the network has; the zero Destination: about nobody.
	// It never answers from memory. A refusal of the network's own is an answer.
	Pinger interface {
		Ping(ctx context.Context, to Destination) error
	}
	// Prober checks credentials and rights without sending anything.
	Prober interface {
		Probe(ctx context.Context) (Account, []Finding, error)
	}
)

// Account is who a channel's credentials belong to.
type Account struct {
	ID   string // unique within the network, with the network's name in front
	Name string
	Link string
}

// Finding is one remark of a check: what is wrong and what to do, as a text key
// with its arguments.
type Finding struct {
	Fatal bool // the channel cannot work
	Key   string
	Args  map[string]any
}
