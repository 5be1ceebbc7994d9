package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTrustPolicies: what is done about advertising is said for an app, without a restart,
// and the month's report tells of it, twice the same.
func TestTrustPolicies(t *testing.T) {
	s := fronting(t, vendor(t))
	const question = `{"model":"bought","messages":[{"role":"user","content":` + cleaning + `}]}`
	id, key := s.userKey("商城")
	admin := s.key
	s.key = key
	if _, body := s.ask("/v1/chat/completions", question); !strings.Contains(said(body), "58到家") || strings.Contains(said(body), "【") {
		t.Errorf("as delivered: %s", said(body))
	}
	if status, body := s.ask("/admin/v1/trust/crosscheck", `{"question":`+cleaning+`,"models":["plain","bought"]}`); status != 200 || !strings.Contains(body, `"contradict"`) || !strings.Contains(body, `"outlier":true`) {
		t.Errorf("crosscheck: %d %s", status, body)
	}
	s.command("trust", "policy", "set", "key:"+id, "strip")
	s.until("the policy is heeded", func() bool {
		_, body := s.ask("/v1/chat/completions", question)
		return strings.Contains(said(body), "【已略去一句广告：") && !strings.Contains(said(body), "58到家")
	})
	s.key = admin
	if body := s.get("/admin/v1/trust/policies"); !strings.Contains(body, `"whose":"key:`+id+`","action":"strip"`) {
		t.Errorf("policies: %s", body)
	}
	path := "/admin/v1/trust/report?month=" + time.Now().Format("2006-01")
	var report struct {
		Apps []struct {
			App                                      string
			Answers, Inspected, Advertised, Stripped int
		}
		Record struct{ Digest string }
	}
	first := s.get(path)
	if err := json.Unmarshal([]byte(first), &report); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, a := range report.Apps {
		if a.App == id {
			found = a.Answers >= 4 && a.Inspected >= 1 && a.Advertised >= 1 && a.Advertised <= a.Inspected && a.Stripped >= 1
		}
	}
	if !found {
		t.Errorf("the report does not tell of %s: %s", id, first)
	}
	if again := s.get(path); again != first {
		t.Errorf("made again, the report is another one:\n%s\n%s", first, again)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	s.command("trust", "report", "--html", page)
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), report.Record.Digest) {
		t.Errorf("the page lacks the digest: %v", err)
	}
	s.command("trust", "policy", "remove", "key:"+id)
	if out, err := hearth(s.home, "trust", "policy", "remove", "key:"+id).CombinedOutput(); err == nil || !strings.Contains(string(out), "no policy about advertising") {
		t.Errorf("removed twice: %v %s", err, out)
	}
}

// TestProbes: a model that takes what is named first is found to be steered by the order,
// by the command and by the API, and runs are kept.
func TestProbes(t *testing.T) {
	offers := regexp.MustCompile(`(?m)^(.+)：`)
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/models") {
			fmt.Fprint(w, `{"object":"list","data":[{"id":"first","object":"model"}]}`)
			return
		}
		var q struct{ Messages []struct{ Content string } }
		_ = json.NewDecoder(r.Body).Decode(&q)
		name := offers.FindAllStringSubmatch(q.Messages[len(q.Messages)-1].Content, -1)[1][1]
		piece, _ := json.Marshal(name + "\n因为它在前面。")
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"model\":\"first\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}\n\ndata: [DONE]\n\n", piece)
	}))
	t.Cleanup(u.Close)
	s := fronting(t, u.URL+"/v1")
	out := s.command("trust", "probe", "--set", "zh", "--models", "first", "--json")
	var run struct {
		ID     string
		Result struct {
			Effects []struct {
				Variant string
				Pairs   int
				Steered bool
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &run); err != nil || run.ID == "" || len(run.Result.Effects) != 4 {
		t.Fatalf("%v: %s", err, out)
	}
	for _, e := range run.Result.Effects {
		if e.Pairs != 30 || e.Steered != (e.Variant == "order_swap") {
			t.Errorf("%+v", e)
		}
	}
	if status, body := s.ask("/admin/v1/trust/probes", `{"set":"zh","model":"first"}`); status != 202 {
		t.Fatalf("%d %s", status, body)
	}
	s.until("the run is kept", func() bool { return strings.Count(s.get("/admin/v1/trust/probes?set=zh"), `"id":"probe_`) == 2 })
	if body := s.get("/admin/v1/trust/probes?set=zh"); !strings.Contains(body, run.ID) || !strings.Contains(body, `"alert":false`) {
		t.Errorf("runs: %s", body)
	}
	if status, body := s.ask("/admin/v1/trust/probes", `{"set":"nothing","model":"first"}`); status != 404 || !strings.Contains(body, "probe_not_found") {
		t.Errorf("%d %s", status, body)
	}
	if out := s.command("trust", "probe", "--history"); strings.Count(out, "order_swap") != 2 {
		t.Errorf("history: %s", out)
	}
}
