package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/hearthbox/hearth/internal/nn"
)

// A batch computes a token of every running answer, and tokens of prompts.
//
// While answers run, the prompts get as many tokens as take mixedTimes as long as
// the answers alone, by what lately took how long: so a running answer goes on at
// half its pace when prompts come, and prompts get half of the time, however few
// tokens that is: one at least.
// Without answers, prompts are computed in batches as large as pays, but for
// aloneMost: so long a newcomer may have to wait, and so long a canceled prompt
// keeps its slot.
const (
	mixedTimes   = 2
	aloneMost    = 1500 * time.Millisecond
	promptsFirst = 8 // while nothing was measured
	promptsMax   = 512
)

// plan says how many tokens of each sequence the next batch has.
//
// Prompts are served in the order in which they would be done if all had been
// computed alone since they came: the shortest first, but every token computed
// counts for those who waited meanwhile, so none waits for ever. One that an
// earlier one computes a page for waits for it, and takes it.
func (l *loop) plan() {
	l.prompts, l.answers = l.prompts[:0], 0
	for _, s := range l.running {
		l.reuse(s)
		if s.share = 1; s.rest() == 1 {
			l.answers++
			continue
		}
		s.share = 0
		l.prompts = append(l.prompts, s)
	}
	slices.SortStableFunc(l.prompts, func(a, b *sequence) int { return cmp.Compare(a.due(), b.due()) })
	room := l.costs.prompts(l.answers)
	for i, s := range l.prompts {
		if room == 0 {
			break
		}
		if !l.known.off && awaits(s, l.prompts[:i]) {
			continue
		}
		l.reuseTail(s)
		s.share = min(s.rest(), room)
		room -= s.share
	}
}

// due is when s would be done alone, on the clock of prompts.
func (s *sequence) due() int { return s.arrival + s.rest() }

// awaits reports whether one of the others computes the next page of s.
func awaits(s *sequence, others []*sequence) bool {
	upto := (s.kv.Len/nn.PageTokens + 1) * nn.PageTokens
	if upto >= len(s.tokens) {
		return false
	}
	return slices.ContainsFunc(others, func(o *sequence) bool {
		return o.home() == s.home() && upto <= len(o.tokens) && slices.Equal(o.tokens[:upto], s.tokens[:upto])
	})
}

// reuse lets s go on with pages that are known.
func (l *loop) reuse(s *sequence) {
	if s.rest() > 1 {
		s.count(l.known.adopt(s))
	}
}

// reuseTail is reuse for the part of a page.
func (l *loop) reuseTail(s *sequence) { s.count(l.known.adoptTail(s)) }

// count counts tokens of the prompt that were not computed. What a sequence that
// was put aside finds may be its own.
func (s *sequence) count(found int) {
	if s.choice == 0 && !s.aside && s.answered() == 0 {
		s.usage.CachedTokens += found
	}
}
