package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

func TestFindsModelsWhereToolsKeepThem(t *testing.T) {
	root := t.TempDir()
	digest := strings.Repeat("ab", 32)
	put(t, root, "ollama/blobs/sha256-"+digest, model("llama"))
	put(t, root, "ollama/manifests/registry.ollama.ai/library/deepseek-r1/1.5b",
		[]byte(`{"layers":[{"mediaType":"application/vnd.ollama.image.template","digest":"sha256:00"},
			{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:`+digest+`"}]}`))
	put(t, root, "ollama/manifests/hf.co/someone/thing/latest",
		[]byte(`{"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../../etc/passwd"}]}`))
	put(t, root, "hub/models--Qwen--Q/blobs/1234", model("qwen2"))
	link(t, root, "hub/models--Qwen--Q/snapshots/aaa/Q-Q4_K_M.gguf", "../../blobs/1234")
	link(t, root, "hub/models--Qwen--Q/snapshots/bbb/Q-Q4_K_M.gguf", "../../blobs/1234")
	put(t, root, "lm/pub/repo/Split Model-00001-of-00002.gguf", split(0))
	put(t, root, "lm/pub/repo/Split Model-00002-of-00002.gguf", split(1))
	put(t, root, "models/Q-Q4_K_M.gguf", model("qwen3"))
	put(t, root, "models/broken.gguf", []byte("GGUF but not really"))
	put(t, root, "models/mamba.gguf", model("mamba"))
	put(t, root, "models/.hidden/x.gguf", model("llama"))
	put(t, root, "models/mmproj.gguf", typed("mmproj"))
	put(t, root, "models/notes.txt", []byte("no model"))

	c := catalog.New(filepath.Join(root, "own"), []catalog.Folder{
		{Origin: hearth.OriginOllama, Path: filepath.Join(root, "ollama")},
		{Origin: hearth.OriginHuggingFace, Path: filepath.Join(root, "hub")},
		{Origin: hearth.OriginLMStudio, Path: filepath.Join(root, "lm")},
		{Origin: hearth.OriginFolder, Path: filepath.Join(root, "models")},
		{Origin: hearth.OriginFolder, Path: filepath.Join(root, "absent")},
	}, runs)
	models, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range models {
		line := fmt.Sprintf("%s %s %s %s", m.ID, m.Origin, m.Architecture, m.Quantization)
		if m.Problem != nil {
			line += " " + string(m.Problem.Code)
		}
		got = append(got, line)
	}
	want := []string{
		"deepseek-r1:1.5b ollama llama F32",
		"q-q4_k_m huggingface qwen2 F32",
		"split-model lmstudio llama F32",
		"broken folder   model_invalid",
		"mamba folder mamba F32 model_unsupported",
		"q-q4_k_m@folder folder qwen3 F32",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if m, err := c.Find(t.Context(), "DeepSeek-R1:1.5B"); err != nil || m.Parameters == 0 || m.ContextTokens != 512 {
		t.Errorf("found %+v (%v)", m, err)
	}
	if _, err := c.Find(t.Context(), "gpt-5"); !errors.Is(err, hearth.NewError(hearth.NoSuchModel)) {
		t.Errorf("got %v", err)
	}
}

func TestChangedFilesAreReadAgain(t *testing.T) {
	root := t.TempDir()
	put(t, root, "m.gguf", []byte("not yet"))
	c := catalog.New(filepath.Join(root, "own"), []catalog.Folder{{Origin: hearth.OriginFolder, Path: root}}, runs)
	if m, err := c.Find(t.Context(), "m"); err != nil || m.Problem == nil {
		t.Fatalf("got %+v (%v)", m, err)
	}
	put(t, root, "m.gguf", model("llama"))
	if m, err := c.Find(t.Context(), "m"); err != nil || m.Problem != nil {
		t.Errorf("after the file was mended: %+v (%v)", m, err)
	}
}

func TestImportLinksAndRemoves(t *testing.T) {
	root := t.TempDir()
	src := put(t, root, "src/My Model (v2).gguf", model("llama"))
	c := catalog.New(filepath.Join(root, "own"), nil, runs)
	m, err := c.Import(t.Context(), src, "", nil)
	if err != nil || m.ID != "my-model-v2" || m.Origin != hearth.OriginImported {
		t.Fatalf("imported %+v (%v)", m, err)
	}
	a, _ := os.Stat(src)
	if b, err := os.Stat(m.Path); err != nil || !os.SameFile(a, b) {
		t.Error("the file was copied although it could be linked")
	}
	if _, err := c.Import(t.Context(), src, "", nil); !errors.Is(err, hearth.NewError(hearth.ModelExists)) {
		t.Errorf("a second import gave %v", err)
	}
	if _, err := c.Import(t.Context(), src, "Bad Name", nil); hearth.AsError(err).Code != hearth.InvalidValue {
		t.Errorf("a bad name gave %v", err)
	}
	if err := c.Remove(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if list, _ := c.List(t.Context()); len(list) != 0 {
		t.Errorf("after removal: %v", list)
	}
	if _, err := os.Stat(src); err != nil {
		t.Errorf("the source went with the import: %v", err)
	}
	left, _ := os.ReadDir(filepath.Join(root, "own"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestImportOfAFileNamedByItsHash, as Ollama's are.
func TestImportOfAFileNamedByItsHash(t *testing.T) {
	root := t.TempDir()
	src := put(t, root, "blobs/sha256-abc", model("llama"))
	c := catalog.New(filepath.Join(root, "own"), nil, runs)
	m, err := c.Import(t.Context(), src, "mine", nil)
	if err != nil || m.ID != "mine" || filepath.Base(m.Path) != "mine.gguf" {
		t.Fatalf("imported %+v (%v)", m, err)
	}
}

// TestLinkedFolders: a folder of models may be a link to where there is room.
func TestLinkedFolders(t *testing.T) {
	root := t.TempDir()
	put(t, root, "data/m.gguf", model("llama"))
	link(t, root, "models", "data")
	c := catalog.New(filepath.Join(root, "own"), []catalog.Folder{{Origin: hearth.OriginFolder, Path: filepath.Join(root, "models")}}, runs)
	if list, err := c.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("found %v (%v)", list, err)
	}
}

// TestFilesThatShrinkMeanwhile: copying over a file cuts it short first, and whoever
// maps it then faults.
func TestFilesThatShrinkMeanwhile(t *testing.T) {
	root := t.TempDir()
	whole := model("llama")
	path := put(t, root, "m.gguf", whole)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if os.Truncate(path, 0) != nil || os.WriteFile(path, whole, 0o644) != nil {
				return
			}
		}
	})
	for range 300 {
		c := catalog.New(filepath.Join(root, "own"), []catalog.Folder{{Origin: hearth.OriginFolder, Path: root}}, runs)
		if _, err := c.List(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	writer.Wait()
}

func TestRefusals(t *testing.T) {
	root := t.TempDir()
	found := put(t, root, "found/m.gguf", model("llama"))
	empty := put(t, root, "empty.gguf", vocabulary())
	broken := put(t, root, "broken.gguf", model("llama")[:2000])
	c := catalog.New(filepath.Join(root, "own"), []catalog.Folder{{Origin: hearth.OriginFolder, Path: filepath.Dir(found)}}, runs)
	for path, want := range map[string]hearth.Code{
		filepath.Join(root, "nothing.gguf"): hearth.FileFailed, root: hearth.ModelInvalid,
		broken: hearth.ModelInvalid, empty: hearth.ModelInvalid,
	} {
		if _, err := c.Import(t.Context(), path, "", nil); hearth.AsError(err).Code != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	if err := c.Remove(t.Context(), "m"); !errors.Is(err, hearth.NewError(hearth.ModelNotOwned)) {
		t.Errorf("removing another tool's file gave %v", err)
	}
	if _, err := os.Stat(found); err != nil {
		t.Error(err)
	}
}

// TestKilledImportLeavesNothing kills a process in the middle of copying, as often
// as it takes to hit every stage, then looks at what is listed and swept.
func TestKilledImportLeavesNothing(t *testing.T) {
	if os.Getenv("HEARTH_TEST_IMPORT") != "" {
		importSlowly()
		return
	}
	other := "/dev/shm" // another file system, so that import must copy
	if _, err := os.Stat(other); err != nil {
		t.Skip("there is no second file system to copy from")
	}
	dir, err := os.MkdirTemp(other, "hearth")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(dir)
	src := put(t, dir, "m.gguf", model("llama"))
	own := filepath.Join(t.TempDir(), "own")
	killed := 0
	for i := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledImportLeavesNothing$")
		cmd.Env = append(os.Environ(), "HEARTH_TEST_IMPORT="+src, "HEARTH_TEST_OWN="+own)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = out.Read(make([]byte, i+1)) // i progress reports, then the axe
		_ = cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
		c := catalog.New(own, nil, runs)
		models, err := c.List(context.Background())
		if err != nil || len(models) > 1 || len(models) == 1 && models[0].Problem != nil {
			t.Fatalf("listed %+v (%v)", models, err)
		}
		if err := c.Sweep(); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(own); len(left) != len(models) {
			t.Fatalf("%d models and left over: %v", len(models), left)
		}
		if len(models) == 1 {
			if err := c.Remove(context.Background(), models[0].ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if killed == 0 {
		t.Error("no import was killed in time")
	}
}

// importSlowly is the process to be killed: it prints a byte per report.
func importSlowly() {
	c := catalog.New(os.Getenv("HEARTH_TEST_OWN"), nil, runs)
	_, err := c.Import(context.Background(), os.Getenv("HEARTH_TEST_IMPORT"), "", func(done, total int64) {
		os.Stdout.WriteString(".")
		time.Sleep(5 * time.Millisecond)
	})
	if err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString("!")
	time.Sleep(time.Second)
}

func TestSweepSparesWhatIsAtWork(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "hearth")
	if err != nil {
		t.Skip("there is no second file system to copy from")
	}
	defer os.RemoveAll(other)
	src := put(t, other, "m.gguf", model("llama"))
	c := catalog.New(filepath.Join(t.TempDir(), "own"), nil, runs)
	swept := false
	_, err = c.Import(t.Context(), src, "", func(done, total int64) {
		if !swept {
			swept = true
			if err := c.Sweep(); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || !swept {
		t.Errorf("an import was swept away: %v", err)
	}
}

func TestCanceledImport(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "hearth")
	if err != nil {
		t.Skip("there is no second file system to copy from")
	}
	defer os.RemoveAll(other)
	src := put(t, other, "m.gguf", model("llama"))
	own := filepath.Join(t.TempDir(), "own")
	ctx, cancel := context.WithCancel(t.Context())
	_, err = catalog.New(own, nil, runs).Import(ctx, src, "", func(done, total int64) { cancel() })
	if hearth.AsError(err).Code != hearth.Canceled {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(own); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

var runs = catalog.Engine{Check: check, Fits: fits}

// fits holds the names of models against what adapters were made for.
func fits(model, adapter *gguf.File) error {
	is, _ := model.Text("general.name")
	want, _ := adapter.Text("general.base")
	if is != want {
		return fmt.Errorf("the model is %q, not %q", is, want)
	}
	return nil
}

func check(f *gguf.File) (task string, err error) {
	if arch, _ := f.Text("general.architecture"); arch == "mamba" {
		return hearth.TaskChat, errors.New("architecture mamba")
	}
	return hearth.TaskChat, nil
}

func model(architecture string) []byte {
	return nntest.Make(nntest.Shape{Architecture: architecture, Embedding: 64, FeedForward: 64, Heads: 2, KVHeads: 1})
}

func typed(kind string) []byte {
	var w gguf.Writer
	_ = w.Set("general.type", kind)
	return bytesOf(&w)
}

func vocabulary() []byte {
	var w gguf.Writer
	_ = w.Set("general.architecture", "llama")
	return bytesOf(&w)
}

func split(i int) []byte {
	var w gguf.Writer
	_ = w.Set("general.architecture", "llama")
	_ = w.Set("split.no", uint16(i))
	_ = w.Set("split.count", uint16(2))
	_ = w.Add(fmt.Sprintf("t%d", i), gguf.F32, []int{4}, strings.NewReader(strings.Repeat("\x00", 16)))
	return bytesOf(&w)
}

func bytesOf(w *gguf.Writer) []byte {
	var b strings.Builder
	if _, err := w.WriteTo(&b); err != nil {
		panic(err)
	}
	return []byte(b.String())
}

func put(t *testing.T, root, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, root, name, target string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func adapterOf(architecture, base string) []byte {
	var w gguf.Writer
	_ = w.Set("general.architecture", architecture)
	_ = w.Set("general.type", "adapter")
	_ = w.Set("general.base", base)
	_ = w.Add("x.lora_a", gguf.F32, []int{1}, strings.NewReader("1234"))
	return bytesOf(&w)
}

// TestAdaptersAreOnTheirModels lists adapters once for each model that they fit, and by
// themselves where there is none.
func TestAdaptersAreOnTheirModels(t *testing.T) {
	root := t.TempDir()
	name := "random llama F32"
	put(t, root, "models/a.gguf", model("llama"))
	put(t, root, "models/b.gguf", model("llama"))
	put(t, root, "models/c.gguf", model("qwen2"))
	put(t, root, "models/law.gguf", adapterOf("llama", name))
	put(t, root, "models/sub/law.gguf", adapterOf("llama", name))
	put(t, root, "models/other.gguf", adapterOf("llama", "another one"))
	put(t, root, "models/lone.gguf", adapterOf("qwen3", name))
	put(t, root, "imports/tax.gguf", adapterOf("llama", name))
	c := catalog.New(filepath.Join(root, "own"), []catalog.Folder{{Origin: hearth.OriginFolder, Path: filepath.Join(root, "models")}}, runs)
	m, err := c.Import(t.Context(), filepath.Join(root, "imports/tax.gguf"), "", nil)
	if err != nil || m.ID != "a:tax" || m.Base != "a" || m.Adapter() != "tax" {
		t.Fatalf("imported %+v: %v", m, err)
	}
	list := func() string {
		t.Helper()
		models, err := c.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range models {
			line := m.ID
			if m.Problem != nil {
				line += " (" + m.Problem.Message(hearth.English) + ")"
			}
			got = append(got, line)
		}
		return strings.Join(got, "\n")
	}
	want := `a
b
c
a:tax
b:tax
a:law
b:law
a:law@folder
b:law@folder
lone (the adapter lone is not for any model here: it changes models of architecture qwen3)
other (the adapter other is not for b: the model is "random llama F32", not "another one")`
	if got := list(); got != want {
		t.Errorf("listed:\n%s\nwant:\n%s", got, want)
	}
	if err := c.Remove(t.Context(), "b:tax"); err != nil {
		t.Error(err)
	}
	if got := list(); strings.Contains(got, "tax") {
		t.Errorf("after removing it:\n%s", got)
	}
	// A file that changes is looked at again.
	put(t, root, "models/other.gguf", adapterOf("llama", name))
	if got := list(); !strings.Contains(got, "b:other") {
		t.Errorf("after it was replaced:\n%s", got)
	}
}
