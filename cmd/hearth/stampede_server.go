package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/bench"
	"github.com/hearthbox/hearth/internal/upstream"
)

// measured is this program, running as a server of its own.
type measured struct {
	cmd     *exec.Cmd
	folder  string
	url     string // without /v1
	keys    []string
	clients []*upstream.Server
}

// startMeasured starts it in a folder of its own, before the engine at that address or
// with a model file.
func (t *terminal) startMeasured(ctx context.Context, f stampedeFlags, engine string) (s *measured, err error) {
	s = &measured{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.folder, err = os.MkdirTemp("", "hearth-stampede-"); err != nil {
		return nil, err
	}
	data, models := filepath.Join(s.folder, "data"), filepath.Join(s.folder, "models")
	settings := fmt.Sprintf("starter: false\ndiscover: []\nmodels: [%q]\nengine: {sequences: %d}\nlog: {level: error}\nqueue: {requests: %d, key_requests: %d}\nlimits: {connections: %d}\n",
		models, f.slots, 2*stampedeUsersMax, 2*stampedeUsersMax, 4*stampedeUsersMax)
	if f.model == "" {
		settings += fmt.Sprintf("upstreams: [{name: engine, url: %q, concurrent: %d}]\n", engine, f.slots)
	}
	for _, dir := range []string{data, models} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(data, "hearth.yaml"), []byte(settings), 0o600); err != nil {
		return nil, err
	}
	if f.model != "" {
		path, err := filepath.Abs(f.model)
		if err == nil {
			err = os.Symlink(path, filepath.Join(models, filepath.Base(path)))
		}
		if err != nil {
			return nil, hearth.FileError(f.model, err)
		}
	}
	if err := s.start(data); err != nil {
		return nil, err
	}
	return s, s.makeKeys(ctx, data, max(2, f.tenants))
}

// start runs the program and reads where it listens.
func (s *measured) start(data string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.cmd = exec.Command(self, "up", "--json", "--listen", "127.0.0.1:0", "--data", data)
	s.cmd.Env, s.cmd.Stderr = []string{"HOME=" + s.folder, "HEARTH_LANG=en"}, os.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this process, which ends it
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var hello struct {
		URL string `json:"url"`
	}
	if err := cmp.Or(err, json.Unmarshal(line, &hello)); err != nil {
		return err
	}
	s.url = hello.URL
	return nil
}

func (s *measured) makeKeys(ctx context.Context, data string, count int) error {
	d, err := appliance.OpenData(ctx, appliance.Config{Data: data})
	if err != nil {
		return err
	}
	defer d.Close()
	for i := range count {
		secret, _, err := d.Access.Create(ctx, fmt.Sprint("tenant ", i+1), hearth.StandingUser, sessionMax)
		if err != nil {
			return err
		}
		s.keys = append(s.keys, secret)
	}
	return nil
}

func (s *measured) close() {
	for _, u := range s.clients {
		u.Close()
	}
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	_ = os.RemoveAll(s.folder)
}

func (s *measured) client(i int) *upstream.Server {
	u, err := upstream.New(upstream.Config{Name: "hearth", URL: s.url + "/v1", Key: s.keys[i]})
	if err != nil {
		panic(err) // it is our own address
	}
	s.clients = append(s.clients, u)
	return u
}

func (s *measured) firstModel(ctx context.Context) (string, error) {
	return firstModel(ctx, s.client(0))
}

// tenants ask through hearth: half of the requests stream, half are made as official
// SDKs make them.
func (s *measured) tenants(count, users int) []bench.Tenant {
	return divide(count, users, func(i int) []hearth.Generator {
		return []hearth.Generator{s.client(i), &official{url: s.url + "/v1/chat/completions", key: s.keys[i]}}
	})
}

// memory is a line of the server's /proc/PID/status, in bytes; 0 where there is none.
func (s *measured) memory(line string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for l := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(l, line+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}

// official asks for whole answers as OpenAI's SDKs do with their defaults: two retries,
// when the server says so.
type official struct{ url, key string }

const officialRetries = 2

func (o *official) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		body, err := json.Marshal(map[string]any{"model": r.Model, "max_tokens": r.MaxTokens, "ignore_eos": r.IgnoreEnd,
			"messages": []map[string]string{{"role": "user", "content": r.Messages[0].Text}}})
		for try := 0; err == nil; try++ {
			var again time.Duration
			var c hearth.Chunk
			c, again, err = o.ask(ctx, body, try)
			if again == 0 || try == officialRetries {
				if err == nil {
					yield(c, nil)
				}
				break
			}
			err = nil
			select {
			case <-time.After(again):
			case <-ctx.Done():
				err = hearth.NewError(hearth.Canceled)
			}
		}
		if err != nil {
			yield(hearth.Chunk{}, err)
		}
	}
}

// ask makes one attempt. again is how long to wait before the next, 0 if none is to be
// made.
func (o *official) ask(ctx context.Context, body []byte, try int) (c hearth.Chunk, again time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, strings.NewReader(string(body)))
	if err != nil {
		return c, 0, err
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + o.key, "Content-Type": "application/json", "X-Stainless-Lang": "python",
		"X-Stainless-Read-Timeout": "600.0", "X-Stainless-Retry-Count": strconv.Itoa(try)} {
		r.Header.Set(name, value)
	}
	client, err := clientOf(o.url, nil)
	if err != nil {
		return c, 0, err
	}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		return c, 0, hearth.NewError(hearth.UpstreamUnreachable, "upstream", "hearth").Because(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return c, 0, hearth.NewError(hearth.UpstreamProtocol, "upstream", "hearth", "detail", err).Because(err)
	}
	var a struct {
		Choices []struct{ Message struct{ Content string } }
		Usage   struct {
			Completion int `json:"completion_tokens"`
		}
		Error struct{ Code, Message, Remedy string }
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return c, 0, hearth.NewError(hearth.UpstreamProtocol, "upstream", "hearth", "detail", err).Because(err)
	}
	if resp.StatusCode != http.StatusOK || len(a.Choices) == 0 {
		if resp.Header.Get("X-Should-Retry") == "true" {
			seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
			again = time.Duration(max(1, seconds)) * time.Second
		}
		return c, again, hearth.Told(hearth.Code(a.Error.Code), a.Error.Message, a.Error.Remedy)
	}
	ms := func(name string) time.Duration {
		n, _ := strconv.Atoi(resp.Header.Get(name))
		return time.Duration(n) * time.Millisecond
	}
	return hearth.Chunk{Text: a.Choices[0].Message.Content, Tokens: a.Usage.Completion, Finish: hearth.FinishStop,
		Waited: ms("X-Hearth-Queue-Ms"), Expected: ms("X-Hearth-Queue-Expected-Ms")}, 0, nil
}
