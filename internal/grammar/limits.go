package grammar

import "fmt"

// Limits of what is compiled (G4).
const (
	sourceBytesMax = 256 << 10 // of a schema, an expression or a grammar
	depthMax       = 128       // of brackets in any of them, and of nested languages
	rulesMax       = 8 << 10
	placesMax      = 128 << 10 // of automata before they are deterministic
	statesMax      = 32 << 10  // of deterministic automata
	workMax        = 8 << 20   // steps of making them so
	copiesMax      = 4096      // of a repeated part, where copies are made
	countMax       = 1 << 30   // of a repetition that is counted
)

// Limits of what is followed and remembered.
const (
	readingsMax   = 1024     // places that a text so far can be at
	rememberMax   = 48 << 20 // bytes of what is known of the vocabulary, by grammar
	warmVisits    = 2 << 20  // nodes of the trie looked at before the first token
	tokenBytesMax = 1 << 12  // longer tokens never come
)

// Trouble is what sort of error a [Error] is.
type Trouble int

// The sorts of errors.
const (
	Invalid     Trouble = iota // it is not what it should be
	Unsupported                // it is, and can't be kept here
	TooLarge                   // a limit is reached
)

// Error says what is wrong with a schema, an expression or a grammar.
type Error struct {
	Trouble Trouble
	Place   string // a JSON pointer ("#/properties/a"), or "line 3, column 7"; empty is the whole
	What    string // the keyword or construct where Unsupported, else what is wrong
}

func (e *Error) Error() string {
	s := e.What
	if e.Trouble == Unsupported {
		s += " is not supported"
	}
	if e.Place == "" {
		return s
	}
	return "at " + e.Place + ": " + s
}

func invalid(place, format string, a ...any) error {
	return &Error{Invalid, place, fmt.Sprintf(format, a...)}
}

func unsupported(place, format string, a ...any) error {
	return &Error{Unsupported, place, fmt.Sprintf(format, a...)}
}

func tooLarge(place, format string, a ...any) error {
	return &Error{TooLarge, place, fmt.Sprintf(format, a...)}
}
