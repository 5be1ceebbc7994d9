package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clients is where `make e2e-clients` installs what is too large for every test run.
const clients = "../build/clients/node_modules"

// TestClients runs libraries that stand between programs and APIs: the AI SDK and
// LangChain, over every dialect they speak.
func TestClients(t *testing.T) {
	if _, err := os.Stat(clients); err != nil {
		t.Skip("the clients are not installed: make e2e-clients")
	}
	// Node looks for packages beside the program.
	program := filepath.Join(filepath.Dir(clients), "clients.mjs")
	text, err := os.ReadFile("clients/clients.mjs")
	if err != nil {
		t.Fatal(err)
	}
	put(t, program, text)
	out, err := withScript(t).client(t, []string{"node", program}).CombinedOutput()
	report(t, string(out))
	if err != nil && !t.Failed() {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestCodex has a coding agent do a task with a tool: a command that the engine asks for
// is run on this machine, and its end is told to the engine.
func TestCodex(t *testing.T) {
	codex := clients + "/@openai/codex/bin/codex.js"
	if _, err := os.Stat(codex); err != nil {
		t.Skip("Codex is not installed: make e2e-clients")
	}
	s := withScript(t)
	home := t.TempDir()
	put(t, filepath.Join(home, ".codex", "config.toml"), []byte(`model = "script"
model_provider = "hearth"
web_search = "disabled"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.hearth]
name = "hearth"
base_url = "`+s.url+`/v1"
env_key = "HEARTH_KEY"
wire_api = "responses"
`))
	work := filepath.Join(home, "work")
	put(t, filepath.Join(work, "README"), nil)
	cmd := exec.Command("node", absolute(t, codex), "exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", "run echo made > made.txt")
	cmd.Dir, cmd.Env, cmd.WaitDelay = work, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "HEARTH_KEY=" + s.key}, time.Second
	out, err := cmd.CombinedOutput()
	made, readErr := os.ReadFile(filepath.Join(work, "made.txt"))
	if err != nil || readErr != nil || strings.TrimSpace(string(made)) != "made" || !strings.Contains(string(out), "I see: ") {
		t.Errorf("%v %v: %q\n%s", err, readErr, made, out)
	}
}
