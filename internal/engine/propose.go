package engine

// skipsMax is how many places at most pass without a proposal after some did not
// pay: what a text is like can change.
const skipsMax = 64

// propose puts into s what may follow the share it has in the batch, as much as is
// likely to pay.
//
// A proposal pays if its chance to be right is larger than what it adds to the time
// of the batch, in tokens that the batch would give in that time. On a machine that
// waits for memory, the time hardly grows with the batch, and nearly every proposal
// pays; with many answers in the batch it computes all the time, and none does.
func (l *loop) propose(s *sequence, share int) {
	s.drafts = s.drafts[:0]
	g := &s.guess
	most := min(proposalsMax, draftsMax-l.drafted, l.context-len(s.tokens)-1)
	if s.MaxTokens > 0 {
		most = min(most, s.MaxTokens-s.answered()-1)
	}
	if most <= 0 || s.twins != nil || l.limit.Plain {
		return
	}
	if g.skip > 0 {
		g.skip--
		return
	}
	n := l.worth(g.chance(), most)
	if n == 0 {
		g.skips = min(2*g.skips+1, skipsMax)
		g.skip, n = g.skips, 1 // one, to learn whether that has changed
	}
	s.drafts = g.follow(s.drafts, s.tokens, n)
	s.drafts = s.drafts[:s.sampler.held.fitting(s.drafts)]
	for len(s.drafts) > 0 && !l.cache.Grow(&s.kv, share+len(s.drafts)) {
		if !l.known.evict() {
			s.drafts = s.drafts[:len(s.drafts)-1]
		}
	}
}

// worth is how many proposals of that chance pay.
func (l *loop) worth(chance float64, most int) int {
	tokens := l.answers + l.drafted
	now := l.costs.answers.at(tokens)
	each := now / float64(max(1, l.answers)) // the time of a token as it is
	n, odds := 0, chance
	for n < most && now > 0 && odds*each > l.costs.answers.at(tokens+n+1)-l.costs.answers.at(tokens+n) {
		n++
		odds *= chance
	}
	return n
}

// judge learns from how many proposals of s were right.
func (l *loop) judge(s *sequence, right int) {
	l.accepted += right
	if n := len(s.drafts); n > 0 {
		s.guess.judge(right, n)
		if right == n {
			s.guess.skips = 0
		}
	}
}
