//go:build crashpoints

package gateway

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// trap kills the process, without any farewell, at the n-th time it comes to a
// point named by PAROM_CRASH_AT as "point:n".
var trap = func() func(string) {
	point, count, ok := strings.Cut(os.Getenv("PAROM_CRASH_AT"), ":")
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return nil
	}
	var left atomic.Int64
	left.Store(n)
	return func(at string) {
		if at == point && left.Add(-1) == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}()
