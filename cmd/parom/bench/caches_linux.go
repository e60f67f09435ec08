package bench

import (
	"os"
	"syscall"
)

// dontNeed is POSIX_FADV_DONTNEED: fadvise64(2).
const dontNeed = 4

// dropCaches has the system forget what it holds of a file, so that a start is
// cold. What it keeps all the same makes the start less cold, no more.
func dropCaches(path string) {
	for _, p := range []string{path, path + "-wal"} {
		f, err := os.Open(p)
		if err != nil {
			continue
		}
		_ = f.Sync()
		_, _, _ = syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0)
		_ = f.Close()
	}
}
