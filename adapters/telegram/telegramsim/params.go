package telegramsim

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// params are a call's parameters, wherever they stood: values as text (objects
// as JSON), files already on disk.
type params struct {
	values map[string]string
	files  map[string]*file
}

const (
	maxFieldBytes = 1 << 20 // one form field; the server's own bound is not documented: guess
	maxJSONBytes  = 4 << 20
)

// readParams collects query, form, multipart or JSON. File parts stream to disk.
func (s *Server) readParams(r *http.Request) (params, error) {
	p := params{values: map[string]string{}, files: map[string]*file{}}
	for k, v := range r.URL.Query() {
		p.values[k] = v[0]
	}
	if r.Method == http.MethodPost {
		ct, attrs, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		var err error
		switch ct {
		case "application/json":
			err = p.readJSON(r.Body)
		case "multipart/form-data":
			err = s.readMultipart(r.Body, attrs["boundary"], &p)
		default:
			err = p.readForm(r.Body)
		}
		if err != nil {
			s.discard(p)
			return params{}, err
		}
	}
	for _, v := range p.values {
		if !utf8.ValidString(v) {
			s.discard(p)
			return params{}, bad("strings must be encoded in UTF-8")
		}
	}
	return p, nil
}

func (p *params) readJSON(body io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(body, maxJSONBytes+1))
	if err != nil {
		return bad("can't read the request")
	}
	if len(b) > maxJSONBytes {
		return errTooLarge
	}
	if len(b) == 0 {
		return nil
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(b, &m) != nil {
		return bad("can't parse JSON object") // wording of the server for a malformed body: guess
	}
	for k, raw := range m {
		var text string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			p.values[k] = text
		default:
			p.values[k] = string(raw)
		}
	}
	return nil
}

func (p *params) readForm(body io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(body, maxJSONBytes+1))
	if err != nil {
		return bad("can't read the request")
	}
	if len(b) > maxJSONBytes {
		return errTooLarge
	}
	q, err := url.ParseQuery(string(b))
	if err != nil {
		return bad("can't parse the request")
	}
	for k, v := range q {
		p.values[k] = v[0]
	}
	return nil
}

func (s *Server) readMultipart(body io.Reader, boundary string, p *params) error {
	mr := multipart.NewReader(body, boundary)
	limit := s.Limits().UploadBytes
	for {
		part, err := mr.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bad("can't parse multipart body")
		}
		name := part.FormName()
		if part.FileName() == "" {
			b, err := io.ReadAll(io.LimitReader(part, maxFieldBytes+1))
			if err != nil {
				return bad("can't parse multipart body")
			}
			if len(b) > maxFieldBytes {
				return errTooLarge
			}
			p.values[name] = string(b)
			continue
		}
		f, err := s.spool(part, part.FileName(), part.Header.Get("Content-Type"), limit)
		if err != nil {
			return err
		}
		if old := p.files[name]; old != nil {
			s.discard(params{files: map[string]*file{name: old}})
		}
		p.files[name] = f
	}
}

// discard removes the files of a call that kept none of them.
func (s *Server) discard(p params) {
	for _, f := range p.files {
		if !f.Kept {
			f.remove()
		}
	}
}

func (p *params) str(name string) string { return p.values[name] }

func (p *params) has(name string) bool { _, ok := p.values[name]; return ok }

func (p *params) int(name string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(p.values[name]), 10, 64)
	return n
}

func (p *params) float(name string) float64 {
	f, _ := strconv.ParseFloat(strings.TrimSpace(p.values[name]), 64)
	return f
}

// flag reads a Boolean as the server does: true, yes and 1 in any case.
func (p *params) flag(name string) bool {
	switch strings.ToLower(strings.TrimSpace(p.values[name])) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// object decodes a JSON parameter into v; absent leaves v alone.
func (p *params) object(name string, v any) error {
	raw := p.values[name]
	if strings.TrimSpace(raw) == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(raw), v); err != nil {
		return badf("can't parse %s JSON object", what(name))
	}
	return nil
}

// what is how the server calls a parameter's object in its errors.
func what(name string) string {
	switch name {
	case "reply_markup":
		return "reply keyboard markup"
	case "reply_parameters":
		return "reply parameters"
	case "media":
		return "media"
	}
	return strings.ReplaceAll(name, "_", " ")
}
