package hearth

import "time"

// TrustPolicy says what is done about advertising in the answers to somebody: to an app,
// which is a key, or to all of a person, a department or a tenant. The narrowest counts.
type TrustPolicy struct {
	Scope   Scope
	Action  string // off, label, strip, block
	Changed time.Time
}

// ProbeRun is what came of asking a model a set of probes.
type ProbeRun struct {
	ID     string
	Set    string
	Model  string
	At     time.Time
	Result []byte // JSON
}

// ProbeQuery narrows a list of runs; its zero value narrows nothing.
type ProbeQuery struct {
	Set, Model string
	Since      time.Time
	Until      time.Time // not included
	Limit      int
}
