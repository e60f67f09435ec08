// Package parom_test holds the tests of the whole house: that its layers stand
// as they should. The linter says the same where it is installed; this needs Go
// alone.
package parom_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// rank orders the folders of core: an import goes from a higher rank to a lower
// one, never sideways.
var rank = map[string]int{
	"":       0,
	"lang":   1,
	"fit":    1,
	"spool":  1,
	"store":  1,
	"outbox": 2, "dialogs": 3, "router": 4, "bot": 5, "desk": 5,
}

// testKits are imported by tests, and by each other, only.
var testKits = []string{"core/adaptertest", "core/coretest"}

// forbidden says why importer must not import imported ("" when it may). Both
// are paths inside the module, or outside packages when imported has no parom/.
// inTest tells an import of a _test.go file.
func forbidden(importer, imported string, inTest bool) string {
	ours, local := strings.CutPrefix(imported, "parom/")
	if !local {
		if importer == "core" && !inTest && !isStandard(imported) {
			return "the core root imports the standard library only"
		}
		return ""
	}
	from, to := part(importer), part(ours)
	if from == to {
		return ""
	}
	if slices.Contains(testKits, to) {
		switch {
		case from == "adapters/telegram/botapi":
			return "a wire package imports nothing of ours"
		case inTest || slices.Contains(testKits, from) || strings.HasSuffix(importer, "/storetest"):
			return ""
		}
		return "only tests use the test kits"
	}
	switch {
	case strings.HasPrefix(from, "cmd/"), from == "":
		return ""
	case strings.HasSuffix(from, "api"):
		return "a wire package imports nothing of ours"
	case strings.HasPrefix(to, "cmd/"):
		return "only cmd wires"
	case slices.Contains(testKits, from):
		if to == "core" || to == "core/fit" {
			return ""
		}
		return "the test kits import core and core/fit only: adapters use them"
	case from == "core" || strings.HasPrefix(from, "core/"):
		return forbiddenInCore(from, to)
	case from == "config" || from == "adapters/internal/httpx":
		if to == "core" {
			return ""
		}
		return from + " imports core only"
	case strings.HasPrefix(from, "adapters/"):
		if to == "core" || to == "adapters/internal/httpx" || adapter(to) == adapter(from) {
			return ""
		}
		return "an adapter imports core, its own folders and httpx"
	}
	return "this folder has no place in the layers: add it to layers_test.go and .golangci.yml"
}

func forbiddenInCore(from, to string) string {
	if to != "core" && !strings.HasPrefix(to, "core/") {
		return "core/* imports nothing outside core"
	}
	f, knownFrom := rank[strings.TrimPrefix(strings.TrimPrefix(from, "core"), "/")]
	t, knownTo := rank[strings.TrimPrefix(strings.TrimPrefix(to, "core"), "/")]
	if !knownFrom || !knownTo {
		return "this folder of core has no rank: add it to layers_test.go and .golangci.yml"
	}
	if t >= f {
		return "inside core the arrows point down: core <- lang, fit, spool, store <- outbox <- dialogs <- router <- bot, desk"
	}
	return ""
}

// part is the piece of the house that a package belongs to: core and each folder
// of core, each adapter, its wire package, httpx, config, each program.
func part(pkg string) string {
	seg := strings.Split(pkg, "/")
	switch {
	case pkg == "parom":
		return ""
	case len(seg) >= 3 && seg[0] == "adapters" && (seg[1] == "internal" || strings.HasSuffix(seg[2], "api")):
		return strings.Join(seg[:3], "/")
	case len(seg) >= 2 && (seg[0] == "core" || seg[0] == "adapters" || seg[0] == "cmd"):
		return strings.Join(seg[:2], "/")
	}
	return seg[0]
}

// adapter is the folder of the adapter that a part belongs to.
func adapter(part string) string {
	seg := strings.Split(part, "/")
	if len(seg) < 2 || seg[0] != "adapters" || seg[1] == "internal" {
		return part
	}
	return seg[0] + "/" + seg[1]
}

// isStandard says whether a package is of the standard library: only those have
// no dot in their first element.
func isStandard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(out); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLayers_ImportsPointOneWay(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		importer := strings.TrimPrefix(p.ImportPath, "parom/")
		check := func(imports []string, inTest bool) {
			for _, i := range imports {
				seen++
				if why := forbidden(importer, i, inTest); why != "" {
					t.Errorf("%s imports %s (in a test: %v): %s", importer, i, inTest, why)
				}
			}
		}
		check(p.Imports, false)
		check(p.TestImports, true)
		check(p.XTestImports, true)
	}
	if seen == 0 {
		t.Fatal("go list named no import: nothing was checked")
	}
}

func TestLayers_TheRuleItselfRefuses(t *testing.T) {
	cases := []struct {
		name, importer, imported string
		inTest, allowed          bool
	}{
		{"the core root takes the standard library", "core", "log/slog", false, true},
		{"the core root takes no library", "core", "github.com/rivo/uniseg", false, false},
		{"the core root takes no folder of its own", "core", "parom/core/store", false, false},
		{"core's tests take a library", "core", "github.com/google/go-cmp/cmp", true, true},
		{"fit takes a library", "core/fit", "github.com/rivo/uniseg", false, true},
		{"fit does not take lang", "core/fit", "parom/core/lang", false, false},
		{"the outbox takes the store", "core/outbox", "parom/core/store", false, true},
		{"the store does not take the outbox", "core/store", "parom/core/outbox", false, false},
		{"nor do its tests", "core/store", "parom/core/outbox", true, false},
		{"the desk takes the router", "core/desk", "parom/core/router", false, true},
		{"the desk does not take the bot", "core/desk", "parom/core/bot", false, false},
		{"the router takes no adapter", "core/router", "parom/adapters/telegram", false, false},
		{"an unknown folder of core is refused", "core/extras", "parom/core", false, false},
		{"the fakes are for tests", "core/outbox", "parom/core/coretest", false, false},
		{"a test may take the fakes", "core/outbox", "parom/core/coretest", true, true},
		{"the fakes do not take the store", "core/coretest", "parom/core/store", false, false},
		{"an adapter takes core", "adapters/telegram", "parom/core", false, true},
		{"an adapter takes its own folders", "adapters/telegram/console", "parom/adapters/telegram/botapi", false, true},
		{"an adapter takes httpx", "adapters/telegram/console", "parom/adapters/internal/httpx", false, true},
		{"the wire package does not", "adapters/telegram/botapi", "parom/adapters/internal/httpx", false, false},
		{"an adapter takes no store", "adapters/telegram", "parom/core/store", false, false},
		{"an adapter takes no other adapter", "adapters/telegram", "parom/adapters/vk", false, false},
		{"nor its wire package", "adapters/telegram", "parom/adapters/vk/vkapi", false, false},
		{"an adapter's tests take the suite", "adapters/telegram", "parom/core/adaptertest", true, true},
		{"an adapter itself does not", "adapters/telegram", "parom/core/adaptertest", false, false},
		{"the wire package takes not even core", "adapters/telegram/botapi", "parom/core", false, false},
		{"httpx takes core", "adapters/internal/httpx", "parom/core", false, true},
		{"httpx takes no adapter", "adapters/internal/httpx", "parom/adapters/telegram", false, false},
		{"the configuration takes no adapter", "config", "parom/adapters/telegram", false, false},
		{"cmd takes everything", "cmd/parom", "parom/adapters/telegram/telegramsim", false, true},
		{"nobody takes cmd", "adapters/web", "parom/cmd/parom", false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if why := forbidden(c.importer, c.imported, c.inTest); (why == "") != c.allowed {
				t.Errorf("forbidden(%q, %q, %v) = %q", c.importer, c.imported, c.inTest, why)
			}
		})
	}
}

// networkWords are names that the core must not know. Texts for people, in
// core/lang, may say them.
var networkWords = []string{"telegram", "whatsapp", "vkontakte", "vk"}

func TestCore_NeverNamesANetwork(t *testing.T) {
	files := 0
	err := filepath.WalkDir("core", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(filepath.ToSlash(path), "core/lang/") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		switch filepath.Ext(path) {
		case ".go":
			files++
			for _, named := range namedInGo(t, path, nil) {
				t.Errorf("%s names a network", named)
			}
		case ".sql":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if w := networkIn(string(text)); w != "" {
				t.Errorf("%s names a network: %s", path, w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no Go file under core: nothing was checked")
	}
}

func TestCore_NamesOfNetworksAreFound(t *testing.T) {
	source := "package a\n// Telegram may stand in a comment.\nimport _ \"x/telegram\"\ntype VKPeer int\nconst s = \"sent to WhatsApp\"\nvar vkID, invoked, revKey = 1, 2, \"vk\"\n"
	want := []string{"a.go:3:10: telegram", "a.go:4:6: vk", "a.go:5:11: whatsapp", "a.go:6:5: vk", "a.go:6:35: vk"}
	if got := namedInGo(t, "a.go", source); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// namedInGo lists identifiers and strings of a Go file that name a network, as
// "file:line:column: word". Comments may name one as an example.
func namedInGo(t *testing.T, path string, source any) []string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	ast.Inspect(file, func(n ast.Node) bool {
		text := ""
		switch n := n.(type) {
		case *ast.Ident:
			text = n.Name
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				return true
			}
			var err error
			if text, err = strconv.Unquote(n.Value); err != nil {
				t.Fatal(err)
			}
		default:
			return true
		}
		if w := networkIn(text); w != "" {
			named = append(named, fset.Position(n.Pos()).String()+": "+w)
		}
		return true
	})
	return named
}

var camel = regexp.MustCompile(`[A-Z]+[a-z]*|[a-z]+`)

// networkIn returns the network that text names, or nothing. Long names are
// found anywhere, "vk" only as a word or as the word of a camelCase name.
func networkIn(text string) string {
	for _, w := range networkWords[:3] {
		if strings.Contains(strings.ToLower(text), w) {
			return w
		}
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, word := range words {
		if strings.EqualFold(word, "vk") {
			return "vk"
		}
		for _, piece := range camel.FindAllString(word, -1) {
			// "VKPeer" comes out as one piece: its capitals and the rest.
			if strings.EqualFold(piece, "vk") || strings.HasPrefix(piece, "VK") {
				return "vk"
			}
		}
	}
	return ""
}
