package engine

// Speculation by looking up: where the last tokens of a text stood before in it,
// what followed then may follow now (Saxena 2023). The proposals are computed in
// one batch with the token they would follow, at little more than its cost, for
// weights are read once for all of them.
//
// The sampler knows nothing of it: it draws from the logits of a place, and if what
// it drew is what was proposed, the logits of the next place are there already. For
// a proposal that is certain of itself this is the rejection rule of speculative
// sampling (Leviathan et al. 2023): a token of probability p is accepted with
// probability p, and what comes instead has the distribution of the rest. Each
// token takes one number from the random stream, as without proposals, so an answer
// with a seed is the same token for token, whatever was proposed.
const (
	guessTokens  = 3  // that must be the same
	proposalsMax = 8  // of a sequence in a batch
	draftsMax    = 32 // of all of them
	guessSlots   = 1 << 14
)

// guess looks up what may follow in one sequence, and remembers how well that went.
type guess struct {
	last []int32 // by the hash of guessTokens tokens: where they ended last, 0 is nowhere
	seen int     // tokens that are in last

	right, asked float64 // proposals that were right, and were put to the test; fading
	skip, skips  int     // places to let pass, after it did not pay
}

// learn indexes the tokens up to the last but one place; that is looked up first.
func (g *guess) learn(tokens []int) {
	if g.last == nil {
		g.last = make([]int32, slots(len(tokens)))
	}
	for g.seen = max(g.seen, guessTokens); g.seen < len(tokens); g.seen++ {
		g.last[g.slot(tokens[:g.seen])] = int32(g.seen)
	}
}

// slots is a power of two for a text that is so long and grows.
func slots(tokens int) int {
	n := 1 << 10
	for n < 2*tokens && n < guessSlots {
		n *= 2
	}
	return n
}

// slot is where the last tokens of a text stand in the table. Two texts may have the
// same; the later one has it then.
func (g *guess) slot(tokens []int) int {
	var h uint64
	for _, t := range tokens[len(tokens)-guessTokens:] {
		h = (h ^ uint64(t)) * 0x9e3779b97f4a7c15 // as Fibonacci hashing does
	}
	return int(h >> 32 & uint64(len(g.last)-1))
}

// follow appends up to n tokens that may follow, and goes on with those it
// proposed, where the text has just begun to repeat.
func (g *guess) follow(drafts, tokens []int, n int) []int {
	if len(tokens) < guessTokens {
		return drafts
	}
	g.learn(tokens)
	at := int(g.last[g.slot(tokens)])
	if at == 0 || at >= len(tokens) {
		return drafts
	}
	for i := 1; i <= guessTokens; i++ {
		if tokens[at-i] != tokens[len(tokens)-i] {
			return drafts
		}
	}
	for i := range n {
		if at+i < len(tokens) {
			drafts = append(drafts, tokens[at+i])
		} else {
			drafts = append(drafts, drafts[at+i-len(tokens)])
		}
	}
	return drafts
}

// chance is how likely the next proposal is right, if all before it were. Who never
// tried is hopeful.
func (g *guess) chance() float64 { return (g.right + 1) / (g.asked + 2) }

// judge remembers how many of so many proposals were right.
func (g *guess) judge(right, proposed int) {
	const fading = 0.9
	g.right = fading*g.right + float64(right)
	g.asked = fading*g.asked + float64(min(right+1, proposed))
}
