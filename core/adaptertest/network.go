package adaptertest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"parom/core"
)

// ErrNotHere is answered by a Customer for what customers of the network cannot do.
var ErrNotHere = errors.New("not on this network")

// Network is one adapter with its simulator.
type Network struct {
	Name string // heading in docs/fidelity.md
	// Open starts a fresh simulator without limits of pace, with one customer who
	// has opened the conversation. What it starts it stops in t.Cleanup.
	Open func(t *testing.T) Simulator
	// Untold names what customers do and the network does not tell us, by row
	// ("typing", "read mark", "delete"), with the reason.
	Untold map[string]string
	// Opening is how many events the customer's opening causes, all of which come
	// before the suite's own.
	Opening int
}

// Simulator is a running simulator and the account on it.
type Simulator interface {
	// Adapter builds a new adapter for the same account, as after a restart.
	Adapter(t *testing.T, g Gateway) core.Adapter
	Customer() Customer
	Faults() Faults
	// Secrets are the credentials planted, none of which may show anywhere.
	Secrets() []string
}

// Gateway is what the suite gives an adapter.
type Gateway struct {
	ID      core.ChannelID
	Clock   core.Clock
	Log     *slog.Logger
	Cursors core.Cursors
	Media   core.Media
}

// Said is a message of the customer. Files' bytes are in Data, one for each
// attachment that is a file; attachments are otherwise filled in as far as a
// customer chooses (kind, name, type, place, card, poll).
type Said struct {
	Content   core.Content
	Data      [][]byte
	ReplyTo   core.RemoteID // empty: nothing
	Fragment  string
	Forwarded string // from somebody of this name
}

// Seen is a message as it stands in the customer's chat.
type Seen struct {
	Remote    core.RemoteID
	Content   core.Content
	Data      [][]byte // of each attachment; nil where there are no bytes
	Group     string   // album
	ReplyTo   core.RemoteID
	Fragment  string
	Buttons   [][]core.Button // ID is what the adapter was given
	Reactions []string        // ours
	Deleted   bool
}

// Customer acts and looks in his own chat. Any act may be answered with ErrNotHere.
type Customer interface {
	Peer() core.PeerID
	// Say writes a message; an album gives one id for each file.
	Say(ctx context.Context, s Said) ([]core.RemoteID, error)
	Edit(ctx context.Context, m core.RemoteID, text core.Text) error
	Delete(ctx context.Context, m core.RemoteID) error
	React(ctx context.Context, m core.RemoteID, emoji string) error
	Type(ctx context.Context) error
	Read(ctx context.Context, m core.RemoteID) error
	// Press presses the button with this id under m.
	Press(ctx context.Context, m core.RemoteID, button string) error
	// Block stops messages from us; false takes it back.
	Block(ctx context.Context, blocked bool) error

	// Sees are our messages in his chat, oldest first, deleted ones included.
	Sees(ctx context.Context) ([]Seen, error)
	// SeesTyping reports whether we are shown as typing, and SeesRead whether m
	// is shown as read by us.
	SeesTyping(ctx context.Context) (bool, error)
	SeesRead(ctx context.Context, m core.RemoteID) (bool, error)
}

// Faults spoil what the adapter asks of the network.
type Faults interface {
	// Throttle refuses the next send, asking to wait for after.
	Throttle(after time.Duration)
	// Break answers the next send as an overloaded server does, having done nothing.
	Break()
	// LoseAnswer does the next send and cuts the connection.
	LoseAnswer()
	// Hang does the next send and never answers.
	Hang()
	// Down takes the network away or brings it back.
	Down(down bool) error
	// Clear ends all of these.
	Clear()
}
