//go:build race

package outbox_test

func init() { raceDetector = true }
