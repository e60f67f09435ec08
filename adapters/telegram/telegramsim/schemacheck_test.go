package telegramsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
)

// The Bot API's machine-readable schema, to which the harness holds every result.

type schemaField struct {
	Name     string
	Types    []string
	Required bool
}

type schemaEntity struct {
	Returns  []string
	Fields   []schemaField
	Subtypes []string
}

type schema struct{ Methods, Types map[string]schemaEntity }

var loadSchema = sync.OnceValue(func() *schema {
	dir := os.Getenv("PAROM_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, "specs", "telegram-bot-api.json"))
	if err != nil {
		return nil
	}
	var s schema
	if json.Unmarshal(b, &s) != nil {
		return nil
	}
	return &s
})

var (
	heldMu sync.Mutex
	held   = map[string]int{}
)

func holdToSchema(t *testing.T, method string, result json.RawMessage) {
	t.Helper()
	s := loadSchema()
	if s == nil {
		return
	}
	m, ok := s.Methods[method]
	if !ok {
		t.Errorf("the schema has no method %s", method)
		return
	}
	d := json.NewDecoder(bytes.NewReader(result))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Errorf("%s: %v", method, err)
		return
	}
	if errs := s.check("result", v, m.Returns); len(errs) > 0 {
		t.Errorf("%s breaks the schema: %s\n%s", method, strings.Join(errs, "; "), result)
	}
	heldMu.Lock()
	held[method]++
	heldMu.Unlock()
}

// check tells what is wrong with v under the best of the types.
func (s *schema) check(path string, v any, types []string) []string {
	var best []string
	for i, t := range types {
		errs := s.one(path, v, t)
		if len(errs) == 0 {
			return nil
		}
		if i == 0 || len(errs) < len(best) {
			best = errs
		}
	}
	return best
}

func (s *schema) one(path string, v any, t string) []string {
	wrong := []string{fmt.Sprintf("%s: want %s, got %T", path, t, v)}
	if el, ok := strings.CutPrefix(t, "Array of "); ok {
		list, ok := v.([]any)
		if !ok {
			return wrong
		}
		var errs []string
		for i, x := range list {
			errs = append(errs, s.check(fmt.Sprintf("%s[%d]", path, i), x, []string{el})...)
		}
		return errs
	}
	ok := false
	switch t {
	case "Integer":
		n, is := v.(json.Number)
		ok = is && !strings.ContainsAny(n.String(), ".eE")
	case "Float":
		_, ok = v.(json.Number)
	case "String":
		_, ok = v.(string)
	case "Boolean":
		_, ok = v.(bool)
	default:
		return s.object(path, v, t, wrong)
	}
	if !ok {
		return wrong
	}
	return nil
}

func (s *schema) object(path string, v any, t string, wrong []string) []string {
	e, ok := s.Types[t]
	if !ok {
		return []string{path + ": unknown type " + t}
	}
	if len(e.Subtypes) > 0 {
		return s.check(path, v, e.Subtypes)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return wrong
	}
	var errs []string
	known := map[string]bool{}
	for _, f := range e.Fields {
		known[f.Name] = true
		x, has := m[f.Name]
		switch {
		case has && x != nil:
			errs = append(errs, s.check(path+"."+f.Name, x, f.Types)...)
		case f.Required:
			errs = append(errs, path+"."+f.Name+": required")
		case has:
			errs = append(errs, path+"."+f.Name+": null")
		}
	}
	for name := range m {
		if !known[name] {
			errs = append(errs, path+"."+name+": unknown")
		}
	}
	sort.Strings(errs)
	return errs
}
