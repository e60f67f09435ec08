package console

import (
	"context"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

// Show makes a post out of p: a text, a file, an album (one PostRef for each
// file) or a copy of another post. The content must fit Limits; an album has no
// buttons. A reply whose target is gone is sent without it.
func (c *Console) Show(ctx context.Context, p core.Post) (core.Shown, error) {
	chat, thread, err := place(p.Topic)
	if err != nil {
		return core.Shown{}, err
	}
	if p.Copy != nil {
		return c.copyOf(ctx, chat, thread, p)
	}
	ms, err := c.bot.Post(ctx, telegram.Outgoing{
		Target:  botapi.Target{ChatID: chat, ThreadID: botapi.ThreadID(thread), DisableNotification: p.Silent, Reply: reply(p)},
		Content: p.Content, Buttons: p.Buttons, Media: c.media, NoPreview: ours(p),
	})
	if err != nil {
		return core.Shown{}, classify(err, chat, toShow, rightAdmin)
	}
	s := core.Shown{Posts: make([]core.PostRef, len(ms)), At: time.Unix(int64(ms[0].Date), 0)}
	for i := range ms {
		s.Posts[i] = core.PostRef{Room: p.Topic.Room, Seq: int64(ms[i].MessageID)}
	}
	if len(p.Content.Attachments) > 0 {
		s.Locators = telegram.Locators(ms)
	}
	return s, nil
}

// ours tells our own words, whose links nobody needs previewed: only they have
// buttons. Previews under customers' words are of use to operators.
func ours(p core.Post) bool { return len(p.Buttons) > 0 }

func reply(p core.Post) *botapi.ReplyParameters {
	chat, id, err := message(p.ReplyTo)
	if err != nil || p.ReplyTo.Room != p.Topic.Room {
		return nil
	}
	return telegram.ReplyTo(chat, &core.Reference{Remote: telegram.Remote(chat, id), Fragment: p.Fragment})
}

// copyOf copies a post. A text in p stands in place of the copied caption. The
// server names only the copy's number, so the time is ours.
func (c *Console) copyOf(ctx context.Context, chat int64, thread int, p core.Post) (core.Shown, error) {
	from, id, err := message(*p.Copy)
	if err != nil {
		return core.Shown{}, err
	}
	cp := botapi.CopyMessageParams{
		ChatID: chat, ThreadID: botapi.ThreadID(thread), FromChatID: from, MessageID: id,
		DisableNotification: p.Silent, Reply: reply(p),
	}
	if k := telegram.Keyboard(p.Buttons); k != nil {
		cp.ReplyMarkup = k
	}
	if !p.Content.Text.IsEmpty() {
		text, entities := telegram.Entities(p.Content.Text)
		cp.Caption, cp.CaptionEntities = &text, entities
	}
	n, err := c.api.CopyMessage(ctx, cp)
	if botapi.KindOf(err) == botapi.KindBadEntities && len(cp.CaptionEntities) > 0 {
		cp.CaptionEntities = nil
		n, err = c.api.CopyMessage(ctx, cp)
	}
	if botapi.KindOf(err) == botapi.KindQuoteInvalid && cp.Reply != nil {
		cp.Reply.Quote = ""
		n, err = c.api.CopyMessage(ctx, cp)
	}
	if err != nil {
		return core.Shown{}, classify(err, chat, toShow, rightAdmin)
	}
	return core.Shown{Posts: []core.PostRef{{Room: p.Topic.Room, Seq: int64(n)}}, At: c.clock.Now()}, nil
}

// Amend replaces the text of a post, or its caption when p has files; the files
// stay. Empty content changes the buttons alone. What is so already is done.
func (c *Console) Amend(ctx context.Context, ref core.PostRef, p core.Post) error {
	chat, id, err := message(ref)
	if err != nil {
		return err
	}
	at := botapi.Place{ChatID: chat, MessageID: id}
	switch {
	case p.Content.IsEmpty():
		_, err = c.api.EditMessageReplyMarkup(ctx, botapi.EditMessageReplyMarkupParams{Place: at, ReplyMarkup: telegram.Keyboard(p.Buttons)})
		if botapi.KindOf(err) == botapi.KindNotModified {
			err = nil
		}
	case len(p.Content.Attachments) > 0:
		err = c.amendCaption(ctx, at, p)
	default:
		err = c.bot.Amend(ctx, at, telegram.Outgoing{Content: p.Content, Buttons: p.Buttons, NoPreview: ours(p)})
	}
	return classify(err, chat, toChange, rightAdmin)
}

func (c *Console) amendCaption(ctx context.Context, at botapi.Place, p core.Post) error {
	text, entities := telegram.Entities(p.Content.Text)
	e := botapi.EditMessageCaptionParams{
		Place: at, Caption: botapi.Caption{Caption: text, CaptionEntities: entities}, ReplyMarkup: telegram.Keyboard(p.Buttons),
	}
	_, err := c.api.EditMessageCaption(ctx, e)
	if botapi.KindOf(err) == botapi.KindBadEntities && len(entities) > 0 {
		e.CaptionEntities = nil
		_, err = c.api.EditMessageCaption(ctx, e)
	}
	if botapi.KindOf(err) == botapi.KindNotModified {
		return nil
	}
	return err
}

// Mark sets the bot's one reaction on a post; empty takes it away. A sign that
// the group does not allow is Rejected.
func (c *Console) Mark(ctx context.Context, ref core.PostRef, emoji string) error {
	chat, id, err := message(ref)
	if err != nil {
		return err
	}
	return classify(c.bot.React(ctx, chat, id, emoji), chat, toChange, rightAdmin)
}

// Remove deletes a post, anybody's; one that is gone is removed.
func (c *Console) Remove(ctx context.Context, ref core.PostRef) error {
	chat, id, err := message(ref)
	if err != nil {
		return err
	}
	err = c.api.DeleteMessage(ctx, chat, id)
	if botapi.KindOf(err) == botapi.KindMessageGone {
		return nil
	}
	return classify(err, chat, toChange, rightDelete)
}

// Pin pins a post without a sound. The service message that says so comes back
// as an echo.
func (c *Console) Pin(ctx context.Context, ref core.PostRef) error {
	chat, id, err := message(ref)
	if err != nil {
		return err
	}
	err = c.api.PinChatMessage(ctx, botapi.PinChatMessageParams{ChatID: chat, MessageID: id, DisableNotification: true})
	return classify(err, chat, toChange, rightPin)
}
