package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a configuration file, the environment over it, and checks it. Every
// error names file, line and key.
func Load(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := Parse(path, b)
	if err != nil {
		return c, err
	}
	if !filepath.IsAbs(c.Data) {
		c.Data = filepath.Join(filepath.Dir(path), c.Data)
	}
	return c, nil
}

// Parse reads a configuration from memory; file is its name in errors.
func Parse(file string, b []byte) (Config, error) {
	c := Default()
	f, err := parser.ParseBytes(b, 0)
	if err != nil {
		return c, readable(file, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField())
	if err := d.Decode(&c); err != nil && !errors.Is(err, errEmpty) && len(bytes.TrimSpace(b)) > 0 {
		return c, readable(file, err)
	}
	if err := overrides(&c); err != nil {
		return c, err
	}
	c.Console.Settings.file, c.Console.Settings.path = file, "console.settings"
	for i := range c.Channels {
		c.Channels[i].Settings.file, c.Channels[i].Settings.path = file, fmt.Sprintf("channels[%d].settings", i)
	}
	return c, check(checker{file: file, tree: f}, &c)
}

// environment are the keys that a container sets without a file of its own.
type environment struct {
	Data       string `env:"PAROM_DATA"`
	HTTPListen string `env:"PAROM_HTTP_LISTEN"`
	PublicURL  string `env:"PAROM_PUBLIC_URL"`
	LogFormat  string `env:"PAROM_LOG_FORMAT"`
	LogLevel   string `env:"PAROM_LOG_LEVEL"`
	Language   string `env:"PAROM_LANGUAGE"`
	TimeZone   string `env:"PAROM_TIME_ZONE"`
}

func overrides(c *Config) error {
	var e environment
	if err := env.Parse(&e); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	for _, o := range []struct {
		from string
		to   *string
	}{
		{e.Data, &c.Data},
		{e.HTTPListen, &c.HTTP.Listen},
		{e.PublicURL, &c.HTTP.PublicURL},
		{e.LogFormat, &c.Log.Format},
		{e.LogLevel, &c.Log.Level},
		{e.Language, &c.Language},
		{e.TimeZone, &c.TimeZone},
	} {
		if o.from != "" {
			*o.to = o.from
		}
	}
	return nil
}

// errEmpty is what the decoder says of a file with comments only.
var errEmpty = errors.New("EOF")

// readable is a parser's error with file and line, and without the source: the
// line that is wrong may hold a secret.
func readable(file string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", file, err)
	}
	line, column := 0, 0
	if t := at.GetToken(); t != nil {
		line, column = t.Position.Line, t.Position.Column
	}
	return &Error{File: file, Line: line, Column: column, Problem: at.GetMessage()}
}

// Error is one thing that is wrong in a configuration file.
type Error struct {
	File         string
	Line, Column int    // from 1; 0: not known
	Key          string // as "channels[0].network"; empty: the file as a whole
	Problem      string
	Allowed      string // empty: nothing to list
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Problem)
	if e.Allowed != "" {
		b.WriteString("; allowed: " + e.Allowed)
	}
	return b.String()
}

// Decode reads the part into an adapter's own Config, strictly. Values of keys
// that end in "_file" are read from that file into the key without the ending;
// "${NAME}" stands for a variable of the environment.
func (s Settings) Decode(into any) error {
	if s.node == nil {
		return &Error{File: s.file, Key: s.path, Problem: "is missing"}
	}
	m, ok := s.node.(ast.MapNode)
	if !ok {
		return s.problem(s.node, "", "is not a map of keys")
	}
	filled := yaml.MapSlice{}
	it := m.MapRange()
	for it.Next() {
		key := it.Key().GetToken().Value
		value, err := s.value(key, it.Value())
		if err != nil {
			return err
		}
		if name, isFile := strings.CutSuffix(key, "_file"); isFile && name != "ca" {
			key = name
		}
		filled = append(filled, yaml.MapItem{Key: key, Value: value})
	}
	b, err := yaml.Marshal(filled)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", s.file, s.path, err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(into); err != nil {
		var at yaml.Error
		if errors.As(err, &at) {
			return s.problem(s.node, "", at.GetMessage())
		}
		return s.problem(s.node, "", "cannot be read")
	}
	return nil
}

// value is a setting with its file read or its variable filled in.
func (s Settings) value(key string, n ast.Node) (any, error) {
	text, isText := n.(*ast.StringNode)
	if isText && strings.HasSuffix(key, "_file") && key != "ca_file" {
		b, err := os.ReadFile(text.Value)
		if err != nil {
			return nil, s.problem(n, key, err.Error())
		}
		return strings.TrimSpace(string(b)), nil
	}
	if isText && strings.HasPrefix(text.Value, "${") && strings.HasSuffix(text.Value, "}") {
		name := text.Value[2 : len(text.Value)-1]
		v, ok := os.LookupEnv(name)
		if !ok || v == "" {
			return nil, s.problem(n, key, "the variable "+name+" of the environment is not set")
		}
		return v, nil
	}
	var v any
	if err := yaml.NodeToValue(n, &v); err != nil {
		return nil, s.problem(n, key, "cannot be read")
	}
	return v, nil
}

func (s Settings) problem(n ast.Node, key, what string) error {
	e := &Error{File: s.file, Key: s.path, Problem: what}
	if key != "" {
		e.Key += "." + key
	}
	if t := n.GetToken(); t != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}
