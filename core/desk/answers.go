package desk

import (
	"slices"
	"strings"

	"parom/core"
)

// Verdict is what a message of somebody in the operators' rooms is.
type Verdict int

// Verdicts. Only an Answer goes to a customer by itself.
const (
	Ignored Verdict = iota // not ours to judge: stays where it is, without a word
	Answer
	Note
	Command
	Held    // stays until its author says Send, Note or Drop
	Refused // stays, and its author is told why
)

// Judged is a verdict with its reason.
type Judged struct {
	Verdict Verdict
	Why     string // kind of a notice ("held_reply"), or text key of a refusal
	Name    string // of a Command, canonical
	Rest    string // after the command's name, or the note's text
}

// saying is what the judgement looks at.
type saying struct {
	Guise       core.Guise
	Role        Role
	Bound       bool // in a customer's topic
	Private     bool // in the author's private chat with the gateway
	InTopic     bool // in any topic of a group
	Text        string
	Kinds       []core.Kind
	Forwarded   bool
	Inline      bool
	Quoted      quoted
	Responsible bool // for the dialog, or nobody is
	Calls       bool // it begins with the mention of somebody, by markup
	Mode        Mode
	SelfName    string // username of the console's bot
}

// quoted is what kind of post somebody replied to.
type quoted int

const (
	nothing     quoted = iota
	aCustomer          // a customer's words, or the card: an answer to them
	ownAnswer          // the author's own answer
	aColleague         // a colleague's message, sent or not
	aNote              //
	aSystemLine        // a line or notice of the gateway, or what the bot said
	elsewhere          // a post of another topic
	unknown            // a post nobody recorded
)

// Mode is how a department's answers leave.
type Mode string

// Modes.
const (
	Direct      Mode = "direct"       // at once, after the hold
	Confirm     Mode = "confirm"      // each waits for a tap
	RepliesOnly Mode = "replies_only" // only quoted ones leave
)

// RepliesOnlyTold is the line that says, once in a dialog, that an unquoted text
// stays among operators; store.ToldOnce keeps who was told.
const RepliesOnlyTold = "notice.replies_only"

// judge decides what a message is, by the rules of the operators' guide. What is
// not surely an answer is none.
func judge(s saying) Judged {
	if s.Guise == core.Robot || s.Guise == core.Broadcast || s.Guise == core.Self {
		return Judged{Verdict: Ignored}
	}
	text := lead(s.Text)
	if note, rest := isNote(text); note {
		return Judged{Verdict: Note, Rest: rest}
	}
	name, rest, command := parseCommand(text, s.SelfName)
	if s.Guise == core.Anonymous {
		if s.Bound && !command {
			return Judged{Verdict: Refused, Why: "notice.anonymous"}
		}
		return Judged{Verdict: Ignored}
	}
	if s.Role < Member {
		if s.Bound {
			return Judged{Verdict: Refused, Why: "notice.stranger"}
		}
		return Judged{Verdict: Ignored}
	}
	if command {
		return Judged{Verdict: Command, Name: name, Rest: rest}
	}
	if !s.Bound {
		return judgeUnbound(s, text)
	}
	return judgeAnswer(s, text)
}

// judgeUnbound looks at what was written where no customer is.
func judgeUnbound(s saying, text string) Judged {
	if s.Private {
		return Judged{Verdict: Refused, Why: "notice.private"}
	}
	if !s.InTopic && (s.Quoted == aSystemLine || greets(text)) {
		return Judged{Verdict: Refused, Why: "notice.not_sent"}
	}
	return Judged{Verdict: Ignored}
}

// judgeAnswer looks at what an operator wrote in a customer's topic.
func judgeAnswer(s saying, text string) Judged {
	hold := func(why string) Judged { return Judged{Verdict: Held, Why: why} }
	switch {
	case s.Quoted == elsewhere:
		return Judged{Verdict: Refused, Why: "refused.other_topic"}
	case slices.Contains(s.Kinds, core.Unsupported):
		return Judged{Verdict: Refused, Why: "notice.unsupported"}
	case s.Forwarded:
		return hold("held_forward")
	case s.Quoted == aNote, s.Quoted == aColleague, s.Quoted == aSystemLine, s.Quoted == unknown:
		return hold("held_reply")
	case s.Calls:
		return hold("held_mention")
	case s.Inline, slices.Contains(s.Kinds, core.Poll), !s.Responsible && hasPlayful(s.Kinds):
		return hold("held_media")
	case s.Mode == RepliesOnly && s.Quoted == nothing:
		return Judged{Verdict: Note, Why: RepliesOnlyTold, Rest: text}
	case s.Mode == Confirm:
		return hold("confirm")
	}
	return Judged{Verdict: Answer}
}

// isNote reports that a text, as lead gives it, is marked as the team's own. On a
// Russian keyboard "//" comes out as "..".
func isNote(text string) (bool, string) {
	for _, mark := range []string{"//", "..", "…"} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			return true, strings.TrimSpace(strings.TrimLeft(rest, "/."))
		}
	}
	return false, ""
}

// calls reports that a text begins by calling somebody. Whoever it is: it is no
// way to begin an answer to a customer.
func calls(c core.Content) bool {
	if strings.HasPrefix(lead(worded(c)), "@") {
		return true
	}
	hidden := len(c.Text.Body) - len(strings.TrimLeftFunc(c.Text.Body, isHidden))
	for _, span := range c.Text.Spans {
		if span.Style == core.Mention && span.Offset <= hidden {
			return true
		}
	}
	return false
}

// worded is what a message says in words: a poll's question counts.
func worded(c core.Content) string {
	if !c.Text.IsEmpty() {
		return c.Text.Body
	}
	for _, a := range c.Attachments {
		if a.Kind == core.Poll {
			return a.Name
		}
	}
	return ""
}

// isOurs reports words that never leave, whenever they are written: marked as a
// note, like a command, or calling a colleague.
func isOurs(c core.Content, self string) bool {
	text := lead(worded(c))
	if note, _ := isNote(text); note {
		return true
	}
	_, _, command := parseCommand(text, self)
	return command || calls(c)
}

// hasPlayful reports kinds that people send to each other rather than to customers.
func hasPlayful(kinds []core.Kind) bool {
	for _, k := range kinds {
		switch k {
		case core.Sticker, core.Animation, core.Voice, core.VideoNote:
			return true
		}
	}
	return false
}

// greetings begin what is meant for a customer.
var greetings = []string{
	"здравствуйте", "добрый день", "добрый вечер", "доброе утро", "доброго дня", "приветствую",
	"hello", "good morning", "good afternoon", "good evening", "dear ",
}

func greets(text string) bool {
	low := strings.ToLower(strings.ReplaceAll(text, "ё", "е"))
	for _, g := range greetings {
		if strings.HasPrefix(low, g) {
			return true
		}
	}
	return false
}
