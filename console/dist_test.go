package console_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// sources are what dist is built from; build/compress.mjs reads the same.
var sources = []string{"src", "index.html", "package-lock.json", "vite.config.ts", "tsconfig.json"}

var notShipped = regexp.MustCompile(`\.test\.tsx?$|test-env`)

// TestDistIsBuiltFromTheSources needs nothing but the files: whoever changes a source
// and forgets `make console` hears of it.
func TestDistIsBuiltFromTheSources(t *testing.T) {
	made := sha256.New()
	for _, from := range sources {
		err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || notShipped.MatchString(path) {
				return err
			}
			text, err := os.ReadFile(path)
			sum := sha256.Sum256(text)
			made.Write([]byte(filepath.ToSlash(path) + "\n" + hex.EncodeToString(sum[:])))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("dist/made-from")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(made.Sum(nil)); got != strings.TrimSpace(string(want)) {
		t.Error("dist is not built from these sources: make console")
	}
}

// TestDistIsWhatTheSourcesGive builds it again and compares, where Node is at hand.
func TestDistIsWhatTheSourcesGive(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	if _, err := os.Stat("node_modules/.deps"); err != nil {
		t.Skip("the console's tools are not installed: make deps")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const again = "node_modules/.again"
	build := exec.CommandContext(ctx, "npx", "vite", "build", "--outDir", again, "--emptyOutDir", "--logLevel", "warn")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("vite: %v\n%s", err, out)
	}
	built, kept := tree(t, again), tree(t, "dist")
	delete(kept, "made-from")
	for name, want := range built {
		if !bytes.Equal(kept[name], want) {
			t.Errorf("%s differs: make console", name)
		}
		delete(kept, name)
	}
	for name := range kept {
		t.Errorf("%s is left over: make console", name)
	}
}

// TestFrontEnd runs what the front end's sources are tested and checked with.
func TestFrontEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	if _, err := os.Stat("node_modules/.deps"); err != nil {
		t.Skip("the console's tools are not installed: make deps")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, command := range [][]string{{"biome", "check", "."}, {"tsc", "--noEmit"}, {"vitest", "run"}} {
		check := exec.CommandContext(ctx, "npx", command...)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", command, err, out)
		}
	}
}

// tree reads a folder's files, uncompressed, by name.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".br") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if plain, ok := strings.CutSuffix(name, ".gz"); ok {
			z, err := gzip.NewReader(bytes.NewReader(text))
			if err != nil {
				return err
			}
			text, err = io.ReadAll(z)
			if err != nil {
				return err
			}
			name = plain
		}
		files[filepath.ToSlash(name)] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Limits of what a browser fetches, in bytes as gzip sends them.
const (
	firstLoadMax = 350_000
	wholeMax     = 700_000
)

// TestWeight prints what the console weighs, and holds it within its limits.
func TestWeight(t *testing.T) {
	page, err := os.ReadFile("dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	first, whole := 0, 0
	err = fs.WalkDir(os.DirFS("dist"), ".", func(path string, _ fs.DirEntry, err error) error {
		name, zipped := strings.CutSuffix(path, ".gz")
		info, statErr := os.Stat(filepath.Join("dist", path))
		if err = errors.Join(err, statErr); err != nil || !zipped {
			return err
		}
		whole += int(info.Size())
		if bytes.Contains(page, []byte(`"./`+name+`"`)) {
			first += int(info.Size())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first load of the chat %d bytes, the whole console %d bytes (gzip, without fonts)", first, whole)
	if first > firstLoadMax || whole > wholeMax || first == 0 {
		t.Errorf("first load %d of %d, whole %d of %d", first, firstLoadMax, whole, wholeMax)
	}
}

// TestNothingForeign: no page loads anything from elsewhere. What is left are names of
// XML namespaces, addresses in messages of libraries, and links nobody follows by itself.
func TestNothingForeign(t *testing.T) {
	loads := regexp.MustCompile(`(?i)(?:import\(|fetch\(|@import|url\(|src=|new (?:WebSocket|EventSource|Worker)\()\s*["'` + "`" + `]?(?:https?:)?//`)
	for name, text := range tree(t, "dist") {
		if hit := loads.Find(text); hit != nil {
			t.Errorf("%s loads from elsewhere: %s", name, hit)
		}
	}
}
