package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file is a file of that header and as much data.
func made(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range data {
		b = append(b, byte(i))
	}
	return b
}

func TestParse(t *testing.T) {
	b := made(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}   `, 20)
	got, err := parse("f", bytes.NewReader(b), int64(len(b)))
	if err != nil || len(got) != 2 || got[0].Name != "a" || got[1].Rows() != 2 || got[1].Width() != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	row := make([]byte, 8)
	if err := got[1].ReadRows(row, 1); err != nil || !bytes.Equal(row, []byte{12, 13, 14, 15, 16, 17, 18, 19}) {
		t.Errorf("%v, %v", row, err)
	}
	if err := got[1].ReadRows(row, 2); err == nil {
		t.Error("there is a third row")
	}
	scalar := made(`{"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`, 8)
	if got, err := parse("f", bytes.NewReader(scalar), int64(len(scalar))); err != nil || got[0].Rows() != 1 || got[0].Width() != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	one := func(entry string) string { return `{"a":` + entry + `}` }
	for name, c := range map[string]struct {
		header string
		data   int
		says   string
	}{
		"no JSON":            {`{"a"`, 0, "EOF"},
		"no object":          {`[1, 2]`, 0, "no object"},
		"something after":    {`{} x`, 0, "after it"},
		"a type of nobody":   {one(`{"dtype":"Q9","shape":[1],"data_offsets":[0,1]}`), 1, `"Q9" is not known`},
		"beyond the file":    {one(`{"dtype":"F32","shape":[4],"data_offsets":[0,16]}`), 8, "8 bytes of data"},
		"before it":          {one(`{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}`), 8, "from -4"},
		"backwards":          {one(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`), 8, "from 4 to 0"},
		"a shape of another": {one(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`), 8, "needs 12 bytes"},
		"a shape that wraps": {one(`{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}`), 0, "too large"},
		"a negative shape":   {one(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`), 4, "empty or too large"},
		"many dimensions":    {one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`), 4, "9 dimensions"},
		"a hole":             {`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3, "where 1 was expected"},
		"an overlap":         {`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3, "where 2 was expected"},
		"more data":          {one(`{"dtype":"U8","shape":[1],"data_offsets":[0,1]}`), 2, "2 bytes of data are there"},
		"a name twice":       {`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "twice"},
		"a long name":        {`{"` + strings.Repeat("x", nameMax+1) + `":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "too long"},
		"metadata of no use": {`{"__metadata__":[1]}`, 0, "cannot unmarshal"},
	} {
		b := made(c.header, c.data)
		if _, err := parse("file", bytes.NewReader(b), int64(len(b))); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range [][]byte{nil, {1, 2}, made("{}", 0)[:9], append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "{}"...)} {
		if _, err := parse("file", bytes.NewReader(b), int64(len(b))); err == nil || !strings.Contains(err.Error(), "no safetensors file") {
			t.Errorf("%q: %v", b, err)
		}
	}
}

func TestFolder(t *testing.T) {
	tensor := func(name string) []byte {
		return made(fmt.Sprintf(`{%q:{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, name), 1)
	}
	for name, c := range map[string]struct {
		files map[string]string
		says  string
	}{
		"one":         {map[string]string{"model.safetensors": string(tensor("a"))}, ""},
		"an index":    {map[string]string{"x-1.safetensors": string(tensor("a")), "x-2.safetensors": string(tensor("b")), "model.safetensors.index.json": `{"weight_map":{"a":"x-1.safetensors","b":"x-2.safetensors"}}`}, ""},
		"none":        {nil, "no safetensors files"},
		"no index":    {map[string]string{"x-1.safetensors": string(tensor("a")), "x-2.safetensors": string(tensor("b"))}, "says what is where"},
		"elsewhere":   {map[string]string{"model.safetensors.index.json": `{"weight_map":{"a":"../x.safetensors"}}`}, "no safetensors file of this folder"},
		"a device":    {map[string]string{"model.safetensors.index.json": `{"weight_map":{"a":"/dev/zero"}}`}, "no safetensors file of this folder"},
		"empty":       {map[string]string{"model.safetensors.index.json": `{"weight_map":{}}`}, "no tensors"},
		"not there":   {map[string]string{"x-1.safetensors": string(tensor("b")), "model.safetensors.index.json": `{"weight_map":{"a":"x-1.safetensors"}}`}, "tensor a is not in x-1.safetensors"},
		"in two":      {map[string]string{"x-1.safetensors": string(tensor("a")), "x-2.safetensors": string(tensor("a")), "model.safetensors.index.json": `{"weight_map":{"a":"x-1.safetensors","b":"x-2.safetensors"}}`}, "another file as well"},
		"index wrong": {map[string]string{"model.safetensors.index.json": `[`}, "unexpected end"},
	} {
		dir := t.TempDir()
		for file, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Open(dir)
		switch {
		case c.says == "" && err != nil, c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v", name, err)
		case err == nil:
			if _, ok := f.Tensor("a"); !ok || len(f.Tensors) != len(c.files)/2+1 && len(c.files) > 1 || f.Close() != nil {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add(made(`{"b":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 20))
	f.Add(made(`{"__metadata__":{"format":"pt"}}`, 0))
	f.Add(made(`{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		tensors, err := parse("f", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, tensor := range tensors {
			if tensor.Bytes > int64(len(b)) {
				t.Fatalf("%s has %d bytes of %d", tensor.Name, tensor.Bytes, len(b))
			}
			if err := tensor.ReadRows(make([]byte, tensor.Bytes), 0); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"weight_map":{"a":"x-1.safetensors"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		places, err := weightMap("i", b)
		if err != nil {
			return
		}
		for _, name := range places {
			if strings.ContainsAny(name, "/\x00") && filepath.Base(name) != name {
				t.Fatalf("%q leads elsewhere", name)
			}
		}
	})
}
