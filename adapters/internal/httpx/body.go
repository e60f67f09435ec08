package httpx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync/atomic"
)

// ErrTooLarge ends the reading of a body that is longer than allowed.
var ErrTooLarge = errors.New("body larger than allowed")

// ErrContentType says that an answer is not of the kind it should be.
var ErrContentType = errors.New("unexpected content type")

// Bound lets most bytes of b pass, decompressed ones if the client decompresses,
// and then fails with ErrTooLarge. Unlike io.LimitReader it does not pass a part
// for the whole.
func Bound(b io.ReadCloser, most int64) io.ReadCloser { return &bounded{b, most} }

type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}

// CheckType fails with ErrContentType unless the answer's media type is in want.
func CheckType(resp *http.Response, want ...string) error {
	t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(want, t) {
		return ErrContentType
	}
	return nil
}

// DecodeJSON decodes an answer of at most most bytes into v and closes it. The
// error quotes nothing of the body.
func DecodeJSON(resp *http.Response, most int64, v any) error {
	body := Bound(resp.Body, most)
	defer body.Close()
	if err := CheckType(resp, "application/json"); err != nil {
		return err
	}
	d := json.NewDecoder(body)
	err := d.Decode(v)
	var typ *json.UnmarshalTypeError
	var syn *json.SyntaxError
	switch {
	case err == nil:
		_, _ = io.CopyN(io.Discard, body, 1<<10) // a last chunk left unread would cost the connection
		return nil
	case errors.As(err, &typ):
		return fmt.Errorf("decode answer: field %s cannot be %s", typ.Field, typ.Type)
	case errors.As(err, &syn):
		return errors.New("decode answer: malformed JSON")
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("decode answer: %w", err)
}

// Progress tells how far a request got.
type Progress struct{ done atomic.Bool }

// Complete reports whether the transport read the request body to its end, so that
// the server may hold all of it. A body read in part cannot be complete there. A
// request without a body is never complete in this sense.
func (p *Progress) Complete() bool { return p.done.Load() }

// Track watches r's body. Call it once, just before sending.
func Track(r *http.Request) *Progress {
	p := &Progress{}
	if r.Body == nil || r.Body == http.NoBody {
		return p
	}
	size := r.ContentLength
	r.Body = &tracked{r.Body, p, size}
	if again := r.GetBody; again != nil {
		// The transport asks again only when it knows that nothing was taken.
		r.GetBody = func() (io.ReadCloser, error) {
			p.done.Store(false)
			b, err := again()
			if err != nil {
				return nil, err
			}
			return &tracked{b, p, size}, nil
		}
	}
	return p
}

type tracked struct {
	io.ReadCloser
	p    *Progress
	left int64 // announced length; zero or below: unknown
}

func (t *tracked) Read(b []byte) (int, error) {
	n, err := t.ReadCloser.Read(b)
	known := t.left > 0
	t.left -= int64(n)
	if err == io.EOF || known && t.left <= 0 {
		t.p.done.Store(true)
	}
	return n, err
}
