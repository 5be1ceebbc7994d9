package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// Encoder is a loaded model that makes vectors of texts, and then it is a
// hearth.Embedder, or that says how well they answer a query, and then it is a
// hearth.Reranker. Texts of all its requests are computed together, as many as fit
// into a batch.
type Encoder struct {
	life
	id      string
	task    string
	nn      *nn.Model
	tokens  *tokenizer.Tokenizer
	pairs   pairs
	context int
	limit   Options

	loop encoding

	// Under life's lock.
	jobs  []*job // in the order of their turns
	stats Stats
}

var (
	_ hearth.Embedder = (*Encoder)(nil)
	_ hearth.Reranker = (*Encoder)(nil)
)

// job is a request: texts to compute, and what came of them.
type job struct {
	texts   []*text
	next    int // the first text that has not begun
	left    atomic.Bool
	open    int // texts that are not done
	vectors [][]float32
	scores  []float64
	err     error
	done    chan struct{}
}

// text is one text of a job.
type text struct {
	*job
	index  int
	ids    []int
	second int // where its second segment begins; len(ids) if it has one only
	kv     nn.Sequence
	pooled nn.Pooled
}

// Task is what the model in a file is for, by the file's directory.
func Task(f *gguf.File) string {
	switch nn.PoolingOf(f) {
	case nn.PoolRank:
		return hearth.TaskReranking
	case nn.PoolNone:
		// Rerankers that say yes or no are often published as the text models they
		// were made from, and only their name tells.
		for _, key := range []string{"general.name", "general.basename"} {
			if name, _ := f.Text(key); strings.Contains(strings.ToLower(name), "reranker") {
				return hearth.TaskReranking
			}
		}
		return hearth.TaskChat
	}
	return hearth.TaskEmbedding
}

// OpenEncoder loads the model in the file under the given name, and starts its loop.
func OpenEncoder(id, path string, o Options) (*Encoder, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, hearth.NewError(hearth.ModelInvalid, "model", id, "detail", err).Because(err)
	}
	var e *Encoder
	err = gguf.Reading(func() error {
		e, err = loadEncoder(id, f, o)
		return err
	})
	if err != nil {
		return nil, errors.Join(loadError(id, err), f.Close())
	}
	go e.run()
	return e, nil
}

func loadEncoder(id string, f *gguf.File, o Options) (*Encoder, error) {
	e := &Encoder{life: newLife(f), id: id, task: Task(f), limit: o}
	if e.task == hearth.TaskChat {
		return nil, wrongTask(id, e.task, hearth.TaskEmbedding)
	}
	var err error
	if e.nn, err = nn.Load(f); err != nil {
		return nil, err
	}
	if e.tokens, err = readTokenizer(f); err != nil {
		return nil, err
	}
	if e.tokens.Size() > e.nn.Vocab {
		return nil, fmt.Errorf("the vocabulary has %d tokens and the model only %d", e.tokens.Size(), e.nn.Vocab)
	}
	if e.task == hearth.TaskReranking {
		model, _ := f.Text("tokenizer.ggml.model")
		if e.pairs, err = newPairs(e.nn, e.tokens, model != "bert"); err != nil {
			return nil, err
		}
	}
	e.context = e.nn.Context
	if o.ContextTokens > 0 {
		e.context = min(e.context, o.ContextTokens)
	}
	return e, e.loop.init(e)
}

// Embed implements [hearth.Embedder].
func (e *Encoder) Embed(ctx context.Context, r *hearth.EmbeddingRequest) (*hearth.Embeddings, error) {
	if e.task != hearth.TaskEmbedding {
		return nil, wrongTask(e.id, e.task, hearth.TaskEmbedding)
	}
	if r.Dimensions < 0 || r.Dimensions > e.nn.Embedding {
		return nil, hearth.NewError(hearth.OutOfRange, "field", "dimensions", "min", 1, "max", e.nn.Embedding).At("dimensions")
	}
	j := &job{}
	for _, t := range r.Texts {
		ids := append([]int32(nil), e.tokens.Opening()...)
		ids = append(e.tokens.AppendLiteral(ids, t), e.tokens.Closing()...)
		j.add(ids, len(ids))
	}
	usage, err := e.compute(ctx, j)
	if err != nil {
		return nil, err
	}
	for i, v := range j.vectors {
		if r.Dimensions > 0 {
			v = v[:r.Dimensions]
		}
		j.vectors[i] = unit(v)
	}
	return &hearth.Embeddings{ServedBy: e.String(), Vectors: j.vectors, Usage: usage}, nil
}

// Rerank implements [hearth.Reranker].
func (e *Encoder) Rerank(ctx context.Context, r *hearth.RerankRequest) (*hearth.Ranking, error) {
	if e.task != hearth.TaskReranking {
		return nil, wrongTask(e.id, e.task, hearth.TaskReranking)
	}
	j := &job{}
	for _, t := range r.Texts {
		j.add(e.pairs.encode(r.Query, t))
	}
	usage, err := e.compute(ctx, j)
	if err != nil {
		return nil, err
	}
	return &hearth.Ranking{ServedBy: e.String(), Scores: j.scores, Usage: usage}, nil
}

func wrongTask(id, task, asked string) error {
	return hearth.NewError(hearth.WrongTask, "model", id, "task", task, "asked", asked).At("model")
}

// unit scales a vector to length 1. One that is all zeros stays so.
func unit(v []float32) []float32 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if square == 0 {
		return v
	}
	by := 1 / math.Sqrt(square)
	for i, x := range v {
		v[i] = float32(float64(x) * by)
	}
	return v
}

func (j *job) add(ids []int32, second int) {
	t := &text{job: j, index: len(j.texts), ids: make([]int, len(ids)), second: second}
	for i, id := range ids {
		t.ids[i] = int(id)
	}
	j.texts = append(j.texts, t)
}

// compute puts a job in line and waits for it.
func (e *Encoder) compute(ctx context.Context, j *job) (u hearth.Usage, err error) {
	for i, t := range j.texts {
		field := fmt.Sprintf("texts[%d]", i)
		switch n := len(t.ids); {
		case n == 0:
			return u, hearth.NewError(hearth.InvalidValue, "field", field, "detail", hearth.Words{"it is empty", "内容为空"}).At(field)
		case n > e.context:
			return u, hearth.NewError(hearth.ContextOverflow, "prompt_tokens", n, "answer_tokens", 0, "model", e.id, "context_tokens", e.context).At(field)
		default:
			u.PromptTokens += n
		}
	}
	if len(j.texts) == 0 {
		return u, nil
	}
	if err := e.submit(j); err != nil {
		return u, err
	}
	select {
	case <-j.done:
		return u, j.err
	case <-ctx.Done():
		j.left.Store(true)
		return u, hearth.NewError(hearth.Canceled).Because(context.Cause(ctx))
	}
}

func (e *Encoder) submit(j *job) error {
	j.open, j.done = len(j.texts), make(chan struct{})
	j.vectors, j.scores = make([][]float32, len(j.texts)), make([]float64, len(j.texts))
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed != nil:
		return e.closed
	case len(e.jobs) > e.limit.Waiting:
		return hearth.NewError(hearth.QueueFull, "waiting", len(e.jobs), "model", e.id)
	}
	e.jobs = append(e.jobs, j)
	e.nudge()
	return nil
}

// ContextTokens is the longest a text can be.
func (e *Encoder) ContextTokens() int { return e.context }

// Stats are the counts so far.
func (e *Encoder) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stats
}

// String names what serves.
func (e *Encoder) String() string { return servedBy(e.id) }
