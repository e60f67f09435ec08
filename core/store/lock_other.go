//go:build !unix

package store

// fileLock does nothing where there is no flock: a second process is then not
// refused at start, only SQLite's own locks keep the file whole.
type fileLock struct{}

func acquireLock(string) (*fileLock, error) { return &fileLock{}, nil }

func (l *fileLock) release() error { return nil }
