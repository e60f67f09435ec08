package botapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// GetFile asks the server to make a file ready. Telegram's own server refuses
// files over 20 MB with TooLarge; a --local server has no limit.
func (c *Client) GetFile(ctx context.Context, fileID string) (*File, error) {
	var f File
	err := c.Call(ctx, "getFile", struct {
		FileID string `json:"file_id"`
	}{fileID}, &f)
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// DownloadOptions choose what is read of a file.
type DownloadOptions struct {
	OffsetBytes int64 // where to begin, to resume a cut download
	MaxBytes    int64 // of the whole file; above it TooLarge; zero means no bound
}

// Body streams a file from OffsetBytes to its end. A read that fails, stalls or
// ends early returns an *Error. Close it.
type Body struct {
	// SizeBytes is the length of the whole file; below zero if nobody said.
	SizeBytes   int64
	OffsetBytes int64
	ContentType string

	src  io.ReadCloser
	read func([]byte) (int, error)
	end  func()
}

// Read reads the next bytes.
func (b *Body) Read(p []byte) (int, error) { return b.read(p) }

// Close ends the download.
func (b *Body) Close() error {
	err := b.src.Close()
	b.end()
	return err
}

const download = "download"

// Download streams a file that GetFile made ready. It keeps to constant memory.
func (c *Client) Download(ctx context.Context, f File, o DownloadOptions) (*Body, error) {
	switch {
	case f.FilePath == "":
		return nil, c.fail(download, &Error{Kind: KindBadFileID, Description: "the server named no path"})
	case o.MaxBytes > 0 && f.FileSize > o.MaxBytes:
		return nil, c.fail(download, tooLarge(f.FileSize, o.MaxBytes))
	case o.OffsetBytes < 0:
		return nil, c.fail(download, &Error{Kind: KindUnknown, Description: "negative offset"})
	case filepath.IsAbs(f.FilePath):
		return c.openLocal(f, o)
	}
	return c.fetch(ctx, f, o)
}

func tooLarge(size, limit int64) *Error {
	return &Error{Kind: KindTooLarge, Description: fmt.Sprintf("file has %d bytes, %d allowed", size, limit)}
}

// openLocal reads what a --local server wrote beside us.
func (c *Client) openLocal(f File, o DownloadOptions) (*Body, error) {
	broken := func(err error) error {
		e := &Error{Kind: KindUnavailable, err: fmt.Errorf("open local file: %w", err)}
		if errors.Is(err, fs.ErrNotExist) {
			e.Kind = KindBadFileID
		}
		return c.fail(download, e)
	}
	if c.localDir == "" {
		return nil, broken(errors.New("the server answers with local paths, but no folder is configured"))
	}
	rel, err := filepath.Rel(c.localDir, f.FilePath)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, broken(errors.New("the path is outside the configured folder"))
	}
	file, err := os.OpenInRoot(c.localDir, rel)
	if err != nil {
		return nil, broken(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil {
		_, err = file.Seek(o.OffsetBytes, io.SeekStart)
	}
	if err != nil {
		_ = file.Close()
		return nil, broken(err)
	}
	if o.MaxBytes > 0 && info.Size() > o.MaxBytes {
		_ = file.Close()
		return nil, c.fail(download, tooLarge(info.Size(), o.MaxBytes))
	}
	return &Body{
		SizeBytes: info.Size(), OffsetBytes: o.OffsetBytes,
		src: file, read: file.Read, end: func() {},
	}, nil
}

func (c *Client) fetch(ctx context.Context, f File, o DownloadOptions) (*Body, error) {
	x := &exchange{wait: c.timeouts.Call, stall: c.timeouts.Stall}
	callCtx, end := x.begin(ctx)
	body, err := c.open(callCtx, x, f, o)
	if err != nil {
		err = c.broken(ctx, callCtx, err)
		end()
		return nil, err
	}
	x.rearm(x.stall, errStalled)
	body.end = end
	left := int64(-1)
	if body.SizeBytes >= 0 {
		left = body.SizeBytes - body.OffsetBytes
	}
	total := body.OffsetBytes
	body.read = func(p []byte) (int, error) {
		n, err := body.src.Read(p)
		if n > 0 {
			x.rearm(x.stall, errStalled)
		}
		total += int64(n)
		if o.MaxBytes > 0 && total > o.MaxBytes {
			return 0, c.fail(download, tooLarge(total, o.MaxBytes))
		}
		if errors.Is(err, io.EOF) && left >= 0 && total-body.OffsetBytes < left {
			err = io.ErrUnexpectedEOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			err = c.broken(ctx, callCtx, err)
		}
		return n, err
	}
	return body, nil
}

// open sends the request and checks what comes back before a byte is used.
func (c *Client) open(ctx context.Context, x *exchange, f File, o DownloadOptions) (*Body, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.fileURL(f.FilePath), nil)
	if err != nil {
		return nil, err
	}
	if o.OffsetBytes > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(o.OffsetBytes, 10)+"-")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	body := &Body{SizeBytes: resp.ContentLength, src: resp.Body, ContentType: resp.Header.Get("Content-Type")}
	fail := func(err error) (*Body, error) {
		_ = resp.Body.Close()
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusPartialContent && o.OffsetBytes > 0:
		from, size, ok := contentRange(resp.Header.Get("Content-Range"))
		if !ok || from != o.OffsetBytes {
			return fail(&Error{Kind: KindUnavailable, Code: resp.StatusCode, Description: "the server sent another range"})
		}
		body.OffsetBytes, body.SizeBytes = from, size
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && o.OffsetBytes > 0 && o.OffsetBytes == f.FileSize:
		_ = resp.Body.Close()
		body.src, body.OffsetBytes, body.SizeBytes = http.NoBody, f.FileSize, f.FileSize
		return body, nil
	default:
		return fail(refusedFile(resp))
	}
	if body.SizeBytes < 0 && f.FileSize > 0 {
		body.SizeBytes = f.FileSize
	}
	if o.MaxBytes > 0 && body.SizeBytes > o.MaxBytes {
		return fail(tooLarge(body.SizeBytes, o.MaxBytes))
	}
	if o.OffsetBytes > body.OffsetBytes { // the server knows no ranges
		if err := skip(x, resp.Body, o.OffsetBytes); err != nil {
			return fail(fmt.Errorf("skip to the offset: %w", err))
		}
		body.OffsetBytes = o.OffsetBytes
	}
	return body, nil
}

// skip drops n bytes; as long as some move it is not a stall.
func skip(x *exchange, r io.Reader, n int64) error {
	for n > 0 {
		step := min(n, 1<<20)
		got, err := io.CopyN(io.Discard, r, step)
		n -= got
		if err != nil {
			return err
		}
		x.rearm(x.stall, errStalled)
	}
	return nil
}

// refusedFile reads the small JSON the file server refuses with.
func refusedFile(resp *http.Response) error {
	e := &Error{Code: resp.StatusCode}
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && t == "application/json" {
		var a struct {
			Description string `json:"description"`
		}
		if json.NewDecoder(io.LimitReader(resp.Body, 4<<10)).Decode(&a) == nil {
			e.Description = tidy(a.Description)
		}
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	e.Kind = Classify(e.Code, e.Description)
	if e.Code == http.StatusNotFound {
		e.Kind = KindBadFileID // the path lives for an hour only
	}
	return e
}

// broken classifies what cut a download.
func (c *Client) broken(ctx, callCtx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: KindUnavailable, err: err}
		if cause := context.Cause(callCtx); cause != nil {
			e.err = cause
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Kind, e.err = KindCanceled, context.Canceled
		}
	}
	e.Description = c.token.clean(e.Description)
	return c.fail(download, e)
}

func (c *Client) fileURL(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if parts[i] = url.PathEscape(p); p == "." || p == ".." {
			parts[i] = "%2E"
		}
	}
	return fmt.Sprintf(c.fileEndpoint, c.token.reveal(), strings.Join(parts, "/"))
}

// contentRange reads "bytes 5-9/10"; size is below zero for "*".
func contentRange(h string) (from, size int64, ok bool) {
	span, total, ok := strings.Cut(strings.TrimPrefix(h, "bytes "), "/")
	first, _, ok2 := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !ok || !ok2 || err != nil {
		return 0, 0, false
	}
	if size, err = strconv.ParseInt(total, 10, 64); err != nil {
		size = -1
	}
	return from, size, true
}
