package fetch_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

const killedParallel = 4

// TestKilledDownloadResumes kills a process in the middle of a download, again and
// again at another request, and looks at what its successors ask for.
func TestKilledDownloadResumes(t *testing.T) {
	if url := os.Getenv("HEARTH_TEST_FETCH"); url != "" {
		fetchAlone(url, os.Getenv("HEARTH_TEST_PATH"), os.Getenv("HEARTH_TEST_SHA256"))
		return
	}
	data := content(1, 300*chunkBytes)
	axe := make(chan struct{}, 1)
	left := 0 // requests until the axe falls
	s := &site{content: data}
	s.fault = func(request) string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if left--; left == 0 {
			axe <- struct{}{}
		}
		return ""
	}
	server := httptest.NewServer(s)
	defer server.Close()
	path := filepath.Join(t.TempDir(), "f.bin") // a real disk, if there is one
	killed := 0
	for arrived := false; !arrived; {
		s.mu.Lock()
		left = 1 + killed*7%31
		s.mu.Unlock()
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledDownloadResumes$")
		cmd.Env = append(os.Environ(), "HEARTH_TEST_FETCH="+server.URL, "HEARTH_TEST_PATH="+path, "HEARTH_TEST_SHA256="+digest(data))
		arrived = wield(t, cmd, axe)
		if !arrived {
			killed++
		}
		if _, err := os.Stat(path); (err == nil) != arrived {
			t.Fatalf("after %d kills: arrived %t, and the file: %v", killed, arrived, err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || digest(got) != digest(data) {
		t.Fatalf("after %d kills: %d bytes (%v)", killed, len(got), err)
	}
	if killed < 10 {
		t.Errorf("only %d kills: that is no test", killed)
	}
	if most := int64(len(data) + killed*killedParallel*chunkBytes); s.asked > most {
		t.Errorf("asked for %d bytes of %d after %d kills, want at most %d", s.asked, len(data), killed, most)
	}
	t.Logf("%d kills, %d of at most %d chunks asked for again", killed, (s.asked-int64(len(data)))/chunkBytes, killed*killedParallel)
}

// wield runs a process until it ends or the axe falls, and reports whether it ended
// well.
func wield(t *testing.T, cmd *exec.Cmd, axe chan struct{}) bool {
	t.Helper()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-axe:
		_ = cmd.Process.Kill()
		<-ended
		return false
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
		return true
	}
}

// fetchAlone is the process to be killed.
func fetchAlone(url, path, sha256 string) {
	o := fetch.Options{Parallel: killedParallel, ChunkBytes: chunkBytes}
	_, err := fetch.Fetch(context.Background(), []fetch.File{{Path: path, SHA256: sha256, Mirrors: []string{url}}}, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
