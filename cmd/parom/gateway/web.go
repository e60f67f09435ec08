package gateway

import (
	"context"
)

// webSide is health, readiness and metrics over HTTP.
type webSide struct{ g *Gateway }

func newWebSide(g *Gateway) *webSide { return &webSide{g} }

func (w *webSide) start(context.Context) error { return nil }
func (w *webSide) stop() error                 { return nil }

// meter counts what the core tells.
type meter interface {
	Taken(channel string)
}

func (g *Gateway) metrics() *gauges { return nil }
