package fit

import (
	"strconv"
	"strings"

	"parom/core"
)

// Words says things in a language: *lang.Printer, which this package may not
// import.
type Words interface {
	Text(key string, args ...map[string]any) string
	Styled(key string, args ...map[string]any) core.Text
	KindLabel(k core.Kind) string
	// BytesApart writes two sizes so that they can be told apart.
	BytesApart(a, b int64) (string, string)
}

// tell tells an attachment that is no file, for a network that lacks its kind.
func (f *Fitter) tell(a core.Attachment) core.Text {
	p := f.words
	var t core.Text
	switch a.Kind {
	case core.Location:
		lat, lon := strconv.FormatFloat(a.Lat, 'f', 6, 64), strconv.FormatFloat(a.Lon, 'f', 6, 64)
		t = p.Styled("fit.location", map[string]any{
			"Name": Clean(a.Name), "Address": Clean(a.Address), "Coordinates": lat + ", " + lon,
			"Link": p.Text("fit.location_link", map[string]any{"Lat": lat, "Lon": lon}),
		})
	case core.ContactCard:
		t = p.Styled("fit.contact", map[string]any{"Name": Clean(a.Name), "Phone": Clean(a.Phone)})
	case core.Poll:
		options := make([]string, len(a.Options))
		for i, o := range a.Options {
			options[i] = strconv.Itoa(i+1) + ". " + Clean(o)
		}
		t = p.Styled("fit.poll", map[string]any{"Name": Clean(a.Name), "Options": strings.Join(options, "\n")})
	default:
		t = p.Styled("fit.unsupported", map[string]any{"Name": Clean(a.Name)})
	}
	return f.Shown(t)
}

// wordless are Words of no language.
type wordless struct{}

func (wordless) Text(string, ...map[string]any) string { return "" }
func (wordless) KindLabel(k core.Kind) string          { return k.String() }

func (wordless) BytesApart(a, b int64) (string, string) {
	return strconv.FormatInt(a, 10) + " B", strconv.FormatInt(b, 10) + " B"
}

func (wordless) Styled(_ string, args ...map[string]any) core.Text {
	var parts []string
	for _, name := range []string{"Name", "Address", "Phone", "Coordinates", "Options"} {
		for _, a := range args {
			if s, ok := a[name].(string); ok && s != "" {
				parts = append(parts, s)
			}
		}
	}
	if len(parts) == 0 {
		return core.Plain("[?]") // named all the same: there was something
	}
	return core.Plain(strings.Join(parts, "\n"))
}
