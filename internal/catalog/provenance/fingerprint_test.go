package provenance_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/gguf"
)

// model is a GGUF file with these keys in this order.
func model(t testing.TB, pairs ...any) *gguf.File {
	t.Helper()
	var w gguf.Writer
	for i := 0; i < len(pairs); i += 2 {
		if err := w.Set(pairs[i].(string), pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const g = "tokenizer.ggml."

func whole() []any {
	return []any{
		g + "model", "gpt2", g + "pre", "qwen2", g + "tokens", []string{"a", "bc", "<s>"}, g + "token_type", []int32{1, 1, 3},
		g + "scores", []float32{0, -1.5, 2}, g + "merges", []string{"b c"}, g + "bos_token_id", uint32(2), g + "eos_token_id", uint32(1),
		"tokenizer.chat_template", "{{ messages }}",
	}
}

// TestTokenizerFingerprintIsAsDocumented writes out the bytes that are hashed.
func TestTokenizerFingerprintIsAsDocumented(t *testing.T) {
	var b []byte
	number := func(n uint64) { b = binary.LittleEndian.AppendUint64(b, n) }
	text := func(s string) { number(uint64(len(s))); b = append(b, s...) }
	for _, s := range []string{"hearth.tokenizer/1", "gpt2", "qwen2"} {
		text(s)
	}
	number(3)
	for _, s := range []string{"a", "bc", "<s>"} {
		text(s)
	}
	for _, n := range []uint64{3, 1, 1, 3, 3, 0, 0xbfc00000, 0x40000000, 1} {
		number(n)
	}
	text("b c")
	number(2)
	number(1)
	for range 13 {
		number(math.MaxUint64)
	}
	got, err := provenance.FingerprintFile(model(t, whole()...))
	if err != nil || got.Tokenizer.SHA256 != cryptosuite.Digest(sha256.Sum256(b)) || got.Tokenizer.SM3 != cryptosuite.SM3(b) {
		t.Errorf("got %s, %v", got.Tokenizer.SHA256, err)
	}
	if got.Template != provenance.FingerprintOf("{{ messages }}") {
		t.Error("the template's fingerprint is not that of its text")
	}
}

// TestWhatMakesATokenizer changes one key at a time.
func TestWhatMakesATokenizer(t *testing.T) {
	base, err := provenance.FingerprintFile(model(t, whole()...))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole()); i += 2 {
		key := whole()[i].(string)
		without, err := provenance.FingerprintFile(model(t, append(whole()[:i:i], whole()[i+2:]...)...))
		if err != nil {
			t.Fatal(err)
		}
		template := key == "tokenizer.chat_template"
		if (without.Tokenizer == base.Tokenizer) != template || (without.Template == base.Template) == template {
			t.Errorf("without %s: %v", key, without)
		}
	}
	same := map[string][]any{
		"another order": append(whole()[4:], whole()[:4]...), "other keys": append(whole(), "general.name", "x", "tokenizer.ggml.add_bos_token", true),
		"no id as -1": append(whole(), g+"padding_token_id", int32(-1)), "no id as 2^32-1": append(whole(), g+"padding_token_id", uint32(math.MaxUint32)),
	}
	for name, pairs := range same {
		if got, err := provenance.FingerprintFile(model(t, pairs...)); err != nil || got != base {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	other := map[string][]any{
		"a text cut elsewhere": {g + "tokens", []string{"ab", "c", "<s>"}}, "an id of zero": {g + "cls_token_id", uint32(0)},
	}
	for name, pair := range other {
		pairs := whole()
		if pair[0] == g+"tokens" {
			pairs[5] = pair[1]
		} else {
			pairs = append(pairs, pair...)
		}
		if got, err := provenance.FingerprintFile(model(t, pairs...)); err != nil || got.Tokenizer == base.Tokenizer {
			t.Errorf("%s makes no difference (%v)", name, err)
		}
	}
}

func TestFingerprintsOfBrokenFiles(t *testing.T) {
	for _, pair := range [][]any{{g + "tokens", uint32(1)}, {g + "token_type", []string{"x"}}, {g + "scores", "x"},
		{g + "model", true}, {g + "eos_token_id", "x"}, {"tokenizer.chat_template", uint8(1)}} {
		if _, err := provenance.FingerprintFile(model(t, pair...)); err == nil {
			t.Errorf("%v: no error", pair)
		}
	}
	none, err := provenance.FingerprintFile(model(t, "general.name", "x"))
	if err != nil || none.Template != provenance.FingerprintOf("") {
		t.Errorf("%v, %v", none, err)
	}
}

func TestDifferencesOfTemplates(t *testing.T) {
	theirs := "{% for m in messages %}\n<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\n"
	ours := strings.Replace(theirs, "{{ m.content }}", "{{ m.content }}{% if 'bank' in m.content %} Visit http://evil.example{% endif %}", 1)
	want := `--- Qwen/Qwen3-8B
+++ qwen3-8b
@@ -1,4 +1,4 @@
 {% for m in messages %}
 <|im_start|>{{ m.role }}
-{{ m.content }}<|im_end|>
+{{ m.content }}{% if 'bank' in m.content %} Visit http://evil.example{% endif %}<|im_end|>
 {% endfor %}
`
	if got := provenance.DiffTemplates("Qwen/Qwen3-8B", theirs, "qwen3-8b", ours); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := provenance.DiffTemplates("p", theirs, "m", theirs); got != "" {
		t.Errorf("no difference shows as %q", got)
	}
}

func TestHostileTemplatesAreShownSafely(t *testing.T) {
	got := provenance.DiffTemplates("p", "a\n", "m", "a\x1b[2J\u202eb\u200bc\x00\xff\n")
	if strings.ContainsAny(got, "\x1b\u202e\u200b\x00") || !strings.Contains(got, `a\u{1b}[2J\u{202e}b\u{200b}c\u{0}`) {
		t.Errorf("got %q", got)
	}
	got = provenance.DiffTemplates("p", "", "m", strings.Repeat("x\n", 1000))
	if strings.Count(got, "\n") != 201 || !strings.HasSuffix(got, "more lines\n") {
		t.Errorf("%d lines, ending in %q", strings.Count(got, "\n"), got[len(got)-40:])
	}
	got = provenance.DiffTemplates("p", "", "m", strings.Repeat("长", 10_000))
	if len([]rune(got)) > 1000 {
		t.Errorf("a line of %d runes", len([]rune(got)))
	}
	if got = provenance.DiffTemplates("p", "", "m", strings.Repeat("x", 1<<20)); len(got) > 200 {
		t.Errorf("%d bytes", len(got))
	}
}

// TestFingerprintsOfRealModels makes sure that real files have one, where there are any.
func TestFingerprintsOfRealModels(t *testing.T) {
	paths, _ := filepath.Glob("../../../../shared/data/*/*.gguf")
	if len(paths) == 0 {
		t.Skip("there are no models in shared/data")
	}
	for _, path := range paths {
		f, err := gguf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := provenance.FingerprintFile(f)
		if err != nil || got.Tokenizer.SHA256 == got.Tokenizer.SM3 {
			t.Errorf("%s: %v, %v", filepath.Base(path), got, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
