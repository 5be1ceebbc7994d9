package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hearthbox/hearth"
)

// Door is what serving needs.
type Door struct {
	Authoriser Authoriser
	Log        *slog.Logger
	Recorder   hearth.Recorder // of refusals; nil is none
}

// Serve takes one request through a door. It gets an id, in X-Request-Id and in one
// log line, which says who asked for what, how long it took and why it failed, and
// nothing of what was said. Nobody gets to answer without a key; what answer
// returns, or panics with, goes to fail, which writes it in the door's dialect. The
// context of the request that answer is given ends with what its sender may do.
func (d Door) Serve(w http.ResponseWriter, r *http.Request, answer func(*http.Request, hearth.Principal) error, fail func(error)) {
	id, start := "req_"+rand.Text(), time.Now()
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// Whoever sends no body, or no key, is not waited for.
	_ = http.NewResponseController(w).SetReadDeadline(start.Add(strangerMax))
	by, err := d.Authoriser.Authenticate(r.Context(), r.Header.Values)
	if err != nil {
		d.refused(r, id, by, err)
	}
	if err == nil {
		ctx, release := d.Authoriser.Hold(r.Context(), by, r.Header.Values)
		defer release()
		err = Contained(func() error { return answer(r.WithContext(ctx), by) })
	}
	if err != nil {
		fail(err)
	}
	attrs := []slog.Attr{
		slog.String("request", id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("key", by.KeyID), slog.Duration("took", time.Since(start).Round(time.Millisecond)),
	}
	level := slog.LevelInfo
	if err != nil {
		e := hearth.AsError(err)
		attrs = append(attrs, slog.String("code", string(e.Code)), slog.String("field", cut(e.Field)))
		if e.Kind() != hearth.KindInvalid { // which may quote the request
			attrs = append(attrs, slog.String("error", cut(err.Error())))
		}
		if e.Kind() == hearth.KindInternal || e.Kind() == hearth.KindUnavailable {
			level = slog.LevelError
		}
	}
	d.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
	if _, ok := errors.AsType[*Cut](err); ok {
		panic(http.ErrAbortHandler)
	}
}

// refused records that somebody was not let in. They are not, whether that can be
// recorded or not.
func (d Door) refused(r *http.Request, id string, by hearth.Principal, err error) {
	e := hearth.AsError(err)
	if d.Recorder == nil || e.Kind() != hearth.KindUnauthenticated && e.Kind() != hearth.KindForbidden {
		return
	}
	rec := hearth.Record{Kind: hearth.RecordAccess, Act: "sign-in", RequestID: id, By: by, From: Address(r), Object: r.URL.Path, Result: e.Code}
	if err := d.Recorder.Record(context.WithoutCancel(r.Context()), rec); err != nil {
		d.Log.Error("a refusal can't be recorded", "request", id, "error", err)
	}
}

// Address is where a request comes from, without the port.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Origin is where a browser came to: the scheme and the host. A proxy says so where it is
// the one that has the certificate.
func Origin(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// RequestID is the id that Serve has given to the request that is answered.
func RequestID(w http.ResponseWriter) string { return w.Header().Get("X-Request-Id") }

// Cut is the failure of an answer whose good status was sent already and that has no
// other way to say so than to end the connection.
type Cut struct{ Err error }

func (c *Cut) Error() string { return c.Err.Error() }
func (c *Cut) Unwrap() error { return c.Err }

// Limits of a request that nobody has let in yet, and of a line in the log.
const (
	strangerMax = 30 * time.Second
	logBytesMax = 4096
)

func cut(s string) string { return s[:min(len(s), logBytesMax)] }

// Contained turns a panic into an error: one request's bad luck is not everyone's. A
// goroutine that works for a request needs one of its own.
func Contained(answer func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return answer()
}
