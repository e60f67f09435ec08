package demo

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// What a person with the app could see and do. Other readings of the control
// API show tokens, its other acts change the network itself.
var (
	readings = []string{"chats", "messages", "events"}
	acts     = []string{
		"send", "edit", "delete", "react", "press", "start", "block", "unblock", "vote",
		"close_topic", "reopen_topic", "rename_topic", "delete_topic", "create_topic",
	}
)

const maxActBytes = 2 << 30 // a file of 2 GB is what the apps send at most

// proxyTo adds the way to the simulator at sim to mux.
func proxyTo(mux *http.ServeMux, sim string, log *slog.Logger) error {
	target, err := url.Parse(sim)
	if err != nil {
		return fmt.Errorf("demo: simulator's address: %w", err)
	}
	to := func(prefix string, guard func(http.Header)) http.Handler {
		return plainHeaders(&httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Path = "/_sim/" + prefix + r.In.PathValue("rest")
				r.Out.URL.RawPath = ""
				r.SetURL(target)
				r.Out.Header.Del("Cookie")
			},
			ModifyResponse: func(r *http.Response) error {
				guard(r.Header)
				return nil
			},
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				if r.Context().Err() == nil {
					log.Warn("demo proxy failed", "reason", err.Error())
				}
				http.Error(w, `{"error":"the simulator does not answer"}`, http.StatusBadGateway)
			},
		})
	}
	api := to("", func(h http.Header) {
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
	})
	for _, name := range readings {
		mux.Handle("GET /api/"+name, restAs(name, api))
	}
	for _, name := range acts {
		mux.Handle("POST /api/"+name, bounded(restAs(name, api)))
	}
	// Files are somebody's: opened in a tab of their own they may not run as us.
	mux.Handle("GET /file/{rest}", to("file/", func(h http.Header) {
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'")
		h.Set("X-Content-Type-Options", "nosniff")
	}))
	return nil
}

// plainHeaders takes away what the proxy sets itself: it would stand there twice.
func plainHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Content-Security-Policy", "Cache-Control", "X-Content-Type-Options"} {
			w.Header().Del(name)
		}
		next.ServeHTTP(w, r)
	})
}

func restAs(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("rest", name)
		next.ServeHTTP(w, r)
	})
}

func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxActBytes)
		next.ServeHTTP(w, r)
	})
}
