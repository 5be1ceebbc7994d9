package nn

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Model is a loaded model: its weights stay in the file's memory map, so the file
// must stay open as long as the model is used.
type Model struct {
	Config
	layers architecture
	rope   *ropeTable
	near   *ropeTable // of layers with a window, where it is another one
}

// architecture is what one file of this package implements.
type architecture interface {
	// forward computes what the last layer makes of the tokens that are wanted.
	forward(p *pass) rows

	// head makes of that what the model is for: the logits of the next token, or the
	// scores of a classifier.
	head(p *pass, x rows) rows
}

// kind is how the models of an architecture are read: first their settings, then
// their tensors. What comes with the layers divides the frequencies of the rotation.
type kind struct {
	config func(f *gguf.File, name string) (Config, error)
	load   func(f *gguf.File, c *Config) (architecture, Vector, error)
}

// kinds are the architectures this package runs, by general.architecture.
func kinds() map[string]kind {
	return map[string]kind{
		"llama": {readConfig, loadLlama},
		"qwen2": {readConfig, loadQwen2},
		"qwen3": {readConfig, loadQwen3},
		"bert":  {readEncoder, loadBert},

		"nomic-bert": {readNomicBert, loadNomicBert},

		"glm4":    {readGLM4, loadGLM4},
		"glm4moe": {readGLM4MoE, loadGLM4MoE},
		"gemma3":  {readGemma3, loadGemma3},
		"gpt-oss": {readGPTOSS, loadGPTOSS},

		"deepseek2":  {readDeepSeek2, loadDeepSeek2},
		"deepseek32": {readDeepSeek32, loadDeepSeek2},
		"glm-dsa":    {readGLMDSA, loadDeepSeek2},

		"qwen3next": {readQwen3Next, loadQwen3Next},
		"qwen35":    {readQwen3Next, loadQwen3Next},
		"qwen35moe": {readQwen3Next, loadQwen3Next},

		"qwen2moe": {readQwen2MoE, loadQwen2MoE},
		"qwen3moe": {readQwen3MoE, loadQwen3MoE},
	}
}

// Architectures lists the values of general.architecture this package runs.
func Architectures() []string { return slices.Sorted(maps.Keys(kinds())) }

// Load finds the tensors of a model and checks that they fit together.
func Load(f *gguf.File) (*Model, error) {
	name, err := f.Text("general.architecture")
	if err != nil {
		return nil, err
	}
	k, ok := kinds()[name]
	if !ok {
		return nil, fmt.Errorf("architecture %q: %w", name, ErrUnsupported)
	}
	m := &Model{}
	if m.Config, err = k.config(f, name); err != nil {
		return nil, err
	}
	if m.Vocab, err = vocab(f); err != nil {
		return nil, err
	}
	layers, factors, err := k.load(f, &m.Config)
	if err != nil {
		return nil, err
	}
	m.layers, m.rope = layers, newRopeTable(&m.Rope, m.rotated(), factors)
	if m.Window.Rope.Base != 0 {
		m.near = newRopeTable(&m.Window.Rope, m.rotated(), nil)
	}
	return m, nil
}

// vocab is the number of tokens, which only the embedding matrix states in every
// file.
func vocab(f *gguf.File) (int, error) {
	t, err := f.Need("token_embd.weight")
	if err != nil {
		return 0, err
	}
	if len(t.Shape) != 2 {
		return 0, t.Refuse("has %d dimensions, not 2", len(t.Shape))
	}
	return t.Shape[1], nil
}

// PoolingOf is how a vector is made of a text, from a file's directory alone.
func PoolingOf(f *gguf.File) Pooling {
	if classifies(f) {
		return PoolRank
	}
	name, _ := f.Text("general.architecture")
	n, err := f.Int(name+".pooling_type", int64(PoolNone), int64(PoolRank))
	if err != nil {
		return PoolNone
	}
	return Pooling(n)
}

// Check says whether a file is of an architecture and in formats this package runs,
// from its directory alone. [Load] may still find it unsound.
func Check(f *gguf.File) error {
	name, err := f.Text("general.architecture")
	if err != nil {
		return err
	}
	if _, ok := kinds()[name]; !ok {
		return fmt.Errorf("architecture %q: %w", name, ErrUnsupported)
	}
	if len(f.Tensors) == 0 {
		return errors.New("it holds no weights")
	}
	for _, t := range f.Tensors {
		if format(t.Type) == nil {
			return fmt.Errorf("tensor %s of type %s: %w", t.Name, t.Type, ErrUnsupported)
		}
	}
	return nil
}
