package lang

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"

	"parom/core"
)

// Args are a text's arguments by name. Package lang says how each type is shown.
type Args = map[string]any

// Ref is an argument that is itself a text of this package.
type Ref struct {
	Key  string
	Args Args
}

// Printer writes in one language and time zone. It is safe for concurrent use.
type Printer struct {
	tag   language.Tag
	loc   *time.Location
	texts *catalog
	i18n  *i18n.Localizer
}

// For is the printer of the first of tags (BCP 47) that is known; English when none is. Empty and malformed tags are passed
// over. Times are UTC until In.
func For(tags ...string) *Printer {
	c := texts()
	best := languages[0]
	for _, s := range tags {
		t, err := language.Parse(s)
		if err != nil || t == language.Und {
			continue
		}
		if _, i, confidence := c.matcher.Match(t); confidence > language.No {
			best = languages[i]
			break
		}
	}
	return &Printer{tag: best, loc: time.UTC, texts: c, i18n: i18n.NewLocalizer(c.bundle, best.String())}
}

// In is p with times shown in loc; nil is UTC.
func (p *Printer) In(loc *time.Location) *Printer {
	q := *p
	q.loc = loc
	if loc == nil {
		q.loc = time.UTC
	}
	return &q
}

// Language is "ru" or "en".
func (p *Printer) Language() string { return p.tag.String() }

// Has reports that key exists.
func (p *Printer) Has(key string) bool {
	_, ok := p.texts.messages[p.tag.String()][key]
	return ok
}

// Text is the text of key without styles.
func (p *Printer) Text(key string, args ...Args) string { return p.Styled(key, args...).Body }

// Styled is the text of key with the styles its template marks. A key that does
// not exist, or whose argument was not given, comes out as ⟦key⟧: visible, and
// no reason for a message to fail.
func (p *Printer) Styled(key string, args ...Args) core.Text {
	values, data, count := p.prepare(key, args)
	s, err := p.i18n.Localize(&i18n.LocalizeConfig{
		MessageID: key, TemplateData: data, PluralCount: count, TemplateParser: templateParser,
	})
	if err != nil {
		return core.Plain("⟦" + key + "⟧")
	}
	t, _ := parseMarks(s, values)
	return t
}

var templateParser = &template.TextParser{Option: "missingkey=error"}

// Arguments travel through the template as single runes of the private use
// area, so that marks are parsed before any argument is inserted.
const firstPlace = '\uE000'

// prepare renders the arguments and sets places in their stead. An argument
// that renders empty keeps an empty place, for {{if}}.
func (p *Printer) prepare(key string, args []Args) (values []core.Text, data map[string]any, count any) {
	data = map[string]any{}
	for _, a := range args {
		for name, v := range a {
			if name == "Count" && p.counts(key) {
				count = pluralCount(v)
			}
			t := p.value(name, v)
			if t.IsEmpty() {
				data[name] = ""
				continue
			}
			data[name] = string(firstPlace + rune(len(values)))
			values = append(values, t)
		}
	}
	return values, data, count
}

// counts reports that key has plural forms.
func (p *Printer) counts(key string) bool {
	m := p.texts.messages[p.tag.String()][key]
	return m != nil && m.One != ""
}

// pluralCount is v as go-i18n takes it: an int or a decimal string.
func pluralCount(v any) any {
	switch v.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v)
	case float32, float64:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	case string:
		return v
	}
	return nil
}

func (p *Printer) value(name string, v any) core.Text {
	switch v := v.(type) {
	case nil:
		return core.Text{}
	case core.Text:
		return v
	case Ref:
		return p.Styled(v.Key, v.Args)
	case string:
		return core.Plain(core.Isolate(v))
	case []string:
		return core.Plain(p.List(v))
	case time.Duration:
		return core.Plain(p.Duration(v))
	case time.Time:
		return core.Plain(p.DateTime(v))
	case core.Kind:
		return core.Plain(p.Kind(v))
	case core.Reason:
		return core.Plain(p.Text("reason." + v.String()))
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		n := toInt64(v)
		if strings.HasSuffix(name, "Bytes") {
			return core.Plain(p.Bytes(n))
		}
		return core.Plain(p.Number(n))
	case float32:
		return core.Plain(p.decimal(float64(v), 1))
	case float64:
		return core.Plain(p.decimal(v, 1))
	case error:
		return core.Plain(core.Isolate(v.Error()))
	case fmt.Stringer:
		return core.Plain(core.Isolate(v.String()))
	}
	return core.Plain(core.Isolate(fmt.Sprint(v)))
}

// List joins items with commas and the language's "and".
func (p *Printer) List(items []string) string {
	items = slices.Clone(items)
	for i := range items {
		items[i] = core.Isolate(items[i])
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + p.Text("unit.and") + " " + items[last]
}

// Kind names what an attachment is, as the subject of a sentence: "фото", "a photo".
func (p *Printer) Kind(k core.Kind) string { return p.Text("kind." + k.String()) }

// KindObject is Kind as the object of a verb: "голосовое сообщение", "геопозицию".
func (p *Printer) KindObject(k core.Kind) string { return p.Text("kind." + k.String() + "_object") }

// KindOf is Kind in the genitive, without an article in English: "геопозиции", "location".
func (p *Printer) KindOf(k core.Kind) string { return p.Text("kind." + k.String() + "_of") }

// KindLabel is Kind without an article, for labels: "фото", "photo".
func (p *Printer) KindLabel(k core.Kind) string { return p.Text("kind." + k.String() + "_label") }

// Kinds counts attachments of one kind: "3 документа".
func (p *Printer) Kinds(k core.Kind, n int) string {
	return p.Text("kind."+k.String()+"_count", Args{"Count": n})
}
