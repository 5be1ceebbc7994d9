package fetch_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

func TestRedirects(t *testing.T) {
	data := content(1, 5*chunkBytes)
	for _, c := range []struct {
		name  string
		hops  int
		fails string
	}{{"one", 1, ""}, {"as many as may", 10, ""}, {"one more", 11, "redirects more than 10 times"}, {"a loop", 1 << 30, "redirects more than"}} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				s := &site{content: data}
				url := w.host("a", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					hop := 0
					_, _ = fmt.Sscanf(r.URL.RawQuery, "hop=%d", &hop)
					if hop < c.hops {
						http.Redirect(rw, r, fmt.Sprintf("?hop=%d", hop+1), http.StatusTemporaryRedirect)
						return
					}
					s.ServeHTTP(rw, r)
				}))
				_, err := w.fetch(fetch.File{SHA256: digest(data), Mirrors: []string{url}})
				if c.fails == "" && err != nil || c.fails != "" && (code(err) != hearth.DownloadFailed || !strings.Contains(err.Error(), c.fails)) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestCredentialsStay: another host learns what is asked for and nothing else, and
// the mirror's own host learns the credentials every time.
func TestCredentialsStay(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(1, 5*chunkBytes)
		s := &site{content: data, etag: `"v"`}
		w.host("cdn.a", s)
		missing := 0
		url := w.host("a", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			user, _, _ := r.BasicAuth()
			if user != "me" || r.Header.Get("Private-Token") != "SECRET" {
				missing++
			}
			if r.URL.Path != "/here" {
				http.Redirect(rw, r, "/here?signature=SECRET", http.StatusFound)
				return
			}
			http.Redirect(rw, r, "http://cdn.a/f", http.StatusFound)
		}))
		o := w.options()
		o.Authorize = func(r *http.Request) { r.Header.Set("Private-Token", "SECRET") }
		url = strings.Replace(url, "http://", "http://me:SECRET@", 1)
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{url}}, o); err != nil {
			t.Fatal(err)
		}
		if missing > 0 {
			t.Errorf("%d requests came without credentials", missing)
		}
		for _, r := range s.requests {
			for name, v := range r.header {
				if strings.Contains(fmt.Sprint(v), "SECRET") || name == "Authorization" || name == "Referer" {
					t.Errorf("the other host got %s: %s", name, v)
				}
			}
			if r.header.Get("Range") == "" || r.header.Get("Accept-Encoding") != "identity" {
				t.Errorf("the other host got %v", r.header)
			}
		}
	})
}

// TestDowngrade: over real connections, a mirror may lead from http to https but not
// back.
func TestDowngrade(t *testing.T) {
	data := content(1, 5*chunkBytes)
	plain := httptest.NewServer(&site{content: data})
	defer plain.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	o := fetch.Options{Client: secure.Client(), ChunkBytes: chunkBytes, Retries: 1}
	f := fetch.File{Path: folder(t) + "/f", SHA256: digest(data), Mirrors: []string{secure.URL}}
	if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, o); code(err) != hearth.DownloadFailed || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("downgrade: %v", err)
	}
	good := httptest.NewUnstartedServer(&site{content: data})
	good.Config.ErrorLog = log.New(io.Discard, "", 0)
	good.StartTLS()
	defer good.Close()
	up := httptest.NewServer(http.RedirectHandler(good.URL, http.StatusFound))
	defer up.Close()
	f.Mirrors = []string{up.URL}
	if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, o); err != nil {
		t.Errorf("upgrade: %v", err)
	}
	stranger := f
	stranger.Path, stranger.Mirrors = folder(t)+"/f", []string{good.URL}
	if _, err := fetch.Fetch(t.Context(), []fetch.File{stranger}, fetch.Options{}); code(err) != hearth.DownloadFailed || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate nobody vouches for: %v", err)
	}
}
