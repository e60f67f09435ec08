package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// answerTimeout bounds the answer to a pressed button; the customer's client
// stops its spinner by itself after some 15 s.
const answerTimeout = 5 * time.Second

// receive stores one batch of updates of private chats and then frees the
// pressed buttons.
func (a *Adapter) receive(ctx context.Context, us []botapi.Update) error {
	in, err := a.box(ctx)
	if err != nil {
		return err
	}
	var events []core.Event
	var pressed []string
	for i := range us {
		events = append(events, Events(a.bot.Account(), &us[i], a.clock.Now())...)
		if q := us[i].CallbackQuery; q != nil {
			pressed = append(pressed, q.ID)
		}
	}
	if len(events) > 0 {
		if err := in.Deliver(ctx, a.id, events); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
	}
	a.answer(ctx, pressed)
	return nil
}

// answer stops the spinners on pressed buttons. What fails is not tried again:
// the press is stored, only the spinner turns a little longer.
func (a *Adapter) answer(ctx context.Context, queries []string) {
	if len(queries) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for _, id := range queries {
		wg.Go(func() {
			err := a.bot.API().AnswerCallbackQuery(ctx, botapi.AnswerCallbackQueryParams{CallbackQueryID: id})
			if err != nil && botapi.KindOf(err) != botapi.KindQueryOld {
				a.log.Debug("button not answered", "reason", err.Error())
			}
		})
	}
	wg.Wait()
}

// Events are what one update of a private chat means, with keys that never
// depend on the update's number. now stands in where Telegram gives no time.
func Events(account string, u *botapi.Update, now time.Time) []core.Event {
	switch {
	case u.Err != nil:
		return salvage(account, u.Raw, now)
	case u.Message != nil:
		return posted(account, u.Message)
	case u.EditedMessage != nil:
		return edited(account, u.EditedMessage)
	case u.MessageReaction != nil:
		return reacted(account, u.MessageReaction)
	case u.MyChatMember != nil:
		return standing(account, u.MyChatMember)
	case u.CallbackQuery != nil:
		return pressed(account, u.CallbackQuery, now)
	}
	return nil
}

// startCommand is what a client sends for Start: core.telegram.org/bots/features#deep-linking.
var startCommand = regexp.MustCompile(`^/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*$`)

func posted(account string, m *botapi.Message) []core.Event {
	if m.Service() || m.Inaccessible() {
		return nil
	}
	e := core.Event{
		Key: messageKey(account, m.Chat.ID, int64(m.MessageID)), Group: m.MediaGroupID,
		From: peerOf(m), At: unix(m.Date), Remote: Remote(m.Chat.ID, m.MessageID),
	}
	if start := startCommand.FindStringSubmatch(m.Text); start != nil {
		e.Remote = "" // it is not shown, so nothing may refer to it
		e.Body = core.Started{Source: start[1]}
		return []core.Event{e}
	}
	c := contentWithOrigin(m, account)
	for _, at := range c.Attachments {
		if at.Owner != "" && at.Owner == e.From.ID {
			e.From.Phone = at.Phone
		}
	}
	e.Body = core.Posted{Content: c, ReplyTo: ReplyOf(m), Forwarded: Forwarded(m)}
	return []core.Event{e}
}

func edited(account string, m *botapi.Message) []core.Event {
	if m.Service() || m.Location != nil && m.Location.LivePeriod != 0 {
		return nil // a live location moves by an edit every few seconds; its end comes without a period
	}
	c := contentWithOrigin(m, account)
	key := messageKey(account, m.Chat.ID, int64(m.MessageID)) + ":e" + strconv.Itoa(m.EditDate) + ":" + fingerprint(c)
	at := m.EditDate
	if at == 0 {
		at = m.Date
	}
	return []core.Event{{
		Key: key, From: peerOf(m), At: unix(at), Remote: Remote(m.Chat.ID, m.MessageID), Body: core.Edited{Content: c},
	}}
}

func contentWithOrigin(m *botapi.Message, account string) core.Content {
	c := Content(m, account)
	if quoted := Foreign(m); !quoted.IsEmpty() {
		c.Text = quoted.Append(c.Text)
	}
	return c
}

func peerOf(m *botapi.Message) core.Peer {
	if m.From != nil && m.From.ID == m.Chat.ID {
		return Peer(m.From)
	}
	return peerOfChat(&m.Chat)
}

func peerOfChat(c *botapi.Chat) core.Peer {
	p := core.Peer{ID: peerID(c.ID), Name: chatName(c), Username: c.UserName}
	if c.UserName != "" {
		p.Link = "https://t.me/" + c.UserName
	}
	return p
}

// Signs for reactions that no emoji can be had for: a custom one is named by a
// number only, a paid one is a star.
const (
	customReaction = "❔"
	paidReaction   = "⭐"
)

func reacted(account string, r *botapi.MessageReactionUpdated) []core.Event {
	emoji := Emoji(r.NewReaction)
	e := core.Event{
		Key: messageKey(account, r.Chat.ID, int64(r.MessageID)) + ":r" + strconv.Itoa(r.Date) + ":" + digest(strings.Join(emoji, " ")),
		At:  unix(r.Date), Remote: Remote(r.Chat.ID, r.MessageID), Body: core.Reacted{Emoji: emoji},
	}
	if r.User != nil && r.User.ID == r.Chat.ID {
		e.From = Peer(r.User)
	} else {
		e.From = peerOfChat(&r.Chat)
	}
	return []core.Event{e}
}

// Emoji are reactions as people see them.
func Emoji(rs []botapi.ReactionType) []string {
	var out []string
	for _, r := range rs {
		switch r.Type {
		case "emoji":
			out = append(out, r.Emoji)
		case "paid":
			out = append(out, paidReaction)
		default:
			out = append(out, customReaction)
		}
	}
	return out
}

// standing is a customer blocking the bot or letting it in again.
func standing(account string, c *botapi.ChatMemberUpdated) []core.Event {
	status := c.NewChatMember.Status
	e := core.Event{
		Key:  account + ":" + strconv.FormatInt(c.Chat.ID, 10) + ":m" + strconv.Itoa(c.Date) + ":" + c.OldChatMember.Status + ":" + status,
		From: Peer(&c.From), At: unix(c.Date),
	}
	if c.From.ID != c.Chat.ID {
		e.From = peerOfChat(&c.Chat)
	}
	body := core.Reachable{Now: c.NewChatMember.Present()}
	if !body.Now {
		body.Reason = status
	}
	e.Body = body
	return []core.Event{e}
}

func pressed(account string, q *botapi.CallbackQuery, now time.Time) []core.Event {
	if q.Message == nil || q.Data == "" {
		return nil
	}
	return []core.Event{{
		Key: account + ":press:" + q.ID, From: Peer(&q.From), At: now,
		Remote: Remote(q.Message.Chat.ID, q.Message.MessageID), Body: core.Pressed{Button: q.Data},
	}}
}

// salvage names a message that cannot be decoded, so that somebody looks for it
// in the customer's chat.
func salvage(account string, raw json.RawMessage, now time.Time) []core.Event {
	var s salvaged
	if json.Unmarshal(raw, &s) != nil || s.Message == nil {
		return nil
	}
	m := s.Message
	e := core.Event{
		Key: messageKey(account, m.Chat.ID, m.ID), From: core.Peer{ID: peerID(m.Chat.ID)},
		At: now, Remote: Remote(m.Chat.ID, int(m.ID)),
		Body: core.Posted{Content: core.Content{Attachments: []core.Attachment{{Kind: core.Unsupported, Name: "message"}}}},
	}
	if sec, err := strconv.ParseInt(string(m.Date), 10, 64); err == nil {
		e.At = time.Unix(sec, 0)
	}
	var from botapi.User
	if json.Unmarshal(m.From, &from) == nil && from.ID == m.Chat.ID {
		e.From = Peer(&from)
	}
	return []core.Event{e}
}

func messageKey(account string, chat, message int64) string {
	return account + ":" + strconv.FormatInt(chat, 10) + ":" + strconv.FormatInt(message, 10)
}

// fingerprint tells versions of a message apart that share a second.
func fingerprint(c core.Content) string {
	b, err := json.Marshal(c)
	if err != nil {
		return "?" // strings and numbers always encode
	}
	return digest(string(b))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
