package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hearthbox/hearth"
)

// Door is what serving needs.
type Door struct {
	Authoriser Authoriser
	Log        *slog.Logger
}

// Serve takes one request through a door. It gets an id, in X-Request-Id and in one
// log line, which says who asked for what, how long it took and why it failed, and
// nothing of what was said. Nobody gets to answer without a key; what answer
// returns, or panics with, goes to fail, which writes it in the door's dialect.
func (d Door) Serve(w http.ResponseWriter, r *http.Request, answer func(hearth.Principal) error, fail func(error)) {
	id, start := "req_"+rand.Text(), time.Now()
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	by, err := d.Authoriser.Authenticate(r.Context(), r.Header.Values)
	if err == nil {
		err = contained(func() error { return answer(by) })
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
		attrs = append(attrs, slog.String("code", string(e.Code)), slog.String("error", err.Error()))
		if e.Kind() == hearth.KindInternal || e.Kind() == hearth.KindUnavailable {
			level = slog.LevelError
		}
	}
	d.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// contained turns a panic into an error: one request's bad luck is not everyone's.
func contained(answer func() error) (err error) {
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
