package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asEngine is the variable with which this test's own program is an engine: it listens
// after a while, says its process in its answers, prints its key, and starts a child that
// leaves its group.
const asEngine = "SCRIPTED_ENGINE"

func engineMain() {
	port := os.Args[len(os.Args)-1]
	child := exec.Command("sleep", "600")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	_ = child.Start()
	unmarked := exec.Command("sleep", "601") // as of programs that write over their environment
	unmarked.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	unmarked.Env = []string{"PATH=/usr/bin:/bin", "WITHOUT_MARK=" + os.Getenv("WITHOUT_MARK")}
	_ = unmarked.Start()
	fmt.Println("listening with key", os.Getenv("API_KEY"), "and hub token", os.Getenv("HUB_TOKEN"))
	time.Sleep(time.Second)
	http.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"data":[{"id":"scripted"}]}`) })
	http.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+os.Getenv("API_KEY") {
			w.WriteHeader(401)
			return
		}
		if bytes.Contains(body, []byte("die now")) {
			os.Exit(7)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		say := func(s string) {
			_, _ = fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", s)
			w.(http.Flusher).Flush()
		}
		say("pid=" + strconv.Itoa(os.Getpid()) + " devices=" + os.Getenv("CUDA_VISIBLE_DEVICES") + ";")
		if bytes.Contains(body, []byte("slowly")) {
			for range 40 {
				time.Sleep(100 * time.Millisecond)
				say(".")
			}
		}
		_, _ = io.WriteString(w, stop+done)
	})
	_ = http.ListenAndServe("127.0.0.1:"+port, nil)
}

// marked are the processes of engines of a data folder.
func marked(data string) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range list {
		text, _ := os.ReadFile(path)
		if bytes.Contains(text, []byte("HEARTH_ENGINE="+data+"/")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// runOf names this run of a test.
func runOf(t *testing.T) string { return fmt.Sprint(t.Name(), "-", os.Getpid()) }

// unmarked are processes of engines that have lost the mark.
func unmarked(of string) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range list {
		text, _ := os.ReadFile(path)
		if bytes.Contains(text, []byte("WITHOUT_MARK="+of)) && !bytes.Contains(text, []byte("HEARTH_ENGINE=")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// within waits for something for a while.
func within(d time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(d); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

func withEngine(t *testing.T, settings string) (s *server, data string) {
	t.Helper()
	home := t.TempDir()
	data = filepath.Join(home, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(data, "hearth.yaml"), []byte(settings))
	s = start(t, home)
	return s, data
}

func scriptedEngine(t *testing.T, name, devices string) string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The program is found by its name, in the engine's own PATH.
	return fmt.Sprintf("  - {name: %s, template: command, command: [%q, '{name}', '{port}'], devices: [%s], env: {%s: '1', HUB_TOKEN: abcdef123456, PATH: %q, WITHOUT_MARK: %q}}\n",
		name, filepath.Base(self), devices, asEngine, filepath.Dir(self)+":/usr/bin:/bin", runOf(t))
}

// say asks a model and returns what it said.
func (s *server) say(model, words string) string {
	status, body := s.ask("/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":%q}]}`, model, words))
	var a struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if json.Unmarshal([]byte(body), &a) != nil || len(a.Choices) == 0 {
		return fmt.Sprintf("%d %s", status, body)
	}
	return a.Choices[0].Message.Content
}

// TestManagedEngine is the life of an engine: who asks while it starts waits, it is
// started again when it dies, its log has no secrets, and it goes with the server.
func TestManagedEngine(t *testing.T) {
	s, data := withEngine(t, "engines:\n"+scriptedEngine(t, "own", "'0','2'"))
	first := s.say("own", "hello")
	if !strings.Contains(first, "pid=") || !strings.Contains(first, "devices=0,2;") {
		t.Fatalf("asked while it started: %s", first)
	}
	if n := len(marked(data)); n != 2 {
		t.Errorf("%d processes, want the engine and its child", n)
	}
	if got := s.say("own", "die now"); !strings.Contains(got, "upstream_") && !strings.Contains(got, "pid=") {
		t.Errorf("an engine that dies: %s", got)
	}
	second := s.say("own", "hello")
	if !within(20*time.Second, func() bool { second = s.say("own", "hello"); return strings.Contains(second, "pid=") }) || second == first {
		t.Errorf("after it died: %s, before %s", second, first)
	}
	if n := len(marked(data)); n != 2 {
		t.Errorf("%d processes after it was started again", n)
	}
	log, err := os.ReadFile(filepath.Join(data, "engines", "own.log"))
	if err != nil || strings.Contains(string(log), "abcdef123456") || strings.Count(string(log), "listening with key *** and hub token ***") != 2 {
		t.Errorf("its log (%v):\n%s", err, log)
	}
	s.stop()
	if left := marked(data); len(left) != 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestKilledAppliance: however the server ends, its engines end with it; and what a killed
// keeper has left, the next start ends.
func TestKilledAppliance(t *testing.T) {
	t.Cleanup(func() { // of a keeper that is killed here, those without a mark nobody finds
		for _, pid := range unmarked(runOf(t)) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	s, data := withEngine(t, "engines:\n"+scriptedEngine(t, "own", ""))
	if got := s.say("own", "hello"); !strings.Contains(got, "pid=") {
		t.Fatal(got)
	}
	s.kill()
	if !within(20*time.Second, func() bool { return len(marked(data)) == 0 }) {
		t.Errorf("the server was killed, and %v live", marked(data))
	}
	if !within(5*time.Second, func() bool { return len(unmarked(runOf(t))) == 0 }) {
		t.Errorf("processes without the mark live: %v", unmarked(runOf(t)))
	}

	again := start(t, filepath.Dir(data))
	if got := again.say("own", "hello"); !strings.Contains(got, "pid=") {
		t.Fatal(got)
	}
	keeper := parent(t, marked(data))
	_ = again.cmd.Process.Signal(syscall.SIGSTOP) // so that it does not see to it
	_ = syscall.Kill(keeper, syscall.SIGKILL)
	again.kill()
	if !within(10*time.Second, func() bool { return len(marked(data)) <= 1 }) {
		t.Errorf("the keeper was killed, and the engine lives: %v", marked(data))
	}
	third := start(t, filepath.Dir(data))
	if got := third.say("own", "hello"); !strings.Contains(got, "pid=") {
		t.Fatal(got)
	}
	if n := len(marked(data)); n != 2 {
		t.Errorf("%d processes after the next start", n)
	}
	third.stop()
	if left := marked(data); len(left) != 0 {
		t.Errorf("processes %v are left", left)
	}
}

// parent is the keeper: the parent of a marked process that has no mark.
func parent(t *testing.T, pids []int) int {
	t.Helper()
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if bytes.Contains(text, []byte("sleep")) {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		ppid, _ := strconv.Atoi(fields[1])
		return ppid
	}
	t.Fatal("no engine runs")
	return 0
}

// TestEngineIsExchanged: a new configuration is taken on SIGHUP, and an answer that runs
// meanwhile is finished by the engine that began it.
func TestEngineIsExchanged(t *testing.T) {
	s, data := withEngine(t, "engines:\n"+scriptedEngine(t, "own", "'0'"))
	before := s.say("own", "hello")
	if !strings.Contains(before, "devices=0;") {
		t.Fatal(before)
	}
	slow := make(chan string, 1)
	go func() { slow <- s.say("own", "slowly") }()
	time.Sleep(500 * time.Millisecond)
	put(t, filepath.Join(data, "hearth.yaml"), []byte("engines:\n"+scriptedEngine(t, "own", "'1'")))
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	var after string
	if !within(20*time.Second, func() bool { after = s.say("own", "hello"); return strings.Contains(after, "devices=1;") }) {
		t.Errorf("after the change: %s\n%s", after, s.log)
	}
	if got := <-slow; !strings.Contains(got, "devices=0;") || strings.Count(got, ".") != 40 {
		t.Errorf("the answer that ran: %s", got)
	}
	if !within(20*time.Second, func() bool { return len(marked(data)) == 2 }) {
		t.Errorf("%v run after the old one was let go", marked(data))
	}
	put(t, filepath.Join(data, "hearth.yaml"), []byte("engines:\n  - {name: own, template: nonesuch}\n"))
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	time.Sleep(300 * time.Millisecond)
	if got := s.say("own", "hello"); !strings.Contains(got, "devices=1;") {
		t.Errorf("after a configuration that can't be used: %s", got)
	}
	put(t, filepath.Join(data, "hearth.yaml"), nil)
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	if !within(20*time.Second, func() bool { return len(marked(data)) == 0 }) {
		t.Errorf("an engine that is no longer wanted runs: %v", marked(data))
	}
}

// TestManagedLlamaServer manages a real engine, with a real model.
func TestManagedLlamaServer(t *testing.T) {
	if _, err := os.Stat(python); err != nil {
		t.Skip("llama-cpp-python is not installed: make deps")
	}
	if _, err := os.Stat(stories); err != nil {
		t.Skip("../shared/data/engine is not here")
	}
	s, data := withEngine(t, fmt.Sprintf("engines:\n  - {name: tales, template: command, kind: llama-server, model: %q, command: [%q, -m, llama_cpp.server, --model, '{model}', --host, 127.0.0.1, --port, '{port}', --model_alias, '{name}', --n_ctx, '512', --n_threads, '1', --chat_format, chatml]}\n",
		absolute(t, stories), absolute(t, python)))
	p := greedyPrompts(t)[0]
	body, _ := json.Marshal(map[string]any{"model": "tales", "prompt": p.Prompt, "max_tokens": 40, "temperature": 0, "repetition_penalty": 1})
	status, got := s.ask("/v1/completions", string(body))
	var a struct{ Choices []struct{ Text string } }
	if json.Unmarshal([]byte(got), &a) != nil || len(a.Choices) != 1 || len(a.Choices[0].Text) < 40 || !strings.HasPrefix(p.Text, a.Choices[0].Text) {
		log, _ := os.ReadFile(filepath.Join(data, "engines", "tales.log"))
		t.Errorf("%d %s\n%s", status, got, log)
	}
	s.stop()
	if left := marked(data); len(left) != 0 {
		t.Errorf("processes %v are left", left)
	}
}
