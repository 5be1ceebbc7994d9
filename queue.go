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

	// Why it waits, empty once it runs; Slots is how many answers at once there is room for
	// where it may go.
	Why   WaitReason
	Slots int
}

// WaitReason is why a request has not begun.
type WaitReason string

// The reasons. What is said of one that is not the next is true of the next as well.
const (
	WaitFull    WaitReason = "full"    // all there is room for are being answered
	WaitRoom    WaitReason = "room"    // it is longer than what is free of the cache
	WaitResting WaitReason = "resting" // whatever answers wants to be left alone for a while
	WaitDown    WaitReason = "down"    // whatever answers is out of order, or is drained
	WaitAway    WaitReason = "away"    // its client is gone; the place is kept
)
