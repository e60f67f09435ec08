//go:build !linux

package bench

// dropCaches does nothing here: the start is less cold than on Linux.
func dropCaches(string) {}
