//go:build linux || darwin

package spool

import "syscall"

// freeBytes is the room that the disk of dir has for us.
func freeBytes(dir string) (int64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
