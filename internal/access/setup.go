package access

import (
	"context"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Setup remembers how far the setting up is, and emergencies.
type Setup interface {
	// AccessChanges is a number that is another one whenever somebody may have lost a
	// right.
	AccessChanges(context.Context) (int64, error)
	SetupFinished(context.Context) (time.Time, error)
	// Duties counts, for each duty, the people who can come in.
	Duties(context.Context) (map[hearth.Standing]int, error)
	// FinishSetup forgets every key of standing admin, for good.
	FinishSetup(ctx context.Context, at time.Time) error

	AddEmergency(context.Context, hearth.Emergency) error
	Emergencies(context.Context) ([]hearth.Emergency, error)
	SetEmergency(ctx context.Context, id, approvedBy string, expires time.Time) error
}

// Limits of emergencies.
const (
	emergencyMost   = 4 * time.Hour // it may last
	emergencyLeast  = time.Minute
	approvalMost    = 30 * time.Minute // after it was asked for
	reasonLeast     = 5                // bytes
	reasonBytesMost = 1000
)

// SetupState is how far the setting up is.
type SetupState struct {
	Finished time.Time               // zero: it is not
	Duties   map[hearth.Standing]int // people of each who can come in
}

// State says how far the setting up is.
func (a *Access) State(ctx context.Context) (s SetupState, err error) {
	if s.Finished, err = a.store.SetupFinished(ctx); err != nil {
		return s, err
	}
	s.Duties, err = a.store.Duties(ctx)
	return s, err
}

// FinishSetup ends the setting up: from then on nobody alone may do everything, and there
// is no way back.
func (a *Access) FinishSetup(ctx context.Context) error { return a.store.FinishSetup(ctx, now()) }

// AskEmergency asks that the administrator who asks be one of everything for a while.
func (a *Access) AskEmergency(ctx context.Context, by hearth.Principal, reason string, lasts time.Duration) (hearth.Emergency, error) {
	e := hearth.Emergency{ID: "e_" + randomDigits(idLen), Person: by.Person, Reason: strings.TrimSpace(reason), Asked: now(), Lasts: lasts.Truncate(time.Second)}
	switch {
	case !inPerson(by):
		return e, hearth.NewError(hearth.NotAllowed)
	case len(e.Reason) < reasonLeast || len(e.Reason) > reasonBytesMost:
		return e, hearth.NewError(hearth.OutOfRange, "field", "the length of reason", "min", reasonLeast, "max", reasonBytesMost).At("reason")
	case e.Lasts < emergencyLeast || e.Lasts > emergencyMost:
		return e, hearth.NewError(hearth.OutOfRange, "field", "minutes", "min", int(emergencyLeast.Minutes()), "max", int(emergencyMost.Minutes())).At("minutes")
	}
	return e, a.store.AddEmergency(ctx, e)
}

// inPerson reports whether one of the three administrators asks who is signed in, not a key
// of theirs.
func inPerson(by hearth.Principal) bool {
	return by.Person != "" && by.Standing.IsDuty() && by.May(hearth.RightSelf)
}

// Emergencies lists all there were, the latest first.
func (a *Access) Emergencies(ctx context.Context) ([]hearth.Emergency, error) {
	return a.store.Emergencies(ctx)
}

// ApproveEmergency lets one begin. Who approves has another duty than who asked.
func (a *Access) ApproveEmergency(ctx context.Context, by hearth.Principal, id string) (hearth.Emergency, error) {
	e, err := a.emergency(ctx, id)
	if err != nil {
		return e, err
	}
	asked, err := a.store.Person(ctx, e.Person)
	switch {
	case err != nil:
		return e, err
	case !inPerson(by):
		return e, hearth.NewError(hearth.NotAllowed)
	case by.Person == e.Person || by.Standing == asked.Standing:
		return e, hearth.NewError(hearth.OwnAffair)
	case !e.Expires.IsZero() || time.Since(e.Asked) > approvalMost:
		return e, hearth.NewError(hearth.NoSuchEmergency, "emergency", id)
	}
	e.ApprovedBy, e.Expires = by.Person, now().Add(e.Lasts)
	return e, a.store.SetEmergency(ctx, id, e.ApprovedBy, e.Expires)
}

// EndEmergency ends one before its time, or before it was approved.
func (a *Access) EndEmergency(ctx context.Context, id string) error {
	if _, err := a.emergency(ctx, id); err != nil {
		return err
	}
	return a.store.SetEmergency(ctx, id, "", now())
}

func (a *Access) emergency(ctx context.Context, id string) (hearth.Emergency, error) {
	list, err := a.store.Emergencies(ctx)
	if err != nil {
		return hearth.Emergency{}, err
	}
	for _, e := range list {
		if e.ID == id {
			return e, nil
		}
	}
	return hearth.Emergency{}, hearth.NewError(hearth.NoSuchEmergency, "emergency", id)
}
