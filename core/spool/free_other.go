//go:build !linux && !darwin

package spool

// freeBytes is not known here: KeepFreeBytes has no effect.
func freeBytes(string) (int64, bool) { return 0, false }
