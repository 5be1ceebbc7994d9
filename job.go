package hearth

import (
	"encoding/json"
	"time"
)

// JobKind is a sort of [Job].
type JobKind string

// The kinds.
const (
	JobLine     JobKind = "line"     // of a batch
	JobResponse JobKind = "response" // an answer of the Responses API in the background
	JobTicket   JobKind = "ticket"   // an answer that could not be there in time
	JobMessage  JobKind = "message"  // that something is done, to another program
)

// Job is a request to a door that is answered whoever still listens, and outlives the
// process that took it in: it is done once, whatever happens meanwhile.
type Job struct {
	ID      string
	Owner   string // id of the key
	Kind    JobKind
	Batch   string // of which it is a line; empty if it is none
	Line    int    // from 0
	Name    string // what its maker calls it
	Path    string // where the request would have gone
	From    string // address of the client
	Request string // id of the client's own request; empty where that was not for this alone
	Lang    Language
	Class   Class
	Data    DataClass // empty leaves that to the appliance
	Body    []byte    // of the request; nil when it is done
	Created time.Time
	Expires time.Time // when nobody wants it any more; zero is never
	Tries   int       // begun so often

	State  JobState
	Status int    // of the answer, as HTTP has it; 0 if there is none
	Result []byte // the answer
}

// JobState is how far a job is.
type JobState int

// The states.
const (
	JobWaiting JobState = iota
	JobRunning
	JobDone
	JobHeld // its batch is not complete yet
)

// Outcome is what became of doing a job.
type Outcome struct {
	Status int
	Result []byte

	// Again, if not 0, says that it is to be done again after so long. Owner says that
	// this is because of a limit of its owner or of all: until then the owner's other jobs
	// need not be tried either, and this was not a try that counts.
	Again time.Duration
	Owner bool

	// Forget says that nothing of it need be kept: its answer is elsewhere. Event is then
	// what has become of it, for those who want to be told; empty is nothing worth telling.
	Forget bool
	Event  string
}

// Batch is many jobs that belong together.
type Batch struct {
	ID       string
	Owner    string
	Path     string // where its requests would have gone
	Input    string // id of the file they came in
	Window   string // in which they are to be done, as it was written
	Metadata json.RawMessage
	Problems json.RawMessage // why it failed as a whole; nil if it did not

	State     BatchState
	Created   time.Time
	Expires   time.Time
	Ended     time.Time // zero until then
	Cancelled time.Time // when that was asked for

	Output, Errors string        // ids of the files of its results
	Keep           time.Duration // that these are kept; zero is as long as others are
	Total          int
	Done, Failed   int // of these, answered, and not answered as was asked
}

// BatchState is how far a batch is, as OpenAI calls it.
type BatchState string

// The states.
const (
	BatchValidating BatchState = "validating"
	BatchFailed     BatchState = "failed"
	BatchInProgress BatchState = "in_progress"
	BatchCompleted  BatchState = "completed"
	BatchExpired    BatchState = "expired"
	BatchCancelling BatchState = "cancelling"
	BatchCancelled  BatchState = "cancelled"
)

// File is what a client has put here, or can fetch.
type File struct {
	ID      string
	Owner   string
	Name    string
	Purpose string
	Bytes   int64
	Created time.Time
	Expires time.Time
}
