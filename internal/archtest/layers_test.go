package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hearthbox/hearth"

// pkg is what the go command tells of one package.
type pkg struct {
	ImportPath string
	Doc        string
	Name       string
	Standard   bool
	Imports    []string
	GoFiles    []string
}

// rule is one wall: packages under from may not import packages under to.
// A path names itself and everything below it; "" stands for the root package
// alone, and "third party" for whatever is neither ours nor the standard
// library's nor golang.org/x.
type rule struct {
	from, to, why string
}

var (
	floor1   = []string{"internal/simd", "internal/gguf", "internal/tokenizer", "internal/grammar", "internal/cryptosuite"}
	engines  = []string{"internal/nn", "internal/engine", "internal/upstream", "internal/prompt", "internal/quantize", "internal/convert"}
	services = []string{"internal/audit", "internal/catalog", "internal/store", "internal/access", "internal/starter", "internal/bench", "internal/conformance", "internal/mcp", "internal/traffic", "internal/guard", "internal/trust", "internal/ledger", "internal/jobs", "internal/webhook"}
	doors    = []string{"internal/gateway", "internal/admin"}
	others   = []string{"internal/door", "internal/appliance", "internal/archtest", "internal/devtools", "internal/pipenet"}
)

// TestEveryPackageStandsOnAFloor, so that no new one is free of walls.
func TestEveryPackageStandsOnAFloor(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	known := concat(floor1, engines, services, doors, others)
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(known, "internal/"+e.Name()) {
			t.Errorf("internal/%s stands on no floor: add it to the lists of this file", e.Name())
		}
	}
	for _, p := range known {
		if _, err := os.Stat(filepath.Join("..", "..", p)); err != nil {
			t.Errorf("%s has a floor and does not exist", p)
		}
	}
}

// rules is the table in docs/ARCHITECTURE.md, spelled out.
func rules() []rule {
	var rs []rule
	never := func(from, why string, to ...string) {
		for _, t := range to {
			rs = append(rs, rule{from, t, why})
		}
	}
	above1 := concat(engines, services, doors, []string{"internal/appliance", "cmd"})

	never("", "the vocabulary outlives every library", "internal", "cmd", "third party", "golang.org/x", "net/http")
	for _, p := range floor1 {
		never(p, "a mechanism must be testable and benchable alone", concat(above1, []string{""})...)
		for _, q := range floor1 {
			if p != q {
				never(p, "mechanisms do not know each other", q)
			}
		}
	}
	never("internal/nn", "maths has no policy", concat(services, doors, []string{"", "internal/engine", "internal/upstream",
		"internal/prompt", "internal/tokenizer", "internal/grammar", "context", "net/http", "third party"})...)
	never("internal/engine", "replacing the engine must touch four folders and one line",
		concat(services, doors, []string{"internal/upstream", "internal/prompt", "net/http", "third party"})...)
	never("internal/quantize", "it writes models smaller, whoever asks for it and wherever they go",
		concat(services, doors, []string{"", "internal/engine", "internal/upstream", "internal/prompt", "internal/tokenizer",
			"internal/grammar", "internal/convert", "net/http", "third party"})...)
	never("internal/convert", "it puts other people's files in our format, whoever asks for it and wherever they go",
		concat(services, doors, []string{"", "internal/nn", "internal/engine", "internal/upstream", "internal/prompt",
			"internal/grammar", "internal/quantize", "net/http", "third party"})...)
	never("internal/upstream", "what servers send and what clients send drift apart",
		concat(services, doors, []string{"internal/engine", "internal/nn", "internal/prompt"})...)
	never("internal/prompt", "a form is asked for in hearth's words, and kept by whoever writes", "internal/grammar")
	never("internal/prompt", "a conversation becomes text here, whatever continues it",
		concat(services, doors, []string{"internal/engine", "internal/nn", "internal/upstream", "net/http"})...)
	for _, s := range services {
		never(s, "the services do not know each other: appliance introduces them",
			concat(without(services, s), engines, doors)...)
	}
	never("internal/bench", "it measures whatever answers, through the contracts everyone uses", concat(floor1, []string{"net/http"})...)
	never("internal/traffic", "it orders requests, whatever they ask for", concat(floor1, []string{"net/http"})...)
	never("internal/catalog/fetch", "it brings bytes here, whatever they are", concat(floor1, []string{"internal/catalog/library", "internal/catalog/provenance"})...)
	never("internal/gateway", "a dialect holds a Generator and an authoriser, nothing else",
		concat(floor1, engines, services, []string{"internal/admin"})...)
	never("internal/admin", "the console manages; it does not compute",
		"internal/engine", "internal/nn", "internal/simd", "internal/gateway")
	never("console", "its pages ask the doors as any client does; it lets browsers in", concat(floor1, engines, services, doors, []string{"third party"})...)
	never("docs", "it is files", "internal", "cmd", "")
	never("internal/door", "what doors share is less than a door", concat(floor1, engines, services, doors)...)
	for _, p := range concat([]string{""}, floor1, engines, services) {
		never(p, "HTTP stops at the doors", "internal/door")
	}
	for _, p := range concat([]string{""}, floor1, engines, services, doors, []string{"console", "internal/appliance", "cmd"}) {
		never(p, "it is for tests", "internal/pipenet")
	}
	for _, p := range concat([]string{"", "console"}, floor1, engines, services, doors) {
		never(p, "the composition root is imported by main alone", "internal/appliance", "cmd")
	}
	for _, p := range concat([]string{"console"}, floor1, engines, without(services, "internal/store"), doors) {
		never(p, "SQL is spoken in store, nowhere else", "database/sql")
	}
	for _, p := range concat([]string{"", "internal/nn", "internal/engine", "internal/upstream", "internal/prompt"}, floor1, services) {
		never(p, "unsafe and assembly live in simd", "unsafe")
	}
	return drop(rs, rule{from: "internal/simd", to: "unsafe"})
}

func TestLayers(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range list(t, "std") {
		standard[p.ImportPath] = true
	}
	rs := rules()
	for _, p := range list(t, "./...") {
		for _, imp := range p.Imports {
			for _, r := range rs {
				if under(p.ImportPath, r.from) && reaches(imp, r.to, standard) {
					t.Errorf("%s imports %s: %s", short(p.ImportPath), short(imp), r.why)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range list(t, "./...") {
		if len(p.GoFiles) > 0 && len(p.Doc) < 40 {
			t.Errorf("%s has no package comment worth the name", short(p.ImportPath))
		}
	}
}

// under reports whether path is the place or lies below it.
func under(path, place string) bool {
	if place == "" {
		return path == module
	}
	full := module + "/" + place
	return path == full || strings.HasPrefix(path, full+"/")
}

func reaches(imp, to string, standard map[string]bool) bool {
	switch to {
	case "third party":
		return !standard[imp] && !strings.HasPrefix(imp, module) && !strings.HasPrefix(imp, "golang.org/x/")
	case "golang.org/x":
		return strings.HasPrefix(imp, "golang.org/x/")
	}
	if standard[to] {
		return imp == to || strings.HasPrefix(imp, to+"/")
	}
	return under(imp, to)
}

func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module+"/"), module)
}

func list(t *testing.T, pattern string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Name,Standard,Imports,GoFiles", pattern)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pattern, err)
	}
	var ps []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

func concat(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func without(list []string, x string) []string {
	var rest []string
	for _, s := range list {
		if s != x {
			rest = append(rest, s)
		}
	}
	return rest
}

func drop(rs []rule, r rule) []rule {
	var rest []rule
	for _, x := range rs {
		if x.from != r.from || x.to != r.to {
			rest = append(rest, x)
		}
	}
	return rest
}
