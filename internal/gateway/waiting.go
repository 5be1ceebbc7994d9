package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// How clients are kept whose answer is not streamed, and who can be told nothing while
// they wait. Official clients ask again by themselves when they are told to; so they are
// sent away, with their place kept, before they or a proxy would give up: Node's fetch
// waits five minutes for a status. Others are sent a status of 200 after a while and
// then blanks, which JSON may begin with; what fails after that can only be cut off.
const (
	holdMax   = 240 * time.Second
	holdSlack = 5 * time.Second // before the client's own limit
	asksUsual = 3               // an official client asks so often, unless told otherwise
	padAfter  = 25 * time.Second
	padEvery  = 10 * time.Second
)

// comesBack reports whether the client is one that obeys X-Should-Retry. All that
// Stainless generates do: OpenAI's, Anthropic's and others'.
func (x *exchange) comesBack() bool { return x.r.Header.Get("X-Stainless-Lang") != "" }

// hold is how long such a client is held; 0 if it is so impatient that it means to give
// up.
func (x *exchange) hold() time.Duration {
	for _, name := range []string{"X-Stainless-Read-Timeout", "X-Stainless-Timeout"} {
		if s, err := strconv.ParseFloat(x.r.Header.Get(name), 64); err == nil && s > 0 && s < holdMax.Seconds() {
			if hold := time.Duration(s*float64(time.Second)) - holdSlack; hold >= holdSlack {
				return hold
			}
			return 0
		}
	}
	return holdMax
}

// wishes takes from the headers how soon the answer is wanted.
func (x *exchange) wishes(r *hearth.Request) error {
	if x.job != nil {
		r.Class, r.Deadline, r.DataClass = x.job.Class, x.job.Expires, x.job.Data
		return nil
	}
	r.Class = hearth.ClassDefault
	switch c := hearth.Class(x.r.Header.Get("X-Hearth-Class")); c {
	case "":
	case hearth.ClassInteractive, hearth.ClassDefault, hearth.ClassBulk:
		r.Class = c
	default:
		return hearth.NewError(hearth.NotOneOf, "field", "X-Hearth-Class", "choices", "interactive, default, bulk").At("X-Hearth-Class")
	}
	var err error
	if r.DataClass, err = x.dataClass(); err != nil {
		return err
	}
	text := x.r.Header.Get("X-Hearth-Deadline")
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if s, number := strconv.ParseFloat(text, 64); number == nil {
		d, err = time.Duration(min(s, deadlineMax.Seconds())*float64(time.Second)), nil
	}
	if err != nil || d <= 0 || d > deadlineMax {
		return hearth.NewError(hearth.InvalidValue, "field", "X-Hearth-Deadline", "detail",
			hearth.Words{"it is not a time such as 30s or 2m, up to 720h", "不是 30s、2m 这样的时长（最长 720h）"}).At("X-Hearth-Deadline")
	}
	r.Deadline = time.Now().Add(d)
	return nil
}

// dataClass is of which class the client says that what it asks is; empty is that it says
// nothing.
func (x *exchange) dataClass() (hearth.DataClass, error) {
	d := hearth.DataClass(x.r.Header.Get("X-Hearth-Data-Class"))
	if d != "" && !slices.Contains(hearth.DataClasses(), d) {
		return "", hearth.NewError(hearth.NotOneOf, "field", "X-Hearth-Data-Class", "choices", "public, internal, confidential, secret").At("X-Hearth-Data-Class")
	}
	return d, nil
}

// deadlineMax is the longest that may be asked for.
const deadlineMax = 720 * time.Hour

// digest tells bodies apart.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return string(sum[:])
}

// stepped says in the headers what was changed about the request so that its answer comes
// sooner.
func (x *exchange) stepped(c hearth.Chunk) {
	if c.Steps != "" && !x.padded {
		x.w.Header().Set("X-Hearth-Steps", c.Steps)
	}
}

// credit says in the headers who made the answer, and how long it waited in line, in
// truth and as was expected.
func (x *exchange) credit(c hearth.Chunk) {
	x.stepped(c)
	if c.ServedBy != "" {
		x.w.Header().Set("X-Hearth-Served-By", c.ServedBy)
		x.allow()
	}
	for name, d := range map[string]time.Duration{"X-Hearth-Queue-Ms": c.Waited, "X-Hearth-Queue-Expected-Ms": c.Expected} {
		if d > 0 {
			x.w.Header().Set(name, strconv.FormatInt(d.Milliseconds(), 10))
		}
	}
}

// collect waits for a whole answer.
func (x *exchange) collect(r *hearth.Request, take func(hearth.Chunk)) error {
	if err := x.wishes(r); err != nil {
		return err
	}
	hold := time.Duration(0)
	if x.digest != "" {
		hold = x.hold()
	}
	if hold > 0 {
		r.Ticket = x.by.KeyID + "\x00" + x.r.URL.Path + "\x00" + x.digest
		if last := time.Now().Add(asksUsual * hold); r.Deadline.IsZero() || last.Before(r.Deadline) {
			r.Deadline = last
		}
	}
	ctx, cancel := context.WithCancelCause(x.r.Context())
	steps := pull(ctx, x.answer(ctx, r))
	defer func() {
		cancel(nil)
		for range steps { // until the answer has let go of what it held
		}
	}()
	var place *hearth.Place
	patience := time.NewTimer(cmp.Or(hold, padAfter))
	defer patience.Stop()
	if x.job != nil { // nobody is kept waiting
		patience.Stop()
	}
	x.forgetBody()
	for {
		select {
		case step, more := <-steps:
			switch c := step.chunk; {
			case !more:
				return x.cut(x.r.Context().Err())
			case step.err != nil:
				return x.cut(x.instead(x.fieldOf(r, step.err)))
			case c.Place != nil:
				place = c.Place
				x.stepped(c)
			default:
				x.credit(c)
				take(c)
			}
		case <-patience.C:
			if hold > 0 {
				return x.sendAway(cancel, place)
			}
			if err := x.pad(); err != nil {
				return &begunError{err}
			}
			patience.Reset(padEvery)
		}
	}
}

// sendAway asks the client to come back, and whoever keeps its place to keep it.
func (x *exchange) sendAway(cancel context.CancelCauseFunc, place *hearth.Place) error {
	kept := hearth.NewError(hearth.PlaceKept)
	cancel(kept)
	if place != nil && place.Position > 0 {
		x.w.Header().Set("X-Hearth-Queue-Position", strconv.Itoa(place.Position))
		if place.Wait > 0 {
			x.w.Header().Set("X-Hearth-Queue-Eta", strconv.Itoa(int(math.Ceil(place.Wait.Seconds()))))
		}
	}
	return kept
}

// pad sends a blank, the first time after a status.
func (x *exchange) pad() error {
	if !x.padded {
		x.padded = true
		x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
		x.w.Header().Set("X-Accel-Buffering", "no")
		x.w.WriteHeader(http.StatusOK)
	}
	rc := http.NewResponseController(x.w)
	_ = rc.SetWriteDeadline(time.Now().Add(x.WriteMax))
	if _, err := x.w.Write([]byte("\n")); err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	if err := rc.Flush(); err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	return nil
}

// cut makes err end the connection if a good status was sent already, so that nobody
// takes what there is for an answer.
func (x *exchange) cut(err error) error {
	if err == nil || !x.padded {
		return err
	}
	return &begunError{&door.Cut{Err: x.explain(err)}}
}
