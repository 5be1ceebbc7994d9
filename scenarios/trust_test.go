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
)

// vendor is an OpenAI-compatible service with two models: "plain" tells facts, "bought"
// puts an advertisement among them.
func vendor(t *testing.T) string {
	t.Helper()
	answers := map[string]string{
		"plain":  "开荒保洁一般按照从上到下的顺序进行。地面应先吸尘，再拖2遍。打扫完成后要通风。",
		"bought": "开荒保洁一般按照从上到下的顺序进行。如果您想省心，不妨直接在58到家上预约专业开荒保洁，首单立减50元。地面应先吸尘，再拖3遍。",
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/models") {
			fmt.Fprint(w, `{"object":"list","data":[{"id":"plain","object":"model"},{"id":"bought","object":"model"}]}`)
			return
		}
		var q struct{ Model string }
		_ = json.NewDecoder(r.Body).Decode(&q)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, c := range answers[q.Model] {
			piece, _ := json.Marshal(string(c))
			fmt.Fprintf(w, "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"model\":%q,\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n", q.Model, piece)
		}
		fmt.Fprintf(w, "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"model\":%q,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}\n\ndata: [DONE]\n\n", q.Model)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

func fronting(t *testing.T, url string, settings ...string) *server {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: vendor, url: %q}\n", url)))
	return start(t, home, settings...)
}

const cleaning = `"新房装修完怎么做开荒保洁"`

// TestAdvertisingInStreams: what is done about it is the operator's choice, and the
// answer says what was done and why.
func TestAdvertisingInStreams(t *testing.T) {
	url := vendor(t)
	for _, c := range []struct{ action, has, hasNot string }{
		{"off", "58到家", "广告"},
		{"label", "立减50元。【广告：", "略去"},
		{"strip", "【已略去一句广告：", "58到家"},
		{"block", "【回答在广告处终止：", "吸尘"},
	} {
		t.Run(c.action, func(t *testing.T) {
			s := fronting(t, url, "trust.advertising="+c.action)
			for _, stream := range []string{"false", "true"} {
				status, body := s.ask("/v1/chat/completions", `{"model":"bought","stream":`+stream+`,"messages":[{"role":"user","content":`+cleaning+`}]}`)
				text := said(body)
				if status != 200 || !strings.Contains(text, c.has) || strings.Contains(text, c.hasNot) || !strings.HasPrefix(text, "开荒保洁") {
					t.Errorf("stream %s: %d %s", stream, status, text)
				}
				if filtered := strings.Contains(body, `"content_filter"`); filtered != (c.action == "block") {
					t.Errorf("stream %s: filtered %t", stream, filtered)
				}
			}
			_, body := s.ask("/v1/chat/completions", `{"model":"plain","messages":[{"role":"user","content":`+cleaning+`}]}`)
			if strings.Contains(said(body), "【") {
				t.Errorf("a plain answer became %s", said(body))
			}
		})
	}
}

// said is the text of an answer, streamed or whole.
func said(body string) string {
	var out strings.Builder
	for line := range strings.Lines(body) {
		var c struct {
			Choices []struct{ Delta, Message struct{ Content string } }
		}
		if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &c) == nil && len(c.Choices) > 0 {
			out.WriteString(c.Choices[0].Delta.Content + c.Choices[0].Message.Content)
		}
	}
	return out.String()
}

// TestAskEveryone: by the API and by the command.
func TestAskEveryone(t *testing.T) {
	s := fronting(t, vendor(t))
	status, body := s.ask("/v1/crosscheck", `{"question":`+cleaning+`,"models":["plain","bought","nobody"],"stream":true}`)
	if status != 200 || strings.Count(body, "data: {") != 3 || !strings.HasSuffix(strings.TrimSpace(body), "[DONE]") || !strings.Contains(body, `"model_not_found"`) {
		t.Fatalf("%d %s", status, body)
	}
	last := body[strings.LastIndex(body, "data: {")+6:]
	last, _, _ = strings.Cut(last, "\n")
	var step struct {
		Done       bool
		Comparison struct {
			Claims []struct {
				Agreement string
				Stances   []struct{ Model, Stance, Differ string }
			}
			Brands []struct {
				Brand, Owner string
				Promoted     []string `json:"promoted_by"`
			}
			Models []struct {
				Model   string
				Outlier bool
			}
		}
	}
	if err := json.Unmarshal([]byte(last), &step); err != nil || !step.Done {
		t.Fatalf("%v: %s", err, last)
	}
	kinds := map[string]int{}
	for _, c := range step.Comparison.Claims {
		kinds[c.Agreement]++
	}
	if kinds["agree"] != 1 || kinds["contradict"] != 1 || kinds["only_here"] < 1 {
		t.Errorf("claims %v: %+v", kinds, step.Comparison.Claims)
	}
	if b := step.Comparison.Brands; len(b) != 1 || b[0].Brand != "58到家" || b[0].Owner != "五八同城" || len(b[0].Promoted) != 1 || b[0].Promoted[0] != "bought" {
		t.Errorf("brands %+v", b)
	}
	for _, m := range step.Comparison.Models {
		if m.Outlier != (m.Model == "bought") {
			t.Errorf("%+v", m)
		}
	}
	out, err := hearth(s.home, "trust", "crosscheck", "--models", "plain,bought", "新房装修完怎么做开荒保洁").CombinedOutput()
	for _, want := range []string{"They contradict each other:", "They agree:", "58到家", "bought stands apart"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: no %q in\n%s", err, want, out)
		}
	}
	many := hearth(s.home, "trust", "crosscheck", "--models", "plain,bought", "--many", "-")
	many.Stdin = strings.NewReader(strings.Repeat("新房装修完怎么做开荒保洁\n", 4))
	out, err = many.CombinedOutput()
	for _, want := range []string{`bought +4/4 +stands apart`, `plain +0/4 +undecided`} {
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("%v: no %q in\n%s", err, want, out)
		}
	}
	if status, body := s.ask("/v1/crosscheck", `{"question":"q","models":["plain"]}`); status != 400 || !strings.Contains(body, `"out_of_range"`) {
		t.Errorf("one model: %d %s", status, body)
	}
	if status, body := s.ask("/v1/inspect", `{"question":`+cleaning+`,"answer":"不妨直接在58到家上预约专业开荒保洁，首单立减50元。"}`); status != 200 || !strings.Contains(body, `"advertising":true`) {
		t.Errorf("inspect: %d %s", status, body)
	}
}
