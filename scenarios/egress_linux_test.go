package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestInsideWithoutRoutes sees to it that the machine reaches itself and nothing else. It
// runs before the others, which come after it, here and in files after this one.
func TestInsideWithoutRoutes(t *testing.T) {
	if os.Getenv(withoutRoutes) == "" {
		t.Skip("for TestWithoutRoutes")
	}
	loopbackUp(t)
	if c, err := net.DialTimeout("tcp", "203.0.113.1:80", time.Second); !errors.Is(err, syscall.ENETUNREACH) {
		t.Fatalf("another machine: %v %v", c, err)
	}
}

// TestEgressProof watches a server that asks an upstream, checks what is signed, and
// changes it.
func TestEgressProof(t *testing.T) {
	u := &parrot{}
	up := httptest.NewServer(u)
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: far, url: %s/v1}\n", up.URL)))
	s := start(t, home)
	u.say("好")
	if status, body := chat(s, "你好", false); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	out := filepath.Join(home, "proof.json")
	told, err := hearth(home, "egress-proof", "--for", "500ms", "--out", out, "--json").CombinedOutput()
	var r struct {
		Passed  bool
		Looks   int
		Sockets map[string]int
	}
	if err != nil || json.Unmarshal(told, &r) != nil || !r.Passed || r.Looks < 1 || r.Sockets["listening"] == 0 || r.Sockets["upstream far"] == 0 {
		t.Fatalf("%v: %s", err, told)
	}
	if told, err := hearth(home, "egress-proof", "verify", out).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, told)
	}
	proof, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	put(t, out, []byte(strings.Replace(string(proof), `"unknown":0`, `"unknown":1`, 1)))
	if told, err := hearth(home, "egress-proof", "verify", out).CombinedOutput(); err == nil || !strings.Contains(string(told), "signature") {
		t.Errorf("a changed report: %v: %s", err, told)
	}
}

// TestWithoutRoutes runs the product where nothing but the machine itself can be reached:
// the starter model, the guard, labels, upstreams on the same machine.
func TestWithoutRoutes(t *testing.T) {
	if os.Getenv(withoutRoutes) != "" {
		t.Skip("it is running")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^(TestInsideWithoutRoutes|TestStarterAnswers|TestGuard|TestLabels|TestEgressProof)$", "-test.v", "-test.timeout", "5m")
	cmd.Env = append(os.Environ(), withoutRoutes+"="+bin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	told, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("network namespaces can't be made here: ", err)
	}
	if err != nil || !strings.Contains(string(told), "--- PASS: TestInsideWithoutRoutes") || !strings.Contains(string(told), "--- PASS: TestGuard") {
		t.Errorf("%v: %s", err, told)
	}
}

func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatal(err)
	}
}
