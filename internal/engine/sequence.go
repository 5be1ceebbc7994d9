package engine

import (
	"sync/atomic"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// request is what a caller asked for: one answer or several.
type request struct {
	*hearth.Completion
	prompt []int
	out    *outbox
	left   atomic.Bool // the caller has stopped listening

	open  int // choices that have not ended
	usage hearth.Usage
}

// sequence is one choice of a request.
type sequence struct {
	*request
	choice int
	tokens []int // prompt and answer
	kv     nn.Sequence

	sampler *sampler
	decoder *tokenizer.Decoder
	stops   stops
	odds    []pendingOdds
	emitted int // bytes of the answer
	decoded int // bytes of the answer, including what is held back

	// twins are the other choices of the request, until this one's prompt is
	// computed and they can have a copy.
	twins []*sequence
}

// pendingOdds are the log-probabilities of a token whose text ends at byte end of
// the answer.
type pendingOdds struct {
	hearth.TokenLogProb
	end int
}

func newSequence(r *request, choice int, t *tokenizer.Tokenizer) *sequence {
	return &sequence{request: r, choice: choice, tokens: append([]int(nil), r.prompt...),
		sampler: newSampler(r.Sampling, choice, r.prompt),
		decoder: t.Decoder(tokenizer.Decoding{Continues: true, Control: r.ShowControl}),
		stops:   newStops(r.Stop, r.Aside)}
}

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
	if t.IsEnd(int32(id)) {
		s.end("", hearth.FinishStop)
		return true
	}
	text := s.decoder.Push(int32(id))
	s.decoded += len(text)
	if s.LogProbs {
		s.odds = append(s.odds, pendingOdds{s.oddsOf(raw, id, t), s.decoded})
	}
	out, stopped := s.stops.feed(text)
	switch {
	case stopped:
		s.send(out, hearth.FinishStop)
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
	rest, stopped := s.stops.feed(s.decoder.Flush())
	if !stopped {
		rest += s.stops.flush()
	}
	s.send(text+rest, why)
}

// send puts a piece of the answer into the outbox, with the log-probabilities of
// the tokens it completes.
func (s *sequence) send(text string, why hearth.FinishReason) {
	s.emitted += len(text)
	c := hearth.Chunk{Choice: s.choice, Text: text, Tokens: 1, Finish: why}
	for len(s.odds) > 0 && s.odds[0].end <= s.emitted {
		c.LogProbs = append(c.LogProbs, s.odds[0].TokenLogProb)
		s.odds = s.odds[1:]
	}
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
