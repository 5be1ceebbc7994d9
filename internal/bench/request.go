package bench

import (
	"context"
	"math"
	"time"

	"github.com/hearthbox/hearth"
)

// record is what was seen of one request. Moments are counted from the beginning of
// the run; zero ones did not come.
type record struct {
	length             int // tokens of the prompt that were asked for
	due, sent          time.Duration
	first, last, ended time.Duration // first and last piece of the answer, end of the stream
	gaps               []float64     // seconds between pieces
	pieces             int
	usage              *hearth.Usage
	code               hearth.Code // of the error it ended with
	unfinished         bool        // cut because the run ended
}

// ask sends a request, listens to the end, and keeps the record. It reports whether
// there was an answer.
func (r *run) ask(ctx context.Context, i int, q *hearth.Request, due time.Time) bool {
	now := func() time.Duration { return time.Since(r.began) }
	rec := record{length: r.length(i), due: due.Sub(r.began), sent: now()}
	var failure error
	for c, err := range r.Generator.Generate(ctx, q) {
		if failure = err; err != nil {
			rec.code, rec.unfinished = hearth.AsError(err).Code, ctx.Err() != nil
			break
		}
		if c.Usage != nil {
			rec.usage = c.Usage
		}
		if c.Text != "" || c.Reasoning != "" || c.ToolCalls != nil {
			rec.piece(now())
			r.tokens.Add(1)
		}
	}
	rec.ended = now()
	r.done.Add(1)
	r.gaps.Add(int64(len(rec.gaps)))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
	if r.err == nil && !rec.unfinished {
		r.err = failure
	}
	return rec.code == ""
}

// piece notes that a piece of the answer came.
func (rec *record) piece(at time.Duration) {
	if rec.pieces == 0 {
		rec.first = at
	} else {
		rec.gaps = append(rec.gaps, (at - rec.last).Seconds())
	}
	rec.last = at
	rec.pieces++
}

// answerTokens is how many tokens the answer had: as the server counts, or else as
// pieces came.
func (rec *record) answerTokens() int {
	if rec.usage != nil && rec.usage.CompletionTokens > 0 {
		return rec.usage.CompletionTokens
	}
	return rec.pieces
}

// request makes the i-th request.
func (r *run) request(i int) *hearth.Request {
	own := words(draw(r.Seed, promptStream, i), r.scale.words(r.length(i), r.scale.fixed))
	return r.Load.request(i, r.prefix, own, r.Generate)
}

// length is that of the i-th prompt, in tokens.
func (l *Load) length(i int) int {
	return l.Prompts[draw(l.Seed, lengthStream, i).IntN(len(l.Prompts))]
}

func (l *Load) request(index int, system, user string, generate int) *hearth.Request {
	q := &hearth.Request{Model: l.Model, Decoding: hearth.Decoding{MaxTokens: generate, IgnoreEnd: l.IgnoreEnd,
		Sampling: sampling(l.Temperature, l.Seed, index)}}
	if system != "" {
		q.Messages = append(q.Messages, hearth.Message{Role: hearth.RoleSystem, Text: system})
	}
	q.Messages = append(q.Messages, hearth.Message{Role: hearth.RoleUser, Text: user})
	return q
}

// scale is how a server counts tokens, learnt from two requests, because its
// tokenizer is not known here: so many for each word, and so many for what its
// template puts around them.
type scale struct{ perWord, fixed float64 }

// usualScale is that of a server that does not say.
var usualScale = scale{perWord: 1.3}

// Words of the two requests. They are short: on a slow machine they are waited for.
const (
	warmWordsFew  = 16
	warmWordsMany = 96
)

// words is how many make so many tokens, of which some are there anyway.
func (s scale) words(tokens int, there float64) int {
	if tokens == 0 {
		return 0
	}
	return max(1, int(math.Round((float64(tokens)-there)/s.perWord)))
}

// warmUp asks twice, which loads the model and shows how the server counts. The texts
// have nothing in common with those that are measured.
func (l *Load) warmUp(ctx context.Context) (scale, error) {
	few, err := l.promptTokens(ctx, 0, warmWordsFew)
	if err != nil {
		return scale{}, err
	}
	many, err := l.promptTokens(ctx, 1, warmWordsMany)
	if err != nil {
		return scale{}, err
	}
	perWord := float64(many-few) / (warmWordsMany - warmWordsFew)
	if few == 0 || perWord <= 0 {
		return usualScale, nil
	}
	return scale{perWord, max(0, float64(few)-perWord*warmWordsFew)}, nil
}

// promptTokens is how many tokens the server finds in so many words.
func (l *Load) promptTokens(ctx context.Context, index, n int) (tokens int, err error) {
	q := l.request(index, "", words(draw(l.Seed, warmupStream, index), n), 2)
	for c, err := range l.Generator.Generate(ctx, q) {
		if err != nil {
			return 0, err
		}
		if c.Usage != nil {
			tokens = c.Usage.PromptTokens
		}
	}
	return tokens, nil
}
