package fit

import (
	"strconv"
	"strings"

	"parom/core"
	"parom/core/lang"
)

// words tells an attachment that is no file, for a network that lacks its kind.
func (f *Fitter) words(a core.Attachment) core.Text {
	p := f.printer
	var t core.Text
	switch a.Kind {
	case core.Location:
		lat, lon := strconv.FormatFloat(a.Lat, 'f', 6, 64), strconv.FormatFloat(a.Lon, 'f', 6, 64)
		t = p.Styled("fit.location", lang.Args{
			"Name": Clean(a.Name), "Address": Clean(a.Address), "Coordinates": lat + ", " + lon,
			"Link": p.Text("fit.location_link", lang.Args{"Lat": lat, "Lon": lon}),
		})
	case core.ContactCard:
		t = p.Styled("fit.contact", lang.Args{"Name": Clean(a.Name), "Phone": Clean(a.Phone)})
	case core.Poll:
		options := make([]string, len(a.Options))
		for i, o := range a.Options {
			options[i] = strconv.Itoa(i+1) + ". " + Clean(o)
		}
		t = p.Styled("fit.poll", lang.Args{"Name": Clean(a.Name), "Options": strings.Join(options, "\n")})
	default:
		t = p.Styled("fit.unsupported", lang.Args{"Name": Clean(a.Name)})
	}
	return f.Shown(t)
}
