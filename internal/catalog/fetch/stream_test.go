package fetch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

// TestStreamWithoutEnd: an answer that only ends when the connection does may have
// been cut, so it needs a SHA-256 to be believed.
func TestStreamWithoutEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(4, 12*chunkBytes)
		url := w.host("a", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = c.Write(append([]byte("HTTP/1.0 200 OK\r\n\r\n"), data...))
			_ = c.Close()
		}))
		if _, err := w.fetch(fetch.File{Mirrors: []string{url}}); code(err) != hearth.DownloadFailed || !strings.Contains(err.Error(), "where the file ends") {
			t.Errorf("got %v", err)
		}
		w.onlyHolds()
		if _, err := w.fetch(fetch.File{SHA256: digest(data), Mirrors: []string{url}}); err != nil {
			t.Fatal(err)
		}
		w.holds(data)
	})
}

// TestStreamStartsOver: without ranges a break costs everything, and the reports say so.
func TestStreamStartsOver(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(4, 12*chunkBytes)
		s := &site{content: data, plain: true, fault: func(r request) string {
			return []string{"", "drop", "corrupt", "stall later", ""}[r.n]
		}}
		o := w.options()
		last, phases := fetch.Progress{}, map[fetch.Phase]bool{}
		o.Progress = func(p fetch.Progress) { last, phases[p.Phase] = p, true }
		r, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o)
		if err != nil || !slices.Equal(r.Corrupt, []string{"http://a/f.bin"}) {
			t.Fatalf("got %+v (%v)", r, err)
		}
		w.holds(data)
		if last.Restarts != 3 || last.Phase != fetch.Arrived || !phases[fetch.Streaming] || phases[fetch.Fetching] {
			t.Errorf("reported %v and at last %+v", phases, last)
		}
	})
}
