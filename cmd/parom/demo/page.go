package demo

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"parom/core/lang"
)

//go:embed page
var files embed.FS

// policy: everything from this server, no script or style in the page itself;
// trusted types make assigning HTML from a string an error.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

const languageCookie = "parom_demo_lang"

// page serves the document, its parts, and the way to the simulator.
type page struct {
	cast     cast
	language string // until the visitor chooses
	document *template.Template
}

// newPage is the page's whole handler; sim is the simulator's address.
func newPage(c cast, sim, language string, log *slog.Logger) (http.Handler, error) {
	t, err := template.ParseFS(files, "page/index.html")
	if err != nil {
		return nil, fmt.Errorf("demo: page: %w", err)
	}
	assets, err := fs.Sub(files, "page")
	if err != nil {
		return nil, fmt.Errorf("demo: page: %w", err)
	}
	p := &page{cast: c, language: language, document: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serveDocument)
	static := http.FileServerFS(assets)
	mux.Handle("GET /css/", static)
	mux.Handle("GET /js/", static)
	mux.Handle("GET /icon.svg", static)
	if err := proxyTo(mux, sim, log); err != nil {
		return nil, err
	}
	// Another site's page must not act here, whatever name it found us under.
	return ownHostOnly(withHeaders(http.NewCrossOriginProtection().Handler(mux))), nil
}

// ownHostOnly refuses names that are not loopback's: a foreign site whose name
// was made to point at 127.0.0.1 would otherwise share the page's origin.
func ownHostOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !isLoopback(strings.Trim(host, "[]")) {
			http.Error(w, "this page is for localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// visitor's language: asked for, chosen before, or the demo's.
func (p *page) languageOf(w http.ResponseWriter, r *http.Request) *lang.Printer {
	if asked := r.URL.Query().Get("lang"); asked != "" {
		l := lang.For(asked)
		//nolint:gosec // plain HTTP on loopback: not every browser sends a Secure cookie back there
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: l.Language(), Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
		return l
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		return lang.For(c.Value, p.language)
	}
	return lang.For(p.language)
}

// view is what the document's template sees.
type view struct {
	Lang  string
	Cast  cast
	Words map[string]string // for the scripts, by key without "demo."
	print *lang.Printer
}

// T is a text by key without "demo.".
func (v view) T(key string) string { return v.print.Text("demo." + key) }

func (p *page) serveDocument(w http.ResponseWriter, r *http.Request) {
	l := p.languageOf(w, r)
	var b bytes.Buffer
	if err := p.document.Execute(&b, view{l.Language(), p.cast, words(l), l}); err != nil {
		http.Error(w, "page: template failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Cookie")
	_, _ = w.Write(b.Bytes())
}
