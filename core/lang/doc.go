// Package lang holds every text that people see, in Russian and English, and
// the ways numbers, times, durations and sizes are written in them.
//
// It imports core, go-i18n and goccy/go-yaml. Everything above core that shows
// text calls it; adapters do not (they hand over keys, see core.Finding).
//
// # Using
//
//	p := lang.For("ru")
//	p.Text("card.goes_to", lang.Args{"Channel": "VK Shop"})
//	p.Styled("card.title", lang.Args{"Name": name}) // core.Text with spans
//
// Arguments by type: strings are inserted as they are, but isolated when they
// could turn the direction of what stands around them; core.Text keeps its
// spans; integers are grouped; an integer whose name ends in "Bytes" becomes a
// size; time.Duration, time.Time, core.Kind, core.Reason and Ref become words.
// Identifiers that must not be grouped are passed as strings. The argument
// "Count" chooses the plural form. Whatever an argument holds, it is text: it
// can never become a style mark or a template.
//
// # Adding texts
//
// Keys live in texts/<area>.ru.yaml and texts/<area>.en.yaml, one pair of files
// an area (bot, card, notice, command, check, demo …); a new pair is found by
// itself; an area may be spread over several (check.group.ru.yaml). A key is "<area>.<words_with_underscores>", flat, and starts with the
// name of its file. A value is the text, or the plural forms:
//
//	notice.sent: Отправлено
//	notice.waiting:
//	  one: "{{.Count}} диалог ждёт"     # 1, 21, 101
//	  few: "{{.Count}} диалога ждут"    # 2–4, 22
//	  many: "{{.Count}} диалогов ждут"  # 5–20, 0
//	  other: "{{.Count}} диалога ждут"  # fractions
//
// English has one and other. Quote values that begin with {{ * [ or contain
// ": ". Arguments are {{.Name}}; {{if .Name}}…{{end}} works for strings, which
// are false when empty. Marks in our own templates: *bold*, _italic_, `code`,
// ~struck~, [label](url); a mark counts only at a word's border; a backslash
// takes its meaning away. Text strips them, Styled makes spans of them.
//
// go test ./core/lang fails when the languages differ in keys or arguments,
// when a mark is not closed, and when a key named in the code is missing.
package lang
