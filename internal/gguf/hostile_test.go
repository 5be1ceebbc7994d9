package gguf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
)

// hostile are files as attackers write them: each bug class seen in GGUF loaders
// (CVE-2026-7482 in Ollama; llama.cpp pull requests by number) and its relatives.
// Every one must be refused with an error naming field and offset, and seeds the
// fuzzer.
func hostile() map[string]struct {
	data  []byte
	field string
} {
	type file = struct {
		data  []byte
		field string
	}
	le := binary.LittleEndian
	str := func(s string) []byte { return append(le.AppendUint64(nil, uint64(len(s))), s...) }
	u32 := func(n uint32) []byte { return le.AppendUint32(nil, n) }
	u64 := func(n uint64) []byte { return le.AppendUint64(nil, n) }
	head := func(tensors, pairs uint64) []byte {
		return bytes.Join([][]byte{[]byte("GGUF"), u32(3), u64(tensors), u64(pairs)}, nil)
	}
	pad := func(b []byte) []byte { return append(b, make([]byte, 4096)...) }
	tensor := func(name string, typ gguf.Type, offset uint64, shape ...uint64) []byte {
		b := append(str(name), u32(uint32(len(shape)))...)
		for _, d := range shape {
			b = append(b, u64(d)...)
		}
		return append(append(b, u32(uint32(typ))...), u64(offset)...)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	pair := func(key string, kind gguf.Kind, body ...[]byte) []byte {
		return join(str(key), u32(uint32(kind)), join(body...))
	}

	return map[string]file{
		"CVE-2026-7482 tensor past the end":   {pad(join(head(1, 0), tensor("t", gguf.F32, 1<<20, 4))), "t"},
		"tensor offset near 2^64":             {pad(join(head(1, 0), tensor("t", gguf.F32, 1<<64-32, 32))), "t"},
		"tensor size past the end":            {pad(join(head(1, 0), tensor("t", gguf.F32, 0, 1<<30))), "t"},
		"PR18674 stride product wraps":        {pad(join(head(1, 0), tensor("t", gguf.F32, 0, 1<<42+1, 1<<22))), "t"},
		"dimension product wraps":             {pad(join(head(1, 0), tensor("t", gguf.F32, 0, 1<<32, 1<<32))), "t"},
		"dimension zero":                      {pad(join(head(1, 0), tensor("t", gguf.F32, 0, 0, 4))), "t"},
		"five dimensions":                     {pad(join(head(1, 0), tensor("t", gguf.F32, 0, 1, 1, 1, 1, 1))), "t"},
		"no dimensions":                       {pad(join(head(1, 0), tensor("t", gguf.F32, 0))), "t"},
		"row is no whole block":               {pad(join(head(1, 0), tensor("t", gguf.Q4_K, 0, 255))), "t"},
		"unknown tensor type":                 {pad(join(head(1, 0), tensor("t", 9999, 0, 32))), "t"},
		"removed tensor type":                 {pad(join(head(1, 0), tensor("t", 4, 0, 32))), "t"},
		"tensor offset not aligned":           {pad(join(head(1, 0), tensor("t", gguf.F32, 4, 4))), "t"},
		"tensor named twice":                  {pad(join(head(2, 0), tensor("t", gguf.F32, 0, 8), tensor("t", gguf.F32, 32, 8))), "t"},
		"tensors overlap":                     {pad(join(head(2, 0), tensor("a", gguf.F32, 0, 16), tensor("b", gguf.F32, 32, 8))), "b"},
		"tensor name empty":                   {pad(join(head(1, 0), tensor("", gguf.F32, 0, 4))), "tensor name"},
		"tensor name too long":                {pad(join(head(1, 0), tensor(string(bytes.Repeat([]byte("n"), 65)), gguf.F32, 0, 4))), "tensor name"},
		"PR19856 string length unbounded":     {pad(join(head(0, 1), pair("k", gguf.String, u64(1<<63)))), "k"},
		"PR19856 array count unbounded":       {pad(join(head(0, 1), pair("k", gguf.Array, u32(4), u64(1<<62)))), "k"},
		"array of strings longer than file":   {pad(join(head(0, 1), pair("k", gguf.Array, u32(8), u64(2), u64(1), []byte("a"), u64(1<<40)))), "k"},
		"array count times size wraps":        {pad(join(head(0, 1), pair("k", gguf.Array, u32(10), u64(1<<61+1)))), "k"},
		"array of arrays":                     {pad(join(head(0, 1), pair("k", gguf.Array, u32(9), u64(1), u32(4), u64(1), u32(1)))), "k"},
		"key length unbounded":                {pad(join(head(0, 1), u64(1<<50))), "metadata key"},
		"key empty":                           {pad(join(head(0, 1), pair("", gguf.Bool, []byte{1}))), "metadata key"},
		"key stated twice":                    {pad(join(head(0, 2), pair("k", gguf.Bool, []byte{1}), pair("k", gguf.Bool, []byte{1}))), "metadata key"},
		"unknown kind":                        {pad(join(head(0, 1), pair("k", 13))), "k"},
		"unknown element kind":                {pad(join(head(0, 1), pair("k", gguf.Array, u32(77), u64(1)))), "k"},
		"PR24997 alignment 2^31":              {pad(join(head(0, 1), pair("general.alignment", gguf.Uint32, u32(1<<31)))), "general.alignment"},
		"alignment zero":                      {pad(join(head(0, 1), pair("general.alignment", gguf.Uint32, u32(0)))), "general.alignment"},
		"alignment not a power of two":        {pad(join(head(0, 1), pair("general.alignment", gguf.Uint32, u32(48)))), "general.alignment"},
		"PR26318 alignment of another kind":   {pad(join(head(0, 1), pair("general.alignment", gguf.Int32, u32(32)))), "general.alignment"},
		"issue15711 tensor count times entry": {pad(head(1<<60, 0)), "tensor_count"},
		"tensor count above the file":         {pad(head(1000, 0)), "tensor_count"},
		"pair count unbounded":                {pad(head(0, 1<<63)), "metadata_kv_count"},
		"count of splits absurd":              {pad(join(head(0, 1), pair("split.count", gguf.Uint16, []byte{0xff, 0xff}))), "split.count"},
		"splits that are not here":            {pad(join(head(0, 1), pair("split.count", gguf.Uint16, []byte{2, 0}))), "split.count"},
		"not a GGUF file":                     {pad([]byte("PK\x03\x04")), "magic"},
		"version 1":                           {join([]byte("GGUF"), u32(1), u32(0), u32(0)), "version"},
		"version 4":                           {join([]byte("GGUF"), u32(4), u64(0), u64(0)), "version"},
		"big-endian":                          {join([]byte("GGUF"), []byte{0, 0, 0, 3}, u64(0), u64(0)), "version"},
		"cut in the header":                   {head(0, 0)[:17], "metadata_kv_count"},
		"empty":                               {nil, "magic"},
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	for name, f := range hostile() {
		t.Run(name, func(t *testing.T) {
			_, err := gguf.Parse(f.data)
			e, ok := errors.AsType[*gguf.Error](err)
			if !ok {
				t.Fatalf("got %v, want a refusal", err)
			}
			if e.Field != f.field || e.Offset < 0 || e.Offset > int64(len(f.data)) {
				t.Errorf("%v: field %q, want %q; offset %d", err, e.Field, f.field, e.Offset)
			}
		})
	}
}

// TestCutAnywhere cuts a sound file at every byte: each prefix is refused or, once
// everything the directory names is there, sound again.
func TestCutAnywhere(t *testing.T) {
	whole := write(t, func(w *gguf.Writer) {
		set(t, w, "general.architecture", "llama")
		set(t, w, "words", []string{"one", "two"})
		add(t, w, "a", gguf.Q4_0, []int{64, 3}, make([]byte, 108))
	})
	for n := range whole {
		f, err := gguf.Parse(whole[:n])
		if err != nil {
			continue
		}
		if a, ok := f.Tensor("a"); !ok || len(a.Data) != 108 {
			t.Fatalf("cut at %d of %d: accepted without its tensor", n, len(whole))
		}
	}
}

// TestMemoryIsBoundedByTheFile states counts as large as the limits allow and
// watches what parsing allocates.
func TestMemoryIsBoundedByTheFile(t *testing.T) {
	for name, f := range hostile() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = gguf.Parse(f.data)
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(len(f.data)*16+1<<16); got > limit {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, got, len(f.data))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, h := range hostile() {
		f.Add(h.data)
	}
	f.Add(write(f, func(w *gguf.Writer) {
		set(f, w, "general.architecture", "qwen2")
		set(f, w, "ids", []uint16{1, 2})
		set(f, w, "words", []string{"a", "b"})
		add(f, w, "x", gguf.Q6_K, []int{256, 2}, make([]byte, 420))
		add(f, w, "y", gguf.BF16, []int{3, 1, 2}, make([]byte, 12))
	}))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			if e, ok := errors.AsType[*gguf.Error](err); !ok || e.Field == "" {
				t.Fatalf("an error without a field: %v", err)
			}
			return
		}
		if err := rewrite(t, file); err != nil {
			t.Fatalf("what was read can't be written and read again: %v", err)
		}
	})
}

// rewrite reads everything in a file, writes it anew and compares.
func rewrite(t *testing.T, f *gguf.File) error {
	var w gguf.Writer
	for key, v := range f.All() {
		_ = v.Display()
		switch {
		case key == "general.alignment" || key == "split.count":
		case v.Array && v.Kind == gguf.String:
			words, err := f.Texts(key)
			if err != nil {
				return err
			}
			set(t, &w, key, words)
		case v.Array:
			_, _ = f.Ints(key, -1<<62, 1<<62)
			_, _ = f.Floats(key)
		case v.Kind == gguf.String:
			s, err := f.Text(key)
			if err != nil {
				return err
			}
			set(t, &w, key, s)
		default:
			_, _ = f.Int(key, -1<<62, 1<<62)
			_, _ = f.Float(key)
			_, _ = f.Bool(key)
		}
	}
	for _, x := range f.Tensors {
		add(t, &w, x.Name, x.Type, x.Shape, x.Data)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		return err
	}
	g, err := gguf.Parse(b.Bytes())
	if err != nil {
		return err
	}
	for _, x := range f.Tensors {
		if y, ok := g.Tensor(x.Name); !ok || !bytes.Equal(x.Data, y.Data) {
			return fmt.Errorf("tensor %q differs", x.Name)
		}
	}
	return nil
}
