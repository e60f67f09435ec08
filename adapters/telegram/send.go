package telegram

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// quoteUnits is the longest fragment of a reply, in UTF-16 units after entities:
// core.telegram.org/bots/api#replyparameters.
const quoteUnits = 1024

// Send delivers one parcel. Telegram has no key that would make a repeated send
// harmless: an answer lost after the request was written is MaybeSent.
func (a *Adapter) Send(ctx context.Context, p core.Parcel) (core.Sent, error) {
	chat, err := chatOf(p.To)
	if err != nil {
		return core.Sent{}, err
	}
	ms, err := a.bot.Post(ctx, Outgoing{
		Target:  botapi.Target{ChatID: chat, DisableNotification: p.Silent, Reply: ReplyTo(chat, p.ReplyTo)},
		Content: forCustomer(p.Content), Buttons: p.Buttons, Media: a.media, Typing: a.typing,
	})
	if err != nil {
		return core.Sent{}, err
	}
	s := core.Sent{Remote: make([]core.RemoteID, len(ms)), At: unix(ms[0].Date)}
	for i := range ms {
		s.Remote[i] = Remote(chat, ms[i].MessageID)
	}
	if len(p.Content.Attachments) > 0 {
		s.Locators = Locators(ms)
	}
	return s, nil
}

// forCustomer leaves out mentions: they would show a customer the operator's or a
// colleague's own account.
func forCustomer(c core.Content) core.Content {
	c.Text.Spans = slices.DeleteFunc(slices.Clone(c.Text.Spans), func(s core.Span) bool { return s.Style == core.Mention })
	return c
}

func chatOf(to core.Destination) (int64, error) {
	chat, err := strconv.ParseInt(string(to.Peer), 10, 64)
	if err != nil {
		return 0, rejected("%q is no chat", to.Peer)
	}
	return chat, nil
}

// ReplyTo names what is answered; nil when ref names nothing in that chat. The
// reply is dropped by the server when its target is gone.
func ReplyTo(chat int64, ref *core.Reference) *botapi.ReplyParameters {
	if ref == nil {
		return nil
	}
	in, message, ok := ParseRemote(ref.Remote)
	if !ok || in != chat {
		return nil
	}
	return &botapi.ReplyParameters{MessageID: message, AllowSendingWithoutReply: true, Quote: firstUnits(ref.Fragment, quoteUnits)}
}

// firstUnits cuts s to n UTF-16 units; the beginning of a fragment is still one.
func firstUnits(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for i, r := range s {
		n--
		if r > 0xFFFF {
			n--
		}
		if n < 0 {
			return s[:i]
		}
	}
	return s
}

func (a *Adapter) target(to core.Destination, remote core.RemoteID) (chat int64, message int, err error) {
	if chat, err = chatOf(to); err != nil {
		return 0, 0, err
	}
	in, message, ok := ParseRemote(remote)
	if !ok || in != chat {
		return 0, 0, &core.SendError{Reason: core.TargetGone, Detail: "no message of this chat: " + string(remote)}
	}
	return chat, message, nil
}

// Edit replaces a message's text or caption, and its file when p has one that
// such an edit can carry. Buttons are replaced with it.
func (a *Adapter) Edit(ctx context.Context, to core.Destination, remote core.RemoteID, p core.Parcel) error {
	chat, message, err := a.target(to, remote)
	if err != nil {
		return err
	}
	return a.bot.Amend(ctx, botapi.Place{ChatID: chat, MessageID: message}, Outgoing{
		Content: forCustomer(p.Content), Buttons: p.Buttons, Media: a.media,
	})
}

// Amend is Edit for whoever owns the bot: o's target is not used. A text without
// files becomes the caption when the message turns out to have a file.
func (b *Bot) Amend(ctx context.Context, at botapi.Place, o Outgoing) error {
	for range 4 {
		err := settled(b.amendOnce(ctx, at, o))
		if err == nil {
			return nil
		}
		if !isKind(err, botapi.KindBadEntities, botapi.KindBadFileID, botapi.KindBadFile) || !o.degrade(err) {
			return Classify(idle(err)) // an edit that arrived twice is an edit
		}
	}
	return rejected("refused in every form")
}

func (b *Bot) amendOnce(ctx context.Context, at botapi.Place, o Outgoing) error {
	text, entities := o.words()
	caption := botapi.EditMessageCaptionParams{Place: at, Caption: o.caption(), ReplyMarkup: Keyboard(o.Buttons)}
	if len(o.Content.Attachments) > 0 {
		a := o.Content.Attachments[0]
		kind := albumTypes[a.Kind]
		if a.Kind == core.Animation {
			kind = "animation"
		}
		if f, err := FileSource(ctx, a, b.account, o.Media, o.upload); err == nil && kind != "" {
			_, err = b.api.EditMessageMedia(ctx, botapi.EditMessageMediaParams{
				Place: at, ReplyMarkup: Keyboard(o.Buttons),
				Media: botapi.InputMedia{Type: kind, Media: f, Caption: o.caption()},
			})
			return err
		}
		_, err := b.api.EditMessageCaption(ctx, caption)
		return err
	}
	_, err := b.api.EditMessageText(ctx, botapi.EditMessageTextParams{
		Place: at, Text: text, Entities: entities,
		LinkPreviewOptions: o.preview(), ReplyMarkup: Keyboard(o.Buttons),
	})
	if noText(err) {
		_, err = b.api.EditMessageCaption(ctx, caption)
	}
	return err
}

// noText tells the refusal that asks for editMessageCaption instead.
func noText(err error) bool {
	return isKind(err, botapi.KindCantEdit) && strings.Contains(strings.ToLower(err.Error()), "no text in the message")
}

// Delete removes messages at the customer. It fails when none of them could be
// removed, or one of them for another reason than being gone already.
func (a *Adapter) Delete(ctx context.Context, to core.Destination, remote []core.RemoteID) error {
	gone := 0
	for _, r := range remote {
		chat, message, err := a.target(to, r)
		if err == nil {
			err = Classify(idle(a.bot.API().DeleteMessage(ctx, chat, message)))
		}
		switch {
		case err == nil:
		case core.ReasonOf(err) == core.TargetGone:
			gone++
		default:
			return err
		}
	}
	if gone > 0 && gone == len(remote) {
		return &core.SendError{Reason: core.TargetGone, Detail: "message to delete not found"}
	}
	return nil
}

// React sets our one reaction; an empty emoji takes it away.
func (a *Adapter) React(ctx context.Context, to core.Destination, remote core.RemoteID, emoji string) error {
	chat, message, err := a.target(to, remote)
	if err != nil {
		return err
	}
	return a.bot.React(ctx, chat, message, emoji)
}

// React is Adapter.React for whoever owns the bot.
func (b *Bot) React(ctx context.Context, chat int64, message int, emoji string) error {
	p := botapi.SetMessageReactionParams{ChatID: chat, MessageID: message}
	if emoji = strings.ReplaceAll(emoji, "\uFE0F", ""); emoji != "" { // the list has them without the selector
		if !utf8.ValidString(emoji) {
			return rejected("not an emoji")
		}
		p.Reaction = []botapi.ReactionType{botapi.EmojiReaction(emoji)}
	}
	return Classify(idle(settled(b.api.SetMessageReaction(ctx, p))))
}

// Type shows "typing…" for five seconds.
func (a *Adapter) Type(ctx context.Context, to core.Destination) error {
	chat, err := chatOf(to)
	if err != nil {
		return err
	}
	return Classify(idle(a.bot.API().SendChatAction(ctx, botapi.SendChatActionParams{ChatID: chat, Action: "typing"})))
}

// Ping shows "typing" to who is about to be written to: of all calls that send
// nothing it is the nearest to a message, and trouble with messages alone shows
// in it. About nobody, or where typing is switched off, it asks for the account.
func (a *Adapter) Ping(ctx context.Context, to core.Destination) error {
	if to.Peer != "" && a.typing {
		return a.Type(ctx, to)
	}
	_, err := a.bot.API().GetMe(ctx)
	return Classify(err)
}
