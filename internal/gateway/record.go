package gateway

import (
	"cmp"
	"context"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// What asks the Generator is recorded there. The rest of what clients can have is
// recorded here.

// recorded does something between two records, one that it is begun and one of how it
// ended: what can't be recorded is not begun, or not handed out. do may add to the second.
func (x *exchange) recorded(ctx context.Context, r hearth.Record, do func(*hearth.Record) error) error {
	if x.Recorder == nil {
		return do(&r)
	}
	r.Stage, r.By, r.RequestID, r.From = hearth.StageBegun, x.by, x.request, x.from
	if err := x.Recorder.Record(ctx, r); err != nil {
		return err
	}
	start := time.Now()
	err := door.Contained(func() error { return do(&r) })
	r.Stage, r.Took = hearth.StageEnded, time.Since(start)
	if err != nil {
		r.Result = hearth.AsError(err).Code
	}
	// The client may be gone; the record is made all the same.
	return cmp.Or(err, x.Recorder.Record(context.WithoutCancel(ctx), r))
}

// inspected asks whether an answer advertises.
func (x *exchange) inspected(q inspectRequest) (found any, err error) {
	err = x.recorded(x.r.Context(), hearth.Record{Kind: hearth.RecordRequest, Act: "inspect"}, func(*hearth.Record) (err error) {
		found, err = x.Trust.Inspect(q.Question, q.Answer, q.Sources, x.lang)
		return err
	})
	return found, err
}

// bring has a model brought here.
func (x *exchange) bring(ctx context.Context, name string, progress func(file string, done, total int64)) error {
	return x.recorded(ctx, hearth.Record{Kind: hearth.RecordAdmin, Act: "pull-model", Object: name}, func(*hearth.Record) error {
		return x.Puller.Pull(ctx, name, progress)
	})
}
