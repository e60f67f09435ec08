package lang

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n"

	"parom/core"
)

func forms(m *i18n.Message) map[string]string {
	out := map[string]string{}
	for name, s := range map[string]string{
		"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other,
	} {
		if s != "" {
			out[name] = s
		}
	}
	return out
}

var argument = regexp.MustCompile(`\{\{-?\s*(?:if\s+|else if\s+)?\.(\w+)\s*-?\}\}`)

func argsOf(m *i18n.Message) []string {
	names := map[string]bool{}
	for _, s := range forms(m) {
		for _, found := range argument.FindAllStringSubmatch(s, -1) {
			names[found[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func TestTexts_LanguagesHaveTheSameKeysAndArguments(t *testing.T) {
	c := texts()
	for _, tag := range languages {
		for _, other := range languages {
			for key, m := range c.messages[tag.String()] {
				twin, ok := c.messages[other.String()][key]
				if !ok {
					t.Errorf("%s has %s, %s has not", tag, key, other)
				} else if got, want := argsOf(twin), argsOf(m); !slices.Equal(got, want) && tag != other {
					t.Errorf("%s: %s has arguments %v, %s has %v", key, tag, want, other, got)
				}
			}
		}
	}
}

func TestTexts_PluralsHaveAllFormsOfTheirLanguage(t *testing.T) {
	want := map[string][]string{"ru": {"few", "many", "one", "other"}, "en": {"one", "other"}}
	for tag, messages := range texts().messages {
		for key, m := range messages {
			f := forms(m)
			if len(f) > 1 && !slices.Equal(slices.Sorted(maps.Keys(f)), want[tag]) {
				t.Errorf("%s in %s has the forms %v, want %v", key, tag, slices.Sorted(maps.Keys(f)), want[tag])
			}
			if _, counted := slices.BinarySearch(argsOf(m), "Count"); len(f) > 1 && !counted {
				t.Errorf("%s in %s has plural forms and no {{.Count}}", key, tag)
			}
			if f["other"] == "" {
				t.Errorf("%s in %s has no text", key, tag)
			}
		}
	}
}

func TestTexts_EveryTemplateRendersWithItsMarksClosed(t *testing.T) {
	for tag, messages := range texts().messages {
		p := For(tag)
		for key, m := range messages {
			full, empty := Args{}, Args{}
			for _, name := range argsOf(m) {
				full[name], empty[name] = "X", ""
			}
			for _, args := range []Args{full, empty} {
				for _, count := range []int{0, 1, 2, 5} {
					if _, counted := full["Count"]; counted {
						args["Count"] = count
					}
					values, data, n := p.prepare(key, []Args{args})
					s, err := p.i18n.Localize(&i18n.LocalizeConfig{
						MessageID: key, TemplateData: data, PluralCount: n, TemplateParser: templateParser,
					})
					if err != nil {
						t.Errorf("%s in %s: %v", key, tag, err)
						continue
					}
					if _, closed := parseMarks(s, values); !closed {
						t.Errorf("%s in %s: a mark is not closed: %s", key, tag, s)
					}
				}
			}
			for _, s := range forms(m) {
				if strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Co, r) }) >= 0 {
					t.Errorf("%s in %s has a private use rune", key, tag)
				}
				if strings.Count(s, "{{") != len(argument.FindAllString(s, -1))+
					strings.Count(s, "{{end}}")+strings.Count(s, "{{else}}") {
					t.Errorf("%s in %s does more than insert and ask for arguments: %s", key, tag, s)
				}
			}
		}
	}
}

func TestTexts_KindsAndReasonsHaveWords(t *testing.T) {
	for _, p := range []*Printer{For("ru"), For("en")} {
		for k := core.Photo; k <= core.Unsupported; k++ {
			for _, s := range []string{p.Kind(k), p.KindObject(k), p.KindOf(k), p.KindLabel(k), p.Kinds(k, 2)} {
				if strings.Contains(s, "⟦") {
					t.Errorf("%s: %s", p.Language(), s)
				}
			}
		}
		for r := core.Unavailable; r <= core.MediaGone; r++ {
			if key := "reason." + r.String(); !p.Has(key) {
				t.Errorf("%s: no %s", p.Language(), key)
			}
		}
	}
}

func TestTexts_ProblemsOfFilesHaveWords(t *testing.T) {
	// The names of core/fit's rules, which imports nothing of ours but core.
	for _, rule := range []string{"kind", "send_size", "fetch_size", "total_size", "type", "pixels", "source"} {
		m := texts().messages["ru"]["fit.problem_"+rule]
		if m == nil {
			t.Errorf("no fit.problem_%s", rule)
			continue
		}
		for _, name := range argsOf(m) {
			if !slices.Contains([]string{"What", "Name", "Size", "Limit", "Allowed"}, name) {
				t.Errorf("fit.problem_%s wants %s, which core/fit does not give", rule, name)
			}
		}
	}
}

// A key as it stands in the code: whole, or as the start of a concatenation.
type used struct {
	key    string
	prefix bool
	at     string
}

var keyShape = regexp.MustCompile(`^[a-z0-9_]+\.[a-z0-9_.]*$`)

func TestTexts_EveryKeyInTheCodeExists(t *testing.T) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Skip("the sources are not beside the test")
	}
	keys := texts().messages["en"]
	var found int
	for _, u := range keysInCode(t, root) {
		found++
		if u.prefix {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(keys)), func(k string) bool { return strings.HasPrefix(k, u.key) }) {
				t.Errorf("%s: no key starts with %q", u.at, u.key)
			}
		} else if keys[u.key] == nil {
			t.Errorf("%s: no key %q", u.at, u.key)
		}
	}
	if found < 10 {
		t.Errorf("only %d keys found in the code: the search is broken", found)
	}
}

func keysInCode(t *testing.T, root string) (out []used) {
	areas := map[string]bool{}
	for key := range texts().messages["en"] {
		area, _, _ := strings.Cut(key, ".")
		areas[area] = true
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // the compiler says it better
		}
		take := func(e ast.Expr) {
			if key, prefix, ok := literalKey(e); ok {
				out = append(out, used{key, prefix, fset.Position(e.Pos()).String()})
			}
		}
		inCore := strings.HasPrefix(filepath.ToSlash(path), "../../core/")
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 && (s.Sel.Name == "Text" || s.Sel.Name == "Styled") {
					take(n.Args[0])
				}
			case *ast.BasicLit:
				// Keys that go through other hands: whatever in core looks like
				// one of an area that has texts.
				key, prefix, ok := literalKey(n)
				if area, _, _ := strings.Cut(key, "."); ok && inCore && !prefix && !strings.HasSuffix(key, "_") && areas[area] {
					take(n)
				}
			case *ast.CompositeLit:
				// A nil type is an element of a slice of them.
				if name := typeName(n.Type); name == "Finding" || name == "Ref" || n.Type == nil {
					for _, e := range n.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok {
							if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "Key" {
								take(kv.Value)
							}
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return out
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func literalKey(e ast.Expr) (key string, prefix, ok bool) {
	if b, isSum := e.(*ast.BinaryExpr); isSum && b.Op == token.ADD {
		for left, more := b.X.(*ast.BinaryExpr); more; left, more = b.X.(*ast.BinaryExpr) {
			b = left
		}
		key, _, ok = literalKey(b.X)
		return key, true, ok
	}
	lit, isLit := e.(*ast.BasicLit)
	if !isLit || lit.Kind != token.STRING {
		return "", false, false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, strings.HasSuffix(s, "."), err == nil && keyShape.MatchString(s)
}
