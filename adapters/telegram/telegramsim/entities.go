package telegramsim

import (
	"encoding/json"
	"regexp"
	"strings"
)

var autoPatterns = []struct {
	kind string
	re   *regexp.Regexp
}{
	{"email", regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)},
	{"url", regexp.MustCompile(`(?:https?://[^\s<>"«»]+|(?:[\pL\pN-]+\.)+(?:com|org|net|ru|рф|io|dev|me|app|info|shop|su|de|uk|example)(?:[/?#][^\s<>"«»]*)?)`)},
	{"mention", regexp.MustCompile(`@[A-Za-z][A-Za-z0-9_]{2,31}`)},
	{"bot_command", regexp.MustCompile(`/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?`)},
	{"hashtag", regexp.MustCompile(`#[\pL\pN_]*[\pL_][\pL\pN_]*`)},
}

// autoEntities adds the ranges Telegram finds by itself in any text.
func autoEntities(text string, es []Entity) []Entity {
	if !strings.ContainsAny(text, "@/#.") {
		return es
	}
	for _, p := range autoPatterns {
		for _, at := range p.re.FindAllStringIndex(text, -1) {
			if !boundary(text, at[0], p.kind) {
				continue
			}
			found := strings.TrimRight(text[at[0]:at[1]], ".,:;!?)'\"")
			if found == "" {
				continue
			}
			o, l := units(text[:at[0]]), units(found)
			if !overlaps(es, o, l) {
				es = append(es, Entity{Type: p.kind, Offset: o, Length: l})
			}
		}
	}
	return sortEntities(es)
}

// boundary refuses what starts in the middle of a word.
func boundary(text string, at int, kind string) bool {
	if at == 0 || kind == "email" {
		return true
	}
	prev := text[at-1]
	word := prev >= '0' && prev <= '9' || prev >= 'a' && prev <= 'z' || prev >= 'A' && prev <= 'Z' || prev == '_' || prev >= 0x80
	return !word && (kind == "url" || prev != '/' && prev != '@' && prev != '.' && prev != '-')
}

// formatted reads a text parameter with its parse_mode or entities.
func (c *call) formatted(text, modeParam, entitiesParam string) (string, []Entity, error) {
	var es []Entity
	if mode := c.p.str(modeParam); mode != "" {
		var err error
		if text, es, err = parseMode(text, mode); err != nil {
			return "", nil, err
		}
	} else if err := c.p.object(entitiesParam, &es); err != nil {
		return "", nil, err
	}
	return c.settle(text, es)
}

// settle makes text and entities what the network stores.
func (c *call) settle(text string, es []Entity) (string, []Entity, error) {
	total := units(text)
	kept := es[:0]
	for _, e := range es {
		if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > total {
			return "", nil, bad("entity beyond the end of the text") // wording: guess
		}
		switch e.Type {
		case "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number":
			continue // found anew below
		case "text_mention":
			if e.User == nil {
				continue
			}
			u := c.user(e.User.ID)
			e.User = &u
		}
		kept = append(kept, e)
	}
	text, es = tidy(text, kept)
	return text, autoEntities(text, es), nil
}

// parseMode reads HTML, MarkdownV2 or Markdown.
func parseMode(text, mode string) (string, []Entity, error) {
	var out string
	var es []Entity
	var err error
	switch strings.ToLower(mode) {
	case "html":
		out, es, err = parseHTML(text)
	case "markdownv2":
		out, es, err = parseMarkdown(text, true)
	case "markdown":
		out, es, err = parseMarkdown(text, false)
	case "none":
		return text, nil, nil
	default:
		return "", nil, bad("unsupported parse_mode")
	}
	if err != nil {
		return "", nil, badf("can't parse entities: %s", err)
	}
	return out, es, nil
}

// fromFields reads text and entities out of one object of a JSON parameter.
func (c *call) fromFields(text, mode string, raw json.RawMessage) (string, []Entity, error) {
	var es []Entity
	if mode != "" {
		var err error
		if text, es, err = parseMode(text, mode); err != nil {
			return "", nil, err
		}
	} else if len(raw) > 0 {
		if json.Unmarshal(raw, &es) != nil {
			return "", nil, bad("can't parse entities JSON object")
		}
	}
	return c.settle(text, es)
}
