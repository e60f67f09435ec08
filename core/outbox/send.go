package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parom/core"
	"parom/core/fit"
	"parom/core/store"
)

// cuts is what is stored in store.Job.Cuts.
type cuts struct {
	Sum    string      `json:"h"`           // of the content that was cut
	Ranges []fit.Range `json:"p,omitempty"` // of a JobSend: its pieces
	Ops    []editOp    `json:"o,omitempty"` // of a JobEdit: what to do
	// Round counts how often Ops were decided, so that no key is used twice.
	Round int `json:"n,omitempty"`
	// Blobs are the files brought into the spool, by holder and locator.
	Blobs map[string]string `json:"b,omitempty"`
	// Of the piece in turn:
	Tried  int64 `json:"t,omitempty"` // first attempt, in µs since 1970
	Lost   int   `json:"l,omitempty"` // answers lost
	Unsure bool  `json:"m,omitempty"` // an attempt may have arrived
	Looked bool  `json:"s,omitempty"` // looked for since the last attempt, and not found
	Upload bool  `json:"u,omitempty"` // references are dead: send the bytes
}

// turn forgets what is about the piece in turn.
func (k *cuts) turn() { k.Tried, k.Lost, k.Unsure, k.Looked, k.Upload = 0, 0, false, false, false }

func (k cuts) String() string {
	b, err := json.Marshal(k)
	if err != nil { // plain data
		panic(fmt.Sprintf("outbox: cuts: %v", err))
	}
	return string(b)
}

func blobName(a core.Attachment) string { return a.Holder + "\x00" + a.Locator }

// fill tells where files lie that were brought.
func (k cuts) fill(as []core.Attachment) {
	for i := range as {
		if blob := k.Blobs[blobName(as[i])]; blob != "" {
			as[i].Blob = blob
		}
	}
}

func parseCuts(s string) (k cuts, err error) {
	if s != "" {
		if err = json.Unmarshal([]byte(s), &k); err != nil {
			err = fmt.Errorf("stored cuts: %w", err)
		}
	}
	return k, err
}

// ContentSum tells contents apart. What is learnt of files later is left out.
func ContentSum(c core.Content) string {
	c.Attachments = slices.Clone(c.Attachments)
	for i := range c.Attachments {
		a := &c.Attachments[i]
		a.Blob, a.SizeBytes, a.MIME = "", 0, ""
	}
	b, err := json.Marshal(c)
	if err != nil { // plain data
		panic(fmt.Sprintf("outbox: content: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// pieceKey derives the key of piece i; the first piece has the job's own.
func pieceKey(k core.Key, i int) core.Key {
	if i == 0 {
		return k
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(k[:], uint64(i)))
	var out core.Key
	copy(out[:], sum[:])
	return out
}

// planSend plans the next piece of a message.
func (c *AddressCarrier) planSend(t *store.Tx, w work) (Step, error) {
	k, content, err := c.cutsOf(t, w)
	if err != nil {
		return Step{}, err
	}
	if w.job.Done >= len(k.Ranges) { // its content was replaced by a shorter one
		return Step{}, c.finishSend(t, w)
	}
	piece, err := w.fitter.Remake(content, k.Ranges[w.job.Done])
	if err != nil {
		return Step{}, &core.SendError{Reason: core.Rejected, Detail: "internal error", Err: err}
	}
	var payload SendPayload
	if w.job.Payload != "" {
		if err := json.Unmarshal([]byte(w.job.Payload), &payload); err != nil {
			return Step{}, &core.SendError{Reason: core.Rejected, Detail: "malformed payload", Err: err}
		}
	}
	p := core.Parcel{Key: pieceKey(w.job.Key, w.job.Done), To: w.to(), Content: piece, Silent: payload.Silent}
	if w.job.Done == 0 {
		if p.ReplyTo, err = w.quote(t); err != nil {
			return Step{}, err
		}
	}
	if w.job.Done == len(k.Ranges)-1 {
		p.Buttons = payload.Buttons
	}
	at := k.Ranges[w.job.Done]
	return c.planParcel(t, w, k, p, at, func(t *store.Tx, k cuts, sent core.Sent) error {
		return c.pieceSent(t, w, k, at, sent)
	})
}

// cutsOf gives the stored cuts of a JobSend and the content they lie in. They
// are made at the first attempt, and anew when the content was replaced since
// and nothing of the old one can be with the customer.
func (c *AddressCarrier) cutsOf(t *store.Tx, w work) (k cuts, content core.Content, err error) {
	if k, err = parseCuts(w.job.Cuts); err != nil {
		return k, content, err
	}
	content = w.message.Content
	sum := ContentSum(content)
	if k.Sum == sum {
		return k, content, nil
	}
	if k.Sum != "" && (w.job.Done > 0 || w.job.State == store.JobAttempting) {
		old, found, err := version(t, w.message.ID, k.Sum)
		if err != nil || found {
			return k, old, err // the edit follows as a job of its own
		}
	}
	pieces, problems := w.fitter.Cut(content)
	if len(problems) > 0 {
		return k, content, &core.SendError{Reason: core.TooLarge, Detail: "file: " + problems[0].Rule.String()}
	}
	if len(pieces) == 0 {
		return k, content, &core.SendError{Reason: core.Rejected, Detail: "nothing to send"}
	}
	k.Sum, k.Ranges = sum, nil
	for _, p := range pieces {
		k.Ranges = append(k.Ranges, p.Range)
	}
	return k, content, nil
}

// version finds the earlier content with a sum.
func version(t *store.Tx, m core.MessageID, sum string) (core.Content, bool, error) {
	vs, err := t.Versions(m)
	for _, v := range slices.Backward(vs) {
		if ContentSum(v.Content) == sum {
			return v.Content, true, nil
		}
	}
	return core.Content{}, false, err
}

// planParcel plans the call for one parcel: first its files are brought, then a
// parcel that may have arrived is looked for, then it is sent. sent records the
// receipt and finishes or saves the job.
func (c *AddressCarrier) planParcel(t *store.Tx, w work, k cuts, p core.Parcel, at fit.Range,
	sent func(*store.Tx, cuts, core.Sent) error,
) (Step, error) {
	k.fill(p.Content.Attachments)
	if step, needed := c.planBring(w, k, p); needed {
		return step, nil
	}
	if k.Upload {
		for i := range p.Content.Attachments {
			a := &p.Content.Attachments[i]
			a.Holder, a.Locator, a.Source = "", "", "" // they are dead
		}
	}
	if w.job.Attempts == 0 {
		k.Lost = 0 // an operator asked for it again
	}
	if k.Tried == 0 {
		k.Tried = store.Micros(t.Now())
	}
	unsure := w.job.State == store.JobAttempting
	finder, findable := w.adapter.(core.Finder)
	if findable && unsure && !k.Looked {
		return c.planFind(w, k, finder, p.Key, sent), nil
	}
	covered := w.limits.Dedupe > 0 && t.Now().Sub(store.Time(k.Tried)) < w.limits.Dedupe-callDefault
	if unsure && !covered {
		if err := t.MarkTwice(w.message.ID); err != nil {
			return Step{}, err
		}
	}
	k.Looked, k.Unsure = false, unsure
	w.job.Cuts = k.String()
	p.Attempt = w.job.Attempts + 1
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) { return w.adapter.Send(ctx, p) },
		Done: func(t *store.Tx, result any) error {
			receipt, ok := result.(core.Sent)
			if !ok {
				return fmt.Errorf("send answered a %T", result)
			}
			return sent(t, k, receipt)
		},
		Failed:   func(t *store.Tx, e *core.SendError) (bool, error) { return c.sendFailed(t, w, k, e) },
		Deadline: transferTime(p.Content),
		Final:    !covered && (k.Lost > 0 || unsure && !findable && w.job.Attempts > 0),
		Once:     !covered && !findable,
	}, nil
}

// transferTime bounds a call that may move bytes: a minute and what 256 kB/s
// need, an hour at most.
func transferTime(c core.Content) time.Duration {
	var size int64
	for _, a := range c.Attachments {
		size += a.SizeBytes
	}
	return min(callDefault+time.Duration(size/(256<<10))*time.Second, time.Hour)
}

// sendFailed remembers what only the carrier can know.
func (c *AddressCarrier) sendFailed(t *store.Tx, w work, k cuts, e *core.SendError) (handled bool, err error) {
	j, err := t.Job(w.job.ID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	switch e.Reason {
	case core.MaybeSent:
		k.Lost++
		k.Unsure = true
		j.Cuts = k.String()
		return false, t.SaveJob(j)
	case core.MediaGone:
		if k.Upload || c.Porter == nil {
			return false, nil
		}
		k.Upload = true
		j.Cuts, j.State, j.Attempts = k.String(), w.job.State, max(0, j.Attempts-1)
		return true, saveAgain(t, j)
	}
	return false, nil
}

// planFind looks for a parcel that may have arrived.
func (c *AddressCarrier) planFind(w work, k cuts, f core.Finder, key core.Key, sent func(*store.Tx, cuts, core.Sent) error) Step {
	type found struct {
		sent core.Sent
		ok   bool
	}
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) {
			s, ok, err := f.Find(ctx, w.to(), key)
			return found{s, ok}, err
		},
		Done: func(t *store.Tx, result any) error {
			r, _ := result.(found)
			if r.ok {
				return sent(t, k, r.sent)
			}
			k := k
			k.Looked = true
			j := w.job
			j.State, j.Cuts = store.JobAttempting, k.String()
			return t.SaveJob(j)
		},
	}
}

// pieceSent records a piece's receipt.
func (c *AddressCarrier) pieceSent(t *store.Tx, w work, k cuts, at fit.Range, sent core.Sent) error {
	if err := w.addRemotes(t, at, sent); err != nil {
		return err
	}
	if w.job.Done == 0 && !sent.At.IsZero() {
		if err := t.SetSentAt(w.message.ID, sent.At); err != nil {
			return err
		}
	}
	w.job.Done++
	if w.job.Done == len(k.Ranges) {
		return c.finishSend(t, w)
	}
	return t.SaveJob(nextTurn(w.job, k))
}

// nextTurn readies a job for its next piece.
func nextTurn(j store.Job, k cuts) store.Job {
	k.turn()
	j.Cuts, j.State, j.Attempts, j.Error = k.String(), store.JobWaiting, 0, ""
	return j
}

func (c *AddressCarrier) finishSend(t *store.Tx, w work) error {
	if _, err := t.Advance(w.message.ID, core.DeliverySent); err != nil {
		return err
	}
	if err := t.FinishJob(w.job); err != nil {
		return err
	}
	m, err := t.Message(w.message.ID) // marked as sent twice since it was planned, maybe
	if err != nil {
		return err
	}
	return c.sent(t, w.job, m)
}

// addRemotes records what the network calls a piece: one name, or one for each
// file. Parts go on counting from those recorded before.
func (w work) addRemotes(t *store.Tx, at fit.Range, sent core.Sent) error {
	before, err := w.remotes(t, w.message.ID)
	if err != nil {
		return err
	}
	part := 0
	if n := len(before); n > 0 {
		part = before[n-1].Part + 1
	}
	when := sent.At
	if when.IsZero() {
		when = t.Now()
	}
	for i, id := range sent.Remote {
		r := store.Remote{
			ChannelNo: w.address.ChannelNo, Remote: id, Message: w.message.ID, Part: part + i, Attachment: -1, At: when,
		}
		if i < len(at.Attachments) {
			r.Attachment = at.Attachments[i]
		}
		if i == 0 && !at.AsText {
			r.From, r.To = at.From, at.To
		}
		if err := t.AddRemote(r); err != nil {
			return err
		}
	}
	return nil
}

// quote finds what the destination's network calls the quoted message: the part
// with the fragment, else the last. nil: it is not known there.
func (w work) quote(t *store.Tx) (*core.Reference, error) {
	ref := w.message.ReplyTo
	if ref == nil || w.limits.Reply == core.Absent {
		return nil, nil
	}
	if ref.Message == 0 {
		return nil, nil
	}
	rs, err := w.remotes(t, ref.Message)
	if err != nil || len(rs) == 0 {
		return nil, err
	}
	out := *ref
	out.Remote = rs[len(rs)-1].Remote
	if ref.Fragment == "" {
		return &out, nil
	}
	m, err := t.Message(ref.Message)
	if errors.Is(err, store.ErrNotFound) {
		return &out, nil
	}
	if err != nil {
		return nil, err
	}
	if i := strings.Index(m.Content.Text.Body, ref.Fragment); i >= 0 {
		for _, r := range rs {
			if r.From <= i && i < r.To {
				out.Remote = r.Remote
				break
			}
		}
	}
	return &out, nil
}
