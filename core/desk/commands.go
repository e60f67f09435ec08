package desk

import (
	"strings"
	"unicode"

	"parom/core"
)

// command is one command of the operators.
type command struct {
	name    string
	aliases []string // typed words, Russian first
	topic   bool     // needs a customer's topic
	run     func(d *Desk, x act, c call) error
}

// call is a command as it was given.
type call struct {
	name, rest string
	reply      bool // it replies to a post
	replyTo    core.PostRef
	content    core.Content // files that came with it
}

func (c call) with(b core.Wrote) call {
	c.replyTo, c.content = b.ReplyTo, b.Content
	return c
}

// commandTable lists the commands; its order is that of the help.
func commandTable() []command {
	return []command{
		{"take", []string{"взять", "беру"}, true, (*Desk).cmdTake},
		{"drop", []string{"отпустить", "снять"}, true, (*Desk).cmdDrop},
		{"close", []string{"закрыть"}, true, (*Desk).cmdClose},
		{"open", []string{"открыть"}, true, (*Desk).cmdOpen},
		{"undo", []string{"отмена", "отменить"}, true, (*Desk).cmdUndo},
		{"del", []string{"удалить"}, true, (*Desk).cmdDelete},
		{"status", []string{"статус"}, true, (*Desk).cmdStatus},
		{"card", []string{"карточка"}, true, (*Desk).cmdCard},
		{"note", []string{"заметка"}, true, (*Desk).cmdNote},
		{"mute", []string{"молчать", "тихо"}, true, (*Desk).cmdMute},
		{"unmute", []string{"говорить"}, true, (*Desk).cmdUnmute},
		{"help", []string{"помощь", "справка", "start"}, false, (*Desk).cmdHelp},
	}
}

// Commands lists the canonical names, for the console's own menu.
func Commands() []string {
	var out []string
	for _, c := range commandTable() {
		out = append(out, c.name)
	}
	return out
}

var commandNames = func() map[string]string {
	out := map[string]string{}
	for _, c := range commandTable() {
		out[c.name] = c.name
		for _, a := range c.aliases {
			out[a] = c.name
		}
	}
	return out
}()

// parseCommand reads "/close reason", "/закрыть", "/close@bot" and the same in the
// wrong keyboard layout (".сдщыу", "/pfrhsnm"). ok is true for everything that
// looks like a command: an unknown one has an empty name and never leaves.
func parseCommand(text, self string) (name, rest string, ok bool) {
	text = strings.ReplaceAll(text, "／", "/")
	slash := strings.HasPrefix(text, "/")
	if !slash && !dotWord(text) {
		return "", "", false
	}
	word, rest, _ := strings.Cut(text[1:], " ")
	if i := strings.IndexAny(word, "\n\t"); i >= 0 {
		word, rest = word[:i], word[i+1:]+" "+rest
	}
	word, at, addressed := strings.Cut(word, "@")
	if addressed && self != "" && !strings.EqualFold(at, self) {
		return "", "", true // another bot's command: nobody's, and it never leaves
	}
	rest = strings.TrimSpace(rest)
	word = strings.ToLower(word)
	for _, w := range []string{word, relayout(word)} {
		if n, known := commandNames[w]; known {
			return n, rest, true
		}
	}
	return "", rest, true
}

// dotWord reports ".слово": a slash in the Russian layout is a dot. ".5" and
// ". " are ordinary texts.
func dotWord(text string) bool {
	if !strings.HasPrefix(text, ".") {
		return false
	}
	for _, r := range text[1:] {
		return unicode.IsLetter(r)
	}
	return false
}

const (
	latinKeys    = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
	cyrillicKeys = "йцукенгшщзхъфывапролджэячсмитьбюё"
)

var relayoutTable = func() map[rune]rune {
	out := map[rune]rune{}
	cyr := []rune(cyrillicKeys)
	for i, l := range latinKeys {
		out[l], out[cyr[i]] = cyr[i], l
	}
	return out
}()

// relayout is a word as the same keys give it in the other layout.
func relayout(s string) string {
	return strings.Map(func(r rune) rune {
		if x, ok := relayoutTable[r]; ok {
			return x
		}
		return r
	}, s)
}
