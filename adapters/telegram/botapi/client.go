package botapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// DefaultEndpoint and DefaultFileEndpoint are Telegram's own servers; the verbs
// take the token and the method or file path.
const (
	DefaultEndpoint     = "https://api.telegram.org/bot%s/%s"
	DefaultFileEndpoint = "https://api.telegram.org/file/bot%s/%s"
)

// HTTPDoer is the part of *http.Client that is used. It must not follow redirects
// (a redirect would carry the token away in Referer); New takes care of that for
// an *http.Client.
type HTTPDoer interface {
	Do(*http.Request) (*http.Response, error)
}

// Timeouts bound a call beyond the caller's own context. Zero fields take defaults.
type Timeouts struct {
	Call  time.Duration // waiting for an answer once the request is written; default 30 s
	Poll  time.Duration // what getUpdates may take beyond its own timeout; default 15 s
	Stall time.Duration // an upload or download that moves no byte for so long is cut; default 60 s
}

// Options configure a Client. Only Token is required.
type Options struct {
	Token string
	// Endpoint is "https://host/bot%s/%s" or just "https://host"; FileEndpoint is
	// derived from it when empty.
	Endpoint     string
	FileEndpoint string
	// LocalDir is set when the server runs in --local mode and its files can be read
	// here: the folder that holds them. getFile then answers with absolute paths,
	// which are opened only inside this folder.
	LocalDir string
	Doer     HTTPDoer
	Timeouts Timeouts
	// MaxAnswerBytes bounds one decoded answer; default 32 MiB, far above a hundred
	// updates of the largest kind.
	MaxAnswerBytes int64
}

// Format prints options without the token.
func (o Options) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "botapi.Options{Endpoint:%q}", newSecret(o.Token).clean(o.Endpoint))
}

// LogValue prints options without the token.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// Client calls the Bot API with one bot's token. Safe for concurrent use; it holds
// no goroutine and needs no closing.
type Client struct {
	token        secret
	botID        int64
	endpoint     string
	fileEndpoint string
	localDir     string
	http         HTTPDoer
	timeouts     Timeouts
	maxAnswer    int64
}

var tokenShape = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{8,}$`)

// New checks the options and builds a client. It sends nothing, so it works while
// Telegram is down.
func New(o Options) (*Client, error) {
	if !tokenShape.MatchString(o.Token) {
		return nil, errors.New("telegram: the token does not look like 123456789:AA…")
	}
	id, err := strconv.ParseInt(o.Token[:strings.IndexByte(o.Token, ':')], 10, 64)
	if err != nil {
		return nil, errors.New("telegram: the token's number is too large")
	}
	c := &Client{token: newSecret(o.Token), botID: id, localDir: o.LocalDir, timeouts: o.Timeouts, maxAnswer: o.MaxAnswerBytes}
	if c.endpoint, c.fileEndpoint, err = endpoints(o.Endpoint, o.FileEndpoint); err != nil {
		return nil, c.token.cleanError(err)
	}
	setDefault(&c.timeouts.Call, 30*time.Second)
	setDefault(&c.timeouts.Poll, 15*time.Second)
	setDefault(&c.timeouts.Stall, time.Minute)
	if c.maxAnswer <= 0 {
		c.maxAnswer = 32 << 20
	}
	c.http = withoutRedirects(o.Doer)
	return c, nil
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d <= 0 {
		*d = v
	}
}

func withoutRedirects(d HTTPDoer) HTTPDoer {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	switch h := d.(type) {
	case nil:
		return &http.Client{CheckRedirect: stay}
	case *http.Client:
		own := *h
		own.CheckRedirect = stay
		own.Timeout = 0 // would cut long polls; contexts bound every call
		return &own
	}
	return d
}

func endpoints(api, file string) (string, string, error) {
	if api == "" {
		api = DefaultEndpoint
	}
	if !strings.Contains(api, "%") {
		api = strings.TrimRight(api, "/") + "/bot%s/%s"
	}
	if file == "" {
		i := strings.LastIndex(api, "/bot%s/")
		if i < 0 {
			return "", "", errors.New("telegram: file endpoint cannot be derived from the endpoint, set it")
		}
		file = api[:i] + "/file" + api[i:]
	}
	if !strings.Contains(file, "%") {
		file = strings.TrimRight(file, "/") + "/file/bot%s/%s"
	}
	for _, e := range []string{api, file} {
		u, err := url.Parse(strings.ReplaceAll(e, "%s", "x"))
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
			strings.Count(e, "%") != 2 || strings.Count(e, "%s") != 2 {
			return "", "", fmt.Errorf("telegram: endpoint %q must be like https://host/bot%%s/%%s", e)
		}
	}
	return api, file, nil
}

// BotID is the bot's user id, which is the public half of the token.
func (c *Client) BotID() int64 { return c.botID }

// Local reports whether files are read from a --local server's folder.
func (c *Client) Local() bool { return c.localDir != "" }

// String names the bot without its token.
func (c Client) String() string { return "telegram bot " + strconv.FormatInt(c.botID, 10) }

// Format prints the client without its token, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue prints the client without its token.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Call sends method with params (a struct with json tags, or nil) and decodes the
// result into out (or drops it when nil). It is the way to methods that have none
// of their own here. Errors are *Error.
func (c *Client) Call(ctx context.Context, method string, params, out any) error {
	return c.call(ctx, method, params, out, c.timeouts.Call)
}

func (c *Client) call(ctx context.Context, method string, params, out any, wait time.Duration) error {
	var files *attachments
	if f, ok := params.(filer); ok {
		files = &attachments{}
		params = f.withFiles(files)
	}
	form, err := encode(params)
	if err != nil {
		return c.fail(method, &Error{Kind: KindUnknown, err: err})
	}
	x := &exchange{wait: wait, stall: c.timeouts.Stall, maxAnswer: c.maxAnswer}
	if files != nil && len(files.parts) > 0 {
		x.upload = newMultipart(form, files.parts)
		form = nil
	}
	callCtx, end := x.begin(ctx)
	defer end()

	bot := tg.BotAPI{Token: c.token.reveal(), Client: x.doer(callCtx, c.http)}
	bot.SetAPIEndpoint(c.endpoint)
	resp, err := bot.MakeRequest(method, form)
	if err != nil {
		return c.classify(ctx, callCtx, method, x, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(resp.Result, out); err != nil {
		// The server said ok: it acted, whatever we make of its answer.
		return c.fail(method, &Error{Kind: KindUnavailable, Code: x.status, Sent: true, err: fmt.Errorf("decode result: %w", withoutValues(err))})
	}
	return nil
}

// classify turns whatever went wrong into an *Error.
func (c *Client) classify(ctx, callCtx context.Context, method string, x *exchange, err error) error {
	e := &Error{Code: x.status, RetryAfter: x.retryAfter}
	var refused *tg.Error
	switch {
	case errors.As(err, &refused):
		if refused.Code != 0 {
			e.Code = refused.Code
		}
		e.Description = tidy(c.token.clean(refused.Message))
		if refused.RetryAfter > 0 {
			e.RetryAfter = time.Duration(refused.RetryAfter) * time.Second
		}
		e.Kind = Classify(e.Code, e.Description)
		if e.MigrateToChatID = refused.MigrateToChatID; e.MigrateToChatID != 0 {
			e.Kind = KindMigrated
		}
		e.Sent = e.Code >= 500
	case errors.Is(err, errNotJSON):
		e.Kind, e.err = Classify(e.Code, ""), err
		if e.Code < 300 {
			e.Kind = KindUnavailable
		}
		e.Sent = e.Code >= 500 || e.Code < 300
	case x.status != 0: // an answer began and broke, or is not what it claims to be
		e.Kind, e.err = KindUnavailable, fmt.Errorf("read answer: %w", err)
		e.Sent = x.status < 300 || x.status >= 500
	default:
		e.Kind, e.err, e.Sent = KindUnavailable, err, !x.untaken(err)
	}
	if cause := context.Cause(callCtx); cause != nil && e.err != nil {
		e.err = cause
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Kind, e.err = KindCanceled, context.Canceled
		}
	}
	if x.upload != nil && x.upload.failed() != nil {
		// The source broke, not the network: the request was left incomplete.
		e.err, e.Sent = x.upload.failed(), false
	}
	return c.fail(method, e)
}

func (c *Client) fail(method string, e *Error) error {
	e.Method = method
	e.err = c.token.cleanError(e.err)
	return e
}
