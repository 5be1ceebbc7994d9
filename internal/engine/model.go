package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// Options bound what a model may use.
type Options struct {
	Workers *Workers

	// ContextTokens is the longest a sequence may grow; 0 means as the model was
	// trained. Either way it is no longer than CacheBytes allow.
	ContextTokens int

	CacheBytes int64 // for the keys and values of all sequences together
	Sequences  int   // computed at once
	Waiting    int   // requests in line beyond those

	// Park is a folder for a file of up to ParkBytes, in which what is known of
	// texts waits that CacheBytes has no room for. Empty is none.
	Park      string
	ParkBytes int64

	// Plain computes nothing on a guess. Answers are the same; what is measured is
	// then the engine, not how predictable a model of random weights is.
	Plain bool
}

// contextMin is the context a file is given at least. Converters of llama2.c models
// state 128 whatever the model was trained with, and no chat fits in less than this.
const contextMin = 512

// ContextTokens is the context of a file that states so many tokens, memory aside.
func ContextTokens(stated int) int {
	if stated == 0 {
		return 0
	}
	return max(stated, contextMin)
}

// Model is a loaded model. It is a hearth.Completer.
type Model struct {
	life
	id          string
	nn          *nn.Model
	tokens      *tokenizer.Tokenizer
	constraints *constraints
	template    string
	context     int
	cached      int // tokens of all sequences together
	limit       Options

	loop loop

	// Under life's lock.
	unloaded []*nn.Adapter // of which something may still be known
	waiting  []*sequence
	stats    Stats
}

// Stats count a model's work.
type Stats struct {
	Running, Waiting int // sequences

	// Since loading:
	PromptTokens int64         // computed
	AnswerTokens int64         // drawn
	Busy         time.Duration // spent computing them
	PutAside     int64         // sequences that had to make room, and were computed again
	Proposed     int64         // tokens computed on the guess that they come next
	Accepted     int64         // of them, those that did

	// Pages that are kept for texts that begin alike, and that no sequence is on.
	CachedPages, ParkedPages int
}

// Check says what a file's model is for, and whether this engine runs it, reading no
// more of it than a listing can afford.
func Check(f *gguf.File) (task string, err error) { return Task(f), nn.Check(f) }

// Runs lists what this engine can run: values of general.architecture, and types of
// tensors.
func Runs() (architectures, types []string) {
	for _, f := range simd.Formats() {
		types = append(types, f.Name)
	}
	return nn.Architectures(), types
}

// Open loads the model in the file under the given name, and starts its loop.
func Open(id, path string, o Options) (*Model, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, hearth.NewError(hearth.ModelInvalid, "model", id, "detail", err).Because(err)
	}
	var m *Model
	err = gguf.Reading(func() error {
		m, err = load(id, f, o)
		return err
	})
	if err != nil {
		return nil, errors.Join(loadError(id, err), f.Close())
	}
	go m.run()
	return m, nil
}

// load is Open for a file that is open, but for the loop, which does not run yet.
func load(id string, f *gguf.File, o Options) (*Model, error) {
	m := &Model{life: newLife(f), id: id, limit: o}
	if task := Task(f); task != hearth.TaskChat {
		return nil, wrongTask(id, task, hearth.TaskChat)
	}
	var err error
	if m.nn, err = nn.Load(f); err != nil {
		return nil, err
	}
	if m.tokens, err = readTokenizer(f); err != nil {
		return nil, err
	}
	m.constraints = newConstraints(m.tokens)
	if m.tokens.Size() > m.nn.Vocab {
		return nil, fmt.Errorf("the vocabulary has %d tokens and the model only %d", m.tokens.Size(), m.nn.Vocab)
	}
	if m.template, err = readTemplate(f); err != nil {
		return nil, err
	}
	cacheTokens, err := m.plan(o)
	if err != nil {
		return nil, err
	}
	m.cached = cacheTokens
	if m.loop, err = newLoop(m, cacheTokens); err != nil {
		return nil, err
	}
	return m, nil
}

// plan settles the context and returns the tokens the cache may hold.
func (m *Model) plan(o Options) (cacheTokens int, err error) {
	m.context = ContextTokens(m.nn.Context)
	if o.ContextTokens > 0 {
		m.context = o.ContextTokens
	}
	each := int64(m.nn.KVBytes())
	states := m.nn.StateBytes() * int64(max(1, o.Sequences))
	affordable := int(min(max(0, o.CacheBytes-states)/each, 1<<40)) / nn.PageTokens * nn.PageTokens
	if affordable < min(m.context, contextMin) {
		return 0, hearth.NewError(hearth.ModelMemory, "model", m.id, "need_bytes", states+each*contextMin, "have_bytes", o.CacheBytes)
	}
	m.context = min(m.context, affordable)
	pages := nn.Pages(m.context) * max(1, o.Sequences)
	return min(affordable, pages*nn.PageTokens), nil
}

// loadError says which of a file's shortcomings it is.
func loadError(id string, err error) error {
	if _, ok := errors.AsType[*hearth.Error](err); ok {
		return err
	}
	code := hearth.ModelInvalid
	if errors.Is(err, nn.ErrUnsupported) || errors.Is(err, errTokenizer) {
		code = hearth.ModelUnsupported
	}
	return hearth.NewError(code, "model", id, "detail", err).Because(err)
}

// ContextTokens is the longest a sequence can be.
func (m *Model) ContextTokens() int { return m.context }

// CacheTokens is how long all sequences together can be.
func (m *Model) CacheTokens() int { return m.cached }

// Template is the chat template the file carries, empty if none.
func (m *Model) Template() string { return m.template }

// Tokenizer is the model's tokenizer.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.tokens }

// CountTokens is how many tokens a prompt has.
func (m *Model) CountTokens(prompt []hearth.Span) int { return len(m.encode(prompt)) }

// Stats are the counts so far.
func (m *Model) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Waiting = len(m.waiting)
	return s
}

// String names what serves.
func (m *Model) String() string { return servedBy(m.id) }

func servedBy(id string) string { return hearth.SourceNative + "/" + filepath.Base(id) }
