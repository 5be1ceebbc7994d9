package store_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/store"
)

// TestConnectionsAreBounded: however many ask at once, the file is not opened without end,
// and everyone is answered.
func TestConnectionsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.AddKey(t.Context(), hearth.Key{ID: "k", Hash: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	const people = 500
	start, errs := make(chan struct{}), make(chan error, people)
	var all sync.WaitGroup
	for range people {
		all.Go(func() {
			<-start
			_, err := s.Holding(t.Context(), "k")
			if err == nil {
				err = s.AddUses(t.Context(), []hearth.Use{{Key: "k"}})
			}
			errs <- err
		})
	}
	close(start)
	most := 0
	for range people {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
		most = max(most, opened(path))
	}
	all.Wait()
	if most > 3*17 {
		t.Errorf("its files were open %d times at once", most)
	}
}

// opened is how often the files of a database are open in this process; 0 where that can't
// be seen.
func opened(path string) (n int) {
	list, _ := os.ReadDir("/proc/self/fd")
	for _, f := range list {
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); to == path || to == path+"-wal" || to == path+"-shm" {
			n++
		}
	}
	return n
}
