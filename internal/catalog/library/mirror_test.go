package library

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

func TestURLs(t *testing.T) {
	l := load(t, native)
	m, _ := l.Find("deepseek-r1")
	parts := m.Files[1].Parts()
	if len(parts) != 9 || parts[8].Path != "DeepSeek-R1-Q4_K_M/DeepSeek-R1-Q4_K_M-00009-of-00009.gguf" {
		t.Fatalf("parts: %+v", parts)
	}
	tail := "/DeepSeek-R1-Q4_K_M/DeepSeek-R1-Q4_K_M-00001-of-00009.gguf"
	scope := "https://modelscope.cn/models/unsloth/DeepSeek-R1-GGUF/resolve/master" + tail
	copied := "https://hf-mirror.com/unsloth/DeepSeek-R1-GGUF/resolve/main" + tail
	face := "https://huggingface.co/unsloth/DeepSeek-R1-GGUF/resolve/main" + tail
	for prefer, want := range map[string][]string{
		"":                           {scope, copied, face},
		"huggingface":                {face, scope, copied},
		"http://nas.intra:8080/llm/": {"http://nas.intra:8080/llm/unsloth/DeepSeek-R1-GGUF" + tail, scope, copied, face},
		"https://m.intra/get?f={path}&of={repository}": {"https://m.intra/get?f=" + tail[1:] + "&of=unsloth/DeepSeek-R1-GGUF", scope, copied, face},
	} {
		if got, err := l.URLs(parts[0], prefer); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v\n got %q\nwant %q", prefer, err, got, want)
		}
	}
}

func TestURLsOfOneHub(t *testing.T) {
	got, err := load(t, native).URLs(Part{HuggingFace: "a/b", Path: "x y#1.gguf"}, "modelscope")
	want := []string{"https://hf-mirror.com/a/b/resolve/main/x%20y%231.gguf", "https://huggingface.co/a/b/resolve/main/x%20y%231.gguf"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %q", err, got)
	}
}

func TestOwnMirrorsThatAreRefused(t *testing.T) {
	l := load(t, native)
	for _, address := range []string{"ftp://a/b", "models", "http://", "http://user:secret@a/", "http://a/{file}", "http://a/{repository}",
		"http://a/{path}/{", "http://[::1/{path}", "http://a/" + strings.Repeat("x", mirrorMax)} {
		if got, err := l.URLs(Part{HuggingFace: "a/b", Path: "c"}, address); !errors.Is(err, hearth.NewError(hearth.InvalidValue)) {
			t.Errorf("%.80q gives %q, %v", address, got, err)
		}
	}
}

// TestEveryFileHasAnAddress: all of them, well-formed, from two mirrors at least.
func TestEveryFileHasAnAddress(t *testing.T) {
	l := load(t, native)
	for _, m := range l.Models() {
		for _, f := range m.Files {
			for _, p := range f.Parts() {
				urls, err := l.URLs(p, "")
				if err != nil || len(urls) < 2 {
					t.Fatalf("%s: %q, %v", p.Path, urls, err)
				}
				for _, address := range urls {
					if u, err := url.Parse(address); err != nil || u.Scheme != "https" || !strings.HasSuffix(u.Path, p.Path) || strings.Contains(address, "{") {
						t.Errorf("%s: %v", address, err)
					}
				}
			}
		}
	}
}

// FuzzURLs holds that whatever a person calls a mirror is refused or gives addresses.
func FuzzURLs(f *testing.F) {
	l := load(f, native)
	for _, s := range []string{"modelscope", "http://nas/llm", "https://a/{path}?r={repository}", "http://a b/", "http://%zz/", "http://a/\x7f", "{path}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, prefer string) {
		urls, err := l.URLs(Part{HuggingFace: "a/b", ModelScope: "c/d", Path: "e/f.gguf"}, prefer)
		if (err == nil) == (len(urls) == 0) {
			t.Fatalf("%q: %q, %v", prefer, urls, err)
		}
		for _, address := range urls {
			if u, err := url.Parse(address); err != nil || u.Host == "" || u.User != nil {
				t.Fatalf("%q gives %q: %v", prefer, address, err)
			}
		}
	})
}
