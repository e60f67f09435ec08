// Package e2e holds the end-to-end tests: the whole gateway runs, on the
// simulator, and the tests act as customers and operators only.
package e2e
