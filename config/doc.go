// Package config reads the configuration file: its schema, defaults, and errors
// that name file, line, key and what is allowed. A channel's own part stays raw
// until its adapter's Config decodes it. It imports core and libraries; cmd
// calls it.
package config
