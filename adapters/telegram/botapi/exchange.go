package botapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errNotJSON  = errors.New("the answer is not JSON")
	errTooLong  = errors.New("the answer is longer than allowed")
	errNoAnswer = fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)
	errStalled  = fmt.Errorf("the transfer stalled: %w", context.DeadlineExceeded)
)

// exchange is one request and its answer: how long to wait, and how far it got.
// It lives as long as the call that made it.
type exchange struct {
	wait, stall time.Duration
	maxAnswer   int64
	upload      *multipartBody // nil for a plain form

	status     int
	retryAfter time.Duration
	handedOver atomic.Bool // the transport has read the request body to its end
	shared     atomic.Bool // the connection carries other requests as well

	mu     sync.Mutex
	timer  *time.Timer
	cancel context.CancelCauseFunc
	reason error
}

// begin starts the clock of a call. An upload may take as long as bytes move; only
// once the body is handed over does the wait for the answer begin.
func (x *exchange) begin(ctx context.Context) (context.Context, func()) {
	callCtx, cancel := context.WithCancelCause(ctx)
	first := x.wait
	x.cancel, x.reason = cancel, errNoAnswer
	if x.upload != nil {
		first, x.reason = x.stall, errStalled
	}
	x.mu.Lock()
	x.timer = time.AfterFunc(first, x.expire) //nolint:forbidigo // bytes on a real wire take real time, also under a simulated clock
	x.mu.Unlock()
	release := func() bool { return true }
	if x.upload != nil {
		// The transport returns only after its read of the body has, so a source that
		// blocks must be closed for it.
		release = context.AfterFunc(callCtx, func() { _ = x.upload.Close() })
	}
	return callCtx, func() {
		release()
		x.mu.Lock()
		x.timer.Stop()
		x.mu.Unlock()
		cancel(nil)
		if x.upload != nil {
			_ = x.upload.Close()
		}
	}
}

func (x *exchange) expire() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cancel(x.reason)
}

func (x *exchange) rearm(d time.Duration, reason error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reason = reason
	x.timer.Reset(d)
}

// written reports whether the server may hold the whole request. A body that was
// not read to its end by the transport cannot be complete at the server, whether
// its length was announced or it was chunked.
// A request without parameters has no body and changes nothing: it counts as unsent.
func (x *exchange) written() bool { return x.handedOver.Load() }

// untaken reports that a call which got no answer surely was not acted on. Besides
// a body that was not read to its end these are: bytes that the kernel did not
// take, so that the request is incomplete at the server, and a server that had
// closed the connection before the request began. A connection cut in between is
// not among them, nor is a failed write of a connection with several requests:
// it may have been another's.
func (x *exchange) untaken(err error) bool {
	if !x.written() {
		return true
	}
	if x.shared.Load() {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "write" {
		return true
	}
	return strings.HasSuffix(err.Error(), "http: server closed idle connection") // net/http does not export it
}

// trace learns what connection the call goes by.
func (x *exchange) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		c, ok := i.Conn.(interface{ ConnectionState() tls.ConnectionState })
		x.shared.Store(ok && c.ConnectionState().NegotiatedProtocol == "h2")
	}})
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// doer is what the library calls in place of an http.Client.
func (x *exchange) doer(ctx context.Context, next HTTPDoer) HTTPDoer {
	return doerFunc(func(r *http.Request) (*http.Response, error) {
		r = r.WithContext(x.trace(ctx))
		if x.upload != nil {
			x.upload.attach(r)
		}
		x.watch(r)
		resp, err := next.Do(r)
		if err != nil {
			return nil, err
		}
		x.status = resp.StatusCode
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			x.retryAfter = time.Duration(s) * time.Second
		}
		if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || t != "application/json" {
			_ = resp.Body.Close()
			return nil, errNotJSON
		}
		resp.Body = &bounded{ReadCloser: resp.Body, left: x.maxAnswer, over: errTooLong}
		return resp, nil
	})
}

// watch wraps the request body so that its progress is known.
func (x *exchange) watch(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	wrap := func(b io.ReadCloser) io.ReadCloser {
		return &watched{ReadCloser: b, x: x, left: r.ContentLength}
	}
	r.Body = wrap(r.Body)
	if again := r.GetBody; again != nil {
		// The transport asks again only when it knows that nothing was taken.
		r.GetBody = func() (io.ReadCloser, error) {
			x.handedOver.Store(false)
			b, err := again()
			if err != nil {
				return nil, err
			}
			return wrap(b), nil
		}
	}
}

type watched struct {
	io.ReadCloser
	x    *exchange
	left int64 // below zero: unknown
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	known := w.left >= 0
	if known {
		w.left -= int64(n)
	}
	if err == io.EOF || known && w.left <= 0 && err == nil {
		w.x.handedOver.Store(true)
		if w.x.upload != nil {
			w.x.rearm(w.x.wait, errNoAnswer)
		}
	} else if w.x.upload != nil && n > 0 {
		w.x.rearm(w.x.stall, errStalled)
	}
	return n, err
}

// Close reads what little may be left: a chunked answer ends with a chunk that the
// decoder does not ask for, and unread it would cost the connection.
func (b *bounded) Close() error {
	_, _ = io.CopyN(io.Discard, b, 1<<10)
	return b.ReadCloser.Close()
}

// bounded fails with over once more than left bytes are read.
type bounded struct {
	io.ReadCloser
	left int64
	over error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, b.over
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, b.over
	}
	return n, err
}
