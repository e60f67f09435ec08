package router

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// What operators saw: a small simulation beside the store. It keeps every post
// where it appeared, recorded by the gateway or not, and tells from that alone
// where an answer may go.

// sighting is one post as it stands in a thread.
type sighting struct {
	topic   core.TopicID
	thread  int // threads are numbered through a history; zero: none
	room    string
	seq     int64
	kind    store.PostKind
	address core.AddressID // of a customer's words; of ours, whom they went to
	message core.MessageID
}

func (s sighting) ref() core.PostRef { return core.PostRef{Room: s.room, Seq: s.seq} }

// fromCustomer reports that a post has a customer's words.
func (s sighting) fromCustomer() bool {
	return (s.kind == store.PostCustomer || s.kind == store.PostCard) && s.address != 0
}

// said is what an operator wrote.
type said struct {
	sighting
	quotes *sighting // as he saw it; nil: unquoted
	tapped bool      // it was held: he said "send" later
}

// wants is the address that an answer may go to by what its author saw; zero: it
// has to be refused.
func wants(all []*sighting, a said) (core.AddressID, string) {
	if q := a.quotes; q != nil {
		if q.topic != a.topic {
			return 0, "quoted in another topic"
		}
		switch q.kind {
		case store.PostCard: // counts as unquoted
		case store.PostCustomer:
			return q.address, "quoted customer"
		case store.PostAnswer, store.PostBot, store.PostEcho:
			return q.address, "quoted ours"
		}
		if q.kind != store.PostCard && !a.tapped {
			return 0, "quoted note or line"
		}
	}
	var newest *sighting
	var ever []core.AddressID
	for _, s := range all {
		if s.topic != a.topic || !s.fromCustomer() {
			continue
		}
		if !slices.Contains(ever, s.address) {
			ever = append(ever, s.address)
		}
		if s.thread == a.thread && s.seq < a.seq && (newest == nil || s.seq > newest.seq) {
			newest = s
		}
	}
	switch {
	case newest != nil:
		return newest.address, "unquoted"
	case len(ever) == 1:
		return ever[0], "nothing above, one address ever" // there is nobody else it could be for
	}
	return 0, "nothing above"
}

// step is one step of a history; its numbers mean something by what stands then.
type step struct {
	kind    int
	a, b, c uint32
}

// Steps, each with its weight.
const (
	stepWrites = iota // a customer
	stepShows
	stepLands // what was being shown is recorded
	stepLoses // an attempt to show has an unknown end, and is made again
	stepFile  // a file follows its text
	stepEdits
	stepLine // of the gateway, the bot, the phone
	stepCloses
	stepHeals
	stepMoves // to another room
	stepSays  // an operator
	stepBacklog
	stepTaps
	stepNotes
	stepJoins
	stepParts // contacts
	stepKinds
)

var stepWeights = [stepKinds]int{16, 18, 8, 1, 3, 4, 8, 2, 4, 1, 26, 6, 3, 2, 3, 2}

func drawHistory(seed uint64) []step {
	rnd := rand.New(rand.NewPCG(seed, 44))
	var bag []int
	for k, w := range stepWeights {
		bag = append(bag, slices.Repeat([]int{k}, w)...)
	}
	// Something to begin with, so that short histories are about something.
	out := []step{{kind: stepWrites}, {kind: stepShows}, {kind: stepJoins, a: 1}, {kind: stepWrites, a: 1}}
	if seed%3 == 0 { // joined only when each has a topic
		out = []step{{kind: stepWrites}, {kind: stepShows}, {kind: stepWrites, a: 1}, {kind: stepShows, a: 1}, {kind: stepJoins, a: 1}}
	}
	for range 5 + rnd.IntN(11) {
		out = append(out, step{bag[rnd.IntN(len(bag))], rnd.Uint32(), rnd.Uint32(), rnd.Uint32()})
	}
	return out
}

// showing is what the gateway has to show, or is showing.
type showing struct {
	jobs   []store.Job
	ms     []core.Message
	seen   *sighting // nil: waits
	unsure bool      // an attempt before had an unknown end
	file   bool      // follows its text, in a lane of its own
}

// model is a topic as the test knows it.
type model struct {
	id      core.TopicID
	contact core.ContactID
	thread  int
	room    string
	waits   []*showing
	flies   []*showing
	doubt   bool // something stands in it that was never recorded
}

// past is a history in the middle of being played.
type past struct {
	t       *store.Tx
	r       *Router
	decide  decision
	no      int // of the history, in this store
	seqs    map[string]int64
	rooms   []string
	room    string
	threads int
	remotes int

	contacts  []core.ContactID
	addresses []store.Address
	owner     map[core.AddressID]core.ContactID
	topics    []*model
	all       []*sighting
	recorded  map[*sighting]bool
	backlog   []said
	held      []said
	tally     tally
}

// tally counts answers by what they were, accepted ones and refused ones.
type tally struct{ accepted, refused map[string]int }

// decision is the rule under test: where an answer goes.
type decision func(p *past, a Answer) (store.Address, *Refusal, error)

func (p *past) begin() error {
	people := []struct {
		ch   core.ChannelID
		name string
	}{{"one", "a"}, {"two", "b"}, {"one", "c"}, {"two", "d"}}
	for _, x := range people {
		no, err := p.t.ChannelNumber(x.ch)
		if err != nil {
			return err
		}
		a, _, err := p.t.MeetPeer(no, core.Peer{ID: core.PeerID(fmt.Sprintf("%s%d", x.name, p.no))}, p.t.Now())
		if err != nil {
			return err
		}
		p.addresses, p.contacts = append(p.addresses, a), append(p.contacts, a.Contact)
		p.owner[a.ID] = a.Contact
	}
	return nil
}

// post puts something in a thread, maybe after others of the room.
func (p *past) post(m *model, kind store.PostKind, address core.AddressID, id core.MessageID) *sighting {
	p.seqs[m.room] += 1 + int64(len(p.all)%3)
	s := &sighting{topic: m.id, thread: m.thread, room: m.room, seq: p.seqs[m.room], kind: kind, address: address, message: id}
	p.all = append(p.all, s)
	return s
}

// record has the gateway know of a post, as the desk does.
func (p *past) record(s *sighting, n int, id core.MessageID) error {
	room, err := p.t.RoomNamed(s.room)
	if err != nil {
		return err
	}
	row := store.PostPart{RoomNo: room.No, Seq: s.seq, N: n, Topic: s.topic, Kind: s.kind, Message: id, Attachment: -1, At: p.t.Now()}
	if s.fromCustomer() {
		row.Address = s.address
	}
	p.recorded[s] = true
	return p.t.AddPost(row)
}

func (p *past) play(s step) error {
	var m *model
	if len(p.topics) > 0 {
		m = p.topics[int(s.a)%len(p.topics)]
	}
	switch s.kind {
	case stepWrites:
		return p.writes(p.addresses[int(s.a)%len(p.addresses)])
	case stepJoins, stepParts:
		a, c := p.addresses[int(s.a)%len(p.addresses)], p.contacts[int(s.b)%2]
		if s.kind == stepParts {
			c = p.contacts[int(s.b)%len(p.contacts)]
		}
		p.owner[a.ID] = c
		_, err := p.t.Exec(`UPDATE addresses SET contact_id = $1 WHERE id = $2`, int64(c), int64(a.ID))
		return err
	case stepMoves:
		p.room = p.rooms[int(s.a)%len(p.rooms)]
		return p.t.Rebind("main", p.room)
	case stepBacklog:
		return p.deliverBacklog(1 + int(s.a)%3)
	case stepTaps:
		return p.tap(s)
	}
	if m == nil {
		return nil
	}
	switch s.kind {
	case stepShows:
		return p.shows(m, s)
	case stepLands:
		return p.lands(m, s)
	case stepLoses:
		return p.loses(m, s)
	case stepFile:
		return p.file(m, s)
	case stepEdits:
		return p.edits(m, s)
	case stepLine:
		return p.line(m, s)
	case stepCloses:
		return p.closes(m)
	case stepHeals:
		return p.heals(m)
	case stepSays:
		return p.says(m, s)
	case stepNotes:
		return p.note(m, s)
	}
	return nil
}

// writes has a customer write; it is stored, and shown when its turn comes.
func (p *past) writes(a store.Address) error {
	p.remotes++
	return p.event(a, fmt.Sprintf("r%d-%d", p.no, p.remotes), posted("слова"))
}

func (p *past) event(a store.Address, remote string, body core.EventBody) error {
	ev := core.Event{From: core.Peer{ID: a.Peer}, At: p.t.Now(), Remote: core.RemoteID(remote), Body: body}
	if err := p.r.take(intake{p.t, p.r.Channel(a.Channel), a.ChannelNo, ev}); err != nil {
		return err
	}
	if _, isNew := body.(core.Posted); !isNew {
		return nil
	}
	rem, err := p.t.Remote(a.ChannelNo, core.RemoteID(remote))
	if err != nil {
		return err
	}
	msg, err := p.t.Message(rem.Message)
	if err != nil {
		return err
	}
	js, err := p.t.JobsOf(msg.ID)
	if err != nil || len(js) != 1 {
		return fmt.Errorf("%d jobs of a new message: %w", len(js), err)
	}
	topic := core.TopicID(js[0].Lane.Number())
	i := slices.IndexFunc(p.topics, func(m *model) bool { return m.contact == p.owner[a.ID] })
	if i < 0 {
		i = len(p.topics)
		p.topics = append(p.topics, &model{id: topic, contact: p.owner[a.ID]})
	}
	if p.topics[i].id != topic {
		return violation("the words of address %d are shown in topic %d of another contact", a.ID, topic)
	}
	p.topics[i].waits = append(p.topics[i].waits, &showing{jobs: js, ms: []core.Message{msg}})
	return nil
}

// shows has waiting messages appear: in turn or not, several in one post or not,
// recorded at once or not yet.
func (p *past) shows(m *model, s step) error {
	if len(m.waits) == 0 {
		return nil
	}
	at := 0
	if s.b%4 == 0 {
		at = int(s.b/4) % len(m.waits)
	}
	w := m.waits[at]
	m.waits = slices.Delete(m.waits, at, at+1)
	for s.b%3 == 0 && at < len(m.waits) && len(w.ms) == 1 && m.waits[at].ms[0].Address == w.ms[0].Address && !m.waits[at].file && !w.file && !m.waits[at].unsure && !w.unsure {
		next := m.waits[at]
		w.jobs, w.ms = append(w.jobs, next.jobs...), append(w.ms, next.ms...)
		m.waits = slices.Delete(m.waits, at, at+1)
	}
	if err := p.appears(m, w); err != nil {
		return err
	}
	if s.c%4 == 1 {
		return nil // not recorded yet
	}
	return p.land(m, len(m.flies)-1)
}

// appears makes the topic if need be and has a message stand in it. The attempt is
// in the store before.
func (p *past) appears(m *model, w *showing) error {
	kind := store.PostCustomer
	if m.thread != 0 && m.room != p.room {
		if err := p.heals(m); err != nil {
			return err
		}
	}
	if m.thread == 0 {
		if err := p.makes(m); err != nil {
			return err
		}
		kind = store.PostCard // the card, with the first message under it
	}
	for i := range w.jobs {
		j, err := p.t.Job(w.jobs[i].ID)
		if err != nil {
			return err
		}
		j.State = store.JobAttempting
		j.Attempts++
		if err := p.t.SaveJob(j); err != nil {
			return err
		}
	}
	w.seen = p.post(m, kind, w.ms[0].Address, w.ms[0].ID)
	m.flies = append(m.flies, w)
	return nil
}

func (p *past) makes(m *model) error {
	o, err := p.t.Topic(m.id)
	if err != nil {
		return err
	}
	room, err := p.t.RoomNamed(p.room)
	if err != nil {
		return err
	}
	p.threads++
	m.thread, m.room = p.threads, p.room
	o.RoomNo, o.Ref, o.State = room.No, core.TopicRef{Room: p.room, Thread: fmt.Sprintf("%d-%d", p.no, p.threads)}, store.TopicOpen
	return p.t.SaveTopic(o)
}

func (p *past) lands(m *model, s step) error {
	if len(m.flies) == 0 {
		return nil
	}
	return p.land(m, int(s.b)%len(m.flies))
}

func (p *past) land(m *model, i int) error {
	w := m.flies[i]
	m.flies = slices.Delete(m.flies, i, i+1)
	for n, j := range w.jobs {
		if err := p.record(w.seen, n, w.ms[n].ID); err != nil {
			return err
		}
		if w.unsure {
			if err := p.t.MarkTwice(w.ms[n].ID); err != nil {
				return err
			}
		}
		if err := p.t.FinishJob(j); err != nil {
			return err
		}
	}
	return nil
}

// loses has the answer to an attempt never come: the post stands there unrecorded,
// and its message is shown once more.
func (p *past) loses(m *model, s step) error {
	if len(m.flies) == 0 {
		return nil
	}
	i := int(s.b) % len(m.flies)
	w := m.flies[i]
	w.unsure, m.doubt = true, true
	if s.c%2 == 0 {
		return nil // a while passes first; loses or lands goes on with it
	}
	m.flies = slices.Delete(m.flies, i, i+1)
	return p.appears(m, w)
}

// file has a file of a message that stands follow its text.
func (p *past) file(m *model, s step) error {
	if m.thread == 0 {
		return nil
	}
	var of []*sighting
	for _, x := range p.all {
		if x.topic == m.id && x.thread == m.thread && x.kind == store.PostCustomer && p.recorded[x] {
			of = append(of, x)
		}
	}
	if len(of) == 0 {
		return nil
	}
	msg, err := p.t.Message(of[int(s.b)%len(of)].message)
	if err != nil {
		return err
	}
	j := store.Job{Lane: store.TopicLane(m.id) + store.Lane(fmt.Sprintf("/f%d-%d", msg.ID, len(p.all))), Kind: store.JobShow, Message: msg.ID, Slot: "file"}
	if err := p.t.Enqueue(&j); err != nil {
		return err
	}
	if err := p.appears(m, &showing{jobs: []store.Job{j}, ms: []core.Message{msg}, file: true}); err != nil || s.c%2 == 0 {
		return err
	}
	return p.land(m, len(m.flies)-1)
}

// edits changes a customer's message. A post that cannot be amended is shown anew.
func (p *past) edits(m *model, s step) error {
	var of []*sighting
	for _, x := range p.all {
		if x.topic == m.id && x.fromCustomer() && p.recorded[x] {
			of = append(of, x)
		}
	}
	if len(of) == 0 {
		return nil
	}
	msg, err := p.t.Message(of[int(s.b)%len(of)].message)
	if err != nil {
		return err
	}
	rs, err := p.t.RemotesOf(msg.ID)
	if err != nil || len(rs) == 0 {
		return err
	}
	a, err := p.t.Address(msg.Address)
	if err != nil {
		return err
	}
	if err := p.event(a, string(rs[0].Remote), core.Edited{Content: posted(fmt.Sprint("слова ", s.c)).Content}); err != nil {
		return err
	}
	if s.c%3 > 0 {
		return nil
	}
	j := store.Job{Lane: store.TopicLane(m.id), Kind: store.JobShow, Message: msg.ID, Payload: `{"anew":true}`}
	m.waits = append(m.waits, &showing{ms: []core.Message{msg}})
	err = p.t.Enqueue(&j)
	m.waits[len(m.waits)-1].jobs = []store.Job{j}
	return err
}

// line has something that no customer said appear. It too makes a topic that is
// gone: with a card alone.
func (p *past) line(m *model, s step) error {
	if m.thread == 0 {
		if err := p.makes(m); err != nil {
			return err
		}
		s.b = 4
	}
	kind := []store.PostKind{store.PostSystem, store.PostNotice, store.PostBot, store.PostEcho, store.PostCard}[s.b%5]
	if kind == store.PostSystem || kind == store.PostNotice || kind == store.PostCard {
		return p.record(p.post(m, kind, 0, 0), 0, 0)
	}
	d, err := p.t.LastDialog(m.id)
	if err != nil {
		return err
	}
	to := p.addresses[int(s.c)%len(p.addresses)].ID
	msg := core.Message{Dialog: d.ID, Address: to, Direction: core.FromBot, Content: posted("меню").Content}
	if kind == store.PostEcho {
		msg.Direction = core.Echo
	}
	if err := p.t.InsertMessage(&msg); err != nil {
		return err
	}
	return p.record(p.post(m, kind, to, msg.ID), 0, msg.ID)
}

func (p *past) closes(m *model) error {
	d, err := p.t.LastDialog(m.id)
	if err != nil {
		return err
	}
	if d.State == store.DialogOpen {
		return dialogs.Close(p.t, &d, "op0", "", true)
	}
	_, _, err = dialogs.Reopen(p.t, m.id, "op1")
	return err
}

// heals finds a topic's thread gone, as the desk does: it is made anew when
// something is shown next.
func (p *past) heals(m *model) error {
	if m.thread == 0 {
		return nil
	}
	o, err := p.t.Topic(m.id)
	if err != nil {
		return err
	}
	o.Ref.Thread, o.State, o.CardSeq = "", store.TopicWanted, 0
	if err := p.t.SaveTopic(o); err != nil {
		return err
	}
	if err := p.t.LeavePosts(m.id); err != nil {
		return err
	}
	m.thread, m.room = 0, ""
	for _, w := range m.flies { // tried again in the new one
		for _, j := range w.jobs {
			if j, err = p.t.Job(j.ID); err != nil {
				return err
			}
			j.State = store.JobWaiting
			if err := p.t.SaveJob(j); err != nil {
				return err
			}
		}
		w.seen, w.unsure = nil, false
	}
	m.waits, m.flies = append(m.flies, m.waits...), nil
	return nil
}

// note has the team talk among itself.
func (p *past) note(m *model, s step) error {
	if m.thread == 0 {
		return nil
	}
	var msg core.Message
	if d, err := p.t.LastDialog(m.id); s.b%2 == 0 && err == nil {
		msg = core.Message{Dialog: d.ID, Direction: core.Note, Content: posted("// своё").Content}
		if err := p.t.InsertMessage(&msg); err != nil {
			return err
		}
	}
	return p.record(p.post(m, store.PostNote, 0, msg.ID), 0, msg.ID)
}

// says has an operator write. The gateway hears of it now, or later.
func (p *past) says(m *model, s step) error {
	if m.thread == 0 {
		return nil
	}
	var quotes *sighting
	if s.b%5 < 2 { // what he quotes, of this topic or of another, one of the newest
		from := slices.DeleteFunc(slices.Clone(p.all), func(x *sighting) bool { return (x.topic == m.id) != (s.b%3 > 0) })
		if len(from) > 0 {
			quotes = from[len(from)-1-int(s.c>>8)%min(len(from), 8)]
		}
	}
	a := said{sighting: *p.post(m, store.PostNote, 0, 0), quotes: quotes}
	switch s.c % 8 {
	case 0, 1:
		p.backlog = append(p.backlog, a)
		return nil
	case 2:
		return p.holds(a)
	}
	return p.answers(a)
}

func (p *past) deliverBacklog(n int) error {
	for ; n > 0 && len(p.backlog) > 0; n-- {
		a := p.backlog[0]
		p.backlog = p.backlog[1:]
		if err := p.answers(a); err != nil {
			return err
		}
	}
	return nil
}

// own is the sighting of something that was said.
func (p *past) own(a said) *sighting {
	i := slices.IndexFunc(p.all, func(x *sighting) bool { return x.ref() == a.ref() })
	return p.all[i]
}

func (p *past) holds(a said) error {
	p.own(a).kind = store.PostHeld
	p.held = append(p.held, a)
	return p.record(p.own(a), 0, 0)
}

// tap has something held go after all.
func (p *past) tap(s step) error {
	if len(p.held) == 0 {
		return nil
	}
	i := int(s.a) % len(p.held)
	a := p.held[i]
	p.held = slices.Delete(p.held, i, i+1)
	a.tapped = true
	return p.answers(a)
}

type violationError string

func (v violationError) Error() string { return string(v) }

func violation(format string, args ...any) error { return violationError(fmt.Sprintf(format, args...)) }

// answers has the gateway take what an operator wrote, and holds what it does with
// it against what he saw.
func (p *past) answers(a said) error {
	o, err := p.t.Topic(a.topic)
	if err != nil {
		return err
	}
	m := p.topics[slices.IndexFunc(p.topics, func(m *model) bool { return m.id == a.topic })]
	if !a.tapped && m.thread != a.thread {
		return nil // written in a thread that is nobody's now: the desk takes it for no answer
	}
	ans := Answer{
		Topic: o, Post: a.ref(), By: core.PersonID(fmt.Sprintf("op%d", a.seq%2)), At: p.t.Now(),
		Content: core.Content{Text: core.Plain("ответ")},
	}
	if a.quotes != nil {
		parts, err := p.t.PostParts(a.quotes.ref())
		switch {
		case err != nil:
			return err
		case len(parts) == 0 && a.quotes.topic != a.topic:
			return p.record(p.own(a), 0, 0) // the console tells where it stands: not here
		case len(parts) == 0 && !a.tapped:
			return p.holds(a) // a reply to who knows what is held
		case len(parts) == 0:
			ans.Quoted = &store.PostPart{Topic: o.ID}
		case a.tapped && (parts[len(parts)-1].Message == 0 || parts[0].Kind == store.PostNote) && parts[0].Topic == o.ID:
			// the desk: a reply to a note answers nothing the customer knows
		default:
			ans.Quoted = &parts[int(a.seq)%len(parts)]
		}
	}
	want, why := wants(p.all, a)
	if want != 0 && p.owner[want] != m.contact {
		want, why = 0, why+", another contact's"
	}
	to, no, err := p.decide(p, ans)
	if err != nil {
		return err
	}
	if no != nil {
		return p.refused(a, m, want, why, no)
	}
	p.tally.accepted[why]++
	msg, no, err := p.r.sendTo(p.t, ans, to)
	if err != nil || no != nil {
		return errors.Join(err, fmt.Errorf("not sent: %+v", no))
	}
	js, err := p.t.JobsOf(msg.ID)
	if err != nil {
		return err
	}
	switch {
	case p.owner[to.ID] != m.contact:
		return violation("%s: to address %d of contact %d, the topic is contact %d's", why, to.ID, p.owner[to.ID], m.contact)
	case to.ID != want:
		return violation("%s: to address %d, its author saw %d", why, to.ID, want)
	case len(js) != 1 || js[0].Kind != store.JobSend || js[0].Lane != store.AddressLane(want, ""):
		return violation("%s: jobs %+v", why, js)
	}
	s := p.own(a)
	s.kind, s.address, s.message = store.PostAnswer, to.ID, msg.ID
	p.recorded[s] = true
	return nil
}

// refused: what is clear has to go.
func (p *past) refused(a said, m *model, want core.AddressID, why string, no *Refusal) error {
	p.tally.refused[why]++
	flies := slices.ContainsFunc(m.flies, func(w *showing) bool { return w.ms[0].Address != want || w.seen.seq < a.seq })
	certain := !flies && (a.quotes == nil || p.recorded[a.quotes]) && !m.doubt && m.thread == a.thread && !strings.HasPrefix(why, "nothing above")
	if want != 0 && certain {
		return violation("%s: refused (%s), its author saw address %d", why, no.Key, want)
	}
	if a.tapped {
		return nil
	}
	return p.record(p.own(a), 0, 0)
}
