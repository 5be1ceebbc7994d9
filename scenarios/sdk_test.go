package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestSDKs runs the same cases with OpenAI's three official SDKs, unmodified. Each
// program prints a line per case.
func TestSDKs(t *testing.T) {
	if _, err := os.Stat(stories); err != nil {
		t.Skip("../shared/data/engine is not here")
	}
	home := newHome(t)
	link(t, stories, filepath.Join(home, "stories260K.gguf"))
	put(t, filepath.Join(home, "embedder.gguf"), nntest.Make(nntest.Shape{Architecture: "bert", Vocabulary: true, Pooling: 1,
		Embedding: 64, FeedForward: 96, Heads: 4, Seed: 1}))
	s := start(t, home)
	var cases [][]string
	for _, sdk := range []struct {
		name, needs string
		command     []string
	}{
		{"node", "sdk/node/node_modules/openai", []string{"node", "sdk/node/test.mjs"}},
		{"python", python, []string{python, "sdk/python/test.py"}},
		{"go", "sdk/go/go.mod", []string{"go", "-C", "sdk/go", "run", "."}},
	} {
		t.Run(sdk.name, func(t *testing.T) {
			if _, err := os.Stat(sdk.needs); err != nil {
				t.Skip("the SDK is not installed: make deps")
			}
			out, err := s.client(t, sdk.command).CombinedOutput()
			cases = append(cases, report(t, string(out)))
			if err != nil && !t.Failed() {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	for _, c := range cases {
		if !slices.Equal(c, cases[0]) {
			t.Errorf("the suites differ: %v and %v", c, cases[0])
		}
	}
}

// client is a program that speaks to the server.
func (s *server) client(t *testing.T, command []string) *exec.Cmd {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "HEARTH_URL="+s.url, "HEARTH_BASE_URL="+s.url+"/v1", "HEARTH_API_KEY="+s.key,
		"HEARTH_MODEL=stories260k", "HEARTH_CHAT_MODEL=chat", "HEARTH_EMBEDDING_MODEL=embedder", "HEARTH_SCRIPT=script", "HEARTH_GREEDY_JSON="+absolute(t, greedy))
	return cmd
}

// report turns lines of "ok NAME" and "not ok NAME: why" into subtests.
func report(t *testing.T, out string) (names []string) {
	t.Helper()
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		failure, failed := strings.CutPrefix(line, "not ok ")
		name, ok := strings.CutPrefix(line, "ok ")
		if !ok && !failed {
			continue
		}
		why := ""
		if failed {
			name, why, _ = strings.Cut(failure, ": ")
		}
		name, skip, _ := strings.Cut(name, " # ")
		names = append(names, name)
		t.Run(name, func(t *testing.T) {
			switch {
			case failed:
				t.Error(why)
			case skip != "":
				t.Skip(skip)
			}
		})
	}
	if len(names) == 0 {
		t.Errorf("no case was reported:\n%s", out)
	}
	return names
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Symlink(absolute(t, from), to); err != nil {
		t.Fatal(err)
	}
}
