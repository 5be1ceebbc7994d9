package gguf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
)

func TestWriteThenRead(t *testing.T) {
	weights := bytes.Repeat([]byte{1, 2, 3, 4}, 64)
	f, err := gguf.Parse(write(t, func(w *gguf.Writer) {
		set(t, w, "general.architecture", "llama")
		set(t, w, "flag", true)
		set(t, w, "small", int8(-7))
		set(t, w, "large", uint64(1)<<40)
		set(t, w, "scale", float32(0.5))
		set(t, w, "words", []string{"a", "", "雪"})
		set(t, w, "ids", []int32{3, -1})
		set(t, w, "scores", []float32{-1.5, 2})
		add(t, w, "a.weight", gguf.F32, []int{32, 2}, weights)
		add(t, w, "b.weight", gguf.Q8_0, []int{32}, make([]byte, 34))
	}))
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, got any, err error, want any) {
		t.Helper()
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, want)
		}
	}
	arch, err := f.Text("general.architecture")
	check("architecture", arch, err, "llama")
	flag, err := f.Bool("flag")
	check("flag", flag, err, true)
	small, err := f.Int("small", -10, 10)
	check("small", small, err, -7)
	large, err := f.Int("large", 0, 1<<41)
	check("large", large, err, uint64(1)<<40)
	scale, err := f.Float("scale")
	check("scale", scale, err, 0.5)
	words, err := f.Texts("words")
	check("words", words, err, []string{"a", "", "雪"})
	ids, err := f.Ints("ids", -1, 10)
	check("ids", ids, err, []int{3, -1})
	scores, err := f.Floats("scores")
	check("scores", scores, err, []float32{-1.5, 2})

	a, ok := f.Tensor("a.weight")
	if !ok || !bytes.Equal(a.Data, weights) || a.Rows() != 2 || !slices.Equal(a.Shape, []int{32, 2}) || a.Offset%32 != 0 {
		t.Errorf("a.weight came back as %+v", a)
	}
	if _, ok := f.Tensor("c.weight"); ok {
		t.Error("a tensor out of nowhere")
	}
}

func TestGettersNameKeyAndOffset(t *testing.T) {
	f, err := gguf.Parse(write(t, func(w *gguf.Writer) {
		set(t, w, "llama.block_count", uint32(600))
		set(t, w, "types", []uint8{1, 2, 3})
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Int("llama.block_count", 1, 512) // llama.cpp PR 25821: a count no array was made for
	wantError(t, err, "llama.block_count", "is 600, not from 1 to 512")
	_, err = f.Floats("types") // llama.cpp PR 26690: elements narrower than assumed
	wantError(t, err, "types", "is an array of uint8, not an array of floats")
	_, err = f.Text("types")
	wantError(t, err, "types", "is an array of uint8, not a string")
	if _, err = f.Text("absent"); !errors.Is(err, gguf.ErrMissing) {
		t.Errorf("a missing key gave %v", err)
	}
}

func TestOpenSplits(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		data := write(t, func(w *gguf.Writer) {
			set(t, w, "split.no", uint16(i))
			set(t, w, "split.count", uint16(3))
			set(t, w, "split.tensors.count", int32(3))
			add(t, w, fmt.Sprintf("blk.%d", i), gguf.F32, []int{4}, bytes.Repeat([]byte{byte(i)}, 16))
		})
		save(t, filepath.Join(dir, fmt.Sprintf("m-%05d-of-00003.gguf", i+1)), data)
	}
	first := filepath.Join(dir, "m-00001-of-00003.gguf")
	f, err := gguf.Open(first)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Paths) != 3 || len(f.Tensors) != 3 {
		t.Errorf("%d files with %d tensors", len(f.Paths), len(f.Tensors))
	}
	if b, ok := f.Tensor("blk.2"); !ok || b.Data[0] != 2 {
		t.Error("the third split's tensor is wrong")
	}

	_, err = gguf.Open(filepath.Join(dir, "m-00002-of-00003.gguf"))
	wantError(t, err, "split.no", "this is split 2 of 3")
	if err := os.Remove(filepath.Join(dir, "m-00003-of-00003.gguf")); err != nil {
		t.Fatal(err)
	}
	_, err = gguf.Open(first)
	wantError(t, err, "m-00003-of-00003.gguf", "no such file")
}

func TestSplitOf(t *testing.T) {
	for path, want := range map[string]string{
		"x/model.gguf":                "model 0 1",
		"m-00002-of-00003.gguf":       "m 1 3",
		"m-00004-of-00003.gguf":       "m-00004-of-00003 0 1",
		"deepseek-00001-of-00002.bin": "deepseek-00001-of-00002 0 1",
	} {
		model, i, n := gguf.SplitOf(path)
		if got := fmt.Sprint(model, " ", i, " ", n); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	_, err := gguf.Open(t.TempDir())
	wantError(t, err, "file", "is not a regular file")
	empty := filepath.Join(t.TempDir(), "empty.gguf")
	save(t, empty, nil)
	_, err = gguf.Open(empty)
	wantError(t, err, "magic", "0 are left")
}

func TestWriterRefuses(t *testing.T) {
	var w gguf.Writer
	if err := w.Set("k", 3); err == nil {
		t.Error("a plain int has no size in the file")
	}
	set(t, &w, "k", "v")
	if err := w.Set("k", "v"); err == nil {
		t.Error("a key was set twice")
	}
	if err := w.Add("t", gguf.Q4_K, []int{100}, bytes.NewReader(nil)); err == nil {
		t.Error("100 numbers are no blocks of 256")
	}
	add(t, &w, "t", gguf.F32, []int{4}, make([]byte, 15))
	if _, err := w.WriteTo(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "15 bytes were written, not 16") {
		t.Errorf("short data gave %v", err)
	}
}

// TestSharedVocabularies opens real files.
func TestSharedVocabularies(t *testing.T) {
	paths, _ := filepath.Glob("../../../shared/data/*/*.gguf")
	if len(paths) == 0 {
		t.Skip("../shared/data is not here")
	}
	for _, path := range paths {
		f, err := gguf.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if tokens, err := f.Texts("tokenizer.ggml.tokens"); err != nil || len(tokens) < 500 {
			t.Errorf("%s: %d tokens, %v", path, len(tokens), err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func write(t testing.TB, fill func(*gguf.Writer)) []byte {
	t.Helper()
	var w gguf.Writer
	fill(&w)
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, w *gguf.Writer, key string, v any) {
	t.Helper()
	if err := w.Set(key, v); err != nil {
		t.Fatal(err)
	}
}

func add(t testing.TB, w *gguf.Writer, name string, typ gguf.Type, shape []int, data []byte) {
	t.Helper()
	if err := w.Add(name, typ, shape, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func save(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, field, text string) {
	t.Helper()
	e, ok := errors.AsType[*gguf.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	if !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %q, want %q and %q in it", err, field, text)
	}
	if e.Offset < 0 && !strings.Contains("file", e.Field) {
		t.Errorf("%q names no offset", err)
	}
}
