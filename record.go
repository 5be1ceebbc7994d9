package hearth

import (
	"context"
	"sync"
	"time"
)

// RecordKind says what sort of event a [Record] is of.
type RecordKind string

// The kinds of event.
const (
	RecordRequest RecordKind = "request" // a model was asked, or had answered
	RecordAccess  RecordKind = "access"  // somebody was let in, or refused
	RecordAdmin   RecordKind = "admin"   // the appliance was changed
	RecordAudit   RecordKind = "audit"   // something happened to the record itself
)

// RecordStage says whether an event begins or has ended. What has no length is
// recorded once, when it has ended.
type RecordStage string

// The stages.
const (
	StageBegun RecordStage = "begun"
	StageEnded RecordStage = "ended"
)

// Record is an entry of the audit record: who did what, from where, to what, and how
// it ended. Fields that say nothing are zero. Its number and its time are given when
// it is written.
type Record struct {
	Kind  RecordKind
	Act   string // what was done: chat, complete, create-key
	Stage RecordStage

	RequestID string
	By        Principal
	From      string // address of the client
	Object    string // what it was done to: a key's id, a model's name

	Model    string // as it was asked for
	ServedBy string // what answered
	Result   Code   // why it failed; empty if it did not
	Finish   FinishReason
	Usage    Usage
	Wait     time.Duration // in line
	First    time.Duration // until the answer began
	Took     time.Duration

	DataClass string
	Verdicts  []Verdict

	Detail string // in English, for people
	Times  int    // how often, where several are recorded as one; 0 means once

	// Content is what was said: kept apart, encrypted, so that it can be destroyed
	// alone, and only where the appliance is set to keep it.
	Content []byte
}

// Verdict is what somebody who looked at a text decided about it.
type Verdict struct {
	By     string // who looked: guard, trust
	Class  string // what was found: pii.phone, topic.medical
	Action string // what was done: allow, label, mask, replace, stop
	Times  int    // how often; 0 means once
}

// Recorder keeps records. Record returns when the record will survive a power cut,
// or with an error when it could not be kept and what it is about must not happen.
type Recorder interface {
	Record(ctx context.Context, r Record) error
}

// Trail is what is found out about a request on its way and belongs into its record.
// Whoever records a request puts one into it; whoever finds something out adds to it.
// A nil Trail takes everything and keeps nothing.
type Trail struct {
	mu       sync.Mutex
	class    string
	verdicts []Verdict
}

// verdictsMax bounds the verdicts of one request.
const verdictsMax = 64

// AddVerdict adds a verdict. The same one again is counted. Beyond 64 different ones,
// new ones are counted as one of the class "more".
func (t *Trail) AddVerdict(v Verdict) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.verdicts) >= verdictsMax && !t.known(v) {
		v = Verdict{By: v.By, Class: "more", Action: v.Action, Times: v.Times}
	}
	for i := range t.verdicts {
		if k := &t.verdicts[i]; k.By == v.By && k.Class == v.Class && k.Action == v.Action {
			k.Times = max(1, k.Times) + max(1, v.Times)
			return
		}
	}
	t.verdicts = append(t.verdicts, v)
}

func (t *Trail) known(v Verdict) bool {
	for _, k := range t.verdicts {
		if k.By == v.By && k.Class == v.Class && k.Action == v.Action {
			return true
		}
	}
	return false
}

// SetDataClass says of which class the data in the request is.
func (t *Trail) SetDataClass(class string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.class = class
}

// Found is what was added so far.
func (t *Trail) Found() (dataClass string, verdicts []Verdict) {
	if t == nil {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.class, append([]Verdict(nil), t.verdicts...)
}
