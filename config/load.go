package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
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
		cause := err
		var pe *fs.PathError
		if errors.As(err, &pe) {
			cause = pe.Err // the path is told anyhow
		}
		return Config{}, &Error{File: path, Problem: cause.Error(), Err: err}
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
	if err := decode(file, f, b, &c); err != nil {
		return c, err
	}
	env, err := overrides(&c)
	if err != nil {
		return c, err
	}
	c.Console.Settings.file, c.Console.Settings.path = file, "console.settings"
	for i := range c.Channels {
		c.Channels[i].Settings.file, c.Channels[i].Settings.path = file, "channels"+index(i)+".settings"
	}
	return c, check(checker{file: file, tree: f, env: env}, &c)
}

// decode fills c from the file; one with comments only changes nothing.
func decode(file string, f *ast.File, b []byte, c *Config) error {
	var body ast.Node
	for _, d := range f.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			return errorAt(file, d.Body, "", "a second document begins here", "one")
		}
		body = d.Body
	}
	if body == nil {
		return nil
	}
	if m := misfitIn(body, reflect.TypeFor[Config](), ""); m != nil {
		return errorAt(file, m.at, m.key, m.problem, m.allowed)
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(c); err != nil {
		return readable(file, err)
	}
	return nil
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

// overrides puts the environment over the file and tells which variable each
// overridden key comes from.
func overrides(c *Config) (map[string]string, error) {
	var e environment
	if err := env.Parse(&e); err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	from := map[string]string{}
	for _, o := range []struct {
		key, name, value string
		to               *string
	}{
		{"data", "PAROM_DATA", e.Data, &c.Data},
		{"http.listen", "PAROM_HTTP_LISTEN", e.HTTPListen, &c.HTTP.Listen},
		{"http.public_url", "PAROM_PUBLIC_URL", e.PublicURL, &c.HTTP.PublicURL},
		{"log.format", "PAROM_LOG_FORMAT", e.LogFormat, &c.Log.Format},
		{"log.level", "PAROM_LOG_LEVEL", e.LogLevel, &c.Log.Level},
		{"language", "PAROM_LANGUAGE", e.Language, &c.Language},
		{"time_zone", "PAROM_TIME_ZONE", e.TimeZone, &c.TimeZone},
	} {
		if o.value != "" {
			*o.to, from[o.key] = o.value, o.name
		}
	}
	return from, nil
}

// Error is one thing that is wrong in a configuration file.
type Error struct {
	File         string
	Line, Column int    // from 1; 0: not known
	Key          string // as "channels[0].network"; empty: the file as a whole
	Problem      string
	Allowed      string // empty: nothing to list
	Err          error  // why the file cannot be read; nil elsewhere
}

// Unwrap is why the file cannot be read.
func (e *Error) Unwrap() error { return e.Err }

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
