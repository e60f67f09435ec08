package outbox

import (
	"time"

	"parom/core"
	"parom/core/store"
)

// lane is what is known of one lane in memory: its head, compactly, and where
// it waits. There may be a hundred thousand.
type lane struct {
	name   store.Lane
	job    core.JobID
	due    int64         // µs since 1970, as the store keeps it
	until  time.Duration // monotonic: backoff or pause of job held; zero: none
	held   core.JobID    // the job that until is about
	gen    uint64        // changes whenever the head is set or a step begins
	since  int64         // due time its head had when it became the head, in µs
	at     *gate         // where it waits; nil: nowhere
	place  int32         // in the gate's queue
	slowAt int32         // place among those Watch.Slow may be told of; -1: not there
	prio   int32
	kind   uint8
	state  uint8
	busy   bool   // a step of it runs
	aside  bool   // that step only fetches a file
	step   uint32 // counts the steps that were recorded
}

func (l *lane) head() store.Head {
	return store.Head{
		Lane: l.name, Job: l.job, Kind: store.JobKind(l.kind), Priority: int(l.prio),
		DueAt: store.Time(l.due), State: store.JobState(l.state),
	}
}

func (l *lane) set(h store.Head) {
	l.job, l.due, l.prio = h.Job, store.Micros(h.DueAt), int32(h.Priority)
	l.kind, l.state = uint8(h.Kind), uint8(h.State)
}

// before is who goes first among lanes that wait for the same: the smaller
// priority, then what was due first.
func (l *lane) before(o *lane) bool {
	if l.prio != o.prio {
		return l.prio < o.prio
	}
	if l.due != o.due {
		return l.due < o.due
	}
	return l.job < o.job
}

// gate is a place where lanes wait for something: a slot, a budget, a channel,
// a time. What it is about is known by try.
type gate struct {
	queue[*lane]
	owner   opener        // nil for those the dispatcher looks at itself
	rings   time.Duration // monotonic time of its alarm
	ringing int           // place among the alarms; -1: none set
}

func newGate(less func(a, b *lane) bool) gate {
	return gate{
		queue:   queue[*lane]{less: less, place: func(l *lane, at int) { l.place = int32(at) }},
		ringing: -1,
	}
}

func (g *gate) add(l *lane) {
	l.at = g
	g.push(l)
}

// leave takes a lane out of wherever it waits.
func (l *lane) leave() {
	if l.at != nil {
		l.at.remove(int(l.place))
		l.at = nil
	}
}
