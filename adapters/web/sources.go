package web

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources are looked at when /metrics is asked for. Each may be nil; each must
// be quick and safe for concurrent use.
type Sources struct {
	// Channels tells which configured channels can receive and send now. The
	// console's bot stands among them under a name of its own.
	Channels func() map[string]bool
	Lanes    func() Lanes
	// Budgets are those worth a line: of accounts and groups. One for each
	// customer would be too many.
	Budgets func() map[string]Budget
	// Backlog is the work on disk: what waits, by family, and how much was given
	// up and stands there for somebody to decide.
	Backlog func(ctx context.Context) (families map[string]Backlog, parked int, err error)
	Store   func() Store
}

// Lanes are the lanes that have work.
type Lanes struct {
	Known    int
	Ready    int // could start if there were a free place
	Later    int // wait for a time
	InFlight int // calls under way
}

// Budget is how much of what a network allows is used now.
type Budget struct {
	Used, Max int
	Waiting   int // lanes
}

// Backlog is the work that waits on disk.
type Backlog struct {
	Jobs  int
	Delay time.Duration // of the oldest that is due
}

// Store is what the store counts since it was opened.
type Store struct {
	Updates, Failed, Commits, Retries uint64
	Waiting                           int
	LogPages                          int64
	// Batches and Times are commits by their number of updates and by their
	// duration: upper bounds, and one bucket above the last. TimeSum is that of
	// all durations.
	BatchBounds []int
	Batches     []uint64
	TimeBounds  []time.Duration
	Times       []uint64
	TimeSum     time.Duration
}

// scrapeMax bounds what a scrape may ask of the store.
const scrapeMax = 2 * time.Second

// Watch adds what is looked at when somebody asks. It is called once.
func (m *Metrics) Watch(s Sources) { m.registry.MustRegister(collector{s}) }

type collector struct{ s Sources }

var (
	channelUp    = desc("channel_up", "Whether a channel receives and sends; the console's bot is among them.", "channel")
	lanesNow     = desc("lanes", "Lanes that have work, by what they do.", "state")
	inFlight     = desc("calls_in_flight", "Calls to networks under way.")
	budgetUsed   = desc("budget_used", "Calls within a budget's present window.", "budget")
	budgetMax    = desc("budget_max", "Calls that a budget's window holds.", "budget")
	budgetWait   = desc("budget_waiting", "Lanes that wait for a budget.", "budget")
	backlogJobs  = desc("backlog_jobs", "Work on disk that waits.", "family")
	backlogDelay = desc("backlog_delay_seconds", "How long the oldest work that is due has waited.", "family")
	jobsParked   = desc("jobs_parked", "Work that was given up and waits for somebody to decide.")
	scrapeFailed = desc("backlog_unknown", "1: the store could not be asked for its backlog.")
	updates      = desc("updates_total", "Changes handed to the store, by how they ended.", "outcome")
	waiting      = desc("updates_waiting", "Changes that wait for the store.")
	batchRetries = desc("commit_retries_total", "Batches that failed and were run one by one.")
	logPages     = desc("store_log_pages", "Pages in the write-ahead log at the last checkpoint.")
	batchSize    = desc("commit_updates", "Changes that share a commit.")
	commitTime   = desc("commit_seconds", "How long a commit took to reach the disk.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parom_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		channelUp, lanesNow, inFlight, budgetUsed, budgetMax, budgetWait, backlogJobs, backlogDelay, jobsParked, scrapeFailed,
		updates, waiting, batchRetries, logPages, batchSize, commitTime,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if c.s.Channels != nil {
		for name, up := range c.s.Channels() {
			gauge(channelUp, flag(up), name)
		}
	}
	if c.s.Lanes != nil {
		l := c.s.Lanes()
		gauge(lanesNow, float64(l.Known), "known")
		gauge(lanesNow, float64(l.Ready), "ready")
		gauge(lanesNow, float64(l.Later), "later")
		gauge(inFlight, float64(l.InFlight))
	}
	if c.s.Budgets != nil {
		for name, b := range c.s.Budgets() {
			gauge(budgetUsed, float64(b.Used), name)
			gauge(budgetMax, float64(b.Max), name)
			gauge(budgetWait, float64(b.Waiting), name)
		}
	}
	c.backlog(gauge)
	if c.s.Store != nil {
		c.store(out, gauge)
	}
}

func (c collector) backlog(gauge func(*prometheus.Desc, float64, ...string)) {
	if c.s.Backlog == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeMax)
	defer cancel()
	families, parked, err := c.s.Backlog(ctx)
	gauge(scrapeFailed, flag(err != nil))
	if err != nil {
		return
	}
	gauge(jobsParked, float64(parked))
	for name, b := range families {
		gauge(backlogJobs, float64(b.Jobs), name)
		gauge(backlogDelay, b.Delay.Seconds(), name)
	}
}

func (c collector) store(out chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	s := c.s.Store()
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	count(updates, s.Updates-s.Failed, "done")
	count(updates, s.Failed, "failed")
	count(batchRetries, s.Retries)
	gauge(waiting, float64(s.Waiting))
	gauge(logPages, float64(s.LogPages))
	bounds := make([]float64, len(s.BatchBounds))
	for i, b := range s.BatchBounds {
		bounds[i] = float64(b)
	}
	// A batch's updates are not summed by the store; all updates are close to it.
	histogram(out, batchSize, bounds, s.Batches, float64(s.Updates))
	seconds := make([]float64, len(s.TimeBounds))
	for i, b := range s.TimeBounds {
		seconds[i] = b.Seconds()
	}
	histogram(out, commitTime, seconds, s.Times, s.TimeSum.Seconds())
}

// histogram shows counts by bucket, the last of which has no bound.
func histogram(out chan<- prometheus.Metric, d *prometheus.Desc, bounds []float64, counts []uint64, sum float64) {
	if len(counts) != len(bounds)+1 {
		return // the source does not count this
	}
	var total uint64
	buckets := map[float64]uint64{}
	for i, n := range counts {
		total += n
		if i < len(bounds) {
			buckets[bounds[i]] = total
		}
	}
	out <- prometheus.MustNewConstHistogram(d, total, sum, buckets)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
