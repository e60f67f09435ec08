package outbox

import (
	"sync"

	"parom/core/store"
)

// wakeBook collects the lanes that commits have changed. Its lock is the only
// one the store's writer takes to wake somebody, and is held for moments.
type wakeBook struct {
	mu      sync.Mutex
	seq     uint64
	dirty   map[store.Lane]uint64   // changed, with the number of the change
	busy    map[store.Lane]struct{} // a step runs: it reads the lane itself
	reading bool                    // lanes were taken and their heads not applied yet
	signal  chan struct{}
}

func newWakeBook() wakeBook {
	return wakeBook{dirty: map[store.Lane]uint64{}, busy: map[store.Lane]struct{}{}, signal: make(chan struct{}, 1)}
}

func (w *wakeBook) wake(l store.Lane) {
	w.mu.Lock()
	w.seq++
	w.dirty[l] = w.seq
	_, busy := w.busy[l]
	w.mu.Unlock()
	if !busy {
		w.ring()
	}
}

func (w *wakeBook) ring() {
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

// begin says that a step of l runs.
func (w *wakeBook) begin(l store.Lane) {
	w.mu.Lock()
	w.busy[l] = struct{}{}
	w.mu.Unlock()
}

// now is the number of the last change; called on the writer after a commit, it
// tells what that commit and all before it have changed.
func (w *wakeBook) now() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seq
}

// end says that the step of l is over and has seen all changes up to seen.
func (w *wakeBook) end(l store.Lane, seen uint64) {
	w.mu.Lock()
	delete(w.busy, l)
	at, dirty := w.dirty[l]
	if dirty && at <= seen {
		delete(w.dirty, l)
		dirty = false
	}
	w.mu.Unlock()
	if dirty {
		w.ring()
	}
}

// take gives up to n lanes whose heads are to be read.
func (w *wakeBook) take(n int) []store.Lane {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading = true
	var out []store.Lane
	for l := range w.dirty {
		if _, busy := w.busy[l]; busy {
			continue
		}
		if len(out) == n {
			w.ring()
			break
		}
		out = append(out, l)
		delete(w.dirty, l)
	}
	return out
}

// idle says that the reader waits.
func (w *wakeBook) idle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading = false
}

// pending reports changes that nobody has looked at.
func (w *wakeBook) pending() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reading {
		return true
	}
	for l := range w.dirty {
		if _, busy := w.busy[l]; !busy {
			return true
		}
	}
	return false
}
