package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// planted is what no error and no log may show.
const planted = "PLANTEDSECRET"

// TestMain keeps the environment of who runs the tests out of them.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "PAROM_") {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// One bad file for each rule; its first line says what the error must be.
func TestLoad_BadFilesAreRefusedWithFileLineAndKey(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(b), "\n")
			want, told := strings.CutPrefix(first, "# want: ")
			if !told { // an empty file cannot say it
				want = "groups: there is none; allowed: at least one group of operators"
			}
			sep := ":"
			if want[0] < '0' || want[0] > '9' {
				sep = ": "
			}
			_, err = Load(file)
			if err == nil {
				t.Fatal("it was taken")
			}
			if !errors.As(err, new(*Error)) {
				t.Errorf("%T is no *Error", err)
			}
			if got := strings.Split(err.Error(), "\n"); !slices.Contains(got, file+sep+want) {
				t.Errorf("got  %s\nwant %s", err, file+sep+want)
			}
			if strings.Contains(err.Error(), planted) {
				t.Errorf("the error shows a value: %s", err)
			}
		})
	}
}

// Where the example says "default", its value is the default; the parts marked
// as examples are the only ones that differ.
func TestExample_IsTheDefaultsWhereItSaysNothingElse(t *testing.T) {
	c, err := Load("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Groups, want.Departments, want.Operators, want.Channels = c.Groups, c.Departments, c.Operators, c.Channels
	want.Console.Settings = c.Console.Settings
	if diff := cmp.Diff(want, c, cmpopts.IgnoreTypes(Settings{})); diff != "" {
		t.Errorf("example.yaml differs from the defaults:\n%s", diff)
	}
}

func TestExample_HasEveryKey(t *testing.T) {
	b, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	var look func(t reflect.Type, at string)
	look = func(typ reflect.Type, at string) {
		if typ == rawType {
			return
		}
		switch typ.Kind() {
		case reflect.Slice:
			look(typ.Elem(), at)
		case reflect.Struct:
			for name, f := range fields(typ) {
				if !bytes.Contains(b, []byte(name+":")) {
					missing = append(missing, at+name)
				}
				look(f, at+name+".")
			}
		}
	}
	look(reflect.TypeFor[Config](), "")
	if len(missing) > 0 {
		t.Errorf("example.yaml does not have %s", missing)
	}
	for name := range reflect.TypeFor[environment]().Fields() {
		if variable := name.Tag.Get("env"); !bytes.Contains(b, []byte(variable)) {
			t.Errorf("example.yaml does not tell of %s", variable)
		}
	}
}

const small = `
console: {settings: {token: "1:PLANTEDSECRET"}}
groups: [{id: main, chat: "-1001"}]
channels: [{id: shop, network: telegram, settings: {token: "1:PLANTEDSECRET"}}]
`

func TestParse_TheSmallestFileHasOneDepartmentAndTheLanguageEverywhere(t *testing.T) {
	c, err := Parse("parom.yaml", []byte("language: en\n"+small))
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Departments; len(d) != 1 || d[0] != (Department{ID: "main", Group: "main", Mode: "direct"}) && d[0].Mode != "direct" {
		t.Errorf("departments %+v", d)
	}
	if c.Groups[0].Language != "en" || c.Channels[0].Language != "en" || c.Channels[0].Name != "shop" || c.Channels[0].Department != "main" {
		t.Errorf("groups %+v, channels %+v", c.Groups, c.Channels)
	}
}

func TestLoad_DataStartsAtTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parom.yaml")
	if err := os.WriteFile(file, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil || c.Data != filepath.Join(filepath.Dir(file), "data") {
		t.Errorf("data %s, %v", c.Data, err)
	}
	if _, err := Load(file + ".not"); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, new(*Error)) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestParse_TheEnvironmentComesOverTheFile(t *testing.T) {
	for name, value := range map[string]string{
		"PAROM_DATA": "/var/lib/parom", "PAROM_HTTP_LISTEN": "0.0.0.0:9000", "PAROM_PUBLIC_URL": "https://chat.example.com",
		"PAROM_LOG_FORMAT": "json", "PAROM_LOG_LEVEL": "debug", "PAROM_LANGUAGE": "en", "PAROM_TIME_ZONE": "Europe/Moscow",
	} {
		t.Setenv(name, value)
	}
	c, err := Parse("parom.yaml", []byte("language: ru\nlog: {level: warn}\n"+small))
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/var/lib/parom" || c.HTTP != (HTTP{"0.0.0.0:9000", "https://chat.example.com"}) || c.Log != (Log{"json", "debug"}) ||
		c.Log.SlogLevel() != slog.LevelDebug || c.Language != "en" || c.TimeZone != "Europe/Moscow" {
		t.Errorf("%+v", c)
	}
	t.Setenv("PAROM_LANGUAGE", "fr")
	if _, err := Parse("parom.yaml", []byte(small)); err == nil || err.Error() != `environment: PAROM_LANGUAGE: "fr" is not known; allowed: ru, en` {
		t.Errorf("a wrong variable: %v", err)
	}
}

// own is a channel's part as an adapter declares it.
type own struct {
	Token    string         `yaml:"token"`
	CAFile   string         `yaml:"ca_file"`
	Password string         `yaml:"password"`
	Local    bool           `yaml:"local"`
	Typing   *bool          `yaml:"typing"`
	Rate     float64        `yaml:"rate"`
	Wait     time.Duration  `yaml:"wait"`
	FileMB   map[string]int `yaml:"file_mb"`
	Limits   struct {
		Text int `yaml:"text"`
	} `yaml:"limits"`
}

func settings(t *testing.T, part string) Settings {
	t.Helper()
	c, err := Parse("conf/parom.yaml", []byte("groups: [{id: main, chat: \"-1001\"}]\nconsole: {settings: {token: x}}\nchannels:\n  - id: shop\n    network: telegram\n    settings:\n"+part))
	if err != nil {
		t.Fatal(err)
	}
	return c.Channels[0].Settings
}

func TestDecode_FillsTheAdaptersConfig(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("7:from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SHOP_PASSWORD", "*from: the 'environment'")
	var o own
	part := fmt.Sprintf("      token_file: %q\n      ca_file: ca.pem\n      password: ${SHOP_PASSWORD}\n      local: true\n      typing: false\n"+
		"      rate: 2\n      wait: 5s\n      file_mb: {photo: 3}\n      limits: {text: 12}\n", secret)
	s := settings(t, part)
	for range 2 { // once for each who wants to know
		o = own{}
		if err := s.Decode(&o); err != nil {
			t.Fatal(err)
		}
	}
	if o.Token != "7:from-a-file" || o.CAFile != "ca.pem" || o.Password != "*from: the 'environment'" || !o.Local || o.Typing == nil || *o.Typing ||
		o.Rate != 2 || o.Wait != 5*time.Second || o.FileMB["photo"] != 3 || o.Limits.Text != 12 {
		t.Errorf("%+v", o)
	}
}

func TestDecode_ErrorsNameTheLineAndKeyOfTheFile(t *testing.T) {
	const first = 7 // line of the settings' first key
	cases := []struct{ name, part, want string }{
		{"an unknown key", "      local: true\n      tokn: PLANTEDSECRET\n", fmt.Sprint(first+1, ":7: channels[0].settings.tokn: there is no such key; allowed: ca_file, file_mb, limits, local, password, rate, token, typing, wait")},
		{"an unknown key within", "      limits:\n        txt: 5\n", fmt.Sprint(first+1, ":9: channels[0].settings.limits.txt: there is no such key; allowed: text")},
		{"a word for a flag", "      local: PLANTEDSECRET\n", fmt.Sprint(first, ":14: channels[0].settings.local: is text; allowed: true, false")},
		{"a word for a number", "      file_mb: {photo: PLANTEDSECRET}\n", fmt.Sprint(first, ":24: channels[0].settings.file_mb.photo: is text; allowed: a whole number")},
		{"a list for a token", "      token: [PLANTEDSECRET]\n", fmt.Sprint(first, ":14: channels[0].settings.token: is a list; allowed: text")},
		{"a key twice, by file and by itself", "      token: PLANTEDSECRET\n      token_file: SECRETFILE\n", fmt.Sprint(first+1, ":7: channels[0].settings.token: is there twice")},
		{"a file that is not there", "      token_file: /nowhere/PLANTEDSECRET\n", fmt.Sprint(first, ":19: channels[0].settings.token_file: the file cannot be read: no such file or directory")},
		{"an unset variable", "      password: ${PAROM_NOT_SET}\n", fmt.Sprint(first, ":17: channels[0].settings.password: the variable PAROM_NOT_SET of the environment is not set")},
		{"what is no variable", "      password: ${1:PLANTEDSECRET}\n", fmt.Sprint(first, ":17: channels[0].settings.password: is no variable of the environment; allowed: ${NAME}")},
		{"no map at all", "      - PLANTEDSECRET\n", fmt.Sprint(first, ":7: channels[0].settings: is a list; allowed: a map of keys")},
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := settings(t, strings.ReplaceAll(c.part, "SECRETFILE", file)).Decode(&own{})
			if err == nil {
				t.Fatal("it was taken")
			}
			if got, want := err.Error(), "conf/parom.yaml:"+c.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if strings.Contains(err.Error(), planted) {
				t.Errorf("the error shows a value: %s", err)
			}
		})
	}
}

func TestSettings_AreNeverPrinted(t *testing.T) {
	c, err := Parse("parom.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+"\n", c)
		fmt.Fprintf(&b, verb+"\n", c.Channels[0].Settings)
		fmt.Fprintf(&b, verb+"\n", &c.Console.Settings)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("x", "config", c, "settings", c.Console.Settings, "channels", c.Channels)
	}
	if j, err := json.Marshal(c); err == nil {
		b.Write(j)
	}
	for _, form := range []string{planted, fmt.Sprintf("%x", planted)} {
		if strings.Contains(b.String(), form) {
			t.Errorf("%s is shown in:\n%s", form, b.String())
		}
	}
}

// Whatever is broken in a file, what stands in it is not repeated.
func TestParse_NoBrokenFileShowsItsValues(t *testing.T) {
	whole := []byte("data: x\n" + small)
	for i := range whole {
		for _, with := range []string{"", "\"", "'", "{", "]", ":", "*", "&", "!", "%", "@", "\t", "\n", "|", "- ", "? ", "\\"} {
			broken := string(whole[:i]) + with + string(whole[i+1:])
			for _, file := range []string{broken, broken[:i]} {
				if c, err := Parse("parom.yaml", []byte(file)); err != nil && strings.Contains(err.Error(), planted) {
					t.Fatalf("%q: %s", file, err)
				} else if err == nil && len(c.Channels) > 0 {
					if err := c.Channels[0].Settings.Decode(&own{}); err != nil && strings.Contains(err.Error(), planted) {
						t.Fatalf("%q: %s", file, err)
					}
				}
			}
		}
	}
}
