package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parom/core"
)

// Bounds of the server. Nothing it answers is large or slow.
const (
	headerMaxBytes = 16 << 10
	bodyMaxBytes   = 64 << 10
	headerMax      = 5 * time.Second
	requestMax     = 10 * time.Second
	answerMax      = 30 * time.Second
	idleMax        = time.Minute
	scrapesAtOnce  = 4
	stopMax        = 3 * time.Second
)

// Options make a Server. Listen is required.
type Options struct {
	Listen  string // host:port
	Log     *slog.Logger
	Clock   core.Clock
	Metrics *Metrics // nil: no /metrics
	// Ready is asked by /readyz, at most once a second. nil: always ready.
	Ready func(context.Context) Readiness
}

// Server is the gateway's own HTTP server.
type Server struct {
	log      *slog.Logger
	web      *http.Server
	listener net.Listener
}

// Listen takes the address; Run serves on it. Who does not call Run calls Close.
func Listen(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return &Server{log: o.Log, listener: l, web: &http.Server{
		Handler:           http.MaxBytesHandler(handler(o), bodyMaxBytes),
		MaxHeaderBytes:    headerMaxBytes,
		ReadHeaderTimeout: headerMax,
		ReadTimeout:       requestMax,
		WriteTimeout:      answerMax,
		IdleTimeout:       idleMax,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}}, nil
}

func handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n"))
	})
	ask := o.Ready
	if ask == nil {
		ask = func(context.Context) Readiness { return Readiness{Store: Part{Up: true}, Console: Part{Up: true}} }
	}
	mux.Handle("GET /readyz", &looker{ask: ask, clock: o.Clock})
	if o.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics.registry, promhttp.HandlerOpts{
			MaxRequestsInFlight: scrapesAtOnce, Timeout: requestMax,
		}))
	}
	return mux
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close gives the address back without serving.
func (s *Server) Close() error { return s.listener.Close() }

// Run serves until ctx ends, then lets requests finish for a few seconds and
// returns nil. It is called once.
func (s *Server) Run(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- s.web.Serve(s.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopMax)
	defer cancel()
	if err := s.web.Shutdown(late); err != nil {
		s.log.Warn("web: requests were cut", "reason", err.Error())
		_ = s.web.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: serve: %w", err)
	}
	return nil
}
