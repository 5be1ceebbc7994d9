package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestDraft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, named := range []bool{false, true} {
		d, err := NewDraft(path)
		if err != nil {
			t.Fatal(err)
		}
		if named { // as where files can't be nameless
			d.Discard()
			f, err := os.CreateTemp(dir, Incoming)
			if err != nil {
				t.Fatal(err)
			}
			d = &Draft{File: f, path: path, named: true}
		}
		if _, err := d.WriteString("all of it"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is there before it is complete: %v", err)
		}
		if err := d.Publish(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil || string(text) != "all of it" {
			t.Errorf("%q, %v", text, err)
		}
		only(t, dir, "file")
		if _, err := NewDraft(path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("twice: %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDraftNeverOverwrites: nor does it leave anything where something came between.
func TestDraftNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	d, err := NewDraft(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Publish(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("published: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "another's" {
		t.Errorf("it holds %q", text)
	}
	d.Discard()
	only(t, dir, "file")
}

func only(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}
