package fit

import (
	"path"
	"slices"
	"strings"

	"parom/core"
)

// groups puts neighbouring files that may travel together into one piece each.
// What cannot go at all comes back as problems.
func (f *Fitter) groups(all []core.Attachment) (groups [][]int, problems []Problem) {
	var current []int
	var kinds []core.Kind
	var bytes int64
	flush := func() {
		if len(current) > 0 {
			groups = append(groups, current)
		}
		current, kinds, bytes = nil, nil, 0
	}
	for i, a := range all {
		if !a.Kind.IsFile() {
			continue
		}
		a, problem := f.file(i, a)
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		size := a.SizeBytes
		if f.byReference(a) {
			size = 0
		}
		over := f.limits.TotalBytes > 0 && bytes+size > f.limits.TotalBytes
		if len(current) > 0 && (over || !f.together(append(slices.Clone(kinds), a.Kind))) {
			flush()
		}
		current, kinds, bytes = append(current, i), append(kinds, a.Kind), bytes+size
	}
	flush()
	return groups, problems
}

// together reports that files of these kinds may stand in one album. A network
// that lists no mixes takes any.
func (f *Fitter) together(kinds []core.Kind) bool {
	if len(kinds) > max(1, f.limits.Album.Max) {
		return false
	}
	if len(kinds) == 1 || len(f.limits.Album.Mix) == 0 {
		return true
	}
	return slices.ContainsFunc(f.limits.Album.Mix, func(mix []core.Kind) bool {
		return !slices.ContainsFunc(kinds, func(k core.Kind) bool { return !slices.Contains(mix, k) })
	})
}

// byReference reports that no byte of a has to move.
func (f *Fitter) byReference(a core.Attachment) bool {
	return a.Holder != "" && a.Holder == f.limits.Holder && a.Locator != ""
}

// file is a as the kind it can go as, or why it cannot: the reason that the
// first kind tried was refused for.
func (f *Fitter) file(index int, a core.Attachment) (core.Attachment, *Problem) {
	if problem := f.unreachable(index, a); problem != nil {
		return a, problem
	}
	var first *Problem
	kind, tried := a.Kind, map[core.Kind]bool{}
	for kind != 0 && !tried[kind] {
		tried[kind] = true
		as := a
		as.Kind = kind
		problem := f.refused(index, a, as)
		if problem == nil {
			return as, nil
		}
		if first == nil {
			first = problem
		}
		kind = f.fallback(kind)
	}
	if !tried[core.Document] {
		as := a
		as.Kind = core.Document
		if f.refused(index, a, as) == nil {
			first.Ways = slices.Insert(first.Ways, 0, AsDocument)
		}
	}
	return a, first
}

// fallback is the kind that stands in for k. A kind that the network does not
// know at all goes as a document.
func (f *Fitter) fallback(k core.Kind) core.Kind {
	if m, known := f.limits.Media[k]; known {
		return m.Fallback
	}
	return core.Document
}

// unreachable says why the bytes of a cannot be had.
func (f *Fitter) unreachable(index int, a core.Attachment) *Problem {
	if a.Blob != "" || f.byReference(a) {
		return nil
	}
	problem := Problem{Attachment: index, Kind: a.Kind, Name: a.Name, SizeBytes: a.SizeBytes}
	if a.Locator == "" {
		problem.Rule, problem.Ways = NoSource, []Way{Drop}
		return &problem
	}
	if f.source == nil {
		return nil
	}
	l, known := f.source(a.Holder)
	if most := l.Media[a.Kind].FetchBytes; known && most > 0 && a.SizeBytes > most {
		problem.Rule, problem.LimitBytes = FetchSize, most
		problem.Ways = []Way{UploadPage, Drop}
		return &problem
	}
	return nil
}

// refused says why the network does not take was as the attachment as.
func (f *Fitter) refused(index int, was, as core.Attachment) *Problem {
	problem := Problem{
		Attachment: index, Kind: was.Kind, Name: was.Name, SizeBytes: was.SizeBytes, Ways: []Way{AsLink, Drop},
	}
	m, known := f.limits.Media[as.Kind]
	switch {
	case !known:
		problem.Rule = KindAbsent
	case f.byReference(as):
		return nil
	case m.SendBytes > 0 && as.SizeBytes > m.SendBytes:
		problem.Rule, problem.LimitBytes = SendSize, m.SendBytes
	case f.limits.TotalBytes > 0 && as.SizeBytes > f.limits.TotalBytes:
		problem.Rule, problem.LimitBytes = TotalSize, f.limits.TotalBytes
	case !acceptsMIME(m.MIME, as.MIME):
		problem.Rule, problem.Allowed = Type, m.MIME
	case !acceptsExtension(m.Extensions, was):
		problem.Rule, problem.Allowed = Type, m.Extensions
	case m.MaxPixels > 0 && as.Width+as.Height > m.MaxPixels:
		problem.Rule, problem.Limit = Pixels, m.MaxPixels
	case m.MaxRatio > 0 && max(as.Width, as.Height) > m.MaxRatio*min(as.Width, as.Height):
		problem.Rule, problem.Limit = Pixels, m.MaxRatio
	default:
		return nil
	}
	return &problem
}

// acceptsMIME takes lists like "image/png", "image/*". An unknown type passes:
// the spool sniffs it before a file is sent.
func acceptsMIME(list []string, mime string) bool {
	mime, _, _ = strings.Cut(strings.ToLower(mime), ";")
	mime = strings.TrimSpace(mime)
	return len(list) == 0 || mime == "" || slices.ContainsFunc(list, func(one string) bool {
		one, _, _ = strings.Cut(strings.ToLower(one), ";")
		if major, every := strings.CutSuffix(one, "/*"); every {
			return strings.HasPrefix(mime, major+"/")
		}
		return strings.TrimSpace(one) == mime
	})
}

// What a file without a name is: networks recode these kinds to one format.
var usualExtension = map[core.Kind]string{
	core.Photo: "jpg", core.Video: "mp4", core.Audio: "mp3", core.Voice: "ogg",
	core.VideoNote: "mp4", core.Sticker: "webp", core.Animation: "mp4",
}

// acceptsExtension judges the name's own extension. A nameless file counts as
// what its kind usually is, a nameless document as refused.
func acceptsExtension(list []string, a core.Attachment) bool {
	if len(list) == 0 {
		return true
	}
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(FileName(a.Name)), "."))
	if ext == "" {
		ext = usualExtension[a.Kind]
	}
	return slices.ContainsFunc(list, func(one string) bool {
		return strings.EqualFold(strings.TrimPrefix(one, "."), ext)
	})
}
