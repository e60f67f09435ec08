package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// misfit is a place of the file that does not have the form its key asks for.
type misfit struct {
	at      ast.Node
	key     string
	problem string
	allowed string
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	rawType      = reflect.TypeFor[Settings]()
)

// misfitIn holds a part of the file against the type it will be decoded into:
// unknown and repeated keys, lists for maps, words for numbers. It is stricter
// than the decoder (a duration needs its unit, 1.5 is no whole number) and
// never repeats a value, which may be secret. nil: it fits.
func misfitIn(n ast.Node, t reflect.Type, key string) *misfit {
	n = bare(n)
	switch n.(type) {
	case *ast.NullNode, *ast.AliasNode:
		return nil // nothing written; written elsewhere
	}
	wrong := func(allowed string) *misfit { return &misfit{n, key, "is " + formOf(n), allowed} }
	if t == rawType {
		return nil
	}
	if t == durationType {
		s, ok := n.(*ast.StringNode)
		if !ok {
			return wrong("a time with its unit, as 5s, 30m, 720h")
		}
		if _, err := time.ParseDuration(s.Value); err != nil {
			return &misfit{n, key, "is no time", "a number with its unit, as 5s, 30m, 720h"}
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return misfitIn(n, t.Elem(), key)
	case reflect.Struct, reflect.Map:
		return misfitInMap(n, t, key)
	case reflect.Slice:
		s, ok := n.(*ast.SequenceNode)
		if !ok {
			return wrong("a list")
		}
		for i, v := range s.Values {
			if m := misfitIn(v, t.Elem(), key+index(i)); m != nil {
				return m
			}
		}
	case reflect.Bool:
		if _, ok := n.(*ast.BoolNode); !ok {
			return wrong("true, false")
		}
	case reflect.Int, reflect.Int64:
		if _, ok := n.(*ast.IntegerNode); !ok {
			return wrong("a whole number")
		}
	case reflect.Float64:
		switch n.(type) {
		case *ast.IntegerNode, *ast.FloatNode:
		default:
			return wrong("a number")
		}
	case reflect.String:
		switch n.(type) {
		case *ast.SequenceNode, ast.MapNode:
			return wrong("text")
		}
	}
	return nil
}

func misfitInMap(n ast.Node, t reflect.Type, key string) *misfit {
	m, ok := n.(ast.MapNode)
	if !ok {
		return &misfit{n, key, "is " + formOf(n), "a map of keys"}
	}
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		name := it.Key().GetToken().Value
		if name == "<<" {
			continue // its keys are written elsewhere
		}
		inner := join(key, name)
		if seen[name] {
			return &misfit{it.Key(), inner, "is there twice", ""}
		}
		seen[name] = true
		var value reflect.Type
		if t.Kind() == reflect.Map {
			value = t.Elem()
		} else if value, ok = fields(t)[name]; !ok {
			return &misfit{it.Key(), inner, "there is no such key", named(fieldNames(t))}
		}
		if bad := misfitIn(it.Value(), value, inner); bad != nil {
			return bad
		}
	}
	return nil
}

// bare is a node without its anchor.
func bare(n ast.Node) ast.Node {
	for {
		a, ok := n.(*ast.AnchorNode)
		if !ok {
			return n
		}
		n = a.Value
	}
}

// formOf says what a node is, without its value.
func formOf(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a map of keys"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode:
		return "a whole number"
	case *ast.FloatNode:
		return "a fraction"
	}
	return "text"
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// fields are a struct's keys with their types.
func fields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			out[name] = t.Field(i).Type
		}
	}
	return out
}

func fieldNames(t reflect.Type) []string {
	m := fields(t)
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// errorAt is an error with the place of a node.
func errorAt(file string, n ast.Node, key, problem, allowed string) *Error {
	e := &Error{File: file, Key: key, Problem: problem, Allowed: allowed}
	if n == nil {
		return e
	}
	if m, ok := n.(ast.MapNode); ok { // whose own token is its first colon
		if it := m.MapRange(); it.Next() {
			n = it.Key()
		}
	}
	if t := n.GetToken(); t != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// readable is a parser's error with file and line, and without what it quotes of
// the file: that may be a secret.
func readable(file string, err error) *Error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return &Error{File: file, Problem: "cannot be read as YAML"}
	}
	e := &Error{File: file, Problem: unquoted(at.GetMessage())}
	if t := at.GetToken(); t != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// quoted is a quotation in a parser's message; a single character is YAML's own.
var quoted = regexp.MustCompile(`["'](?:[^\\"']["'])?`)

// unquoted is a parser's message up to the first words it quotes.
func unquoted(message string) string {
	if strings.HasPrefix(message, "mapping key ") {
		return message // names keys only
	}
	for _, at := range quoted.FindAllStringIndex(message, -1) {
		if at[1]-at[0] == 1 {
			return message[:at[0]] + "…"
		}
	}
	return message
}
