package desk

import (
	"testing"

	"parom/core"
)

// plainSaying is an operator's plain text in a customer's topic.
func plainSaying(text string) saying {
	return saying{
		Guise: core.Human, Role: Member, Bound: true, InTopic: true, Text: text, Responsible: true, Mode: Direct,
		SelfName: "parom_bot", Calls: calls(core.Content{Text: core.Plain(text)}),
	}
}

func TestJudge_WhatIsAnAnswer(t *testing.T) {
	with := func(s saying, change func(*saying)) saying { change(&s); return s }
	hello := plainSaying("Сейчас посмотрю")
	for _, c := range []struct {
		name string
		s    saying
		want Verdict
		why  string
	}{
		{"a plain text of an operator goes", hello, Answer, ""},
		{"in English too", plainSaying("Let me look"), Answer, ""},
		{"an emoji goes", plainSaying("👍"), Answer, ""},
		{"a reply to a customer goes", with(hello, func(s *saying) { s.Quoted = aCustomer }), Answer, ""},
		{"a reply to one's own answer goes", with(hello, func(s *saying) { s.Quoted = ownAnswer }), Answer, ""},
		{"a file without text goes", with(plainSaying(""), func(s *saying) { s.Kinds = []core.Kind{core.Document} }), Answer, ""},

		{"an anonymous admin never", with(hello, func(s *saying) { s.Guise = core.Anonymous }), Refused, "notice.anonymous"},
		{"on behalf of a channel never", with(hello, func(s *saying) { s.Guise = core.Broadcast }), Ignored, ""},
		{"another bot never", with(hello, func(s *saying) { s.Guise = core.Robot }), Ignored, ""},
		{"ourselves never", with(hello, func(s *saying) { s.Guise = core.Self }), Ignored, ""},
		{"a stranger never", with(hello, func(s *saying) { s.Role = Stranger }), Refused, "notice.stranger"},

		{"talk in General stays", with(hello, func(s *saying) { s.Bound, s.InTopic = false, false }), Ignored, ""},
		{"a greeting in General is told to be lost", with(plainSaying("Здравствуйте! Ваш заказ готов"), func(s *saying) { s.Bound, s.InTopic = false, false }), Refused, "notice.not_sent"},
		{"an English one too", with(plainSaying("Good morning, your order is ready"), func(s *saying) { s.Bound, s.InTopic = false, false }), Refused, "notice.not_sent"},
		{"a reply to our line in General too", with(hello, func(s *saying) { s.Bound, s.InTopic, s.Quoted = false, false, aSystemLine }), Refused, "notice.not_sent"},
		{"talk in a topic of people stays", with(plainSaying("Здравствуйте"), func(s *saying) { s.Bound = false }), Ignored, ""},

		{"// is a note", plainSaying("// он уже звонил"), Note, ""},
		{"// without a space", plainSaying("//он уже звонил"), Note, ""},
		{".. is // in the Russian layout", plainSaying("..он уже звонил"), Note, ""},
		{"... too", plainSaying("... ну и ну"), Note, ""},
		{"an ellipsis too", plainSaying("… ну и ну"), Note, ""},
		{"// behind spaces", plainSaying("  // тихо"), Note, ""},
		{"// behind a zero width space", plainSaying("\u200b//тихо"), Note, ""},
		{"// behind a line break", plainSaying("\n//тихо"), Note, ""},
		{"full width slashes", plainSaying("／／тихо"), Note, ""},
		{"// by an anonymous admin", with(plainSaying("// тихо"), func(s *saying) { s.Guise = core.Anonymous }), Note, ""},
		{"// in a caption", with(plainSaying("// паспорт"), func(s *saying) { s.Kinds = []core.Kind{core.Photo} }), Note, ""},

		{"/close is a command", plainSaying("/close"), Command, ""},
		{"/закрыть is a command", plainSaying("/закрыть"), Command, ""},
		{".сдщыу is /close", plainSaying(".сдщыу"), Command, ""},
		{"/pfrhsnm is /закрыть", plainSaying("/pfrhsnm"), Command, ""},
		{".pfrhsnm too", plainSaying(".pfrhsnm"), Command, ""},
		{"an unknown /word never leaves", plainSaying("/привет"), Command, ""},
		{"an unknown .слово never leaves", plainSaying(".привет"), Command, ""},
		{"a lone slash never leaves", plainSaying("/ 5"), Command, ""},
		{"another bot's command never leaves", plainSaying("/close@other_bot"), Command, ""},
		{".5 is a number", plainSaying(".5 кг"), Answer, ""},

		{"a reply to a note is held", with(hello, func(s *saying) { s.Quoted = aNote }), Held, "held_reply"},
		{"a reply to a system line is held", with(hello, func(s *saying) { s.Quoted = aSystemLine }), Held, "held_reply"},
		{"a reply to a colleague is held", with(hello, func(s *saying) { s.Quoted = aColleague }), Held, "held_reply"},
		{"a reply to who knows what is held", with(hello, func(s *saying) { s.Quoted = unknown }), Held, "held_reply"},
		{"a reply to another topic is refused", with(hello, func(s *saying) { s.Quoted = elsewhere }), Refused, "refused.other_topic"},
		{"@colleague is held", plainSaying("@anna глянь"), Held, "held_mention"},
		{"@anybody is held", plainSaying("@somebody look"), Held, "held_mention"},
		{"a colleague without a username is held", with(plainSaying("Анна глянь"), func(s *saying) { s.Calls = true }), Held, "held_mention"},
		{"a name in the middle is no call", plainSaying("Вам поможет @boris наш мастер"), Answer, ""},
		{"a poll is held", with(plainSaying("Когда удобно?"), func(s *saying) { s.Kinds = []core.Kind{core.Poll} }), Held, "held_media"},
		{"a poll with the mark is a note", with(plainSaying("// кто за?"), func(s *saying) { s.Kinds = []core.Kind{core.Poll} }), Note, ""},
		{"what cannot be carried is told", with(plainSaying(""), func(s *saying) { s.Kinds = []core.Kind{core.Unsupported} }), Refused, "notice.unsupported"},
		{"words in private go nowhere and are told so", with(hello, func(s *saying) { s.Bound, s.InTopic, s.Private = false, false, true }), Refused, "notice.private"},
		{"// behind a braille blank", plainSaying("\u2800//тихо"), Note, ""},
		{"// behind a variation selector", plainSaying("\ufe0f//тихо"), Note, ""},
		{"// behind a Hangul filler", plainSaying("\u115f\u1160\uffa0//тихо"), Note, ""},
		{". and . with nothing seen between", plainSaying(".\u200b.тихо"), Note, ""},
		{"a command with nothing seen in it", plainSaying(".\u200bсдщыу"), Command, ""},
		{"full width dots", plainSaying("．．тихо"), Note, ""},
		{"a full width dot command", plainSaying("．сдщыу"), Command, ""},
		{"ideographic stops", plainSaying("。。тихо"), Note, ""},
		{"a two dot leader", plainSaying("‥тихо"), Note, ""},
		{"one dot leaders", plainSaying("․․тихо"), Note, ""},
		{"fraction slashes", plainSaying("⁄⁄тихо"), Note, ""},
		{"division slashes", plainSaying("∕∕тихо"), Note, ""},
		{"a full width at", plainSaying("＠boris глянь"), Held, "held_mention"},
		{"a forward is held", with(hello, func(s *saying) { s.Forwarded = true }), Held, "held_forward"},
		{"through an inline bot is held", with(hello, func(s *saying) { s.Inline = true }), Held, "held_media"},
		{"a sticker of the responsible goes", with(plainSaying(""), func(s *saying) { s.Kinds = []core.Kind{core.Sticker} }), Answer, ""},
		{"a sticker of another is held", with(plainSaying(""), func(s *saying) { s.Kinds, s.Responsible = []core.Kind{core.Sticker}, false }), Held, "held_media"},
		{"a GIF of another is held", with(plainSaying(""), func(s *saying) { s.Kinds, s.Responsible = []core.Kind{core.Animation}, false }), Held, "held_media"},
		{"a voice of another is held", with(plainSaying(""), func(s *saying) { s.Kinds, s.Responsible = []core.Kind{core.Voice}, false }), Held, "held_media"},
		{"a video note of another is held", with(plainSaying(""), func(s *saying) { s.Kinds, s.Responsible = []core.Kind{core.VideoNote}, false }), Held, "held_media"},

		{"confirm: every answer waits for a tap", with(hello, func(s *saying) { s.Mode = Confirm }), Held, "confirm"},
		{"replies only: unquoted stays", with(hello, func(s *saying) { s.Mode = RepliesOnly }), Note, "notice.replies_only"},
		{"replies only: quoted goes", with(hello, func(s *saying) { s.Mode, s.Quoted = RepliesOnly, aCustomer }), Answer, ""},
	} {
		got := judge(c.s)
		if got.Verdict != c.want || got.Why != c.why {
			t.Errorf("%s: got %v %q, want %v %q", c.name, got.Verdict, got.Why, c.want, c.why)
		}
	}
}

func TestParseCommand_NamesArgumentsAndLayouts(t *testing.T) {
	for _, c := range []struct{ text, name, rest string }{
		{"/close спам", "close", "спам"},
		{"/Close", "close", ""},
		{"/close@parom_bot free", "close", "free"},
		{"/закрыть", "close", ""},
		{".сдщыу", "close", ""},
		{"/pfrhsnm", "close", ""},
		{"/note первая\nвторая", "note", "первая\nвторая"},
		{"/note\nс новой строки", "note", "с новой строки"},
		{"/mute 2h", "mute", "2h"},
		{"/close@other_bot", "", ""},
		{"/nonsense x", "", "x"},
	} {
		name, rest, ok := parseCommand(c.text, "parom_bot")
		if !ok || name != c.name || rest != c.rest {
			t.Errorf("%q: got %q %q %v, want %q %q", c.text, name, rest, ok, c.name, c.rest)
		}
	}
}
