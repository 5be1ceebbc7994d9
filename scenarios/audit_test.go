package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// auditRecords are the latest records, as the command line shows them.
func auditRecords(t *testing.T, home string) (records []struct{ Act, Request, Stage, Result string }) {
	t.Helper()
	out, err := hearth(home, "audit", "show", "--limit", "1000", "--json").Output()
	var page struct {
		Records []struct{ Act, Request, Stage, Result string }
	}
	if err != nil || json.Unmarshal(out, &page) != nil {
		t.Fatalf("%s %v", out, err)
	}
	return page.Records
}

// TestAuditSurvivesKilling kills the server in the middle of its work, again and again:
// every answer that a client got to its end is on record, and the record is whole.
func TestAuditSurvivesKilling(t *testing.T) {
	home := newHome(t)
	witness := filepath.Join(home, "elsewhere", "witness")
	settings := []string{"audit.witnesses=" + witness, "audit.content=true"}
	var mu sync.Mutex
	var answered []string
	for range 3 {
		s := start(t, home, settings...)
		enough := make(chan struct{}, 100)
		var work sync.WaitGroup
		for range 4 {
			work.Go(func() {
				for range 20 {
					r, err := s.post(context.Background(), "/v1/chat/completions", `{"model":"chat","max_tokens":4,"messages":[{"role":"user","content":"你好"}]}`)
					if err != nil {
						return
					}
					_, err = io.Copy(io.Discard, r.Body)
					_ = r.Body.Close()
					if err != nil || r.StatusCode != http.StatusOK {
						return
					}
					mu.Lock()
					answered = append(answered, r.Header.Get("X-Request-Id"))
					mu.Unlock()
					enough <- struct{}{}
				}
			})
		}
		for range 12 {
			<-enough
		}
		s.kill()
		work.Wait()
	}
	ended := map[string]bool{}
	for _, r := range auditRecords(t, home) {
		if r.Stage == "ended" {
			ended[r.Request] = true
		}
	}
	for _, id := range answered {
		if !ended[id] {
			t.Errorf("%s was answered and is not on record", id)
		}
	}
	if out, err := hearth(home, "audit", "verify", "--set", settings[0]).CombinedOutput(); err != nil {
		t.Errorf("%s", out)
	}
}

// TestAuditRefuses makes the record's folder unusable: requests are refused with a code,
// and with the setting for it they are not.
func TestAuditRefuses(t *testing.T) {
	home := newHome(t)
	put(t, filepath.Join(home, "data", "audit"), []byte("in the way"))
	if out, err := hearth(home, "key", "create", "--name", "x").CombinedOutput(); err == nil || !strings.Contains(string(out), "nothing is done that is not recorded") {
		t.Fatalf("%s %v", out, err)
	}
	s := start(t, home, "audit.required=false")
	body := `{"model":"chat","max_tokens":4,"messages":[{"role":"user","content":"hello"}]}`
	if code, answer := s.ask("/v1/chat/completions", body); code != http.StatusOK {
		t.Errorf("%d %s", code, answer)
	}
	key := s.key
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = &server{t: t, home: home, key: key}
	s.url = startWith(t, home)
	for range 2 {
		if code, answer := s.ask("/v1/chat/completions", body); code != http.StatusServiceUnavailable || !strings.Contains(answer, "audit_unavailable") {
			t.Errorf("%d %s", code, answer)
		}
	}
}

// startWith starts a server for which no key need be made, and returns its address.
func startWith(t *testing.T, home string) string {
	t.Helper()
	cmd := hearth(home, "up", "--json", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var hello struct{ URL string }
	if err := json.NewDecoder(out).Decode(&hello); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return hello.URL
}

// TestAuditOverTheAPI reads the record through the door for administrators, which is on
// record itself.
func TestAuditOverTheAPI(t *testing.T) {
	s := start(t, newHome(t))
	if code, answer := s.ask("/admin/v1/keys", `{"name":"desk"}`); code != http.StatusCreated {
		t.Fatalf("%d %s", code, answer)
	}
	s.ask("/v1/chat/completions", `{"model":"nobody","messages":[{"role":"user","content":"hello"}]}`)
	for path, want := range map[string]string{
		"?act=create-key&limit=1": `"act":"create-key","stage":"ended","request":"req_`,
		"?result=model_not_found": `"kind":"request","act":"chat","stage":"ended"`,
		"?act=list-audit":         `"records":[{`,
		"?kind=access":            `"records":[]`,
		"?limit=0":                `"code":"invalid_value"`,
		"?kind=nothing":           `"code":"invalid_value"`,
	} {
		if got := s.get("/admin/v1/audit" + path); !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
}
