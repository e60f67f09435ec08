package httpx

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"parom/core"
)

// maxRetryAfter bounds a wait that a server asks for; beyond it a broken header is
// likelier than a wish.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads the header in both its forms (RFC 9110, 10.2.3); zero if absent,
// past or malformed.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if v == "" {
		return 0
	}
	var d time.Duration
	if s, err := strconv.ParseInt(v, 10, 64); err == nil {
		if s > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		d = time.Duration(s) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// Refusal classifies a status that is not a success by HTTP alone; an adapter that
// has the network's own code knows better. sending says that the request would have
// had an effect, so that a server's failure may hide a success. It returns nil for 2xx.
func Refusal(status int, h http.Header, now time.Time, sending bool) *core.SendError {
	e := &core.SendError{Detail: strconv.Itoa(status) + " " + http.StatusText(status)}
	wait := RetryAfter(h, now)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && wait > 0:
		e.Reason, e.RetryAfter = core.Throttled, wait
	case status == http.StatusRequestEntityTooLarge:
		e.Reason = core.TooLarge
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		e.Reason = core.BadConfig
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status >= 300 && status < 400:
		e.Reason = core.BadConfig // the endpoint is not what it should be
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status < 200:
		e.Reason = core.Unavailable
	case status >= 500 && sending:
		e.Reason = core.MaybeSent
	case status >= 500:
		e.Reason = core.Unavailable
	default:
		e.Reason = core.Rejected
	}
	return e
}

// Failure classifies a request that got no usable answer. sent says that the server
// may hold the whole of a request that has an effect (Progress.Complete). err is
// expected to be clean (Client.Do's are).
func Failure(err error, sent bool) *core.SendError {
	e := &core.SendError{Reason: core.Unavailable, Err: err}
	switch {
	case errors.Is(err, ErrForbiddenAddress):
		e.Reason = core.Rejected
	case sent:
		e.Reason = core.MaybeSent
	case errors.Is(err, ErrTooLarge):
		e.Reason = core.TooLarge
	}
	return e
}
