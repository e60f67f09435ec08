// Package web is the gateway's HTTP side: health (/healthz, /readyz) and
// Prometheus metrics (/metrics). It imports core and prometheus/client_golang;
// what it shows of the store and the outbox comes through the functions in
// Sources and Options.Ready, given by cmd. Metrics takes the counts of the
// router, the desk and the outbox by their own small interfaces.
package web
