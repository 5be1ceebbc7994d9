// Command footprint measures the real binary from outside: how long it takes to
// listen, and to the first token of the starter model on a machine with nothing else;
// what memory it holds with no model, and what it holds beyond the mapped pages of a
// model that has answered; with -requests, whether memory stays what it is while the
// starter model answers so many.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	binary := flag.String("hearth", "bin/hearth", "the binary")
	runs := flag.Int("runs", 10, "starts")
	requests := flag.Int("requests", 0, "measure memory over so many requests, and nothing else")
	flag.Parse()
	if *requests > 0 {
		if err := endure(*binary, *requests); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := measure(*binary, *runs, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func measure(binary string, runs int, models []string) error {
	var starts, firsts []float64
	var idle memory
	for range runs {
		s, err := start(binary, "")
		if err != nil {
			return err
		}
		starts = append(starts, s.listening.Seconds()*1000)
		time.Sleep(time.Second) // until what the start needed has been given back
		idle, err = s.memory()
		if err := errors.Join(err, s.stop()); err != nil {
			return err
		}
		first, err := firstToken(binary)
		if err != nil {
			return err
		}
		firsts = append(firsts, first.Seconds())
	}
	print(map[string]any{"start_to_listening_ms": spread(starts), "idle_rss_mib": idle.total, "start_to_first_token_s": spread(firsts)})
	for _, file := range models {
		if err := measureModel(binary, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func spread(list []float64) map[string]float64 {
	slices.Sort(list)
	return map[string]float64{"median": list[len(list)/2], "worst": list[len(list)-1]}
}

// firstToken is the time from the start of the process, in a home of its own, to the
// first text of an answer that the starter model streams.
func firstToken(binary string) (time.Duration, error) {
	began := time.Now()
	s, err := start(binary, "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.stop() }()
	answer, err := s.post("/v1/chat/completions", map[string]any{"model": s.Models[0].ID, "stream": true,
		"messages": []map[string]string{{"role": "user", "content": "How do I make a key?"}}})
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), `"content":"`) && !strings.Contains(lines.Text(), `"content":""`) {
			return time.Since(began), nil
		}
	}
	return 0, errors.New("the starter model said nothing")
}

func (s *server) post(path string, request any) (*http.Response, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest("POST", s.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.FirstKey)
	r.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(r)
}

// How requests are asked that memory is looked at for: by so many clients at once, and
// looked at so often once it has settled, after a part of them.
const (
	clients    = 8
	looks      = 40
	settledOne = 5 // in so many
)

// endure asks for many short answers to prompts that begin alike and go on otherwise, and
// looks at memory meanwhile. The cache of keys and values has a limit that the first ones
// fill.
func endure(binary string, requests int) error {
	s, err := start(binary, "", "HEARTH_ENGINE_CACHE_BYTES=32MiB")
	if err != nil {
		return err
	}
	defer func() { _ = s.stop() }()
	var asked atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range clients {
		all.Go(func() {
			for i := asked.Add(1); i <= int64(requests) && failed.Load() == nil; i = asked.Add(1) {
				if err := s.answer(i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	var totals []float64
	for look := range looks + 1 {
		for due := requests/settledOne + look*(requests-requests/settledOne)/looks; asked.Load() < int64(due) && failed.Load() == nil; {
			time.Sleep(20 * time.Millisecond)
		}
		m, err := s.memory()
		if err != nil {
			return err
		}
		totals = append(totals, m.total)
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	quarter := len(totals) / 4
	early, late := mean(totals[:quarter]), mean(totals[len(totals)-quarter:])
	print(map[string]any{"requests": requests, "clients": clients, "seconds": time.Since(began).Seconds(), "settled_after": requests / settledOne,
		"rss_mib_first_quarter": early, "rss_mib_last_quarter": late, "drift_percent": 100 * (late/early - 1),
		"rss_mib_least": slices.Min(totals), "rss_mib_most": slices.Max(totals), "rss_mib": totals})
	return nil
}

func (s *server) answer(i int64) error {
	answer, err := s.post("/v1/chat/completions", map[string]any{"model": s.Models[0].ID, "max_tokens": 4,
		"messages": []map[string]string{{"role": "user", "content": fmt.Sprintf("How do I make key %d of %d?", i, i*7919%10007)}}})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", answer.StatusCode, text)
	}
	return err
}

func mean(list []float64) (sum float64) {
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

func measureModel(binary, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	s, err := start(binary, file)
	if err != nil {
		return err
	}
	defer func() { _ = s.stop() }()
	if len(s.Models) != 2 { // the starter model is the last
		return fmt.Errorf("%d models were found", len(s.Models)-1)
	}
	asked := time.Now()
	answer, err := s.post("/v1/completions", map[string]any{"model": s.Models[0].ID, "prompt": "Once upon a time", "max_tokens": 16})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %s", answer.StatusCode, text)
	}
	took := time.Since(asked)
	m, err := s.memory()
	if err != nil {
		return err
	}
	print(map[string]any{"model": filepath.Base(file), "first_answer_s": took.Seconds(), "rss_mib": m.total,
		"of_the_file_mib": m.model, "beyond_the_file_mib": m.total - m.model})
	return nil
}

func print(v any) {
	text, _ := json.Marshal(v)
	fmt.Println(string(text))
}

// server is a running hearth, and the line it prints with --json.
type server struct {
	URL      string `json:"url"`
	FirstKey string `json:"first_key"`
	Models   []struct {
		ID string `json:"id"`
	} `json:"models"`

	process   *exec.Cmd
	home      string
	listening time.Duration
}

func start(binary, models string, settings ...string) (*server, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "footprint-")
	if err != nil {
		return nil, err
	}
	s := &server{home: home, process: exec.Command(binary, "up", "--json", "--listen", "127.0.0.1:0")}
	s.process.Dir = home
	s.process.Env = []string{"HOME=" + home, "HEARTH_MODELS=" + models, "HEARTH_LOG_LEVEL=error"}
	s.process.Env = append(s.process.Env, settings...)
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err == nil {
		var answer *http.Response
		if answer, err = http.Get(s.URL + "/healthz"); err == nil {
			err = answer.Body.Close()
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.listening = time.Since(began)
	return s, nil
}

func (s *server) stop() error {
	err := s.process.Process.Signal(syscall.SIGTERM)
	return errors.Join(err, s.process.Wait(), os.RemoveAll(s.home))
}

// memory is resident memory in MiB.
type memory struct {
	total float64
	model float64 // pages of mapped model files
}

// memory adds up the mappings of the process, by what they map (proc(5), smaps).
func (s *server) memory() (m memory, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", s.process.Process.Pid))
	if err != nil {
		return m, err
	}
	model := false
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if !strings.HasSuffix(fields[0], ":") {
			model = strings.HasSuffix(fields[len(fields)-1], ".gguf")
			continue
		}
		var kb float64
		if n, _ := fmt.Sscanf(line, "Rss: %f kB", &kb); n == 1 {
			m.total += kb / 1024
			if model {
				m.model += kb / 1024
			}
		}
	}
	return m, nil
}
