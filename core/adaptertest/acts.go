package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parom/core"
)

func (l *line) quoteIn(ctx context.Context) (verdict, error) { return l.answerIn(ctx, "") }

func (l *line) fragmentIn(ctx context.Context) (verdict, error) {
	return l.answerIn(ctx, "второй ответ")
}

func (l *line) answerIn(ctx context.Context, fragment string) (verdict, error) {
	_, ours, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	ids, err := l.customer.Say(ctx, Said{Content: core.Content{Text: core.Plain("вот это")}, ReplyTo: ours, Fragment: fragment})
	if err != nil {
		return verdict{}, err
	}
	e, err := l.expect(ctx, "the answer", ids[0], isPosted)
	if err != nil {
		return verdict{}, err
	}
	ref := e.Body.(core.Posted).ReplyTo
	if ref == nil || ref.Remote != ours {
		return verdict{}, fmt.Errorf("answers %+v, want %s", ref, ours)
	}
	if ref.Fragment != fragment {
		return verdict{}, fmt.Errorf("fragment %q arrived as %q", fragment, ref.Fragment)
	}
	return verdict{level: native}, nil
}

func isPosted(b core.EventBody) bool { _, ok := b.(core.Posted); return ok }

func (l *line) editIn(ctx context.Context) (verdict, error) {
	theirs, _, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	keys := map[string]bool{}
	for _, text := range []core.Text{core.Plain("поправка"), core.Styled("ещё поправка", core.Italic)} {
		if err := l.customer.Edit(ctx, theirs, text); err != nil {
			return verdict{}, err
		}
		e, err := l.expect(ctx, "the edit", theirs, func(b core.EventBody) bool {
			ed, ok := b.(core.Edited)
			return ok && ed.Content.Text.Body == text.Body
		})
		if err != nil {
			return verdict{}, err
		}
		if keys[e.Key] {
			return verdict{}, errors.New("two versions have one key")
		}
		keys[e.Key] = true
	}
	return verdict{level: native}, nil
}

func (l *line) deleteIn(ctx context.Context) (verdict, error) {
	theirs, _, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	is := func(b core.EventBody) bool { _, ok := b.(core.Deleted); return ok }
	act := func() error { return l.customer.Delete(ctx, theirs) }
	if v, told, err := l.untold(ctx, "delete", act, is); told {
		return v, err
	}
	if err := act(); err != nil {
		return verdict{}, err
	}
	_, err = l.expect(ctx, "the deletion", theirs, is)
	return verdict{level: native}, err
}

func (l *line) reactIn(ctx context.Context) (verdict, error) {
	_, ours, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	for _, emoji := range []string{"👍", "🔥", ""} {
		if err := l.customer.React(ctx, ours, emoji); err != nil {
			return verdict{}, err
		}
		var want []string
		if emoji != "" {
			want = []string{emoji}
		}
		_, err := l.expect(ctx, "the reaction "+emoji, ours, func(b core.EventBody) bool {
			r, ok := b.(core.Reacted)
			return ok && slices.Equal(r.Emoji, want)
		})
		if err != nil {
			return verdict{}, err
		}
	}
	return verdict{level: native}, nil
}

func (l *line) typeIn(ctx context.Context) (verdict, error) {
	is := func(b core.EventBody) bool { _, ok := b.(core.Typing); return ok }
	act := func() error { return l.customer.Type(ctx) }
	if v, told, err := l.untold(ctx, "typing", act, is); told {
		return v, err
	}
	if err := act(); err != nil {
		return verdict{}, err
	}
	_, err := l.inbox.next(ctx, 0, "typing", func(e core.Event) bool { return is(e.Body) })
	return verdict{level: native}, err
}

func (l *line) readIn(ctx context.Context) (verdict, error) {
	_, ours, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	is := func(b core.EventBody) bool { _, ok := b.(core.Read); return ok }
	act := func() error { return l.customer.Read(ctx, ours) }
	if v, told, err := l.untold(ctx, "read mark", act, is); told {
		return v, err
	}
	if err := act(); err != nil {
		return verdict{}, err
	}
	_, err = l.expect(ctx, "the read mark", ours, is)
	return verdict{level: native}, err
}

func (l *line) forwardIn(ctx context.Context) (verdict, error) {
	ids, err := l.customer.Say(ctx, Said{Content: core.Content{Text: core.Plain("чужие слова")}, Forwarded: "Пётр"})
	if err != nil {
		return verdict{}, err
	}
	e, err := l.expect(ctx, "the forward", ids[0], isPosted)
	if err != nil {
		return verdict{}, err
	}
	p := e.Body.(core.Posted)
	if !strings.Contains(p.Forwarded, "Пётр") || p.Content.Text.Body != "чужие слова" {
		return verdict{}, fmt.Errorf("forwarded from %q with text %q", p.Forwarded, p.Content.Text.Body)
	}
	return verdict{level: native}, nil
}

// buttons of the suite: two rows, one with a link.
func buttons() [][]core.Button {
	return [][]core.Button{{{ID: "yes", Label: "Да"}, {ID: "no", Label: "Нет"}}, {{URL: "https://example.org/", Label: "Сайт"}}}
}

func (l *line) pressIn(ctx context.Context) (verdict, error) {
	p := l.parcel(core.Content{Text: core.Plain("Подходит?")})
	p.Buttons = buttons()
	sent, err := l.send(ctx, p)
	if err != nil {
		return verdict{}, err
	}
	if err := l.customer.Press(ctx, sent.Remote[0], "no"); err != nil {
		return verdict{}, err
	}
	_, err = l.expect(ctx, "the pressed button", sent.Remote[0], func(b core.EventBody) bool {
		p, ok := b.(core.Pressed)
		return ok && p.Button == "no"
	})
	return verdict{level: native}, err
}

func (l *line) quoteOut(ctx context.Context) (verdict, error) {
	return l.answerOut(ctx, "", l.adapter.Limits().Reply)
}

func (l *line) fragmentOut(ctx context.Context) (verdict, error) {
	return l.answerOut(ctx, "второе слово", l.adapter.Limits().Fragment)
}

func (l *line) answerOut(ctx context.Context, fragment string, able core.Ability) (verdict, error) {
	theirs, _, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	p := l.parcel(core.Content{Text: core.Plain("отвечаем")})
	p.ReplyTo = &core.Reference{Remote: theirs, Fragment: fragment}
	sent, err := l.send(ctx, p)
	if err != nil {
		return verdict{}, err
	}
	ms, err := l.sees(ctx, sent.Remote...)
	if err != nil {
		return verdict{}, err
	}
	m := ms[0]
	switch {
	case m.Content.Text.Body == "отвечаем" && m.ReplyTo == theirs && m.Fragment == fragment:
		return verdict{level: native}, declared(able, core.Native)
	case m.ReplyTo == theirs:
		return verdict{degraded, "the whole message is quoted"}, declared(able, core.Emulated)
	case able == core.Absent:
		return verdict{named, "no quotes on this network"}, nil
	}
	return verdict{}, fmt.Errorf("answers %q with fragment %q", m.ReplyTo, m.Fragment)
}

func declared(able, want core.Ability) error {
	if able != want {
		return fmt.Errorf("limits declare ability %d, the customer sees %d", able, want)
	}
	return nil
}

// lacking is the verdict on an optional ability that the adapter does not have.
func lacking(able core.Ability, what string) (verdict, error) {
	if able != core.Absent {
		return verdict{}, fmt.Errorf("limits declare %s, the adapter does not have it", what)
	}
	return verdict{named, "no " + what + " on this network"}, nil
}

func (l *line) editOut(ctx context.Context) (verdict, error) {
	e, ok := l.adapter.(core.Editor)
	if !ok {
		return lacking(l.adapter.Limits().Edit, "editing")
	}
	_, ours, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	p := l.parcel(core.Content{Text: core.Styled("исправлено", core.Bold)})
	for range 2 { // saying it again is no failure
		if err := l.heard(e.Edit(ctx, l.to, ours, p)); err != nil {
			return verdict{}, fmt.Errorf("edit: %w", err)
		}
	}
	ms, err := l.sees(ctx, ours)
	if err != nil {
		return verdict{}, err
	}
	if v, err := carried(p.Content, ms[0].Content, nil, nil); err != nil || v.level != native {
		return v, err
	}
	if err := l.editCaption(ctx, e); err != nil {
		return verdict{}, err
	}
	return verdict{level: native}, declared(l.adapter.Limits().Edit, core.Native)
}

// editCaption changes the words of a photo.
func (l *line) editCaption(ctx context.Context, e core.Editor) error {
	for _, sm := range samples() {
		if sm.row != "photo" {
			continue
		}
		c := l.spooled(sm)
		sent, err := l.send(ctx, l.parcel(c))
		if err != nil {
			return fmt.Errorf("send photo: %w", err)
		}
		c.Text = core.Plain("другая подпись")
		for _, form := range []core.Content{{Text: core.Plain("подпись сама")}, c} {
			if err := l.heard(e.Edit(ctx, l.to, sent.Remote[0], l.parcel(form))); err != nil {
				return fmt.Errorf("edit caption: %w", err)
			}
			ms, err := l.sees(ctx, sent.Remote[0])
			if err != nil {
				return err
			}
			if ms[0].Content.Text.Body != form.Text.Body || len(ms[0].Content.Attachments) != 1 {
				return fmt.Errorf("the photo now says %q", ms[0].Content.Text.Body)
			}
		}
	}
	return nil
}

func (l *line) deleteOut(ctx context.Context) (verdict, error) {
	d, ok := l.adapter.(core.Deleter)
	if !ok {
		return lacking(l.adapter.Limits().Delete, "deleting")
	}
	_, ours, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	if err := l.heard(d.Delete(ctx, l.to, []core.RemoteID{ours})); err != nil {
		return verdict{}, fmt.Errorf("delete: %w", err)
	}
	ms, err := l.customer.Sees(ctx)
	if err != nil {
		return verdict{}, err
	}
	if slices.ContainsFunc(ms, func(m Seen) bool { return m.Remote == ours && !m.Deleted }) {
		return verdict{}, errors.New("the customer still sees it")
	}
	if r := core.ReasonOf(l.heard(d.Delete(ctx, l.to, []core.RemoteID{ours}))); r != core.TargetGone && r != core.WindowClosed {
		return verdict{}, fmt.Errorf("deleting it again: %s", r)
	}
	return verdict{level: native}, declared(l.adapter.Limits().Delete, core.Native)
}

func (l *line) reactOut(ctx context.Context) (verdict, error) {
	r, ok := l.adapter.(core.Reactor)
	if !ok {
		return lacking(l.adapter.Limits().Reaction, "reactions")
	}
	theirs, ours, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	for _, m := range []core.RemoteID{theirs, ours} {
		for _, emoji := range []string{"👍", "❤️", ""} {
			if err := l.heard(r.React(ctx, l.to, m, emoji)); err != nil {
				return verdict{}, fmt.Errorf("react with %q: %w", emoji, err)
			}
		}
	}
	if err := l.heard(r.React(ctx, l.to, ours, "👍")); err != nil {
		return verdict{}, err
	}
	ms, err := l.sees(ctx, ours)
	if err != nil {
		return verdict{}, err
	}
	if !slices.Equal(ms[0].Reactions, []string{"👍"}) {
		return verdict{}, fmt.Errorf("the customer sees reactions %q", ms[0].Reactions)
	}
	return verdict{level: native}, declared(l.adapter.Limits().Reaction, core.Native)
}

func (l *line) typeOut(ctx context.Context) (verdict, error) {
	ty, ok := l.adapter.(core.Typist)
	if !ok {
		return lacking(l.adapter.Limits().Typing, "typing signs")
	}
	if err := l.heard(ty.Type(ctx, l.to)); err != nil {
		return verdict{}, err
	}
	shown, err := l.customer.SeesTyping(ctx)
	if err == nil && !shown {
		err = errors.New("the customer sees nobody typing")
	}
	return verdict{level: native}, err
}

func (l *line) readOut(ctx context.Context) (verdict, error) {
	r, ok := l.adapter.(core.Reader)
	if !ok {
		return lacking(l.adapter.Limits().ReadMarks, "read marks")
	}
	theirs, _, err := l.hello(ctx)
	if err != nil {
		return verdict{}, err
	}
	if err := l.heard(r.MarkRead(ctx, l.to, theirs)); err != nil {
		return verdict{}, err
	}
	shown, err := l.customer.SeesRead(ctx, theirs)
	if err == nil && !shown {
		err = errors.New("the customer sees it unread")
	}
	return verdict{level: native}, err
}

// forwardOut is the same on every network: a parcel knows no author but us.
func (l *line) forwardOut(context.Context) (verdict, error) {
	return verdict{degraded, "as a message of ours"}, nil
}

func (l *line) buttonsOut(ctx context.Context) (verdict, error) {
	p := l.parcel(core.Content{Text: core.Plain("Выберите")})
	p.Buttons = buttons()
	sent, err := l.send(ctx, p)
	if err != nil {
		return verdict{}, err
	}
	ms, err := l.sees(ctx, sent.Remote...)
	if err != nil {
		return verdict{}, err
	}
	if len(ms[0].Buttons) == 0 {
		for _, row := range p.Buttons {
			for _, b := range row {
				if !strings.Contains(ms[0].Content.Text.Body, b.Label) {
					return verdict{}, fmt.Errorf("button %q is lost", b.Label)
				}
			}
		}
		return verdict{degraded, "as text"}, nil
	}
	for i, row := range p.Buttons {
		if i >= len(ms[0].Buttons) || !slices.Equal(row, ms[0].Buttons[i]) {
			return verdict{}, fmt.Errorf("buttons %v arrived as %v", p.Buttons, ms[0].Buttons)
		}
	}
	return verdict{level: native}, nil
}
