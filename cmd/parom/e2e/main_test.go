package e2e

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain finds goroutines that outlive a whole gateway.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
