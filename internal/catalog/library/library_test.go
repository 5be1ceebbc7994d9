package library

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/prompt"
)

// native is the engine of this tree; every runs everything of the table.
var (
	native = Engine{nn.Architectures(), []string{"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q4_K", "Q5_K", "Q6_K"}}
	every  = Engine{
		[]string{"llama", "qwen2", "qwen3", "qwen3moe", "qwen35", "qwen35moe", "deepseek2", "deepseek4", "glm4", "glm4moe", "bert"},
		[]string{"F32", "F16", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_0", "Q5_K", "Q6_K"},
	}
)

func load(t testing.TB, e Engine) *Library {
	t.Helper()
	l, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var (
	idForm     = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	repository = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+$`)
	digest     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	han        = regexp.MustCompile(`\p{Han}`)
)

// TestTheTable holds library.yaml to what it promises.
func TestTheTable(t *testing.T) {
	l := load(t, native)
	ids := map[string]bool{}
	for _, m := range l.Models() {
		if ids[m.ID] || !idForm.MatchString(m.ID) {
			t.Errorf("%s: the id is taken or malformed", m.ID)
		}
		ids[m.ID] = true
		checkModel(t, m)
		paths := map[string]bool{}
		for _, f := range m.Files {
			if paths[f.Path] {
				t.Errorf("%s: %s is listed twice", m.ID, f.Path)
			}
			paths[f.Path] = true
			checkFile(t, m, f)
		}
	}
	for kind, ladder := range l.ladder {
		for _, id := range ladder {
			if m, err := l.Find(id); err != nil || m.Kind != kind {
				t.Errorf("ladder: %s is no %s model", id, kind)
			}
		}
	}
	t.Logf("%d models", len(ids))
}

func checkModel(t *testing.T, m Model) {
	for _, s := range []string{m.Name, m.Publisher, m.Family, m.Summary.ZH, m.Summary.EN, m.Licence.Name} {
		if strings.TrimSpace(s) == "" {
			t.Errorf("%s: a text is missing", m.ID)
		}
	}
	if !han.MatchString(m.Summary.ZH) || han.MatchString(m.Summary.EN) {
		t.Errorf("%s: the summaries are in the wrong languages", m.ID)
	}
	tags := strings.Join(m.Tags, "")
	if !han.MatchString(tags) || !strings.ContainsAny(tags, "aeiou") {
		t.Errorf("%s: tags are not in both languages", m.ID)
	}
	if !slices.Contains([]Kind{Chat, Embedding, Reranker, Guard}, m.Kind) {
		t.Errorf("%s: unknown kind %q", m.ID, m.Kind)
	}
	if m.Template != "" && !slices.Contains(prompt.Families(), m.Template) {
		t.Errorf("%s: package prompt has no family %q", m.ID, m.Template)
	}
	if m.Parameters <= 0 || m.Active >= m.Parameters || m.Context <= 0 || m.Shape.Width <= 0 || len(m.Sources) == 0 || len(m.Files) == 0 {
		t.Errorf("%s: a fact is missing: %+v", m.ID, m)
	}
	checkLicence(t, m.ID, m.Licence)
}

func checkLicence(t *testing.T, id string, l Licence) {
	u, err := url.Parse(l.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		t.Errorf("%s: the licence's address %q", id, l.URL)
	}
	told := l.Condition.ZH != "" && l.Condition.EN != ""
	switch l.Commercial {
	case CommercialYes:
		told = l.Condition == Text{} && l.SPDX != ""
	case CommercialNo, CommercialConditions:
	default:
		t.Errorf("%s: commercial use is %q", id, l.Commercial)
	}
	if !told {
		t.Errorf("%s: %s does not say its condition in both languages", id, l.Name)
	}
}

func checkFile(t *testing.T, m Model, f File) {
	for _, r := range []string{f.HuggingFace, f.ModelScope} {
		if r != "" && !repository.MatchString(r) {
			t.Errorf("%s: repository %q", m.ID, r)
		}
	}
	if f.HuggingFace == "" && f.ModelScope == "" || !strings.HasSuffix(f.Path, ".gguf") || strings.HasPrefix(f.Path, "/") {
		t.Errorf("%s: %s can't be fetched", m.ID, f.Path)
	}
	if strings.Contains(f.Path, "{part}") != (f.PartCount > 1) {
		t.Errorf("%s: %s has %d parts", m.ID, f.Path, f.PartCount)
	}
	for _, s := range f.SHA256 {
		if !digest.MatchString(s) {
			t.Errorf("%s: %s: SHA-256 %q", m.ID, f.Path, s)
		}
	}
	if n := len(f.SHA256); n != 0 && n != f.PartCount {
		t.Errorf("%s: %s: %d digests for %d parts", m.ID, f.Path, n, f.PartCount)
	}
	if !strings.Contains(strings.ToUpper(f.Path), strings.ToUpper(f.Quantization)) {
		t.Errorf("%s: %s is not %s", m.ID, f.Path, f.Quantization)
	}
	if name, i, n := gguf.SplitOf(f.Parts()[0].Path); f.PartCount > 1 && (i != 0 || n != f.PartCount) {
		t.Errorf("%s: %s is not read as the first of %d parts", m.ID, name, f.PartCount)
	}
	checkSize(t, m, f)
}

// checkSize holds the size a file is said to have against what its weights come to:
// within 10 %, with room for what the computation leaves out where that is much.
func checkSize(t *testing.T, m Model, f File) {
	within := 0.10
	switch {
	case m.Shape.Width%256 != 0:
		within = 0.40 // rows that K types don't fit take larger types
	case m.Architecture == "glm4moe":
		within = 0.20 // their files hold a layer more, which predicts a second token
	}
	computed := float64(weights(&m, &f, quantizations()[f.Quantization]))
	if off := float64(f.Bytes)/computed - 1; off > within || off < -within {
		t.Errorf("%s: %s has %d bytes, %+.0f %% off what its weights come to", m.ID, f.Path, f.Bytes, 100*off)
	}
}

func TestWhatTheEngineRuns(t *testing.T) {
	l := load(t, native)
	for id, want := range map[string]bool{
		"qwen3-8b": true, "deepseek-r1-distill-llama-70b": true, "qwen2.5-0.5b": true, "qwen3-embedding-0.6b": true,
		"deepseek-r1": true, "qwen3-30b-a3b": true, "bge-m3": true, "bge-reranker-v2-m3": true, "deepseek-v3.2": false, "glm-4.6": true,
	} {
		if m, err := l.Find(id); err != nil || m.Native != want {
			t.Errorf("%s: native %v, %v; want %v", id, m.Native, err, want)
		}
	}
	m, _ := l.Find("DeepSeek-R1-Distill-Llama-70B")
	for _, f := range m.Files {
		if want := f.Quantization == "Q4_K_M"; f.Native != want {
			t.Errorf("%s: native %v", f.Path, f.Native)
		}
	}
	if m, _ := load(t, Engine{}).Find("qwen3-8b"); m.Native {
		t.Error("no engine runs qwen3-8b")
	}
}

func TestFindSaysWhatIsMissing(t *testing.T) {
	if _, err := load(t, native).Find("no-such"); !errors.Is(err, hearth.NewError(hearth.NoSuchModel)) {
		t.Errorf("got %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	text := string(table)
	for name, change := range map[string][2]string{
		"an unknown field":        {"kind: chat", "sort: chat"},
		"an unknown licence":      {"licence: mit\n", "licence: gpl\n"},
		"an unknown source":       {"sources: [aiconfigurator, xinference, listing]", "sources: [hearsay]"},
		"an unknown quantisation": {"- quantization: Q2_K", "- quantization: Q1_K"},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("%s: nothing to change", name)
		}
		if _, err := read([]byte(strings.Replace(text, change[0], change[1], 1)), native); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		load(b, native)
	}
}
