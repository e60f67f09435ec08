package router

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"parom/core"
	"parom/core/store"
)

var originHistories = flag.Int("origin.histories", 0, "histories of the test of where answers go; zero: 10000, 1000 with -short")

// theRule is the router's own.
func theRule(p *past, a Answer) (store.Address, *Refusal, error) { return p.r.origin(p.t, a) }

// ferry plays histories in one store, one after another.
type ferry struct {
	*bench
	played int
	seqs   map[string]int64
	tally  tally
}

func newFerry(t *testing.T) *ferry {
	return &ferry{bench: newBench(t), seqs: map[string]int64{}, tally: tally{map[string]int{}, map[string]int{}}}
}

// run plays one history in one transaction and reports the violation, if any.
func (f *ferry) run(history []step, decide decision) error {
	f.played++
	var found error
	f.update(func(x *store.Tx) error {
		p := &past{
			t: x, r: f.r, decide: decide, no: f.played, seqs: f.seqs, rooms: []string{"room", "room2", "room3"}, room: "room",
			owner: map[core.AddressID]core.ContactID{}, recorded: map[*sighting]bool{}, tally: f.tally,
		}
		if err := x.Rebind("main", p.room); err != nil {
			return err
		}
		if err := p.begin(); err != nil {
			return err
		}
		tail := []step{{kind: stepBacklog, a: 2}, {kind: stepBacklog, a: 2}, {kind: stepTaps}, {kind: stepTaps}}
		for _, s := range append(slices.Clone(history), tail...) {
			if err := p.play(s); err != nil {
				if v := violationError(""); errors.As(err, &v) {
					found = v
					return nil
				}
				return fmt.Errorf("history %d: %w", f.played, err)
			}
		}
		return nil
	})
	return found
}

// shrink leaves out the steps that a violation does not need.
func (f *ferry) shrink(history []step, decide decision) ([]step, error) {
	err := f.run(history, decide)
	for again := true; again; {
		again = false
		for i := range history {
			less := slices.Delete(slices.Clone(history), i, i+1)
			if e := f.run(less, decide); e != nil {
				history, err, again = less, e, true
				break
			}
		}
	}
	return history, err
}

// search plays histories from a seed on until one violates the property, and gives
// their number and the violation, shrunk; zero steps: none did.
func (f *ferry) search(from uint64, n int, decide decision) (played int, history []step, err error) {
	for i := range n {
		history = drawHistory(from + uint64(i))
		if f.run(history, decide) != nil {
			history, err = f.shrink(history, decide)
			return i + 1, history, err
		}
	}
	return n, nil, nil
}

var stepNames = [stepKinds]string{
	"a customer writes", "it appears", "it is recorded", "its end is lost", "a file follows", "an edit", "a line", "close or reopen",
	"the thread is gone", "another room", "an operator says", "the backlog comes", "a held one is tapped", "a note", "contacts join", "contacts part",
}

func told(history []step) string {
	var b strings.Builder
	for _, s := range history {
		fmt.Fprintf(&b, "\n\t%s {%d, %d, %d, %d}", stepNames[s.kind], s.kind, s.a, s.b, s.c)
	}
	return b.String()
}

func TestOrigin_AnAnswerGoesWhereItsAuthorSawItGo(t *testing.T) {
	n := *originHistories
	switch {
	case n > 0:
	case testing.Short():
		n = 1000
	default:
		n = 10000
	}
	const workers = 2
	ferries := make([]*ferry, workers)
	var wg sync.WaitGroup
	for w := range workers {
		ferries[w] = newFerry(t)
		wg.Go(func() {
			from := uint64(w * n / workers)
			if played, history, err := ferries[w].search(from, n/workers, theRule); err != nil {
				t.Errorf("seed %d: %v%s", from+uint64(played)-1, err, told(history))
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	accepted, refused, sum := map[string]int{}, map[string]int{}, 0
	for _, f := range ferries {
		for why, c := range f.tally.accepted {
			accepted[why] += c
			sum += c
		}
		for why, c := range f.tally.refused {
			refused[why] += c
			sum += c
		}
	}
	t.Logf("%d histories, %d answers checked", n, sum)
	for _, why := range slices.Sorted(maps.Keys(accepted)) {
		t.Logf("accepted %6d: %s", accepted[why], why)
	}
	for _, why := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("refused  %6d: %s", refused[why], why)
	}
	for _, why := range []string{"unquoted", "quoted customer", "quoted ours", "nothing above, one address ever"} {
		if accepted[why] < n/200 {
			t.Errorf("only %d answers accepted of the kind %q: the histories are about nothing", accepted[why], why)
		}
	}
	for _, why := range []string{"quoted in another topic", "quoted note or line", "nothing above", "unquoted, another contact's", "quoted customer, another contact's"} {
		if refused[why] < n/500 {
			t.Errorf("only %d answers refused of the kind %q: the histories are about nothing", refused[why], why)
		}
	}
}

// wrongly gives an address by its id, without asking whose it is.
func wrongly(p *past, id core.AddressID) (store.Address, *Refusal, error) {
	if id == 0 {
		return store.Address{}, refuse("refused.unclear", nil), nil
	}
	a, err := p.t.Address(id)
	return a, nil, err
}

// rightly is the same, refused when it is another contact's.
func rightly(p *past, a Answer, id core.AddressID, no *Refusal, err error) (store.Address, *Refusal, error) {
	if err != nil || no != nil {
		return store.Address{}, no, err
	}
	address, err := p.t.Address(id)
	if err == nil && address.Contact != a.Topic.Contact {
		return address, refuse("refused.unclear", nil), nil
	}
	return address, nil, err
}

// mutants are rules with one mistake each.
var mutants = map[string]decision{
	"where the dialog stands in the store": func(p *past, a Answer) (store.Address, *Refusal, error) {
		d, err := p.t.LastDialog(a.Topic.ID)
		if err != nil {
			return store.Address{}, nil, err
		}
		return rightly(p, a, d.Address, nil, nil)
	},
	"the newest shown, also below": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if a.Quoted == nil {
			a.Post.Seq = math.MaxInt64
		}
		return p.r.origin(p.t, a)
	},
	"quotes do not count": func(p *past, a Answer) (store.Address, *Refusal, error) {
		a.Quoted = nil
		return p.r.origin(p.t, a)
	},
	"a quoted card means the message under it": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if q := a.Quoted; q != nil && q.Kind == store.PostCard && q.Address != 0 && q.Topic == a.Topic.ID {
			return rightly(p, a, q.Address, nil, nil)
		}
		return p.r.origin(p.t, a)
	},
	"whose the address is does not count": func(p *past, a Answer) (store.Address, *Refusal, error) {
		id, no, err := p.r.originID(p.t, a)
		if err != nil || no != nil {
			return store.Address{}, no, err
		}
		return wrongly(p, id)
	},
	"a quote of another topic is as good": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if q := a.Quoted; q != nil && q.Address != 0 && q.Topic != a.Topic.ID {
			return rightly(p, a, q.Address, nil, nil)
		}
		return p.r.origin(p.t, a)
	},
	"a quoted note is no quote": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if a.Quoted != nil && a.Quoted.Kind == store.PostNote {
			a.Quoted = nil
		}
		return p.r.origin(p.t, a)
	},
	"what appears is not thought of": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if a.Quoted != nil {
			return p.r.origin(p.t, a)
		}
		above, err := p.t.CustomerPostAbove(a.Topic.ID, a.Post)
		if errors.Is(err, store.ErrNotFound) {
			return p.r.origin(p.t, a)
		}
		return rightly(p, a, above.Address, nil, err)
	},
	"what was shown twice is not thought of": func(p *past, a Answer) (store.Address, *Refusal, error) {
		above, err := p.t.CustomerPostAbove(a.Topic.ID, a.Post)
		appearing, e := p.t.Appearing(a.Topic.ID)
		if a.Quoted != nil || err != nil || e != nil || len(appearing) > 0 {
			return p.r.origin(p.t, a)
		}
		return rightly(p, a, above.Address, nil, nil)
	},
	"posts left behind stand above": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if a.Quoted != nil {
			return p.r.origin(p.t, a)
		}
		var id core.AddressID
		err := p.t.QueryRow(`SELECT m.address_id FROM posts p JOIN messages m ON m.id = p.message_id
			WHERE p.topic_id = $1 AND p.seq < $2 AND p.kind IN (1, 7) AND m.direction = 1 ORDER BY p.seq DESC, p.n DESC LIMIT 1`,
			int64(a.Topic.ID), a.Post.Seq).Scan(&id)
		if err != nil {
			return p.r.origin(p.t, a)
		}
		return rightly(p, a, id, nil, nil)
	},
	"the newest by number, not by place": func(p *past, a Answer) (store.Address, *Refusal, error) {
		if a.Quoted != nil {
			return p.r.origin(p.t, a)
		}
		var id core.AddressID
		err := p.t.QueryRow(`SELECT p.address_id FROM posts p JOIN rooms r ON r.id = p.room_id WHERE p.topic_id = $1 AND p.seq < $2
			AND r.room = $3 AND p.kind IN (1, 7) AND p.address_id <> 0 ORDER BY p.message_id DESC LIMIT 1`,
			int64(a.Topic.ID), a.Post.Seq, a.Post.Room).Scan(&id)
		if err != nil {
			return p.r.origin(p.t, a)
		}
		return rightly(p, a, id, nil, nil)
	},
	"what is unclear is guessed": func(p *past, a Answer) (store.Address, *Refusal, error) {
		to, no, err := p.r.origin(p.t, a)
		if err != nil || no == nil {
			return to, no, err
		}
		as, err := p.t.AddressesOf(a.Topic.Contact)
		if err != nil || len(as) == 0 {
			return to, no, err
		}
		return as[0], nil, nil
	},
	"everything is refused": func(*past, Answer) (store.Address, *Refusal, error) {
		return store.Address{}, refuse("refused.unclear", nil), nil
	},
}

// TestOrigin_AWrongRuleIsFound shows that the test above can fail: each rule with a
// mistake violates the property within so many histories.
func TestOrigin_AWrongRuleIsFound(t *testing.T) {
	const within = 3000
	f := newFerry(t)
	for _, name := range slices.Sorted(maps.Keys(mutants)) {
		played, history, err := f.search(0, within, mutants[name])
		if err == nil {
			t.Errorf("%s: not found in %d histories", name, within)
			continue
		}
		t.Logf("%s: found in history %d, by %d steps: %v", name, played, len(history), err)
	}
}
