package guard

import (
	"sync/atomic"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// Guard screens with the library and the policy it has at the moment a text begins.
type Guard struct {
	state   atomic.Pointer[state]
	counted [2]atomic.Uint64 // findings in requests and in answers
}

// state is what a text is screened with; it does not change (G4).
type state struct {
	library *Library // nil without words
	policy  Policy
}

// New makes a guard. library may be nil.
func New(library *Library, p Policy) *Guard {
	g := &Guard{}
	g.Use(library, p)
	return g
}

// Use replaces library and policy for texts that begin from now on.
func (g *Guard) Use(library *Library, p Policy) { g.state.Store(&state{library, p}) }

// Library is the one in use; nil without words.
func (g *Guard) Library() *Library { return g.state.Load().library }

// Policy is the one in use.
func (g *Guard) Policy() Policy { return g.state.Load().policy }

// Report is what screening a whole text came to.
type Report struct {
	Text     string // as it would be let through
	Findings []Finding
	Stopped  bool
}

// tryMax is the longest text that is screened for show.
const tryMax = 1 << 20

// Try screens a text as a request to a model elsewhere would be, or as an answer,
// and shows what came of it.
func (g *Guard) Try(text string, answer bool) (Report, error) {
	if len(text) > tryMax {
		return Report{}, hearth.NewError(hearth.OutOfRange, "field", "text", "min", 0, "max", tryMax)
	}
	s := g.state.Load()
	if answer {
		f := newFilter(s, s.policy.AnswerViews, s.policy.Answer, nil)
		out := f.Write(text) + f.End()
		return Report{out, f.Seen, f.Stopped != nil}, nil
	}
	out, seen, stopped := s.request(text, s.policy.Cloud, NewVault())
	return Report{out, seen, stopped != nil}, nil
}

// request screens a whole text. Views that need one are used too.
func (s *state) request(text string, kinds map[Kind]Action, vault *Vault) (string, []Finding, *Finding) {
	f := newFilter(s, s.policy.RequestViews, kinds, vault)
	if f.idle() {
		return text, nil, nil
	}
	if f.matcher != nil {
		f.matcher = nil // what it would find, and more, is given to the filter at once
		for _, m := range s.library.Find(text, s.policy.RequestViews) {
			f.word(m)
		}
	}
	if f.scanner != nil {
		f.scanner.Feed(text)
		f.scanner.End()
	}
	f.text = []byte(text)
	out := f.release(len(text))
	return out, f.Seen, f.Stopped
}

// Runes counts characters, which is what spans are shown in where people read them.
func Runes(text string, at int) int { return utf8.RuneCountInString(text[:at]) }
