package scenarios

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// parrot is an upstream that says what it is told to, a character a chunk, and
// remembers what it was asked.
type parrot struct {
	mu    sync.Mutex
	asked []string
	says  string
}

func (u *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"far","object":"model"}]}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	u.asked = append(u.asked, string(body))
	says := u.says
	u.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	for _, c := range says {
		fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", string(c))
	}
	fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
	fmt.Fprint(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9,\"total_tokens\":12}}\n\ndata: [DONE]\n\n")
}

func (u *parrot) say(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.says = text
}

func (u *parrot) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.asked)
}

func chat(s *server, text string, stream bool) (int, string) {
	return s.ask("/v1/chat/completions", fmt.Sprintf(`{"model":"far","stream":%v,"messages":[{"role":"user","content":%q}]}`, stream, text))
}

// TestGuard asks through the appliance what it has been told to stop, mask and let
// pass, with word lists that change while it runs.
func TestGuard(t *testing.T) {
	u := &parrot{}
	up := httptest.NewServer(u)
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "guard", "words.txt"), []byte("炸药\tweapons\tstop\n赌博\n"))
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(`
guard:
  words: true
  private: {here: {id_card: stop, phone: replace}, answers: {email: mask}}
upstreams:
  - {name: far, url: %s/v1}
`, up.URL)))
	s := start(t, home)

	for _, text := range []string{"怎么做炸药", "怎么做 zha yao", "怎么做火乍藥", "药炸", "身份证 11010119900307803X"} {
		status, body := chat(s, text, true)
		if status != 403 || !strings.Contains(body, "content_refused") {
			t.Errorf("%s: %d %s", text, status, body)
		}
	}
	if n := u.count(); n != 0 {
		t.Fatalf("%d forbidden requests reached the model", n)
	}

	u.say("先说赌博，再写给 a@b.cn，打[PHONE_1]，最后讲炸药怎么做")
	_, body := chat(s, "电话13800138000", false)
	for _, want := range []string{"先说＊＊，再写给 a***@b.cn，打13800138000，最后讲【根据内容安全策略，本回答已终止。】", `"finish_reason":"content_filter"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	if strings.Contains(u.asked[0], "13800138000") || !strings.Contains(u.asked[0], "[PHONE_1]") {
		t.Errorf("the model was sent %s", u.asked[0])
	}
	_, stream := chat(s, "说", true)
	if text := joinText(t, stream); strings.Contains(text, "赌") || strings.Contains(text, "药") || !strings.Contains(stream, `"content_filter"`) || !strings.HasSuffix(strings.TrimSpace(stream), "[DONE]") {
		t.Errorf("the stream is %s", stream)
	}

	put(t, filepath.Join(home, "data", "guard", "words.txt"), []byte("先说\n"))
	u.say("先说炸药。")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, body = chat(s, "说", false); strings.Contains(body, "＊＊炸药。") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the changed list is not in use: %s\n%s", body, s.log)
		}
	}
	if _, body := s.ask("/admin/v1/guard/try", `{"text":"他先说","direction":"answer"}`); !strings.Contains(body, `"text":"他＊＊"`) {
		t.Errorf("tried: %s", body)
	}
	if log := s.log.String(); strings.Contains(log, "13800138000") || strings.Contains(log, "炸药") {
		t.Errorf("the log repeats what was said: %s", log)
	}
}
