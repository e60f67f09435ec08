package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Settings is the part of a channel or console that only its adapter understands.
type Settings struct {
	node ast.Node
	file string
	path string // of the key, for errors
}

// UnmarshalYAML keeps the part as it is written.
func (s *Settings) UnmarshalYAML(n ast.Node) error {
	s.node = n
	return nil
}

// IsEmpty reports that nothing was written.
func (s Settings) IsEmpty() bool { return s.node == nil }

// Format prints nothing of what may be secret.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "config.Settings{…}") }

// LogValue prints nothing of what may be secret.
func (s Settings) LogValue() slog.Value { return slog.StringValue("…") }

// Decode reads the part into an adapter's own Config, a struct with yaml tags,
// strictly: every error names file, line and key. A key that ends in "_file" and
// is none of Config's own is read from that file into the key without the
// ending; "${NAME}" stands for a variable of the environment.
func (s Settings) Decode(into any) error {
	if s.node == nil {
		return errorAt(s.file, nil, s.path, "is missing", "")
	}
	t := reflect.TypeOf(into).Elem()
	m, ok := bare(s.node).(ast.MapNode)
	if !ok {
		return errorAt(s.file, s.node, s.path, "is "+formOf(s.node), "a map of keys")
	}
	filled := ast.Mapping(s.node.GetToken(), false)
	for it := m.MapRange(); it.Next(); {
		pair, err := s.fill(it.KeyValue(), fields(t))
		if err != nil {
			return err
		}
		filled.Values = append(filled.Values, pair)
	}
	if bad := misfitIn(filled, t, s.path); bad != nil {
		return errorAt(s.file, bad.at, bad.key, bad.problem, bad.allowed)
	}
	if err := yaml.NodeToValue(filled, into, yaml.Strict()); err != nil {
		e := readable(s.file, err)
		e.Key = s.path
		return e
	}
	return nil
}

// fill gives a key its value: as written, or from a file or the environment. The
// new nodes stand where the old ones did, for errors.
func (s Settings) fill(pair *ast.MappingValueNode, known map[string]reflect.Type) (*ast.MappingValueNode, error) {
	key := pair.Key.GetToken().Value
	text, isText := bare(pair.Value).(*ast.StringNode)
	if !isText {
		return pair, nil
	}
	name, isFile := strings.CutSuffix(key, "_file")
	if _, own := known[key]; isFile && !own {
		if _, there := known[name]; !there {
			return pair, nil // no such key: told with its own name
		}
		path := text.Value
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(s.file), path)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			var pe *fs.PathError // which names the path: by mistake that may be the secret itself
			if errors.As(err, &pe) {
				err = pe.Err
			}
			return nil, errorAt(s.file, text, join(s.path, key), "the file cannot be read: "+err.Error(), "")
		}
		value := strings.TrimSpace(string(b))
		if value == "" {
			return nil, errorAt(s.file, text, join(s.path, key), "the file is empty", "")
		}
		return ast.MappingValue(pair.Start, stringAt(pair.Key.GetToken(), name), stringAt(text.GetToken(), value)), nil
	}
	variable, isVariable := strings.CutPrefix(text.Value, "${")
	if variable, closed := strings.CutSuffix(variable, "}"); isVariable && closed {
		if !variableName.MatchString(variable) {
			return nil, errorAt(s.file, text, join(s.path, key), "is no variable of the environment", "${NAME}")
		}
		value := os.Getenv(variable)
		if value == "" {
			return nil, errorAt(s.file, text, join(s.path, key), "the variable "+variable+" of the environment is not set", "")
		}
		return ast.MappingValue(pair.Start, stringAt(pair.Key.GetToken(), key), stringAt(text.GetToken(), value)), nil
	}
	return pair, nil
}

// stringAt is a string that stands where t does.
func stringAt(t *token.Token, value string) *ast.StringNode {
	return ast.String(token.New(value, value, t.Position))
}
