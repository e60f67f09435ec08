package outbox

import (
	"context"
	"errors"
	"io"

	"parom/core"
	"parom/core/spool"
)

// Porter brings an attachment's bytes into the spool.
type Porter struct {
	Spool *spool.Spool
	// Fetchers gives who can hand over the bytes of a holder's attachments.
	Fetchers func(holder string) (core.Fetcher, bool)
}

// Has reports that the bytes of a are at hand.
func (p *Porter) Has(a core.Attachment) bool { return a.Blob != "" && p.Spool.Has(a.Blob) }

// Bring has the bytes of a fetched into the spool and sets a.Blob,
// a.SizeBytes and, where it was not known, a.MIME; it does nothing when they are there. A file over maxBytes
// (0: no bound) is core.TooLarge; one that nobody can hand over is
// core.MediaGone. Errors are *core.SendError. It records nothing itself.
func (p *Porter) Bring(ctx context.Context, a *core.Attachment, maxBytes int64) error {
	if p.Has(*a) {
		return nil
	}
	fetcher, ok := p.Fetchers(a.Holder)
	if !ok || a.Locator == "" {
		return &core.SendError{Reason: core.MediaGone, Detail: "nobody holds the file any more"}
	}
	if maxBytes > 0 && a.SizeBytes > maxBytes {
		return tooLarge(nil)
	}
	var fetched error
	file, err := p.Spool.Store(ctx, func(w io.Writer) error {
		fetched = fetcher.Fetch(ctx, *a, &capped{w: w, left: maxBytes, bounded: maxBytes > 0})
		return fetched
	})
	switch {
	case errors.Is(err, errCapped), errors.Is(fetched, errCapped), errors.Is(err, spool.ErrTooLarge):
		return tooLarge(err)
	case errors.Is(err, spool.ErrFull):
		return &core.SendError{Reason: core.Unavailable, Detail: "no room for files", Err: err}
	case fetched != nil:
		return sendError(fetched)
	case err != nil:
		return &core.SendError{Reason: core.Unavailable, Detail: "the file could not be kept", Err: err}
	}
	a.Blob, a.SizeBytes = file.Blob, file.SizeBytes
	if a.MIME == "" {
		a.MIME = file.MIME
	}
	return nil
}

func tooLarge(err error) error {
	return &core.SendError{Reason: core.TooLarge, Detail: "the file is larger than the destination takes", Err: err}
}

// sendError classifies a failed fetch: nothing was sent by it.
func sendError(err error) error {
	var e *core.SendError
	if !errors.As(err, &e) || e.Reason == core.MaybeSent {
		return &core.SendError{Reason: core.Unavailable, Detail: "the file could not be fetched", Err: err}
	}
	return e
}

var errCapped = errors.New("more bytes than allowed")

// capped ends a stream that is longer than was said.
type capped struct {
	w       io.Writer
	left    int64
	bounded bool
}

func (c *capped) Write(b []byte) (int, error) {
	if c.bounded {
		if c.left -= int64(len(b)); c.left < 0 {
			return 0, errCapped
		}
	}
	return c.w.Write(b)
}
