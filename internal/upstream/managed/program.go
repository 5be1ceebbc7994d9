package managed

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ControlFile is the number of the file a keeper reads its job from, where the program it
// starts is spoken with over its input and output.
const ControlFile = 3

// Program is one that is spoken with over its input and output. It has a keeper, as
// engines do: it ends when it is closed, or the appliance does, and all it has started
// with it.
type Program struct {
	io.Reader
	io.Writer

	in      io.Closer
	control io.Closer
	keeper  *exec.Cmd
	log     *logFile
	once    sync.Once
}

// StartProgram starts one, with the words of its command and its environment. What it
// prints as errors goes to the log NAME.log, without its secrets.
func StartProgram(c Config, name string, argv []string, env map[string]string) (*Program, error) {
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, err
	}
	all := []string{}
	for _, vars := range []map[string]string{c.Env, env} {
		for k, v := range vars {
			all = append(all, k+"="+v)
		}
	}
	slices.Sort(all)
	mark := MarkName + "=" + c.Owner + "/" + name + "/" + random(4)
	text, err := json.Marshal(job{Argv: argv, Env: all, Mark: mark, Grace: time.Second})
	if err != nil {
		return nil, err
	}
	told, control, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer told.Close()
	p := &Program{control: control, log: newLogFile(filepath.Join(c.Folder, name+".log"), all)}
	p.keeper = exec.Command(c.Keeper[0], append(c.Keeper[1:], "3")...)
	p.keeper.ExtraFiles = []*os.File{told} // which is file 3 there
	p.keeper.Stderr = p.log
	p.keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.keeper.Env = slices.DeleteFunc(slices.Clone(all), func(v string) bool { return !strings.HasPrefix(v, "PATH=") })
	in, err := p.keeper.StdinPipe()
	if err == nil {
		p.in, p.Writer = in, in
		p.Reader, err = p.keeper.StdoutPipe()
	}
	if err == nil {
		err = p.keeper.Start()
	}
	if err == nil {
		_, err = control.Write(append(text, '\n'))
	}
	if err != nil {
		_ = control.Close()
		return nil, err
	}
	return p, nil
}

// Close ends the program, and returns when all of it is gone.
func (p *Program) Close() error {
	p.once.Do(func() {
		_ = p.in.Close()
		_ = p.control.Close()
		_ = p.keeper.Wait()
		p.log.close()
	})
	return nil
}
