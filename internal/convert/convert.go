package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hearthbox/hearth/internal/convert/safetensors"
	"github.com/hearthbox/hearth/internal/gguf"
)

// family is how the models of an architecture are written.
type family struct {
	architecture string // general.architecture
	settings     func(m *Model)
	names        func(m *Model, name string) (string, bool) // of a tensor; "" leaves it out
	arrange      func(m *Model) error                       // what is more than a name
}

// families are all there are, by the name that config.json has for them.
func families() map[string]family {
	qwen2, qwen3 := family{"qwen2", decoderSettings, decoderName, nil}, family{"qwen3", decoderSettings, decoderName, nil}
	llama := family{"llama", llamaSettings, decoderName, arrangeLlama}
	moe := family{"qwen3moe", mixtureSettings, decoderName, arrangeExperts}
	moe2 := family{"qwen2moe", mixtureSettings, decoderName, arrangeExperts}
	latent := family{"deepseek2", deepseekSettings, deepseekName, arrangeDeepSeek}
	bert := family{"bert", bertSettings, bertName, nil}
	return map[string]family{
		"Qwen2ForCausalLM": qwen2, "Qwen2Model": qwen2,
		"Qwen3ForCausalLM": qwen3, "Qwen3Model": qwen3,
		"LlamaForCausalLM": llama, "MistralForCausalLM": llama,
		"Qwen3MoeForCausalLM":   moe,
		"Qwen2MoeForCausalLM":   moe2,
		"DeepseekV2ForCausalLM": latent, "DeepseekV3ForCausalLM": latent,
		"BertModel": bert, "BertForMaskedLM": bert,
	}
}

// Families lists the values of "architectures" in config.json that can be converted.
func Families() []string { return slices.Sorted(maps.Keys(families())) }

// Options say how a model is written.
type Options struct {
	// Type is F32, F16 or BF16, for the matrices; "" leaves each as it is, and makes BF16
	// of eight bits. All else is F32.
	Type string

	// Pooling says how an encoder makes a vector of a text, mean, cls or last, where the
	// folder does not.
	Pooling string

	Name string // general.name; the folder's if empty
}

// Types are the formats that matrices can be written in.
func Types() []string { return []string{"F32", "F16", "BF16"} }

// Model is an open folder.
type Model struct {
	Architecture string // general.architecture

	dir     string
	options Options
	config  config
	family  family
	source  *safetensors.Folder
	w       gguf.Writer
	err     error

	plan   []*output // in the order in which they are written
	byName map[string]*output
	scaled scaled
	tied   bool // the embedding is the output matrix as well
	layers int

	done, bytes int64
	progress    func(done, total int64)
}

// Open opens a folder and finds out all that will be written. Close it after use.
func Open(dir string, o Options) (*Model, error) {
	m := &Model{dir: dir, options: o, byName: map[string]*output{}}
	if err := m.open(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// Close closes the folder's files.
func (m *Model) Close() error {
	if m.source == nil {
		return nil
	}
	return m.source.Close()
}

func (m *Model) open() (err error) {
	if m.config, err = readConfig(m.dir, "config.json"); err != nil {
		return err
	}
	if err := m.chooseFamily(); err != nil {
		return err
	}
	if m.source, err = safetensors.Open(m.dir); err != nil {
		return err
	}
	m.set("general.architecture", m.Architecture)
	m.set("general.type", "model")
	name := m.options.Name
	if name == "" {
		name = filepath.Base(m.dir)
	}
	m.set("general.name", name)
	m.family.settings(m)
	if err := cmpErr(*m.config.err, m.err); err != nil {
		return err
	}
	if err := m.tensors(); err != nil {
		return err
	}
	if err := m.vocabulary(); err != nil {
		return err
	}
	m.set("general.quantization_version", uint32(2))
	m.set("general.file_type", m.fileType())
	return cmpErr(*m.config.err, m.err)
}

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) chooseFamily() error {
	list, _ := m.config.values["architectures"].([]any)
	if len(list) != 1 {
		return fmt.Errorf("config.json: architectures is %v, not one name: %w", m.config.values["architectures"], ErrUnsupported)
	}
	name, _ := list[0].(string)
	f, ok := families()[name]
	if !ok {
		return fmt.Errorf("config.json: the architecture %.80q: %w (these can: %v)", name, ErrUnsupported, Families())
	}
	m.quantised()
	m.family, m.Architecture = f, f.architecture
	return *m.config.err
}

// set writes a setting, below the architecture's name if it begins with a dot.
func (m *Model) set(key string, v any) {
	if key[0] == '.' {
		key = m.Architecture + key
	}
	if err := m.w.Set(key, v); err != nil && m.err == nil {
		m.err = err
	}
}

// fileType is general.file_type: that of most numbers.
func (m *Model) fileType() uint32 {
	numbers := map[gguf.Type]int{}
	for _, o := range m.plan {
		if len(o.shape) > 1 {
			n := 1
			for _, d := range o.shape {
				n *= d
			}
			numbers[o.to] += n
		}
	}
	switch most := max(numbers[gguf.F32], numbers[gguf.F16], numbers[gguf.BF16]); most {
	case numbers[gguf.BF16]:
		return 32
	case numbers[gguf.F16]:
		return 1
	}
	return 0
}

// FileBytes is about how large the file will be.
func (m *Model) FileBytes() int64 {
	n := int64(64 << 20) // more than any vocabulary takes
	for _, o := range m.plan {
		n += int64(o.to.RowBytes(o.shape[0])) * int64(o.rows())
	}
	return n
}

// Tensors counts the tensors that will be written in each format.
func (m *Model) Tensors() map[string]int {
	n := map[string]int{}
	for _, o := range m.plan {
		n[o.to.String()]++
	}
	return n
}

// Write writes the file. progress, if not nil, is told how many bytes of the tensors are
// done.
func (m *Model) Write(ctx context.Context, dst io.Writer, progress func(done, total int64)) error {
	m.progress, m.done = progress, 0
	m.bytes = 0
	for _, o := range m.plan {
		m.bytes += int64(o.to.RowBytes(o.shape[0])) * int64(o.rows())
		o.ctx = ctx
		if err := m.w.Add(o.name, o.to, o.shape, o); err != nil {
			return err
		}
	}
	_, err := m.w.WriteTo(dst)
	return err
}
