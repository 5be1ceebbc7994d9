package appliance

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/console"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/jobs"
	"github.com/hearthbox/hearth/internal/traffic"
	"github.com/hearthbox/hearth/internal/webhook"
)

// Limits of the HTTP server that nobody needs to configure.
const (
	headerWait   = 10 * time.Second
	idleWait     = 2 * time.Minute
	headerBytes  = 64 << 10
	firstByteMax = 5 * time.Second // a stream's client waits this long without a status
	heartbeat    = 10 * time.Second
	writeMax     = time.Minute
	lastWords    = 3 * time.Second // for streams that are cut to say so
)

// Appliance is the product, built and not yet running.
type Appliance struct {
	Version string
	URL     string // where the API begins, without /v1
	Data    *Data

	// FirstKey is the administrator key made on the first start; empty otherwise.
	// It is not kept anywhere.
	FirstKey string

	config    Config
	log       *slog.Logger
	lock      *lock
	models    *models
	traffic   *traffic.Traffic
	shadows   *shadows
	engines   []*managedEngine
	screening *screening
	answers   hearth.Generator // what clients ask: the whole chain
	clients   *gateway.Gateway
	jobs      *jobs.Runner
	messages  *webhook.Sender
	workshop  *workshop
	measuring *measuring
	listener  net.Listener
	server    *http.Server
	stop      context.CancelCauseFunc // ends the answers in progress

	reloading  sync.Mutex
	retiring   sync.WaitGroup  // engines that are let go
	running    chan struct{}   // closed when background is there
	background context.Context // ends when the server stops
}

// New builds the appliance and opens its address, so that a caller knows it before
// Run. log is where its log goes.
func New(ctx context.Context, version string, c Config, log io.Writer) (*Appliance, error) {
	a := &Appliance{Version: version, config: c, log: logger(c, log), running: make(chan struct{})}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// build makes the parts in order; close takes them apart, however far it got.
func (a *Appliance) build(ctx context.Context) (err error) {
	c := a.config
	if a.Data, err = OpenData(ctx, c); err != nil {
		return err
	}
	if a.lock, err = takeLock(c); err != nil {
		return err
	}
	if err := a.Data.Catalog.Sweep(); err != nil {
		a.log.Warn("what killed imports left behind can't be removed", "error", err)
	}
	if err := a.Data.starterErr; err != nil {
		a.log.Warn("the starter model can't be unpacked", "error", err)
	}
	a.Data.Ledger.Log = a.log
	adminBefore, err := a.hasAdmin(ctx)
	if err != nil {
		return err
	}
	if a.models, err = newModels(a.Data, a.log); err != nil {
		return err
	}
	if err := a.startAudit(ctx); err != nil {
		return err
	}
	if a.screening, err = newScreening(c, a.log); err != nil {
		return err
	}
	shadow := func(next hearth.Generator) *shadows { return newShadows(next, a.models.routes.Load, a.log) }
	a.answers, a.traffic, a.shadows = chain(a.Data.Audit, a.screening.around(a.models), shadow, a.Data.Ledger, a.models, c)
	hooks, err := c.hooks()
	if err != nil {
		return err
	}
	a.messages = webhook.New(hooks, a.log)
	a.measuring = newMeasuring(a.answers, a.Data, a.log)
	a.workshop = newWorkshop(a.Data, a.models.List, a.log)
	if a.listener, err = listen(c, adminBefore); err != nil {
		return err
	}
	a.URL = serverURL(c, a.listener.Addr())
	if err := a.lock.describe(Server{PID: os.Getpid(), URL: a.URL}); err != nil {
		return dataError(c, err)
	}
	base, stop := context.WithCancelCause(context.Background())
	a.stop = stop
	a.server = &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: headerWait, IdleTimeout: idleWait, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	if !adminBefore {
		// Last, so that a start that fails does not make a key nobody sees.
		err = a.Data.Act(ctx, "create-key", "first administrator", func(r *hearth.Record) (err error) {
			var k hearth.Key
			a.FirstKey, k, err = a.Data.Access.Create(ctx, "first administrator", hearth.StandingAdmin, 0)
			r.Object = k.ID
			return err
		})
	}
	return err
}

// hasAdmin reports whether there is an administrator key that does not expire, or there are
// the three administrators.
func (a *Appliance) hasAdmin(ctx context.Context) (bool, error) {
	keys, err := a.Data.Access.List(ctx)
	if err != nil {
		return false, err
	}
	s, err := a.Data.Access.State(ctx)
	return !s.Finished.IsZero() || slices.ContainsFunc(keys, func(k hearth.Key) bool { return k.Standing == hearth.StandingAdmin && k.Expires.IsZero() }), err
}

// handler is every door under its path. Paths are taken as they come: a mux would
// mend them with redirects, before any door has asked for a key.
func (a *Appliance) handler() http.Handler {
	doorkeeper := &audit.Doorkeeper{Log: a.Data.Audit}
	a.clients = gateway.New(gateway.Config{
		Generator: a.answers, Trust: truster{a.answers, a.models}, Models: a.models, Authoriser: a.Data.Access,
		Log: a.log, Recorder: doorkeeper, Fingerprint: "hearth-" + a.Version,
		Queue: a.traffic, Account: a.Data.Ledger, Counter: a.models, Memory: a.models, Puller: a.Data, Archive: a.Data.Answers, Holders: a.Data.Access, Tickets: a.config.Queue.Tickets,
		BodyBytesMax: int64(a.config.Limits.RequestBytes), FirstByteMax: firstByteMax, Heartbeat: heartbeat, WriteMax: writeMax,
	})
	a.jobs = jobs.New(a.Data.store, &worker{a.clients, a.messages}, a.config.Batches.limits(), a.log)
	a.clients.Jobs, a.clients.Batches, a.clients.Files = a.jobs, a.jobs, a.jobs
	admins := admin.New(admin.Config{
		Version: a.Version, Started: time.Now(), Authoriser: a.Data.Access, Log: a.log, Access: a.Data.Access, Models: a.models, Upstreams: upstreams{a},
		Audit: newAuditDesk(a.Data), Usage: a.Data.Ledger, Recorder: doorkeeper,
		Queue: a.traffic, Work: a.jobs, Measuring: a.measuring, Guide: a.Data.store, Where: a.where, Library: modelLibrary{a.config}, Workshop: a.workshop, Guard: a.screening, Conversations: a.Data.store, Machine: machine(a.config),
	})
	pages := console.New(console.Config{Authoriser: a.Data.Access, Sessions: a.Data.Access, Log: a.log, Recorder: doorkeeper})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if console.Wants(r) {
			pages.ServeHTTP(w, r)
			return
		}
		r = console.Admit(r)
		switch path := r.URL.Path; {
		case path == "/healthz":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"status":"ok"}`+"\n")
		case strings.HasPrefix(path, admin.Prefix+"/"):
			admins.ServeHTTP(w, r)
		default:
			a.clients.ServeHTTP(w, r)
		}
	})
}

// Run serves until ctx ends; then no new requests are taken, running answers get
// their grace, and what is left is cut with a proper end.
func (a *Appliance) Run(ctx context.Context) error {
	background, cancel := context.WithCancel(ctx)
	defer cancel()
	go a.Data.Access.Watch(background)
	go a.screening.watch(background)
	go a.jobs.Run(background)
	go a.models.retire(background, a.config.Engine.KeepLoaded)
	a.background = background
	if err := a.startEngines(); err != nil {
		return errors.Join(err, a.close())
	}
	a.models.routes.Load().watch(background, a.log, a.traffic.Report)
	close(a.running)
	a.log.Info("listening", "url", a.URL, "version", a.Version, "data", a.config.Data)
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(a.listener) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		err = a.shutdown()
	}
	return errors.Join(err, a.close())
}

// shutdown ends the server in order.
func (a *Appliance) shutdown() error {
	a.log.Info("stopping", "grace", a.config.StopGrace)
	grace, cancel := context.WithTimeout(context.Background(), a.config.StopGrace)
	defer cancel()
	err := a.server.Shutdown(grace)
	a.jobs.Stop(grace)
	if err == nil {
		return nil
	}
	a.stop(hearth.NewError(hearth.ServerStop))
	last, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	if err := a.server.Shutdown(last); err != nil {
		return a.server.Close()
	}
	return nil
}

// close takes everything apart, last made first.
func (a *Appliance) close() error {
	var errs []error
	if a.stop != nil {
		a.stop(hearth.NewError(hearth.ServerStop))
	}
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.jobs != nil {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		a.jobs.Stop(now)
	}
	if a.measuring != nil {
		a.measuring.close()
	}
	if a.workshop != nil {
		a.workshop.close()
	}
	if a.shadows != nil {
		a.shadows.close()
	}
	if a.traffic != nil {
		a.traffic.Close()
	}
	a.stopEngines(a.engines)
	if a.models != nil {
		errs = append(errs, a.models.close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.release())
	}
	if a.Data != nil {
		errs = append(errs, a.Data.Close())
	}
	return errors.Join(errs...)
}

// Console is where a browser finds the console.
func (a *Appliance) Console() string { return a.URL + console.Prefix + "/" }

// Models lists what can be asked.
func (a *Appliance) Models(ctx context.Context) ([]hearth.Model, error) { return a.models.List(ctx) }

// serverURL is how this machine reaches the server.
func serverURL(c Config, addr net.Addr) string {
	host, _, _ := net.SplitHostPort(c.Listen)
	_, port, _ := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if c.TLS.Cert != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

func logger(c Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func threads(c Config) int {
	if c.Engine.Threads > 0 {
		return c.Engine.Threads
	}
	return runtime.GOMAXPROCS(0) // which honours a container's limit
}
