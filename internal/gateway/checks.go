package gateway

import (
	"fmt"

	"github.com/hearthbox/hearth"
)

// Limits of a request, beyond the size of its body.
const (
	choicesMax     = 16
	stopsMax       = 16
	stopBytesMax   = 512
	topLogProbsMax = 20
	biasesMax      = 1024
	maxTokensMax   = 1 << 24
	modelBytesMax  = 256
)

// checks remembers the first thing that is wrong, so that a list of checks reads as
// a list.
type checks struct{ err error }

func (c *checks) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *checks) model(name string) {
	switch {
	case name == "":
		c.fail(missing("model"))
	case len(name) > modelBytesMax:
		c.fail(outOfRangeIn("model", "the length of model", 1, modelBytesMax))
	}
}

func outOfRange(field string, lo, hi any) error { return outOfRangeIn(field, field, lo, hi) }

// outOfRangeIn is for something about a field that has no name of its own.
func outOfRangeIn(field, what string, lo, hi any) error {
	return hearth.NewError(hearth.OutOfRange, "field", what, "min", lo, "max", hi).At(field)
}

func missing(field string) error {
	return hearth.NewError(hearth.MissingValue, "field", field).At(field)
}

func unsupported(field, what string) error {
	return hearth.NewError(hearth.Unsupported, "what", what[:min(len(what), modelBytesMax)]).At(field)
}

func (c *checks) integer(field string, v *int, lo, hi, otherwise int) int {
	if v == nil {
		return otherwise
	}
	if *v < lo || *v > hi {
		c.fail(outOfRange(field, lo, hi))
	}
	return *v
}

func (c *checks) optional(field string, v *float64, lo, hi float64) *float64 {
	if v != nil && !(*v >= lo && *v <= hi) {
		c.fail(outOfRange(field, lo, hi))
	}
	return v
}

func (c *checks) number(field string, v *float64, lo, hi, otherwise float64) float64 {
	if c.optional(field, v, lo, hi) == nil {
		return otherwise
	}
	return *v
}

// topK takes the -1 that some clients send for "all".
func (c *checks) topK(v *int) int {
	return max(0, c.integer("top_k", v, -1, 1<<20, 0))
}

func (c *checks) stops(field string, stops []string) []string {
	if len(stops) > stopsMax {
		c.fail(outOfRangeIn(field, "the number of stop strings", 0, stopsMax))
	}
	for i, s := range stops {
		if s == "" || len(s) > stopBytesMax {
			c.fail(outOfRangeIn(field, fmt.Sprintf("the length of %s[%d]", field, i), 1, stopBytesMax))
		}
	}
	return stops
}
