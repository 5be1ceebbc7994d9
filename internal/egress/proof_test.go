package egress

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

func TestParseSocket(t *testing.T) {
	for _, c := range []struct{ line, local, remote, state string }{
		{"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1", "127.0.0.1:8080", "0.0.0.0:0", "listening"},
		{"   1: 0000000000000000FFFF00000100007F:01BB B80D0120000000000000000001000000:C350 01 0:0 0:0 0 0 0 4242", "127.0.0.1:443", "[2001:db8::1]:50000", "established"},
	} {
		s, inode, err := parseSocket(c.line)
		if err != nil || inode != "4242" || s.Local.String() != c.local || s.Remote.String() != c.remote || s.State != c.state {
			t.Errorf("%s: %+v %q %v", c.line, s, inode, err)
		}
	}
}

func FuzzParseSocket(f *testing.F) {
	f.Add("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1")
	f.Fuzz(func(t *testing.T, line string) {
		if s, _, err := parseSocket(line); err == nil && (!s.Local.IsValid() || s.State == "" && line == "") {
			t.Errorf("%q is %+v", line, s)
		}
	})
}

// TestWatch looks at this process while it listens and has a connection to itself.
func TestWatch(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	var entries []Entry
	door, err := New(func(e Entry) { entries = append(entries, e) }).Door("test", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := door.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: here\r\n\r\n"); err != nil { // an answer to which shows that it was accepted
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	r, err := Watch(t.Context(), "/proc", os.Getpid(), time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	r.Account(entries)
	whats := map[string]int{}
	for _, s := range r.Sockets {
		whats[s.What]++
	}
	if whats[Listening] == 0 || whats["test"] == 0 || whats[Here] == 0 || r.Unknown != 0 || !r.Passed() {
		t.Errorf("%v of %+v", whats, r)
	}
}

func TestAccount(t *testing.T) {
	at := netip.MustParseAddrPort
	r := &Report{Complete: true, Sockets: []Seen{
		{Socket: Socket{Protocol: "tcp", Local: at("0.0.0.0:8420"), Remote: at("0.0.0.0:0"), State: Listening}},
		{Socket: Socket{Protocol: "tcp", Local: at("10.0.0.1:8420"), Remote: at("10.0.0.9:5000")}},
		{Socket: Socket{Protocol: "tcp", Local: at("10.0.0.1:4000"), Remote: at("10.0.0.2:443")}},
		{Socket: Socket{Protocol: "udp", Local: at("10.0.0.1:4001"), Remote: at("10.0.0.3:53")}},
		{Socket: Socket{Protocol: "tcp", Local: at("10.0.0.1:4002"), Remote: at("203.0.113.7:443")}},
		{Socket: Socket{Protocol: "udp", Local: at("10.0.0.1:4003"), Remote: at("203.0.113.7:443")}},
	}}
	r.Account([]Entry{{Owner: "upstream far", Remote: "10.0.0.2:443"}, {Owner: "webhook", Address: "evil:1", Denied: true}})
	for i, want := range []string{Listening, Asked, "upstream far", Lookup, Unknown, Unknown} {
		if got := r.Sockets[i].What; got != want {
			t.Errorf("%d: got %s, want %s", i, got, want)
		}
	}
	if r.Unknown != 2 || r.Denied != 1 || r.Passed() {
		t.Errorf("%+v", r)
	}
}

func TestTree(t *testing.T) {
	proc := t.TempDir()
	for pid, stat := range map[int]string{1: "1 (a) S 0 1", 2: "2 (b) c) S 1 1", 3: "3 (d) S 2 1", 9: "9 (e) S 8 1"} {
		dir := filepath.Join(proc, strconv.Itoa(pid))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "stat"), []byte(stat), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if tree, err := Tree(proc, 1); err != nil || len(tree) != 3 || tree[2] != 3 {
		t.Errorf("%v %v", tree, err)
	}
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "egress.jsonl")
	record := Journal(path)
	now := time.Now().UTC()
	for i := range 3 {
		record(Entry{Time: now.Add(time.Duration(i) * time.Minute), Owner: strconv.Itoa(i), Remote: net.JoinHostPort("::1", "1")})
	}
	got, err := ReadJournal(path, now.Add(time.Second), now.Add(90*time.Second))
	if err != nil || len(got) != 1 || got[0].Owner != "1" {
		t.Errorf("%+v %v", got, err)
	}
}
