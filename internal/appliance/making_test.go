package appliance

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth"
)

// TestDrafts: a file that can't be completed is not there, and none is begun for which
// there is no room.
func TestDrafts(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.gguf")
	for name, c := range map[string]struct {
		bytes int64
		write func(io.Writer) error
		code  hearth.Code
	}{
		"no room": {1 << 60, func(io.Writer) error { t.Error("it was begun"); return nil }, hearth.DiskFull},
		"fails": {1, func(w io.Writer) error {
			_, _ = w.Write([]byte("half"))
			return hearth.NewError(hearth.Canceled)
		}, hearth.Canceled},
	} {
		if _, err := draft(path, c.bytes, c.write); hearth.AsError(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("%s: the folder holds %v, %v", name, entries, err)
		}
	}
	n, err := draft(path, 1, func(w io.Writer) error { _, err := w.Write([]byte("whole")); return err })
	if err != nil || n != 5 {
		t.Fatal(n, err)
	}
	if _, err := draft(path, 1, func(io.Writer) error { return errors.New("begun") }); hearth.AsError(err).Code != hearth.FileFailed {
		t.Errorf("over another: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "whole" {
		t.Errorf("%q", text)
	}
}

func TestNamesOfFormatsAreDropped(t *testing.T) {
	for from, want := range map[string]string{"qwen3-8b-F16": "qwen3-8b", "a.bf16": "a", "f16": "f16", "qwen3-8b": "qwen3-8b", "x_f32": "x"} {
		if got := without(from, "f32", "f16", "bf16"); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}
