package telegramsim

import (
	"strconv"
	"strings"
)

// mark is one open Markdown entity.
type mark struct {
	token string
	kind  string
	at    int // byte offset in the source
	start int // units in the result
}

// markKinds in the order they are tried.
var markKinds = []struct{ token, kind, name string }{
	{"__", "underline", "Underline"},
	{"||", "spoiler", "Spoiler"},
	{"*", "bold", "Bold"},
	{"_", "italic", "Italic"},
	{"~", "strikethrough", "Strikethrough"},
}

const reserved = "_*[]()~`>#+-=|{}.!"

type markdown struct {
	src   string
	v2    bool
	i     int
	out   strings.Builder
	n     int // units written
	stack []mark
	es    []Entity
	quote int // start of a block quote in units, -1 for none
}

func (m *markdown) write(s string) {
	m.out.WriteString(s)
	m.n += units(s)
}

// parseMarkdown reads MarkdownV2, or the older Markdown, which does not nest.
func parseMarkdown(src string, v2 bool) (string, []Entity, error) {
	m := &markdown{src: src, v2: v2, quote: -1}
	for m.i < len(src) {
		if err := m.step(); err != nil {
			return "", nil, err
		}
	}
	if len(m.stack) > 0 {
		top := m.stack[len(m.stack)-1]
		if !v2 {
			return "", nil, misread("Can't find end of the entity starting at byte offset %d", top.at)
		}
		return "", nil, misread("Can't find end of %s entity at byte offset %d", title(top.kind), top.at)
	}
	m.endQuote()
	return m.out.String(), sortEntities(m.es), nil
}

func title(kind string) string {
	for _, k := range markKinds {
		if k.kind == kind {
			return k.name
		}
	}
	return strings.ToUpper(kind[:1]) + kind[1:]
}

func (m *markdown) step() error {
	rest := m.src[m.i:]
	if m.v2 && (m.i == 0 || m.src[m.i-1] == '\n') {
		if strings.HasPrefix(rest, ">") {
			if m.quote < 0 {
				m.quote = m.n
			}
			m.i++
			return nil
		}
		if m.quote >= 0 {
			m.endQuote()
		}
	}
	switch {
	case rest[0] == '\\' && len(rest) > 1 && (m.v2 && rest[1] > 0 && rest[1] < 127 || strings.IndexByte("_*`[", rest[1]) >= 0):
		m.write(rest[1:2])
		m.i += 2
	case strings.HasPrefix(rest, "```"):
		return m.code("```", "pre", "PreCode")
	case rest[0] == '`':
		return m.code("`", "code", "Code")
	case rest[0] == '[', m.v2 && strings.HasPrefix(rest, "!["):
		if rest[0] == '!' {
			m.i++
		}
		m.stack = append(m.stack, mark{"[", "text_link", m.i, m.n})
		m.i++
	case rest[0] == ']' && len(m.stack) > 0 && m.stack[len(m.stack)-1].token == "[":
		return m.link()
	default:
		if m.toggle(rest) {
			return nil
		}
		if m.v2 && strings.IndexByte(reserved, rest[0]) >= 0 {
			return misread("Character '%c' is reserved and must be escaped with the preceding '\\'", rest[0])
		}
		j := 1
		for j < len(rest) && rest[j] >= 0x80 && rest[j] < 0xC0 {
			j++
		}
		m.write(rest[:j])
		m.i += j
	}
	return nil
}

// toggle opens or closes a paired mark standing at rest.
func (m *markdown) toggle(rest string) bool {
	for _, k := range markKinds {
		if !m.v2 && k.token != "*" && k.token != "_" || !strings.HasPrefix(rest, k.token) {
			continue
		}
		for j := len(m.stack) - 1; j >= 0; j-- {
			if m.stack[j].token == k.token {
				if j != len(m.stack)-1 {
					break // must close the inner one first: left for its own error
				}
				m.close(m.stack[j], Entity{Type: k.kind})
				m.i += len(k.token)
				return true
			}
		}
		if !m.v2 && len(m.stack) > 0 {
			return false
		}
		m.stack = append(m.stack, mark{k.token, k.kind, m.i, m.n})
		m.i += len(k.token)
		return true
	}
	return false
}

func (m *markdown) close(open mark, e Entity) {
	m.stack = m.stack[:len(m.stack)-1]
	if m.n > open.start {
		e.Offset, e.Length = open.start, m.n-open.start
		m.es = append(m.es, e)
	}
}

func (m *markdown) code(fence, kind, name string) error {
	at := m.i
	body := m.src[m.i+len(fence):]
	end := 0
	for ; end < len(body) && !strings.HasPrefix(body[end:], fence); end++ {
		if body[end] == '\\' && m.v2 {
			end++
		}
	}
	if end >= len(body) {
		if !m.v2 {
			return misread("Can't find end of the entity starting at byte offset %d", at)
		}
		return misread("Can't find end of %s entity at byte offset %d", name, at)
	}
	text, language := body[:end], ""
	if kind == "pre" {
		if first, more, ok := strings.Cut(text, "\n"); ok && !strings.ContainsAny(first, " \t") {
			language, text = first, more
		}
	}
	if m.v2 {
		text = unescape(text)
	}
	start := m.n
	m.write(text)
	if m.n > start {
		m.es = append(m.es, Entity{Type: kind, Offset: start, Length: m.n - start, Language: language})
	}
	m.i = at + len(fence) + end + len(fence)
	return nil
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// link ends [text] and reads (url).
func (m *markdown) link() error {
	open := m.stack[len(m.stack)-1]
	m.i++
	url := slice(m.out.String(), open.start, m.n-open.start)
	if strings.HasPrefix(m.src[m.i:], "(") {
		body := m.src[m.i+1:]
		end := 0
		for ; end < len(body) && body[end] != ')'; end++ {
			if body[end] == '\\' && m.v2 {
				end++
			}
		}
		if end >= len(body) {
			return misread("Can't find end of a URL at byte offset %d", m.i)
		}
		url = unescape(body[:end])
		m.i += end + 2
	}
	e := Entity{Type: "text_link", URL: url}
	if id, ok := strings.CutPrefix(url, "tg://user?id="); ok {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			e = Entity{Type: "text_mention", User: &User{ID: n}}
		}
	} else if id, ok := strings.CutPrefix(url, "tg://emoji?id="); ok {
		e = Entity{Type: "custom_emoji", Emoji: id}
	}
	m.close(open, e)
	return nil
}

func (m *markdown) endQuote() {
	if m.quote < 0 {
		return
	}
	end := m.n
	if strings.HasSuffix(m.out.String(), "\n") {
		end--
	}
	if end > m.quote {
		m.es = append(m.es, Entity{Type: "blockquote", Offset: m.quote, Length: end - m.quote})
	}
	m.quote = -1
}
