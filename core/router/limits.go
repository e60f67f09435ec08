package router

import (
	"strings"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/fit"
)

// fits holds a message against what the console hands over and the channel
// takes, and names what cannot be carried, with limit and size; nil: all of it
// can.
func (r *Router) fits(ch Channel, g core.GroupID, c core.Content) *Refusal {
	texts := r.Texts(g)
	source := func(holder string) (core.Limits, bool) { return r.o.Source, holder == r.o.Source.Holder }
	pieces, problems := fit.New(ch.Limits, texts, source).Cut(c)
	if len(problems) == 0 {
		if len(pieces) == 0 {
			return refuse("refused.empty", nil)
		}
		return nil
	}
	words := make([]string, 0, len(problems))
	for _, p := range problems {
		words = append(words, p.Describe(texts))
	}
	return refuse("refused.limits", dialogs.Args{"Channel": ch.Name, "Problems": strings.Join(words, "\n")})
}
