package setup

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"parom/config"
	"parom/core/lang"
)

//go:embed parom.yaml.tmpl
var written string

// oldEnding is what a file that was there is renamed to.
const oldEnding = ".old"

// values fill the template.
type values struct {
	Endpoint, Language, Room, Group string
	Admin                           person
	Console, Customers              account
}

// ConsoleToken and CustomerToken are for the template alone.
func (v values) ConsoleToken() string { return v.Console.token }

// CustomerToken is the token of the bot that customers write to.
func (v values) CustomerToken() string { return v.Customers.token }

// ChannelName is what operators see.
func (v values) ChannelName() string { return v.Customers.user.FirstName }

// render makes the file, with comments in the person's language.
func render(p *lang.Printer, v values) ([]byte, error) {
	t, err := template.New("parom.yaml").Funcs(template.FuncMap{
		"say": func(key string) string {
			return "# " + strings.ReplaceAll(strings.TrimSpace(p.Text("init.file_"+key)), "\n", "\n# ")
		},
		"quote": quote,
		"line":  func(s string) string { return strings.Join(strings.Fields(s), " ") }, // of a comment
	}).Parse(written)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// quote writes a YAML string: JSON's are among them.
func quote(s string) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return strings.TrimSpace(b.String()), err
}

// write makes the file, for the owner alone, after having read it as the gateway
// will. A file that was there is kept beside it.
func (i *initer) write(v values) error {
	b, err := render(i.p, v)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if _, err := config.Parse(i.File, b); err != nil {
		return fmt.Errorf("the new configuration is not valid: %w", err)
	}
	folder := filepath.Dir(i.File)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	f, err := os.CreateTemp(folder, ".parom-*.yaml") // mode 0600
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		if _, there := os.Lstat(i.File); there == nil {
			err = os.Rename(i.File, i.File+oldEnding)
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), i.File)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write configuration: %w", err), os.Remove(f.Name()))
	}
	return nil
}
