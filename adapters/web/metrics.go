package web

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parom/core"
)

// sent is the outcome of a call without a reason of failure.
const sent = "sent"

// Metrics counts what the gateway does, on a registry of its own. It implements
// the Metrics of the router and the desk; Calls makes that of the outbox. All
// methods may be called from any goroutine and do not block.
type Metrics struct {
	registry *prometheus.Registry

	taken    *prometheus.CounterVec
	repeated *prometheus.CounterVec
	parked   *prometheus.CounterVec
	acts     *prometheus.CounterVec
	merged   prometheus.Histogram
	calls    *prometheus.CounterVec
	late     *prometheus.HistogramVec
	given    *prometheus.CounterVec
}

// NewMetrics makes the metrics. version is the program's own.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		taken:    counter("events_total", "Events of customers taken in.", "channel", "kind"),
		repeated: counter("events_repeated_total", "Events that had been taken before.", "channel"),
		parked:   counter("events_parked_total", "Events that could not be taken and were named to the operators.", "channel"),
		acts:     counter("acts_total", "What operators did.", "kind"),
		merged: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "parom", Name: "messages_per_post",
			Help:    "Messages of customers that share one post in the group.",
			Buckets: []float64{1, 2, 3, 4, 6, 8, 12, 20},
		}),
		calls: counter("sends_total", "Calls to networks by how they ended: sent, or the reason they were not.", "channel", "family", "outcome"),
		late: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "parom", Name: "send_delay_seconds",
			Help:    "From when work was due to its success. Family topic: intake to shown; family customer: answer (after its hold) to sent.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{"family"}),
		given: counter("jobs_parked_total", "Work that was given up; the topic shows the cause.", "channel", "reason"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "parom", Name: "build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.taken, m.repeated, m.parked, m.acts, m.merged, m.calls, m.late, m.given, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "parom", Name: name, Help: help}, labels)
}

// Taken counts an event of a customer.
func (m *Metrics) Taken(channel core.ChannelID, kind string) {
	m.taken.WithLabelValues(string(channel), bare(kind)).Inc()
}

// Repeated counts an event that had been taken before.
func (m *Metrics) Repeated(channel core.ChannelID) {
	m.repeated.WithLabelValues(string(channel)).Inc()
}

// Parked counts an event that cannot be taken.
func (m *Metrics) Parked(channel core.ChannelID) {
	m.parked.WithLabelValues(string(channel)).Inc()
}

// Act counts what an operator did.
func (m *Metrics) Act(kind string) { m.acts.WithLabelValues(bare(kind)).Inc() }

// Shown counts a post and how many messages it holds.
func (m *Metrics) Shown(merged int) { m.merged.Observe(float64(merged)) }

// JobParked counts work that was given up.
func (m *Metrics) JobParked(channel string, reason core.Reason) {
	m.given.WithLabelValues(channel, reason.String()).Inc()
}

// Sent counts a call that has ended. late is from its due time; a zero reason is
// success.
func (m *Metrics) Sent(family, channel string, reason core.Reason, late time.Duration) {
	outcome := sent
	if reason != 0 {
		outcome = reason.String()
	} else {
		m.late.WithLabelValues(family).Observe(late.Seconds())
	}
	m.calls.WithLabelValues(channel, family, outcome).Inc()
}

// Calls is Metrics as the outbox wants it, whose families have a type of their
// own. Name gives a family's label: customer, topic and so on.
type Calls[Family ~string] struct {
	Metrics *Metrics
	Name    func(Family) string
}

// Called counts a call that has ended.
func (c Calls[Family]) Called(family Family, channel string, reason core.Reason, late time.Duration) {
	c.Metrics.Sent(c.Name(family), channel, reason, late)
}

// bare is a kind without the package that %T puts in front.
func bare(kind string) string {
	kind = strings.TrimLeft(kind, "*")
	if i := strings.LastIndexByte(kind, '.'); i >= 0 {
		kind = kind[i+1:]
	}
	return strings.ToLower(kind)
}
