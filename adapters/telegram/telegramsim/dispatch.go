package telegramsim

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
)

// call is one request of a bot. Handlers run with the server's lock held unless
// unlocked finds their method.
type call struct {
	*Server
	bot     *bot
	method  string // lower case
	p       params
	granted bool // spend has been charged
}

type handler func(*call) (any, error)

// waiter is a handler that takes the lock itself and may wait.
type waiter func(context.Context, *call) (any, error)

// ServeHTTP answers bots, downloads and the control API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		cutConnection(w)
		return
	}
	defer s.wg.Done()
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, "/_sim/"):
		s.serveControl(w, r)
	case s.offline.Load():
		cutConnection(w)
	case strings.HasPrefix(path, "/file/bot"):
		s.serveDownload(w, r, path[len("/file/bot"):])
	case strings.HasPrefix(path, "/bot"):
		token, method, ok := strings.Cut(path[len("/bot"):], "/")
		if !ok || !tokenShaped(token) {
			writeRefusal(w, errNotFound)
			return
		}
		s.serveCall(w, r, token, strings.ToLower(strings.TrimSuffix(method, "/")))
	default:
		writeRefusal(w, errNotFound)
	}
}

// tokenShaped is <digits>:<anything>; else the server says 404, not 401.
func tokenShaped(token string) bool {
	id, rest, ok := strings.Cut(strings.ReplaceAll(token, "%3A", ":"), ":")
	if !ok || rest == "" {
		return false
	}
	_, err := strconv.ParseInt(id, 10, 64)
	return err == nil
}

func (s *Server) serveCall(w http.ResponseWriter, r *http.Request, token, method string) {
	s.mu.Lock()
	b := s.byToken[strings.ReplaceAll(token, "%3A", ":")]
	s.mu.Unlock()
	if b == nil {
		s.record(0, method, 0, 401)
		writeRefusal(w, errUnauthorized)
		return
	}
	early := s.matchFault(b, method, Place{}, stageArrival)
	if early != nil && !s.applyEarly(w, r, early, b, method) {
		return
	}
	p, err := s.readParams(r)
	if err != nil {
		s.finish(r.Context(), w, &call{Server: s, bot: b, method: method}, nil, err, nil)
		return
	}
	c := &call{Server: s, bot: b, method: method, p: p}
	f := early
	if f == nil {
		if f = s.matchFault(b, method, c.target(), stageCall); f != nil && !s.applyEarly(w, r, f, b, method) {
			s.discard(p)
			return
		}
	}
	result, err := c.run(r.Context())
	s.discard(p)
	s.finish(r.Context(), w, c, result, err, f)
}

// target is the chat a call names, for faults and the log.
func (c *call) target() Place {
	id, err := strconv.ParseInt(c.p.str("chat_id"), 10, 64)
	if err != nil {
		return Place{}
	}
	if id > 0 {
		return Private(c.bot.ID, id)
	}
	return Group(id)
}

// run finds the method and calls it; a panic is a 500, as everywhere.
func (c *call) run(ctx context.Context) (result any, err error) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(c.method, v, debug.Stack())
			err = &Refusal{Code: 500, Description: "Internal Server Error"}
		}
	}()
	if h := unlocked(c.method); h != nil {
		return h(ctx, c)
	}
	h := methods[c.method]
	if h == nil {
		return nil, errNoMethod
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bot.LoggedOut {
		return nil, errLoggedOut
	}
	if result, err = h(c); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(result) // under the lock: it may point into the state
	return json.RawMessage(raw), err
}

// finish writes the answer, or spoils it as a fault says.
func (s *Server) finish(ctx context.Context, w http.ResponseWriter, c *call, result any, err error, f *Fault) {
	code := 200
	var body []byte
	if err != nil {
		ref := refusalOf(err)
		code, body = ref.Code, refusalBody(ref)
	} else {
		raw, done := result.(json.RawMessage)
		var mErr error
		if !done {
			raw, mErr = json.Marshal(result)
		}
		if mErr != nil {
			ref := refusalOf(mErr)
			code, body = 500, refusalBody(ref)
		} else {
			body = make([]byte, 0, len(raw)+24)
			body = append(body, `{"ok":true,"result":`...)
			body = append(body, raw...)
			body = append(body, '}')
		}
	}
	s.record(c.bot.ID, c.method, c.target().Chat, code)
	if f != nil && s.applyLate(ctx, w, f, body) {
		return
	}
	if err != nil {
		writeRefusal(w, refusalOf(err))
		return
	}
	writeBody(w, code, body)
}

func refusalBody(r *Refusal) []byte {
	type parameters struct {
		RetryAfter int   `json:"retry_after,omitempty"`
		MigrateTo  int64 `json:"migrate_to_chat_id,omitempty"`
	}
	out := struct {
		OK          bool        `json:"ok"`
		Code        int         `json:"error_code"`
		Description string      `json:"description"`
		Parameters  *parameters `json:"parameters,omitempty"`
	}{Code: r.Code, Description: r.Description}
	if r.RetryAfter != 0 || r.MigrateTo != 0 {
		out.Parameters = &parameters{r.RetryAfter, r.MigrateTo}
	}
	b, _ := json.Marshal(out)
	return b
}

func writeRefusal(w http.ResponseWriter, r *Refusal) {
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(r.RetryAfter))
	}
	writeBody(w, r.Code, refusalBody(r))
}

func writeBody(w http.ResponseWriter, code int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(code)
	_, _ = w.Write(body) //nolint:gosec // JSON, and typed so
}
