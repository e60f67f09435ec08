// Package crash holds the crash test: the real program, built with the tag
// crashpoints, bridges a simulated network under load, is killed again and
// again at random moments and at named points, and what people see in the end
// is judged from the simulator alone. `make crash` runs it with KILLS kills;
// `go test` with a few. It holds tests only and is imported by nobody.
package crash
