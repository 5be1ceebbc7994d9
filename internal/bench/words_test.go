package bench

import (
	"strings"
	"testing"
)

// TestFit makes texts of an exact length, for several ways of counting.
func TestFit(t *testing.T) {
	for name, count := range map[string]func(string) int{
		"bytes":                 func(s string) int { return len(s) },
		"words":                 func(s string) int { return len(strings.Fields(s)) },
		"words and an opening":  func(s string) int { return 1 + len(strings.Fields(s)) },
		"one for three letters": func(s string) int { return (len(s) + 2) / 3 },
	} {
		for n := 1; n < 700; n = n*3/2 + 1 {
			text := fit(draw(1, promptStream, n), count, n)
			if got := count(text); got != n && !(n == 1 && text == "") {
				t.Errorf("%s: %q has %d, want %d", name, text, got, n)
			}
		}
	}
	// A vocabulary to which everything is one unknown token is not waited for.
	if text := fit(draw(1, promptStream, 0), func(s string) int { return min(len(s), 1) }, 100); text == "" {
		t.Error("nothing came")
	}
}

// TestPromptsDiffer is invariant B4: no two of many prompts agree in their first words.
func TestPromptsDiffer(t *testing.T) {
	seen := map[string]int{}
	for i := range 2000 {
		begin := strings.Join(strings.Fields(words(draw(1, promptStream, i), 20))[:4], " ")
		if j, ok := seen[begin]; ok {
			t.Errorf("prompts %d and %d begin with %q", i, j, begin)
		}
		seen[begin] = i
	}
}

func TestMachineFiles(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"processor\t: 0\nmodel name\t: Hygon C86 7285 32-core\nmodel name\t: other\n": "Hygon C86 7285 32-core",
		"processor\t: 0\nCPU implementer\t: 0x70\nCPU part\t: 0x662\n":                "ARM 0x70 0x662",
		"nonsense without colons\n:\n::":                                              "",
	} {
		if got := cpuModel(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]int64{"": 0, "VmPeak:\t 9 kB\nVmRSS:\t  12 kB\n": 12 << 10, "VmRSS:\t x kB": 0, "VmRSS:": 0} {
		if got := resident(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if m := ThisMachine(); m.Cores < 1 || m.Platform == "" || m.Features == nil {
		t.Errorf("%+v", m)
	}
}
