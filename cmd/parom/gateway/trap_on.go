//go:build crashpoints

package gateway

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"parom/core"
)

// Points beside those of store and outbox.
const (
	trapTopicMade = "console.topic_made" // a topic exists, nothing of it is recorded
	trapAlbumIn   = "inbox.album_part"   // a part of a customer's album is stored
	trapAlbumOut  = "desk.album_part"    // a part of an operator's album is stored
)

// trap kills the process, without any farewell, at the n-th time it comes to a
// point named by PAROM_CRASH_AT as "point:n".
var trap = func() func(string) {
	point, count, ok := strings.Cut(os.Getenv("PAROM_CRASH_AT"), ":")
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return nil
	}
	var left atomic.Int64
	left.Store(n)
	return func(at string) {
		if at == point && left.Add(-1) == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}()

// trapConsole has the trap called between a topic's making and its record.
func trapConsole(c core.Console) core.Console {
	if trap == nil {
		return c
	}
	return trappedConsole{c}
}

type trappedConsole struct{ core.Console }

func (c trappedConsole) OpenTopic(ctx context.Context, room, title, icon string) (core.TopicRef, error) {
	ref, err := c.Console.OpenTopic(ctx, room, title, icon)
	if err == nil {
		trap(trapTopicMade)
	}
	return ref, err
}

// trapInbox has the trap called after each batch that ends with a part of an album.
func trapInbox(in core.Inbox) core.Inbox {
	if trap == nil {
		return in
	}
	return trappedInbox{in}
}

type trappedInbox struct{ core.Inbox }

func (i trappedInbox) Deliver(ctx context.Context, channel core.ChannelID, events []core.Event) error {
	err := i.Inbox.Deliver(ctx, channel, events)
	if n := len(events); err == nil && n > 0 && events[n-1].Group != "" {
		trap(trapAlbumIn)
	}
	return err
}

// trapDesk is trapInbox for operators.
func trapDesk(d core.Desk) core.Desk {
	if trap == nil {
		return d
	}
	return trappedDesk{d}
}

type trappedDesk struct{ core.Desk }

func (d trappedDesk) Deliver(ctx context.Context, acts []core.Act) error {
	err := d.Desk.Deliver(ctx, acts)
	if n := len(acts); err == nil && n > 0 {
		if w, ok := acts[n-1].Body.(core.Wrote); ok && w.Group != "" {
			trap(trapAlbumOut)
		}
	}
	return err
}
