package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Store is where jobs are kept. What is taken is taken under a lease, which is that of one
// process: whoever finds another one's knows that its process is gone.
type Store interface {
	AddJob(ctx context.Context, j hearth.Job, most int) error
	Job(ctx context.Context, owner, id string) (hearth.Job, error)
	DropJob(ctx context.Context, owner, id string) (bool, error)

	JobOwners(ctx context.Context) ([]string, error)
	TakeJobs(ctx context.Context, lease, owner string, bulk bool, n int) ([]hearth.Job, error)
	NextJob(ctx context.Context) (time.Time, bool, error)
	FinishJob(ctx context.Context, lease, id string, status int, result []byte) error
	ForgetJob(ctx context.Context, lease, id string) error
	ReturnJob(ctx context.Context, lease, id string, after time.Time, counts bool) error
	FreeJobs(ctx context.Context, lease string) error
	AddMessages(ctx context.Context, list []hearth.Job) error
	ForgetOldJobs(ctx context.Context, keep time.Duration) error
	AllTickets(ctx context.Context, after string, most int) ([]hearth.Job, error)
	JobOwner(ctx context.Context, id string) (owner string, batch bool, err error)

	Batches
	Files
}

// Batches are jobs that belong together.
type Batches interface {
	AddBatch(ctx context.Context, b hearth.Batch, lines iter.Seq2[hearth.Job, error], most int) error
	FailBatch(ctx context.Context, b hearth.Batch, tell []hearth.Job) error
	Batch(ctx context.Context, owner, id string) (hearth.Batch, error)
	Batches(ctx context.Context, owner, after string, most int) ([]hearth.Batch, error)
	AllBatches(ctx context.Context, after string, most int) ([]hearth.Batch, error)
	CancelBatch(ctx context.Context, owner, id string) error
	OpenBatches(ctx context.Context) ([]hearth.Batch, error)
	GiveUpLines(ctx context.Context, batch string, line func(hearth.Job) []byte) error
	EndBatch(ctx context.Context, b hearth.Batch, expires time.Time, tell []hearth.Job) (bool, error)
}

// Files are what batches are made of, and what comes of them.
type Files interface {
	Receive(ctx context.Context, f hearth.File, from io.Reader, most, room int64, about func(*hearth.File) error) (hearth.File, error)
	File(ctx context.Context, owner, id string) (hearth.File, error)
	Files(ctx context.Context, owner, purpose, after string, most int) ([]hearth.File, error)
	OpenFile(ctx context.Context, owner, id string) (io.Reader, error)
	DeleteFile(ctx context.Context, owner, id string) error
}

// Worker does jobs.
type Worker interface {
	// Work does a job. It is told to stop by its context: with [hearth.Canceled] as the
	// cause if nobody wants the job any more, and with [hearth.ServerStop] if it will be
	// done again later, whatever Work returns.
	Work(ctx context.Context, j hearth.Job) hearth.Outcome
	// Messages are the jobs of telling others that something has happened to the job or
	// batch of that id. The same has the same jobs, by their ids.
	Messages(event, owner, id string) []hearth.Job
	// GiveUp is the result of a job that was not done, for which the code says why.
	GiveUp(j hearth.Job, why hearth.Code) []byte
}

// Limits bound what is kept and done.
type Limits struct {
	Running      int // jobs at once, those of class bulk and all others each
	OwnerRunning int // of one owner
	OwnerWaiting int // jobs of one owner that are not done

	FileBytes  int64         // of one file
	OwnerBytes int64         // of all files of one owner
	Keep       time.Duration // files, and results
}

// Runner has jobs done.
type Runner struct {
	store  Store
	worker Worker
	limits Limits
	log    *slog.Logger
	lease  string

	news chan struct{} // has one element when there may be something to do
	base context.Context
	stop context.CancelCauseFunc

	mu      sync.Mutex
	running map[string]*run
	lanes   map[lane]int         // jobs running in each
	bulk    int                  // of these, those of class bulk
	resting map[string]time.Time // owners whose jobs need not be tried until then
	closed  bool
	all     sync.WaitGroup
}

// lane is where jobs of an owner are begun one after the other: what is urgent does not stand
// behind what has time.
type lane struct {
	owner string
	bulk  bool
}

// run is a job that is being done.
type run struct {
	job    hearth.Job
	cancel context.CancelCauseFunc
	ended  chan struct{}
}

// New makes a Runner that does nothing until Run is called.
func New(s Store, w Worker, l Limits, log *slog.Logger) *Runner {
	r := &Runner{store: s, worker: w, limits: l, log: log, lease: rand.Text(), news: make(chan struct{}, 1),
		running: map[string]*run{}, lanes: map[lane]int{}, resting: map[string]time.Time{}}
	r.base, r.stop = context.WithCancelCause(context.Background())
	return r
}

// How often it is looked whether batches have run out of time and what is old, and how long
// after trouble with the store it is tried again.
const (
	lookEvery  = 30 * time.Second
	sweepEvery = time.Hour
	afterError = 5 * time.Second
)

// Run does jobs until ctx ends. What other processes had begun is begun again first.
func (r *Runner) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.store.FreeJobs(ctx, r.lease)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			r.log.Error("jobs that were begun can't be taken up again", "error", err)
		}
		pause(ctx, afterError)
	}
	var swept time.Time
	for ctx.Err() == nil {
		wait, err := r.round(ctx)
		if err == nil && time.Since(swept) > sweepEvery {
			swept = time.Now()
			err = r.store.ForgetOldJobs(ctx, r.limits.Keep)
		}
		if err != nil {
			if wait = afterError; ctx.Err() == nil {
				r.log.Error("jobs can't be taken", "error", err)
			}
		}
		pause(ctx, wait, r.news)
	}
}

// pause waits for so long, or until there is news.
func pause(ctx context.Context, d time.Duration, news ...chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	var told chan struct{}
	if len(news) > 0 {
		told = news[0]
	}
	select {
	case <-t.C:
	case <-told:
	case <-ctx.Done():
	}
}

// wake has it looked for jobs at once.
func (r *Runner) wake() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// round begins what may be begun, and says after how long to look again.
func (r *Runner) round(ctx context.Context) (time.Duration, error) {
	if err := r.endBatches(ctx); err != nil {
		return 0, err
	}
	owners, err := r.store.JobOwners(ctx)
	if err != nil {
		return 0, err
	}
	for taken := true; taken; { // one of each in turn, so that the first does not get all there is room for
		taken = false
		for i := range 2 * len(owners) {
			x := lane{owners[i/2], i%2 == 1}
			room := min(r.room(x), takeMost)
			if room == 0 {
				continue
			}
			list, err := r.store.TakeJobs(ctx, r.lease, x.owner, x.bulk, room)
			if err != nil {
				return 0, err
			}
			for _, j := range list {
				r.begin(j)
			}
			taken = taken || len(list) > 0
		}
	}
	wait := lookEvery
	next, ok, err := r.store.NextJob(ctx)
	if ok {
		wait = min(wait, max(0, time.Until(next)))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for owner, until := range r.resting {
		if left := time.Until(until); left > 0 {
			wait = min(wait, left)
		} else {
			delete(r.resting, owner)
		}
	}
	return wait + time.Millisecond, err
}

// takeMost is how many jobs of one owner are begun before the next one's.
const takeMost = 4

// room is how many more jobs may run in a lane.
func (r *Runner) room(x lane) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || time.Now().Before(r.resting[x.owner]) {
		return 0
	}
	running := r.bulk
	if !x.bulk {
		running = len(r.running) - r.bulk
	}
	return max(0, min(r.limits.OwnerRunning-r.lanes[x], r.limits.Running-running))
}

// begin has a job done that was taken.
func (r *Runner) begin(j hearth.Job) {
	ctx, cancel := context.WithCancelCause(r.base)
	x := &run{job: j, cancel: cancel, ended: make(chan struct{})}
	r.mu.Lock()
	r.running[j.ID] = x
	r.count(j, 1)
	r.all.Add(1)
	r.mu.Unlock()
	go func() {
		defer r.all.Done()
		o := r.work(ctx, j)
		if err := r.conclude(ctx, j, o); err != nil {
			r.log.Error("what became of a job can't be kept; it is done again after the next start", "job", j.ID, "error", err)
		}
		cancel(nil)
		r.mu.Lock()
		delete(r.running, j.ID)
		r.count(j, -1)
		if o.Owner && o.Again > 0 {
			r.resting[j.Owner] = time.Now().Add(o.Again)
		}
		r.mu.Unlock()
		close(x.ended)
		r.wake()
	}()
}

// count keeps the books of what runs.
func (r *Runner) count(j hearth.Job, n int) {
	x := lane{j.Owner, j.Class == hearth.ClassBulk}
	if r.lanes[x] += n; r.lanes[x] == 0 {
		delete(r.lanes, x)
	}
	if x.bulk {
		r.bulk += n
	}
}

// work does a job. What panics is not tried for ever.
func (r *Runner) work(ctx context.Context, j hearth.Job) (o hearth.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			r.log.Error("a job panicked", "job", j.ID, "error", fmt.Sprintf("%v\n%s", v, debug.Stack()))
			o = hearth.Outcome{Status: 500, Result: r.worker.GiveUp(j, hearth.InternalError)}
		}
	}()
	if j.Tries > triesMost {
		return hearth.Outcome{Status: 500, Result: r.worker.GiveUp(j, hearth.InternalError)}
	}
	return r.worker.Work(ctx, j)
}

// triesMost is how often a job is begun at most: one that kills its process would for ever.
const triesMost = 20

// concludeMax is how long keeping a result may take.
const concludeMax = 30 * time.Second

// conclude keeps what became of a job.
func (r *Runner) conclude(running context.Context, j hearth.Job, o hearth.Outcome) error {
	ctx, cancel := context.WithTimeout(context.Background(), concludeMax)
	defer cancel()
	cause := context.Cause(running)
	switch {
	case errors.Is(cause, hearth.NewError(hearth.ServerStop)) && (o.Again > 0 || o.Result == nil && !o.Forget):
		return r.store.ReturnJob(ctx, r.lease, j.ID, time.Now(), false)
	case errors.Is(cause, hearth.NewError(hearth.Canceled)) && j.Batch == "":
		return r.store.ForgetJob(ctx, r.lease, j.ID)
	case errors.Is(cause, hearth.NewError(hearth.Canceled)):
		return r.store.FinishJob(ctx, r.lease, j.ID, 0, r.worker.GiveUp(j, hearth.BatchGivenUp))
	case o.Again > 0:
		return r.store.ReturnJob(ctx, r.lease, j.ID, time.Now().Add(o.Again), !o.Owner)
	case o.Forget && o.Event != "":
		if err := r.store.AddMessages(ctx, r.worker.Messages(o.Event, j.Owner, j.ID)); err != nil {
			return err
		}
		return r.store.ForgetJob(ctx, r.lease, j.ID)
	case o.Forget:
		return r.store.ForgetJob(ctx, r.lease, j.ID)
	}
	return r.store.FinishJob(ctx, r.lease, j.ID, o.Status, o.Result)
}

// endBatches ends batches all of whose lines are done, and gives up lines of those that
// nobody wants or whose time is over.
func (r *Runner) endBatches(ctx context.Context) error {
	list, err := r.store.OpenBatches(ctx)
	if err != nil {
		return err
	}
	for _, b := range list {
		late := !time.Now().Before(b.Expires)
		why := hearth.BatchGivenUp
		if b.State == hearth.BatchInProgress {
			why = hearth.BatchTooLate
		}
		if b.State == hearth.BatchCancelling {
			r.stopLines(b.ID)
		}
		if late || b.State == hearth.BatchCancelling {
			if err := r.store.GiveUpLines(ctx, b.ID, func(j hearth.Job) []byte { return r.worker.GiveUp(j, why) }); err != nil {
				return err
			}
			if b, err = r.store.Batch(ctx, b.Owner, b.ID); err != nil {
				return err
			}
		}
		if b.Done+b.Failed < b.Total {
			continue
		}
		switch {
		case b.State == hearth.BatchCancelling:
			b.State = hearth.BatchCancelled
		case late && b.Failed > 0:
			b.State = hearth.BatchExpired
		default:
			b.State = hearth.BatchCompleted
		}
		if b.Done > 0 {
			b.Output = "file-" + rand.Text()
		}
		if b.Failed > 0 {
			b.Errors = "file-" + rand.Text()
		}
		keep := r.limits.Keep
		if b.Keep > 0 {
			keep = min(keep, b.Keep)
		}
		ended, err := r.store.EndBatch(ctx, b, time.Now().Add(keep), r.worker.Messages("batch."+string(b.State), b.Owner, b.ID))
		if err != nil {
			return err
		}
		if ended {
			r.log.Info("a batch has ended", "batch", b.ID, "key", b.Owner, "state", b.State, "answered", b.Done, "failed", b.Failed)
		}
	}
	return nil
}

// Stop begins no more jobs, and waits for those that run until ctx ends. What is not done
// then is stopped, and done again after the next start.
func (r *Runner) Stop(ctx context.Context) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		r.all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		r.stop(hearth.NewError(hearth.ServerStop))
		<-done
	}
}

// Add takes a job in. It is done from then on, whatever happens.
func (r *Runner) Add(ctx context.Context, j hearth.Job) error {
	r.mu.Lock()
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return hearth.NewError(hearth.ServerStop)
	}
	err := r.store.AddJob(ctx, j, r.limits.OwnerWaiting)
	r.wake()
	return err
}

// Job finds a job.
func (r *Runner) Job(ctx context.Context, owner, id string) (hearth.Job, error) {
	return r.store.Job(ctx, owner, id)
}

// Cancel withdraws a job, and returns when it neither waits nor runs. One that is not there
// is an error of code [hearth.NoSuchTicket].
func (r *Runner) Cancel(ctx context.Context, owner, id string) error {
	for {
		dropped, err := r.store.DropJob(ctx, owner, id)
		if err != nil || dropped {
			return err
		}
		r.mu.Lock()
		x := r.running[id]
		r.mu.Unlock()
		if x != nil && x.job.Owner == owner {
			x.cancel(hearth.NewError(hearth.Canceled))
			select {
			case <-x.ended:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if j, err := r.store.Job(ctx, owner, id); err != nil {
			return err
		} else if j.State == hearth.JobRunning { // between being taken and being begun
			pause(ctx, time.Millisecond)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// AddBatch takes a batch in.
func (r *Runner) AddBatch(ctx context.Context, b hearth.Batch, lines iter.Seq2[hearth.Job, error]) error {
	if b.State == hearth.BatchFailed {
		defer r.wake()
		return r.store.FailBatch(ctx, b, r.worker.Messages("batch."+string(b.State), b.Owner, b.ID))
	}
	err := r.store.AddBatch(ctx, b, lines, r.limits.OwnerWaiting)
	r.wake()
	return err
}

// Batch finds a batch.
func (r *Runner) Batch(ctx context.Context, owner, id string) (hearth.Batch, error) {
	return r.store.Batch(ctx, owner, id)
}

// Batches lists an owner's batches, the newest first: so many, after the one of that id.
func (r *Runner) Batches(ctx context.Context, owner, after string, most int) ([]hearth.Batch, error) {
	return r.store.Batches(ctx, owner, after, most)
}

// CancelBatch withdraws what is not done of a batch. What was done is kept.
func (r *Runner) CancelBatch(ctx context.Context, owner, id string) (hearth.Batch, error) {
	if err := r.store.CancelBatch(ctx, owner, id); err != nil {
		return hearth.Batch{}, err
	}
	b, err := r.store.Batch(ctx, owner, id)
	if err != nil || b.State != hearth.BatchCancelling {
		return b, err
	}
	r.wake()
	return b, nil
}

// AllBatches lists everybody's batches, for those who see to them.
func (r *Runner) AllBatches(ctx context.Context, after string, most int) ([]hearth.Batch, error) {
	return r.store.AllBatches(ctx, after, most)
}

// AllTickets lists everybody's tickets and answers in the background, without what is in
// them.
func (r *Runner) AllTickets(ctx context.Context, after string, most int) ([]hearth.Job, error) {
	return r.store.AllTickets(ctx, after, most)
}

// Withdraw ends a batch, a ticket or an answer in the background, whosever it is. One that
// is not there is an error of code [hearth.NoSuchTicket].
func (r *Runner) Withdraw(ctx context.Context, id string) error {
	owner, batch, err := r.store.JobOwner(ctx, id)
	if err != nil {
		return err
	}
	if batch {
		_, err = r.CancelBatch(ctx, owner, id)
		return err
	}
	return r.Cancel(ctx, owner, id)
}

// stopLines ends the lines of a batch that run. It is called in every round for as long as
// there are some: one may have been taken before the batch was cancelled and begun after.
func (r *Runner) stopLines(batch string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.running {
		if x.job.Batch == batch {
			x.cancel(hearth.NewError(hearth.Canceled))
		}
	}
}

// Receive takes a file in; about adds what is known of it only when all was read.
func (r *Runner) Receive(ctx context.Context, owner string, from io.Reader, about func(*hearth.File) error) (hearth.File, error) {
	now := time.Now()
	f := hearth.File{ID: "file-" + rand.Text(), Owner: owner, Created: now, Expires: now.Add(r.limits.Keep)}
	return r.store.Receive(ctx, f, from, r.limits.FileBytes, r.limits.OwnerBytes, func(f *hearth.File) error {
		err := about(f)
		f.Name = cmp.Or(f.Name, f.ID)
		return err
	})
}

// File finds a file.
func (r *Runner) File(ctx context.Context, owner, id string) (hearth.File, error) {
	return r.store.File(ctx, owner, id)
}

// Files lists an owner's files, the newest first.
func (r *Runner) Files(ctx context.Context, owner, purpose, after string, most int) ([]hearth.File, error) {
	return r.store.Files(ctx, owner, purpose, after, most)
}

// OpenFile reads a file.
func (r *Runner) OpenFile(ctx context.Context, owner, id string) (io.Reader, error) {
	return r.store.OpenFile(ctx, owner, id)
}

// DeleteFile forgets a file.
func (r *Runner) DeleteFile(ctx context.Context, owner, id string) error {
	return r.store.DeleteFile(ctx, owner, id)
}
