// Package packs holds what the appliance knows of trades and places as files: data, not
// code, so that people can read and change it. It is not a reader of them; who uses a
// file says what its form is.
package packs

import "embed"

// Trust is the sets of probes and the table of sources.
//
//go:embed trust/*.yaml
var Trust embed.FS
