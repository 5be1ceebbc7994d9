package nn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Model is a loaded model: its weights stay in the file's memory map, so the file
// must stay open as long as the model is used.
type Model struct {
	Config
	layers architecture
	rope   *ropeTable
}

// architecture is what one file of this package implements.
type architecture interface {
	// forward computes the logits of the tokens that want them.
	forward(p *pass) rows
}

// Architectures lists the values of general.architecture this package runs.
func Architectures() []string { return []string{"llama", "qwen2", "qwen3"} }

// Load finds the tensors of a model and checks that they fit together.
func Load(f *gguf.File) (*Model, error) {
	name, err := f.Text("general.architecture")
	if err != nil {
		return nil, err
	}
	var load func(*gguf.File, *Config) (architecture, Vector, error)
	switch name {
	case "llama":
		load = loadLlama
	case "qwen2":
		load = loadQwen2
	case "qwen3":
		load = loadQwen3
	default:
		return nil, fmt.Errorf("architecture %q: %w", name, ErrUnsupported)
	}
	m := &Model{}
	if m.Config, err = readConfig(f, name); err != nil {
		return nil, err
	}
	if m.Vocab, err = vocab(f); err != nil {
		return nil, err
	}
	layers, factors, err := load(f, &m.Config)
	if err != nil {
		return nil, err
	}
	m.layers, m.rope = layers, newRopeTable(&m.Config, factors)
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

// Check says whether a file is of an architecture and in formats this package runs,
// from its directory alone. [Load] may still find it unsound.
func Check(f *gguf.File) error {
	name, err := f.Text("general.architecture")
	if err != nil {
		return err
	}
	if !slices.Contains(Architectures(), name) {
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
