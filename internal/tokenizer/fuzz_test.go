package tokenizer_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// FuzzEncodeDecode: any text becomes tokens that there are, and comes back if the
// model is one that forgets nothing.
func FuzzEncodeDecode(f *testing.F) {
	for _, text := range []string{"", "hello world", "中文 é\xff", "<|im_start|><think>\n\n<|im_end|>", "▁▁ ▁", "\u3000　1234'Ve"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	toks := small(f)
	f.Fuzz(func(t *testing.T, text string, control bool) {
		for model, tok := range toks {
			ids := tok.Append(nil, text, control)
			if bad := slices.IndexFunc(ids, func(id int32) bool { return id < 0 || int(id) >= tok.Size() }); bad >= 0 {
				t.Fatalf("%s: %q: no token %d", model, text, ids[bad])
			}
			back := tok.Decode(ids, tokenizer.Decoding{Control: true})
			if model == "gpt2" && back != string([]rune(text)) {
				t.Fatalf("%q came back as %q", text, back)
			}
			if model != "bert" && !control && slices.ContainsFunc(ids, tok.IsControl) {
				t.Fatalf("%s: %q became a control token: %v", model, text, ids)
			}
		}
		for _, pre := range []string{"falcon", "llama-bpe", "qwen35", "gpt-4o", "kimi-k2", "deepseek-llm", "deepseek-coder", "deepseek-v3"} {
			words, err := tokenizer.Split(pre, text)
			if err != nil || utf8.ValidString(text) && strings.Join(words, "") != text || slices.Contains(words, "") {
				t.Fatalf("%s: %q was split into %q, %v", pre, text, words, err)
			}
		}
	})
}

// FuzzDecoder: any tokens, one by one, make the text of all at once.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte("hello"), true, false)
	f.Add([]byte("\xe4\xb8\xad\xe4\xb8 \xf0\x9f\x98\x80\xf0\x9f\xc0\xed\xa0\x80"), false, true)
	toks := small(f)
	f.Fuzz(func(t *testing.T, bytes []byte, continues, control bool) {
		how := tokenizer.Decoding{Continues: continues, Control: control}
		for model, tok := range toks {
			var ids []int32
			for i, b := range bytes {
				id := int32(b) // a byte token of gpt2
				if i%3 == 2 {
					id = int32(tok.Size()) - 1 - id/4 // one from the other end
				}
				ids = append(ids, id)
			}
			got := streamed(t, tok, ids, how)
			if want := whole(tok, ids, how); got != want || tok.Decode(ids, how) != want {
				t.Fatalf("%s: %v: got %q, want %q", model, ids, got, want)
			}
		}
	})
}

// FuzzVocabulary: whatever a file says, New refuses it or makes a tokenizer that
// encodes any text, to tokens that there are.
func FuzzVocabulary(f *testing.F) {
	f.Add([]byte("\x00\x00\x40\x01\x00\x01a\x01\x00\x01b\x01\x00\x02ab\xff\x03a b"), "abab")
	f.Add([]byte("\x01\x07\x41\x02\x00\x05<unk>\x01\x01\x03\xe2\x96\x81\x01\x02\x01a\x01\x03\x02aa\x06\x00\x06<0x0A>"), "aaa a\n")
	f.Add([]byte("\x02\x03\x43\x01\x00\x04\xe2\x96\x81a\x01\x00\x01b\x04\x00\x01c\x03\x00\x02bc"), "ab cbc")
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		v, ok := hostile(file)
		if !ok {
			return
		}
		tok, err := tokenizer.New(v)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "tokenizer.ggml.") {
				t.Fatalf("%v names no field", err)
			}
			return
		}
		for _, control := range []bool{false, true} {
			ids := tok.Append(nil, text, control)
			for _, id := range ids {
				if id < 0 || int(id) >= tok.Size() {
					t.Fatalf("%q: no token %d", text, id)
				}
			}
			how := tokenizer.Decoding{Control: control}
			if got, want := streamed(t, tok, ids, how), tok.Decode(ids, how); got != want {
				t.Fatalf("%v: got %q, want %q", ids, got, want)
			}
		}
	})
}

// hostile reads a vocabulary off arbitrary bytes: model, splitter and flags, then
// entries of type, score, length and text; type 255 is a merge.
func hostile(file []byte) (tokenizer.Vocabulary, bool) {
	if len(file) < 3 {
		return tokenizer.Vocabulary{}, false
	}
	model := []string{"gpt2", "llama", "bert"}[file[0]%3]
	pre := []string{"", "gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "falcon", "kimi-k2", "?"}[file[1]%8]
	v := tokenizer.Defaults(model, pre, int(file[1]))
	v.AddSpacePrefix, v.UNK, v.EOS = file[2]&1 != 0, int(file[2]>>1&3)-1, int(file[2]>>3&7)-1
	if file[2]&0x40 == 0 { // the bytes, so that the rest is not lost on their absence
		for b := range 256 {
			v.Tokens, v.Types, v.Scores = append(v.Tokens, written([]byte{byte(b)})), append(v.Types, tokenizer.Normal), append(v.Scores, 0)
		}
	}
	for rest := file[3:]; len(rest) >= 3; {
		kind, score, n := rest[0], rest[1], int(rest[2])
		if kind == 255 { // no score
			score, n = 0, int(rest[1])
			rest = rest[2:]
		} else {
			rest = rest[3:]
		}
		n = min(n, len(rest))
		text := string(rest[:n])
		rest = rest[n:]
		if kind == 255 {
			v.Merges = append(v.Merges, text)
			continue
		}
		v.Tokens, v.Types = append(v.Tokens, text), append(v.Types, tokenizer.Type(kind))
		v.Scores = append(v.Scores, float32(int8(score)))
		if score == 0x80 {
			v.Scores[len(v.Scores)-1] = float32(math.NaN())
		}
	}
	return v, true
}
