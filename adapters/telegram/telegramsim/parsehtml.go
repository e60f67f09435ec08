package telegramsim

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

// htmlTags maps a tag to the entity it makes: bots/api#html-style.
var htmlTags = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
	"a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}

// misread is an error in the parser's own words, which begin with a capital.
func misread(format string, args ...any) error { return parseError(fmt.Sprintf(format, args...)) }

type parseError string

func (e parseError) Error() string { return string(e) }

type openTag struct {
	name  string
	at    int // byte offset in the source
	start int // units in the result
	e     Entity
}

func parseHTML(src string) (string, []Entity, error) {
	var out strings.Builder
	var stack []openTag
	var es []Entity
	n := 0 // units written
	for i := 0; i < len(src); {
		switch src[i] {
		case '&':
			text, used := htmlEntity(src[i:])
			out.WriteString(text)
			n += units(text)
			i += used
		case '<':
			end := strings.IndexByte(src[i:], '>')
			if end < 0 {
				return "", nil, misread("Unclosed start tag at byte offset %d", i)
			}
			tag := src[i+1 : i+end]
			if name, ok := strings.CutPrefix(tag, "/"); ok {
				if len(stack) == 0 {
					return "", nil, misread("Unexpected end tag at byte offset %d", i)
				}
				top := stack[len(stack)-1]
				name = strings.ToLower(strings.TrimSpace(name))
				if name != "" && name != top.name {
					return "", nil, misread("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", i, top.name, name)
				}
				stack = stack[:len(stack)-1]
				if top.e.Type != "" && n > top.start {
					top.e.Offset, top.e.Length = top.start, n-top.start
					if top.e.Type == "text_link" && top.e.URL == "" {
						top.e.URL = slice(out.String(), top.start, n-top.start)
					}
					es = append(es, top.e)
				}
			} else {
				t, err := startTag(tag, i)
				if err != nil {
					return "", nil, err
				}
				t.start = n
				if t.name == "code" && len(stack) > 0 && stack[len(stack)-1].name == "pre" {
					stack[len(stack)-1].e.Language = t.e.Language
					t.e.Type = "" // <pre><code>: one entity
				}
				t.e.Language = onlyPre(t)
				stack = append(stack, t)
			}
			i += end + 1
		default:
			j := i
			for j < len(src) && src[j] != '<' && src[j] != '&' {
				j++
			}
			out.WriteString(src[i:j])
			n += units(src[i:j])
			i = j
		}
	}
	if len(stack) > 0 {
		return "", nil, misread("Can't find end tag corresponding to start tag %q", stack[len(stack)-1].name)
	}
	return out.String(), sortEntities(es), nil
}

func onlyPre(t openTag) string {
	if t.e.Type == "pre" {
		return t.e.Language
	}
	return ""
}

// startTag reads a tag's name and the attributes that matter.
func startTag(tag string, at int) (openTag, error) {
	name, attrs, _ := strings.Cut(tag, " ")
	name = strings.ToLower(strings.TrimSpace(name))
	kind, ok := htmlTags[name]
	if !ok {
		return openTag{}, misread("Unsupported start tag %q at byte offset %d", name, at)
	}
	t := openTag{name: name, at: at, e: Entity{Type: kind}}
	for key, value := range tagAttrs(attrs) {
		switch {
		case name == "a" && key == "href":
			t.e.URL = value
		case name == "code" && key == "class":
			t.e.Language = strings.TrimPrefix(value, "language-")
		case name == "tg-emoji" && key == "emoji-id":
			t.e.Emoji = value
		case name == "blockquote" && key == "expandable":
			t.e.Type = "expandable_blockquote"
		case name == "span" && key == "class" && value == "tg-spoiler":
			t.at = -1
		}
	}
	if name == "span" && t.at != -1 {
		return openTag{}, misread("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", at)
	}
	if id, ok := strings.CutPrefix(t.e.URL, "tg://user?id="); ok {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			t.e = Entity{Type: "text_mention", User: &User{ID: n}}
		}
	}
	return t, nil
}

func tagAttrs(s string) map[string]string {
	out := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		i := strings.IndexAny(s, "= ")
		if i < 0 {
			out[strings.ToLower(s)] = ""
			break
		}
		key := strings.ToLower(s[:i])
		s = strings.TrimSpace(s[i:])
		if !strings.HasPrefix(s, "=") {
			out[key] = ""
			continue
		}
		s = strings.TrimSpace(s[1:])
		var value string
		if s != "" && (s[0] == '"' || s[0] == '\'') {
			end := strings.IndexByte(s[1:], s[0])
			if end < 0 {
				break
			}
			value, s = s[1:1+end], s[end+2:]
		} else {
			value, s, _ = strings.Cut(s, " ")
		}
		out[key] = html.UnescapeString(value)
	}
	return out
}

// htmlEntity decodes the four names and the numbers that are supported; other
// text stays as it is.
func htmlEntity(s string) (string, int) {
	end := strings.IndexByte(s, ';')
	if end < 0 || end > 10 {
		return "&", 1
	}
	switch name := s[1:end]; {
	case name == "lt", name == "gt", name == "amp", name == "quot", strings.HasPrefix(name, "#"):
		if text := html.UnescapeString(s[:end+1]); text != s[:end+1] {
			return text, end + 1
		}
	}
	return "&", 1
}
