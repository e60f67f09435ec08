package lang

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed texts/*.yaml
var files embed.FS

// catalog is all texts, read once at first use.
type catalog struct {
	bundle  *i18n.Bundle
	matcher language.Matcher
	// messages as written, by language and key; for tests.
	messages map[string]map[string]*i18n.Message
}

// The languages there are; the first is what an unknown language falls to.
var languages = []language.Tag{language.English, language.Russian}

// The texts are part of the binary: that they load is a fact of the build,
// which the package's tests establish.
var texts = sync.OnceValue(func() *catalog {
	c, err := load()
	if err != nil {
		panic("core/lang: " + err.Error())
	}
	return c
})

func load() (*catalog, error) {
	c := &catalog{
		bundle:   i18n.NewBundle(languages[0]),
		matcher:  language.NewMatcher(languages),
		messages: map[string]map[string]*i18n.Message{},
	}
	c.bundle.RegisterUnmarshalFunc("yaml", func(data []byte, v any) error { return yaml.Unmarshal(data, v) })
	entries, err := files.ReadDir("texts")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := files.ReadFile("texts/" + e.Name())
		if err != nil {
			return nil, err
		}
		if err := c.add(e.Name(), data); err != nil {
			return nil, fmt.Errorf("texts/%s: %w", e.Name(), err)
		}
	}
	return c, nil
}

// add takes one file, <area>.<language>.yaml.
func (c *catalog) add(name string, data []byte) error {
	area, _, _ := strings.Cut(name, ".")
	f, err := c.bundle.ParseMessageFileBytes(data, path.Base(name))
	if err != nil {
		return err
	}
	tag := f.Tag.String()
	if c.messages[tag] == nil {
		c.messages[tag] = map[string]*i18n.Message{}
	}
	for _, m := range f.Messages {
		if !strings.HasPrefix(m.ID, area+".") {
			return fmt.Errorf("key %q does not start with %q", m.ID, area+".")
		}
		c.messages[tag][m.ID] = m
	}
	return nil
}
