// Package bench measures the gateway against a fixed floor, in one run: one
// line a figure, tab-separated name, value, unit, goal, and met or short. What
// is measured, and how, is in docs/performance.md. It may import everything
// but the test kits; main calls it.
package bench
