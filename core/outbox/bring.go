package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"parom/core"
	"parom/core/store"
)

// fetchUnknown bounds the fetching of files whose size is not known.
const fetchUnknown = 10 * time.Minute

// planBring plans the fetching of a parcel's files that neither go by reference
// nor lie in the spool. Nothing is sent by it, so the job stays as it is.
func (c *AddressCarrier) planBring(w work, k cuts, p core.Parcel) (step Step, needed bool) {
	if c.Porter == nil {
		return Step{}, false
	}
	var missing []core.Attachment
	deadline := transferTime(p.Content)
	for _, a := range p.Content.Attachments {
		if !a.Kind.IsFile() || w.byReference(a, k) || c.Porter.Has(a) {
			continue
		}
		missing = append(missing, a)
		if a.SizeBytes == 0 {
			deadline = max(deadline, fetchUnknown)
		}
	}
	if len(missing) == 0 {
		return Step{}, false
	}
	w.job.Cuts = k.String()
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) {
			brought := make([]core.Attachment, len(missing))
			for i, a := range missing {
				a.Blob = ""
				if err := c.Porter.Bring(ctx, &a, w.limits.Media[a.Kind].SendBytes); err != nil {
					return nil, err
				}
				brought[i] = a
			}
			return brought, nil
		},
		Done: func(t *store.Tx, result any) error {
			brought, ok := result.([]core.Attachment)
			if !ok {
				return fmt.Errorf("files brought: a %T", result)
			}
			return c.filesBrought(t, w, k, brought)
		},
		Deadline: deadline,
		Aside:    true,
	}, true
}

// byReference reports that the destination takes the file without its bytes.
func (w work) byReference(a core.Attachment, k cuts) bool {
	return a.Holder != "" && a.Holder == w.limits.Holder && a.Locator != "" && !k.Upload
}

// filesBrought notes with the message where its files lie now.
func (c *AddressCarrier) filesBrought(t *store.Tx, w work, k cuts, brought []core.Attachment) error {
	m, err := t.Message(w.message.ID)
	if errors.Is(err, store.ErrNotFound) {
		return t.FinishJob(w.job)
	}
	if err != nil {
		return err
	}
	for i := range m.Content.Attachments {
		a := &m.Content.Attachments[i]
		for _, b := range brought {
			if a.Holder == b.Holder && a.Locator == b.Locator {
				a.Blob, a.SizeBytes, a.MIME = b.Blob, b.SizeBytes, b.MIME
			}
		}
	}
	k.Blobs = maps.Clone(k.Blobs)
	if k.Blobs == nil {
		k.Blobs = map[string]string{}
	}
	for _, b := range brought {
		k.Blobs[blobName(b)] = b.Blob
	}
	if err := t.SaveAttachments(m); err != nil {
		return err
	}
	j, err := t.Job(w.job.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // withdrawn meanwhile
	}
	if err != nil {
		return err
	}
	j.Error, j.Cuts = "", k.String()
	return t.SaveJob(j)
}
