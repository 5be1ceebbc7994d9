package appliance

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/docs"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/quantize"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// Quantizing says which model to write smaller, and how.
type Quantizing struct {
	Source string // a GGUF file in F32, F16 or BF16
	Recipe string // one of [QuantizeRecipes]
	To     Target // empty: into the appliance, under the source's name and the recipe's

	// Text is what both models are asked about afterwards, as far as Tokens of it go. It
	// is the manual if there is none; no tokens are no comparison.
	Text   string
	Tokens int

	Threads  int // 0 as configured
	Progress func(p MakingProgress)
}

// MakingProgress is how far the making of a model is.
type MakingProgress struct {
	Phase       string // writing, comparing
	Done, Total int64  // bytes that were read, or tokens
}

// Quantized is what came of it.
type Quantized struct {
	Made
	Recipe      string         `json:"recipe"`
	SourceBytes int64          `json:"source_bytes"`
	Formats     map[string]int `json:"formats"` // of how many tensors
	Loss        *quantize.Loss `json:"loss,omitempty"`
	Uncompared  string         `json:"uncompared,omitempty"` // why nothing is said about what was lost
}

// QuantizeTokensMax bounds what of a text is compared.
const QuantizeTokensMax = 1 << 20

// QuantizeRecipes are the names of the recipes, those of small files first.
func QuantizeRecipes() []string {
	var names []string
	for _, r := range quantize.Recipes() {
		names = append(names, r.Name)
	}
	return names
}

// Quantize writes a model in fewer bits. Memory: see [quantize]; for the comparison, both
// models are mapped, and there is room for a window of the text in each.
func (d *Data) Quantize(ctx context.Context, q Quantizing) (out Quantized, err error) {
	r, ok := quantize.Find(q.Recipe)
	if !ok {
		return out, hearth.NewError(hearth.NotOneOf, "field", "TYPE", "choices", strings.Join(QuantizeRecipes(), ", "))
	}
	f, err := gguf.Open(q.Source)
	if err != nil {
		return out, hearth.NewError(hearth.ModelInvalid, "model", q.Source, "detail", err).Because(err)
	}
	defer f.Close()
	if q.Threads == 0 {
		q.Threads = threads(d.config)
	}
	job := &quantize.Job{File: f, Recipe: r, Workers: q.Threads}
	if q.Progress != nil {
		job.Progress = func(done, total int64) { q.Progress(MakingProgress{"writing", done, total}) }
	}
	bytes, err := job.Prepare()
	if err != nil {
		return out, quantizeError(q.Source, err)
	}
	if q.To == (Target{}) {
		name, _, _ := gguf.SplitOf(q.Source)
		q.To = Target{Name: catalog.NameFor(smaller(filepath.Base(name), r.Name))}
	}
	out = Quantized{Recipe: r.Name, SourceBytes: f.Bytes, Formats: job.Formats()}
	out.Made, err = d.produce(ctx, q.To, bytes+metadataBytes(f), func(w io.Writer) error {
		return quantizeError(q.Source, job.Write(ctx, w))
	})
	if err != nil || q.Tokens == 0 {
		return out, err
	}
	loss, err := compareFiles(ctx, f, out.Path, q)
	switch {
	case ctx.Err() != nil:
		out.Uncompared = "interrupted"
	case err != nil:
		out.Uncompared = err.Error()
	default:
		out.Loss = &loss
	}
	return out, nil
}

// smaller is what a model is called that is made of one of that name by a recipe.
func smaller(name, recipe string) string {
	return without(name, "f32", "f16", "bf16", "fp16", "fp32") + "-" + strings.ToLower(recipe)
}

// metadataBytes is what a file has beside its tensors.
func metadataBytes(f *gguf.File) int64 {
	n := f.Bytes
	for _, t := range f.Tensors {
		n -= int64(len(t.Data))
	}
	return n
}

func quantizeError(source string, err error) error {
	e := hearth.NewError(hearth.ModelInvalid, "model", filepath.Base(source), "detail", err).Because(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return hearth.NewError(hearth.Canceled).Because(err)
	case errors.Is(err, quantize.ErrQuantised):
		return hearth.NewError(hearth.Unsupported, "what", say("quantising %s: %v; begin with the F16 or BF16 file", "量化 %s：%v；请使用 F16 或 BF16 文件", filepath.Base(source), err)).Because(err)
	case errors.Is(err, quantize.ErrArchitecture):
		return hearth.NewError(hearth.Unsupported, "what", say("quantising %s: %v", "量化 %s：%v", filepath.Base(source), err)).Because(err)
	case errors.Is(err, quantize.ErrNotANumber), errors.Is(err, gguf.ErrFault), errors.Is(err, gguf.ErrMissing):
		return e
	}
	if _, ok := errors.AsType[*gguf.Error](err); ok {
		return e
	}
	return err // about the file that is written
}

// compareFiles holds what was written against what it was made of.
func compareFiles(ctx context.Context, source *gguf.File, path string, q Quantizing) (loss quantize.Loss, err error) {
	f, err := gguf.Open(path)
	if err != nil {
		return loss, err
	}
	defer f.Close()
	w := engine.NewWorkers(q.Threads)
	defer w.Stop()
	if !f.Has("tokenizer.ggml.tokens") {
		return loss, errors.New("it has no vocabulary to read a text with")
	}
	err = gguf.Reading(func() error {
		before, err := nn.Load(source)
		if err != nil {
			return err
		}
		after, err := nn.Load(f)
		if err != nil {
			return err
		}
		_, tokens, err := engine.OpenTemplate(path)
		if err != nil {
			return err
		}
		ids := some(tokens, q.Text, min(q.Tokens, QuantizeTokensMax), before.Vocab)
		if len(ids) == 0 {
			return errors.New("the text is empty")
		}
		loss, err = quantize.Compare(ctx, before, after, w, ids, func(done, total int) {
			if q.Progress != nil {
				q.Progress(MakingProgress{"comparing", int64(done), int64(total)})
			}
		})
		return err
	})
	return loss, err
}

// some are the first tokens of a text, or of the manual, half of it in each language.
func some(t *tokenizer.Tokenizer, text string, most, vocab int) []int {
	texts, each := []string{text}, most
	if text == "" {
		texts, each = nil, (most+1)/2
		for _, name := range []string{"operator.zh-CN.md", "operator.en.md"} {
			b, _ := docs.Manual.ReadFile(name) // it is in the binary
			texts = append(texts, string(b))
		}
	}
	var ids []int
	for _, text := range texts {
		of := t.AppendLiteral(nil, text[:min(len(text), 16*each)]) // no token is much longer
		for _, id := range of[:min(len(of), each, most-len(ids))] {
			if int(id) < vocab {
				ids = append(ids, int(id))
			}
		}
	}
	return ids
}
