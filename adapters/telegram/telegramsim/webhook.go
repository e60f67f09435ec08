package telegramsim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// webhook is where a bot's updates are posted.
type webhook struct {
	URL            string
	Secret         string
	MaxConnections int
	IP             string
	Certificate    bool
	ErrorAt        int64
	Error          string
}

// sender posts one bot's updates in order until its webhook changes.
type sender struct {
	halt context.CancelFunc
	done chan struct{}
}

func (c *call) setWebhook() (any, error) {
	raw := c.p.str("url")
	if raw == "" {
		return c.deleteWebhook()
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return nil, bad("invalid webhook URL specified")
	}
	// Plain HTTP is refused by the cloud; a simulator's client sits on loopback.
	secret := c.p.str("secret_token")
	if len(secret) > 256 {
		return nil, bad("secret token is too long")
	}
	if strings.Trim(secret, tokenAlphabet) != "" {
		return nil, bad("secret token contains unallowed characters")
	}
	c.stopSender(c.bot)
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.bot
	if c.p.flag("drop_pending_updates") {
		b.Queue = nil
	}
	most := int(c.p.int("max_connections"))
	if most <= 0 {
		most = 40
	}
	b.setAllowed(&c.p)
	b.Hook = webhook{
		URL: raw, Secret: secret, MaxConnections: min(most, 100), IP: c.p.str("ip_address"),
		Certificate: c.p.files["certificate"] != nil,
	}
	if b.poll != nil {
		b.poll.end <- hookSet
		b.poll = nil
	}
	c.startSender(b)
	return true, nil
}

func (c *call) deleteWebhook() (any, error) {
	c.stopSender(c.bot)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bot.Hook = webhook{}
	if c.p.flag("drop_pending_updates") {
		c.bot.Queue = nil
	}
	return true, nil
}

func (c *call) getWebhookInfo() (any, error) {
	b := c.bot
	b.expire(c.now())
	out := map[string]any{"url": b.Hook.URL, "has_custom_certificate": b.Hook.Certificate, "pending_update_count": len(b.Queue)}
	if b.Hook.URL != "" {
		out["max_connections"] = b.Hook.MaxConnections
		if b.Hook.IP != "" {
			out["ip_address"] = b.Hook.IP
		}
	}
	if b.Hook.Error != "" {
		out["last_error_date"], out["last_error_message"] = b.Hook.ErrorAt, b.Hook.Error
	}
	if b.Allowed != nil {
		out["allowed_updates"] = b.Allowed
	}
	return out, nil
}

// startSender runs with mu held.
func (s *Server) startSender(b *bot) {
	if s.closed {
		return
	}
	ctx, halt := context.WithCancel(context.Background()) // ended by stopSender
	b.sender = &sender{halt: halt, done: make(chan struct{})}
	done := b.sender.done
	s.wg.Go(func() {
		defer close(done)
		s.sendHooks(ctx, b)
	})
}

// stopSender runs without mu and waits for the sender.
func (s *Server) stopSender(b *bot) {
	s.mu.Lock()
	old := b.sender
	b.sender = nil
	s.mu.Unlock()
	if old != nil {
		old.halt()
		<-old.done
	}
}

// sendHooks posts updates one at a time. The real server posts several at once,
// in order only within a chat; one at a time is the stricter order: guess.
func (s *Server) sendHooks(ctx context.Context, b *bot) {
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	fails := 0
	for ctx.Err() == nil {
		s.mu.Lock()
		b.expire(s.now())
		var next *update
		if len(b.Queue) > 0 {
			next = b.Queue[0]
		}
		wake, hook, retries := b.wake, b.Hook, s.knobs.WebhookRetries
		s.mu.Unlock()
		if next == nil {
			select {
			case <-wake:
			case <-ctx.Done():
			}
			continue
		}
		err := s.postHook(ctx, client, b, hook, next)
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		if err == nil {
			fails = 0
			if len(b.Queue) > 0 && b.Queue[0] == next {
				b.Queue = b.Queue[1:]
				s.note(nil, Change{Kind: "hooked", By: b.ID})
			}
		} else {
			fails++
			b.Hook.Error, b.Hook.ErrorAt = err.Error(), s.now().Unix()
		}
		s.mu.Unlock()
		if err != nil && len(retries) > 0 {
			t := s.clock.NewTimer(retries[min(fails, len(retries))-1])
			select {
			case <-t.C():
			case <-ctx.Done():
			}
			t.Stop()
		}
	}
}

// postHook delivers one update and runs the method call its answer may hold.
func (s *Server) postHook(ctx context.Context, client *http.Client, b *bot, hook webhook, u *update) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(u.wire()))
	if err != nil {
		return errors.New("wrong URL")
	}
	req.Header.Set("Content-Type", "application/json")
	if hook.Secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook.Secret)
	}
	resp, err := client.Do(req)
	if err != nil {
		return errors.New("Connection refused or timed out") //nolint:staticcheck // Telegram's words
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxJSONBytes))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("Wrong response from the webhook: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)) //nolint:staticcheck // Telegram's words
	}
	p := params{values: map[string]string{}, files: map[string]*file{}}
	var probe struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(body, &probe) == nil && probe.Method != "" && p.readJSON(bytes.NewReader(body)) == nil {
		c := &call{Server: s, bot: b, method: strings.ToLower(probe.Method), p: p}
		if _, waits := map[string]bool{"getupdates": true, "setwebhook": true, "deletewebhook": true}[c.method]; waits {
			return nil // these would stop the sender that runs them
		}
		code := 200
		if _, err := c.run(ctx); err != nil {
			code = refusalOf(err).Code
		}
		s.record(b.ID, c.method, c.target().Chat, code)
	}
	return nil
}
