package botapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"

	tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// InputFile is a file in a request: something the server already has (ID: a
// file_id, a URL it can fetch, or file:///path on a --local server) or bytes to
// upload. The zero value is no file.
type InputFile struct {
	ID     string
	Upload *Upload

	attach string // set on the copy that is encoded
}

// FileID names a file by what the server knows it by.
func FileID(id string) InputFile { return InputFile{ID: id} }

// Upload is a source of bytes. Open may be called again when the transport must
// send the request anew; each stream is closed once, from any goroutine. When the
// call ends early its stream is closed in mid read, and the call returns once that
// read has: Close must free it, as it does for files and connections.
type Upload struct {
	Name      string
	MIME      string // empty: application/octet-stream
	SizeBytes int64  // below zero: unknown, and the request goes out chunked
	Open      func() (io.ReadCloser, error)
}

// IsZero leaves absent files, and those that travel as a part of their own name,
// out of the encoded fields (omitzero).
func (f InputFile) IsZero() bool { return f.ID == "" && f.attach == "" }

// MarshalJSON writes the reference the server looks for.
func (f InputFile) MarshalJSON() ([]byte, error) {
	if f.attach != "" {
		return json.Marshal("attach://" + f.attach)
	}
	return json.Marshal(f.ID)
}

// filer is a parameter struct with files: it returns a copy of itself with the
// uploads moved into a.
type filer interface{ withFiles(a *attachments) any }

// attachments collects a request's uploads under their part names.
type attachments struct{ parts []filePart }

type filePart struct {
	field string
	file  *Upload
}

// field takes a file that is a top-level parameter: the part bears its name.
func (a *attachments) field(name string, f *InputFile) {
	if f.Upload != nil {
		a.parts = append(a.parts, filePart{name, f.Upload})
		*f = InputFile{}
	}
}

// nested takes a file inside a JSON value: it is referred to as attach://name.
func (a *attachments) nested(f *InputFile) {
	if f.Upload != nil {
		name := "file" + strconv.Itoa(len(a.parts))
		a.parts = append(a.parts, filePart{name, f.Upload})
		*f = InputFile{attach: name}
	}
}

// multipartBody streams a form with files. The library's UploadFiles starts a
// goroutine that nobody waits for, announces no length and loses the error code,
// so the body is made here and handed to MakeRequest's request. It needs no
// goroutine: the transport pulls.
type multipartBody struct {
	boundary string
	sections []section
	size     int64 // below zero: unknown

	mu     sync.Mutex
	next   int
	cur    io.ReadCloser
	left   int64
	source error
	closed bool
}

// section is literal bytes or a file.
type section struct {
	text []byte
	file *Upload
}

func newMultipart(form tg.Params, parts []filePart) *multipartBody {
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	b := &multipartBody{boundary: w.Boundary()}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_ = w.WriteField(name, form[name]) // a bytes.Buffer does not fail
	}
	flush := func() {
		text := bytes.Clone(head.Bytes())
		head.Reset()
		b.sections = append(b.sections, section{text: text})
		b.size = addSize(b.size, int64(len(text)))
	}
	for _, p := range parts {
		h := make(textproto.MIMEHeader)
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, partName(p.field), partName(p.file.Name)))
		h.Set("Content-Type", partType(p.file.MIME))
		_, _ = w.CreatePart(h)
		flush()
		b.sections = append(b.sections, section{file: p.file})
		b.size = addSize(b.size, p.file.SizeBytes)
	}
	_ = w.Close()
	flush()
	return b
}

func addSize(total, n int64) int64 {
	if total < 0 || n < 0 {
		return -1
	}
	return total + n
}

// partName quotes a name for a part's header as browsers do; control characters
// would end the header.
func partName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if s == "" {
		s = "file"
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `%22`).Replace(s)
}

func partType(t string) string {
	if t == "" || strings.ContainsAny(t, "\r\n") {
		return "application/octet-stream"
	}
	return t
}

// attach makes b the body of r.
func (b *multipartBody) attach(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+b.boundary)
	r.Body = b
	r.ContentLength = b.size
	r.GetBody = func() (io.ReadCloser, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.dropLocked()
		b.next, b.source, b.closed = 0, nil, false
		return b, nil
	}
}

var errSourceSize = errors.New("the file is not as long as announced")

// Read is called by one goroutine of the transport at a time.
func (b *multipartBody) Read(p []byte) (n int, err error) {
	for {
		r, err := b.current()
		if err != nil {
			return 0, err
		}
		n, err := readSafely(r, p)
		done, err := b.account(r, n, err)
		if errors.Is(err, errSourceSize) {
			n = 0 // surplus bytes would complete the announced length
		}
		if n > 0 || err != nil {
			return n, err
		}
		if !done && len(p) == 0 {
			return 0, nil
		}
	}
}

// current is the open section, opening the next one if needed; io.EOF at the end.
func (b *multipartBody) current() (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errors.New("upload ended")
	}
	if b.source != nil {
		return nil, b.source
	}
	if b.cur != nil {
		return b.cur, nil
	}
	if b.next == len(b.sections) {
		return nil, io.EOF
	}
	s := b.sections[b.next]
	if s.file == nil {
		b.cur, b.left = io.NopCloser(bytes.NewReader(s.text)), int64(len(s.text))
		return b.cur, nil
	}
	f, err := openSafely(s.file)
	if err != nil {
		b.source = fmt.Errorf("open file to upload: %w", err)
		return nil, b.source
	}
	b.cur, b.left = f, s.file.SizeBytes
	if b.left < 0 {
		b.left = -1
	}
	return b.cur, nil
}

// account notes n bytes read from r and whether its section is over.
func (b *multipartBody) account(r io.ReadCloser, n int, err error) (done bool, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cur != r { // closed meanwhile
		return false, errors.New("upload ended")
	}
	known := b.left >= 0
	if known {
		if int64(n) > b.left {
			b.source = errSourceSize
			return false, b.source
		}
		b.left -= int64(n)
	}
	switch {
	case err == nil:
		return false, nil
	case !errors.Is(err, io.EOF):
		b.source = fmt.Errorf("read file to upload: %w", err)
		return false, b.source
	case known && b.left != 0:
		b.source = errSourceSize
		return false, b.source
	}
	b.dropLocked()
	b.next++
	return true, nil
}

func (b *multipartBody) dropLocked() {
	if b.cur != nil {
		_ = b.cur.Close()
		b.cur = nil
	}
}

// Close closes the open file, which also frees a read that blocks in it, and
// refuses further reads.
func (b *multipartBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLocked()
	b.closed = true
	return nil
}

// failed is the error of a source, if one broke.
func (b *multipartBody) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.source
}

// A source is foreign code on the transport's goroutine, where a panic would end
// the process.
func openSafely(u *Upload) (f io.ReadCloser, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return u.Open()
}

func readSafely(r io.Reader, p []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("panic: %v", p)
		}
	}()
	return r.Read(p)
}
