package web

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parom/core"
)

func sorted(s []string) []string { slices.Sort(s); return s }

// The alerts that are shipped ask for metrics and labels that there are.
func TestAlerts_NameWhatMetricsServe(t *testing.T) {
	b, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Skip("deploy/ is not beside the test")
	}
	m := NewMetrics("")
	m.JobParked("shop", core.Rejected)
	m.Sent("customer", "shop", 0, time.Second)
	m.Watch(Sources{})
	served := map[string]bool{}
	described := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(described)
	close(described)
	name := regexp.MustCompile(`fqName: "(parom_[a-z_]+)"`)
	for d := range described {
		if found := name.FindStringSubmatch(d.String()); found != nil {
			served[found[1]] = true
		}
	}
	asked := regexp.MustCompile(`parom_[a-z_]+`).FindAllString(string(b), -1)
	for _, a := range asked {
		if !served[strings.TrimSuffix(a, "_bucket")] {
			t.Errorf("alerts.yaml asks for %s, which is not served", a)
		}
	}
	if len(asked) < 5 {
		t.Errorf("only %v asked for: the search is broken", asked)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if strings.Contains(line, "messages to {{ $labels.channel }}") {
			t.Error("parom_backlog_delay_seconds has no label channel, but family")
		}
	}
}
