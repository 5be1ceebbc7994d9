package managed

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits of looking after an engine.
const (
	readyUsual = 15 * time.Minute // until the first token
	probeEvery = time.Second
	graceUsual = 10 * time.Second // between the wish to end and the order
	pauseFirst = time.Second      // before it is started again
	pauseLast  = 2 * time.Minute
	steady     = 10 * time.Minute // it ran that long: the pauses begin anew
)

// MarkName is the variable by which processes of engines are known: its value is the data
// folder, the name, and what tells this one from others of the name, with slashes between.
const MarkName = "HEARTH_ENGINE"

// Config is what engines of an appliance have in common.
type Config struct {
	Folder string            // for logs
	Owner  string            // the data folder: the same for all engines of an appliance
	Keeper []string          // the command that is a keeper
	Env    map[string]string // that every engine has, such as PATH
	Log    *slog.Logger
}

// State is what an engine is doing.
type State string

// What engines do.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Pausing  State = "pausing" // before it is started again
	Stopped  State = "stopped"
)

// Engine is one that is looked after.
type Engine struct {
	Spec
	Port int    // where it listens
	Key  string // that it asks for; empty for none

	config Config
	id     string
	mu     sync.Mutex
	state  State
	starts int
	since  time.Time // it is in that state
	why    string    // it is not ready
	again  context.CancelFunc
	stop   context.CancelFunc
	done   chan struct{}
}

// New prepares an engine: it has its port and its key, for those who are to ask it.
func New(c Config, s Spec) (*Engine, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	e := &Engine{Spec: s, Port: s.Port, config: c, state: Stopped, done: make(chan struct{})}
	if e.Port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		e.Port = l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
	}
	e.id = random(4)
	if s.takesKey() {
		e.Key = random(24)
	}
	return e, nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // does not fail
	return hex.EncodeToString(b)
}

// URL is where its API begins.
func (e *Engine) URL() string {
	t, _ := TemplateNamed(e.Template)
	return fmt.Sprintf("http://127.0.0.1:%d%s", e.Port, t.Base)
}

// Status is what an engine is doing.
type Status struct {
	State  State
	Since  time.Time
	Starts int
	Why    string // it is not ready
}

// Status is what it is doing.
func (e *Engine) Status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Status{e.state, e.since, e.starts, e.why}
}

func (e *Engine) is(s State, why string) {
	e.mu.Lock()
	e.state, e.why, e.since = s, why, time.Now()
	if s == Starting {
		e.starts++
	}
	e.mu.Unlock()
}

// Restart ends the engine and starts it again at once, also if it is in a pause between
// two starts. Answers it is giving break off.
func (e *Engine) Restart() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.again != nil {
		e.again()
	}
}

// life is the time until somebody wants the engine to be started again.
func (e *Engine) life(ctx context.Context) context.Context {
	one, cancel := context.WithCancel(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.again != nil {
		e.again()
	}
	e.again = cancel
	return one
}

// Run starts the engine and starts it again when it ends, until Stop. probe has it make a
// token; down is told when it is known to make none.
func (e *Engine) Run(probe func(context.Context) error, down func()) {
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	down() // before anybody can ask it
	go func() {
		defer close(e.done)
		pause := pauseFirst
		for ctx.Err() == nil {
			one, began := e.life(ctx), time.Now()
			why := e.once(one, probe)
			down()
			if ctx.Err() != nil {
				break
			}
			if time.Since(began) >= steady || one.Err() != nil {
				pause = pauseFirst
			}
			if one.Err() != nil {
				e.config.Log.Info("an engine is started again", "engine", e.Name)
				continue
			}
			e.is(Pausing, why)
			e.config.Log.Warn("an engine has ended; it is started again", "engine", e.Name, "why", why, "in", pause)
			select {
			case <-time.After(pause):
			case <-one.Done():
			}
			pause = min(pauseLast, 2*pause)
		}
		e.is(Stopped, "")
	}()
}

// Stop ends the engine, and returns when all of it is gone.
func (e *Engine) Stop() {
	if e.stop != nil {
		e.stop()
		<-e.done
	}
}

// mark is that of this engine, and not of one of the same name that takes its place.
func (e *Engine) mark() string { return MarkName + "=" + e.config.Owner + "/" + e.Name + "/" + e.id }

// once runs the engine until it ends, and says why it did.
func (e *Engine) once(ctx context.Context, probe func(context.Context) error) (why string) {
	e.is(Starting, "")
	KillMarked(e.mark()) // of a keeper that was killed
	if err := os.MkdirAll(e.config.Folder, 0o700); err != nil {
		return err.Error()
	}
	argv, env := e.Spec.command(e.Port, e.Key, e.config.Env)
	log := newLogFile(filepath.Join(e.config.Folder, e.Name+".log"), env, e.Key)
	defer log.close()
	log.line("-- " + time.Now().Format(time.RFC3339) + " " + strings.Join(argv, " "))
	text, err := json.Marshal(job{Argv: argv, Env: env, Mark: e.mark(), Grace: graceUsual})
	if err != nil {
		return err.Error()
	}
	keeper := exec.Command(e.config.Keeper[0], e.config.Keeper[1:]...)
	keeper.Stdout, keeper.Stderr = log, log
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	keeper.Env = slices.DeleteFunc(slices.Clone(env), func(v string) bool { return !strings.HasPrefix(v, "PATH=") }) // to find the program in
	pipe, err := keeper.StdinPipe()
	if err == nil {
		err = keeper.Start()
	}
	if err != nil {
		return err.Error()
	}
	ended := make(chan error, 1)
	go func() { ended <- keeper.Wait() }()
	if _, err := pipe.Write(append(text, '\n')); err != nil {
		_ = pipe.Close()
		<-ended
		return err.Error()
	}
	return e.attend(ctx, probe, ended, func() { _ = pipe.Close() }, log)
}

// attend waits until the engine has made a token, and then until it ends.
func (e *Engine) attend(ctx context.Context, probe func(context.Context) error, ended chan error, end func(), log *logFile) string {
	began, limit := time.Now(), e.Ready
	if limit == 0 {
		limit = readyUsual
	}
	probing, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan struct{})
	go func() {
		defer close(ready)
		for probing.Err() == nil && probe(probing) != nil {
			select {
			case <-time.After(probeEvery):
			case <-probing.Done():
			}
		}
	}()
	late := time.NewTimer(limit)
	defer late.Stop()
	token := ready
	for {
		select {
		case err := <-ended:
			cancel()
			<-ready
			return e.obituary(err, log)
		case <-token:
			if probing.Err() == nil {
				e.is(Ready, "")
				e.config.Log.Info("an engine is ready", "engine", e.Name, "after", time.Since(began).Round(time.Millisecond))
				late.Stop()
			}
			token = nil
		case <-late.C:
			cancel()
			end()
			<-ready
			<-ended
			return "it has made no token within " + limit.String()
		case <-ctx.Done():
			end()
			<-ready
			<-ended
			return "it was stopped"
		}
	}
}

// obituary is how it ended, with its last words.
func (e *Engine) obituary(err error, log *logFile) string {
	how := "it ended"
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		how = fmt.Sprintf("it ended with code %d", exit.ExitCode())
	}
	if last := log.last(); len(last) > 0 {
		how += ": " + last[len(last)-1]
	}
	return how
}
