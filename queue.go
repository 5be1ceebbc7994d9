package hearth

import "time"

// Class is how soon an answer is wanted.
type Class string

// The classes, the most urgent first.
const (
	ClassSystem      Class = "system"      // the appliance itself needs it, and others wait on it
	ClassInteractive Class = "interactive" // somebody watches
	ClassDefault     Class = "default"
	ClassBulk        Class = "bulk" // whenever there is time
)

// Line is who waits, and who is being answered.
type Line struct {
	Waiting, Running int // requests, whether or not they are listed
	Requests         []Queued
}

// Queued is a request that waits for its turn or has it.
type Queued struct {
	By       Principal
	Model    string
	Class    Class
	Arrived  time.Time
	Place    Place  // zero once it runs
	ServedBy string // where it runs, empty while it waits
}
