package managed

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// job is what a keeper is told, in the first line it reads.
type job struct {
	Argv  []string      `json:"argv"`
	Env   []string      `json:"env"`
	Mark  string        `json:"mark"`  // the variable that every process of the engine has
	Grace time.Duration `json:"grace"` // between the wish and the order to end
}

// Keep is the keeper: it reads a job, starts the engine, and ends it and all its children
// when in closes. It returns the exit code of the engine, or 128 and the signal. Output
// of the engine goes where its own does. Its input is stdin; nil is none.
func Keep(in io.Reader, stdin *os.File, errs io.Writer) int {
	// The engine is told to die with the thread that started it; this one stays.
	runtime.LockOSThread()
	// Whoever stops the appliance in a terminal signals the whole group; the keeper waits
	// for the pipe to close, so that answers may end first.
	signal.Ignore(os.Interrupt, syscall.SIGHUP, syscall.SIGTERM)
	lines := bufio.NewReader(in)
	text, err := lines.ReadBytes('\n')
	var j job
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	if err != nil || len(j.Argv) == 0 {
		fmt.Fprintln(errs, "keeper: there is no job to be read:", err)
		return 2
	}
	adoptOrphans()
	cmd := exec.Command(j.Argv[0], j.Argv[1:]...)
	cmd.Env = append(j.Env, j.Mark)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if stdin != nil {
		cmd.Stdin = stdin
	}
	cmd.SysProcAttr = childAttributes()
	signal.Reset() // what is ignored stays so across exec
	err = cmd.Start()
	signal.Ignore(os.Interrupt, syscall.SIGHUP, syscall.SIGTERM)
	if err != nil {
		fmt.Fprintln(errs, "keeper:", err)
		return 127
	}
	if stdin != nil { // the program's alone, so that it sees its end
		_ = stdin.Close()
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		close(closed)
	}()
	var result error
	select {
	case result = <-ended:
	case <-closed:
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case result = <-ended:
		case <-time.After(j.Grace):
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	KillMarked(j.Mark)
	killAdopted() // some write their title over their environment
	return code(result)
}

func code(err error) int {
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return 0
	case !ok:
		return 1
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal())
	}
	return exit.ExitCode()
}
