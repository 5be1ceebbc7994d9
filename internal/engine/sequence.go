package engine

import (
	"sync/atomic"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/grammar"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// request is what a caller asked for: one answer or several.
type request struct {
	*hearth.Completion
	adapter *nn.Adapter // nil is none
	prompt  []int
	masks   *grammar.Masks // of the constraint; nil without one
	out     *outbox
	left    atomic.Bool // the caller has stopped listening

	open  int // choices that have not ended
	usage hearth.Usage
}

// sequence is one choice of a request.
type sequence struct {
	*request
	choice int
	tokens []int // prompt and answer
	kv     nn.Sequence

	// What the loop keeps.
	at      *node // in the tree of prefixes; nil while waiting
	depth   int   // of at: so many pages are the tree's
	arrival int   // on the clock of prompts
	aside   bool  // was put aside once
	share   int   // tokens of the batch to come
	drafts  []int // proposals in the batch, after the share
	guess   guess

	sampler *sampler
	decoder *tokenizer.Decoder
	stops   stops
	odds    []pendingOdds
	safe    string // text that is certain and waits for the end of its token
	emitted int    // bytes of the answer
	decoded int    // bytes of the answer, including what is held back

	// twins are the other choices of the request, until this one's prompt is
	// computed and they can have a copy.
	twins []*sequence
}

// pendingOdds are the log-probabilities of a token whose text ends at byte end of
// the answer; that of a token in the middle of a character ends with the character.
type pendingOdds struct {
	hearth.TokenLogProb
	end int
}

func newSequence(r *request, choice int, t *tokenizer.Tokenizer) *sequence {
	s := &sequence{request: r, choice: choice, tokens: append(make([]int, 0, len(r.prompt)+min(r.MaxTokens, roomTokens)), r.prompt...),
		sampler: newSampler(r.Sampling, choice, r.prompt),
		decoder: t.Decoder(tokenizer.Decoding{Continues: true, Control: r.ShowControl}),
		stops:   newStops(r.Stop, r.Aside)}
	s.kv.Adapter = r.adapter
	s.sampler.held = hold(r.masks)
	if !r.IgnoreEnd {
		s.sampler.ends = t.Ends()
	}
	return s
}

// rest is how many tokens are to be computed before the next can be drawn, at
// least one.
func (s *sequence) rest() int { return len(s.tokens) - s.kv.Len }

// answered is how many tokens of the answer there are.
func (s *sequence) answered() int { return len(s.tokens) - len(s.prompt) }

// accept takes the logits after the last token, draws the next one and sends what
// is certain of the text. It reports whether the sequence has ended.
func (s *sequence) accept(logits []float32, t *tokenizer.Tokenizer, context int) bool {
	raw := logits
	if s.LogProbs {
		raw = append([]float32(nil), logits...) // the sampler changes its own
	}
	id := s.sampler.next(logits)
	s.tokens = append(s.tokens, id)
	s.usage.CompletionTokens++
	if t.IsEnd(int32(id)) && !s.IgnoreEnd {
		s.end("", hearth.FinishStop)
		return true
	}
	closed, err := s.sampler.held.take(id)
	if err != nil {
		s.open = 0
		s.out.close(err)
		s.left.Store(true)
		return true
	}
	text := s.decoder.Push(int32(id))
	if s.LogProbs {
		s.odds = append(s.odds, pendingOdds{s.oddsOf(raw, id, t), unknown})
	}
	s.decode(len(text))
	out, stopped := s.stops.feed(text)
	switch {
	case stopped:
		s.send(out, hearth.FinishStop)
		return true
	case closed:
		s.end(out, hearth.FinishStop)
		return true
	case s.answered() == s.MaxTokens || len(s.tokens) == context:
		s.end(out, hearth.FinishLength)
		return true
	}
	s.send(out, "")
	return false
}

// end sends the last text that is certain, then what was held back, and ends the
// choice.
func (s *sequence) end(text string, why hearth.FinishReason) {
	last := s.decoder.Flush()
	s.decode(len(last))
	rest, stopped := s.stops.feed(last)
	if !stopped {
		rest += s.stops.flush()
	}
	s.send(text+rest, why)
}

// roomTokens is for how long an answer there is room from the start.
const roomTokens = 4096

// unknown is where a token ends whose character is not complete.
const unknown = -1

// decode counts text, and lets the tokens end that waited for it.
func (s *sequence) decode(n int) {
	if n == 0 {
		return
	}
	s.decoded += n
	for i := len(s.odds) - 1; i >= 0 && s.odds[i].end == unknown; i-- {
		s.odds[i].end = s.decoded
	}
}

// send puts a piece of the answer into the outbox. Where log-probabilities are
// wanted, pieces end where tokens do, so that a piece and its tokens belong together.
func (s *sequence) send(text string, why hearth.FinishReason) {
	s.safe += text
	n, tokens := len(s.safe), 0
	if s.LogProbs {
		n, tokens = s.whole(why != "")
	}
	c := hearth.Chunk{Choice: s.choice, Text: s.safe[:n], Tokens: 1, Finish: why}
	if why == hearth.FinishStop {
		c.StopString = s.stops.found
	}
	for _, o := range s.odds[:tokens] {
		c.LogProbs = append(c.LogProbs, o.TokenLogProb)
	}
	s.safe, s.odds, s.emitted = s.safe[n:], s.odds[tokens:], s.emitted+n
	if why != "" {
		if s.open--; s.open == 0 {
			s.usage.PromptTokens = len(s.prompt)
			u := s.usage
			c.Usage = &u
		}
	}
	s.out.put(c)
	if s.open == 0 {
		s.out.close(nil)
	}
}

// whole is how much of the safe text is whole tokens, and how many; all of it, if it
// is the last.
func (s *sequence) whole(last bool) (n, tokens int) {
	for tokens < len(s.odds) && s.odds[tokens].end != unknown && s.odds[tokens].end <= s.emitted+len(s.safe) {
		n = s.odds[tokens].end - s.emitted
		tokens++
	}
	if last {
		n = len(s.safe)
	}
	return n, tokens
}

func (s *sequence) oddsOf(logits []float32, id int, t *tokenizer.Tokenizer) hearth.TokenLogProb {
	own, ids, tops := likeliest(logits, id, s.TopLogProbs)
	odds := tokenOdds(t, id, own)
	for i, other := range ids {
		odds.Top = append(odds.Top, tokenOdds(t, other, tops[i]))
	}
	return odds
}

func tokenOdds(t *tokenizer.Tokenizer, id int, logProb float64) hearth.TokenLogProb {
	return hearth.TokenLogProb{Token: t.Decode([]int32{int32(id)}, tokenizer.Decoding{Continues: true, Control: true}),
		Bytes: []byte(t.Piece(int32(id))), LogProb: logProb}
}
