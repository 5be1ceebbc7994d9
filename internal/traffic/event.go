package traffic

import "time"

// ID names a request. Its maker never uses one twice.
type ID uint64

// Class is how soon a request is wanted. The lower, the sooner.
type Class int

// The classes.
const (
	System      Class = iota // the appliance's own, on which others wait
	Interactive              // somebody watches
	Default
	Bulk // whenever there is time
	classes
)

// String is the class's name.
func (c Class) String() string { return [...]string{"system", "interactive", "default", "bulk"}[c] }

// Limits are what the queue may hold, waiting requests being counted. None may be 0.
type Limits struct {
	// Of one tenant.
	TenantRequests int
	TenantBytes    int64
	TenantCost     float64

	// Of all together.
	Requests int
	Bytes    int64

	// WaitMax is how long a request of each class may wait.
	WaitMax [classes]time.Duration
}

// Event is something that happened. Events about requests that are not there any more
// are nothing.
type Event interface{ apply(q *Queue) }

// Arrive is a new request.
type Arrive struct {
	ID       ID
	Tenant   string
	Weight   float64 // of the tenant; 0 means 1
	Model    string
	Backends []Option // that answer for the model; [Capacity] has told of each
	Class    Class

	PromptBytes int
	MaxTokens   int      // of each answer; 0 is not said
	Choices     int      // answers asked for; 0 means 1
	Prefix      []uint64 // hashes of longer and longer beginnings of the prompt
	HeldBytes   int64    // memory the request takes while it waits

	Deadline time.Duration // when the answer has to have begun; 0 leaves it to the class
}

// Option is a backend that a request may run on.
type Option struct {
	Backend string
	Rank    int     // 0 is asked first; others only while all of lower rank are out of order
	Weight  float64 // its part of the requests whose beginning nobody knows; 0 leaves that to who has room
}

// Leave is a caller who has gone.
type Leave struct{ ID ID }

// Detach is a caller who has gone and will be back: the request keeps its place but
// does not run. Attach is the return.
type (
	Detach struct{ ID ID }
	Attach struct{ ID ID }
)

// Begun is the first piece of an answer.
type Begun struct{ ID ID }

// Done is the end of an answer, with what it took in tokens; zeros are not known.
// Whole says that it came to its own end, so that its length is worth remembering.
type Done struct {
	ID              ID
	In, Cached, Out int
	Whole           bool

	reasoning int // of Out; what runs next does not depend on it
}

// Busy is a backend that did not take a request. The request waits again, where it was.
// Pause is for how long the backend is left in peace if it had nothing else to do, or if
// it is down and not merely full; each time in a row for twice as long. Asked says that
// the backend itself wants to be left in peace for so long.
type Busy struct {
	ID    ID
	Pause time.Duration
	Down  bool
	Asked bool
}

// Capacity is what a backend takes.
type Capacity struct {
	Backend string
	Slots   int // answers at once; 0 is not known, and found out
	Tokens  int // of prompts and answers together; 0 is no limit
}

// State is how a backend is, as is known from elsewhere than from what it was given.
type State struct {
	Backend string
	Down    bool    // it is not given anything while there are others
	Load    float64 // the part of it that is in use, from 0 to 1; 0 is not known
}

// Tick is time that has passed; [Queue.Wake] says when it is worth telling.
type Tick struct{}

// Action is what is to be done about a request: run it on a backend, or refuse it.
type Action struct {
	ID      ID
	Backend string   // to run on; empty if it is refused
	Refused *Refusal // nil if it runs
}

// Reason says why a request is refused.
type Reason int

// The reasons.
const (
	TenantRequests Reason = iota + 1 // the tenant has so many waiting
	TenantBytes
	TenantCost
	Full        // the queue is
	Unreachable // the wait would be longer than the request may wait
	Expired     // it was
)

// Refusal is a reason, with its figures.
type Refusal struct {
	Reason Reason
	Limit  float64       // of what there is too much
	Wait   time.Duration // expected, or had
	May    time.Duration // how long the request may wait
}

// Place is where a waiting request stands.
type Place struct {
	Position int           // 1 is next
	Wait     time.Duration // expected until it runs; 0 is not known
}
