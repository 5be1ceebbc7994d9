package managed

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes give the engine a group of its own, and let it die with its keeper.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// adoptOrphans makes children of the engine that leave it the keeper's.
func adoptOrphans() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// killAdopted ends the children this process has, and those it inherits when they are gone.
func killAdopted() {
	for range 100 {
		n := 0
		lists, _ := filepath.Glob("/proc/self/task/[0-9]*/children")
		for _, path := range lists {
			text, _ := os.ReadFile(path)
			for _, field := range bytes.Fields(text) {
				pid, _ := strconv.Atoi(string(field))
				_ = syscall.Kill(pid, syscall.SIGKILL)
				var status syscall.WaitStatus
				_, _ = syscall.Wait4(pid, &status, 0, nil)
				n++
			}
		}
		if n == 0 {
			return
		}
	}
}

// KillMarked ends every process that has the mark NAME=VALUE in its environment, or one
// that begins with it if it ends in "/", and returns how many there were. Children may
// come while it looks, so it looks until there are none.
func KillMarked(mark string) (killed int) {
	for range 10 {
		n := 0
		list, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, path := range list {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if pid == os.Getpid() || !marked(path, mark) {
				continue
			}
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				n++
			}
			var status syscall.WaitStatus
			_, _ = syscall.Wait4(pid, &status, 0, nil) // if it is ours by now
		}
		if killed += n; n == 0 {
			break
		}
	}
	return killed
}

func marked(path, mark string) bool {
	environ, err := os.ReadFile(path) // of another user's processes it can't be read
	if err != nil {
		return false
	}
	for _, v := range bytes.Split(environ, []byte{0}) {
		if string(v) == mark || mark[len(mark)-1] == '/' && bytes.HasPrefix(v, []byte(mark)) {
			return true
		}
	}
	return false
}
