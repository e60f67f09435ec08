package outbox

import (
	"time"

	"parom/core"
	"parom/core/store"
)

// channel is what lanes that use the same connection share: a bound of calls in
// flight and a breaker. The outbox's lock is held.
//
// The breaker is our own because it must follow core.Clock: it opens after
// breakAfter failures in a row that several lanes had (one lane alone has its
// own backoff), or at once after a call that can neither be looked for nor
// repeated without a possible copy; lets one probe through after a wait that
// doubles, and closes when the network answers anything at all.
type channel struct {
	name   string
	gate   gate // lanes that wait for it
	flying int

	streak int        // failures in a row
	first  store.Lane // lane of the first of them
	mixed  bool       // another lane failed too

	shut    bool
	probing bool
	reopen  time.Duration // monotonic time of the next probe
	wait    time.Duration // what the last wait was
	cause   *core.SendError
	held    bool // shut because somebody must act
}

const (
	breakAfter  = 5
	breakFirst  = time.Second
	breakMax    = time.Minute
	heldRetry   = time.Minute
	smallShare  = 4 // calls in flight that a channel may have even in busy times
	reserveFrac = 4 // one in so many places is kept for channels with fewer
)

func newChannel(name string) *channel { return &channel{name: name, gate: newGate((*lane).before)} }

// closed reports that no lane may begin, because the channel is broken or held.
func (c *channel) closed(now time.Duration) bool {
	return c.shut && (c.probing || now < c.reopen)
}

// alive records that the network answered. It reports that the channel was held.
func (c *channel) alive() (wasHeld bool) {
	wasHeld = c.shut && c.held
	c.streak, c.mixed, c.first = 0, false, ""
	c.shut, c.held, c.probing, c.wait, c.cause = false, false, false, 0, nil
	return wasHeld
}

// failed records that the network could not be reached.
func (c *channel) failed(l store.Lane, now time.Duration, jitter float64, cause *core.SendError) {
	c.streak++
	if c.streak == 1 {
		c.first = l
	}
	c.mixed = c.mixed || l != c.first
	if !c.shut && (c.streak < breakAfter || !c.mixed) {
		return
	}
	if c.shut && !c.probing {
		return // a call that began before it was shut
	}
	c.open(now, jitter, cause)
}

// open opens the breaker, or keeps it open for longer.
func (c *channel) open(now time.Duration, jitter float64, cause *core.SendError) {
	c.wait = min(max(2*c.wait, breakFirst), breakMax)
	c.shut, c.held, c.probing, c.cause = true, false, false, cause
	c.reopen = now + time.Duration(float64(c.wait)*(0.8+0.4*jitter))
}

// hold records that somebody must act. It reports that this is news.
func (c *channel) hold(now time.Duration, cause *core.SendError) bool {
	news := !c.shut || !c.held
	c.shut, c.held, c.probing, c.cause = true, true, false, cause
	c.reopen = now + heldRetry
	return news
}

// slotFree reports that one more step of c may begin. A part of the places is
// kept for channels that use few, so that one that hangs cannot take them all.
func (o *Outbox) slotFree(c *channel) bool {
	free := o.InFlight - o.flying
	switch {
	case free <= 0 || c.flying >= o.PerChannel:
		return false
	case c.flying >= smallShare && free <= o.InFlight/reserveFrac:
		return false
	}
	return true
}
