package audit

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// KeepMin is how long records are kept at least, whatever is configured: the six
// months of China's Cybersecurity Law, article 23.
const KeepMin = 180 * 24 * time.Hour

// Limits of what waits for the disk.
const (
	waitingMax    = 8192             // records in line; who comes then waits for room
	batchMax      = 4096             // records written together
	recheckWait   = time.Second      // between looks at a log that can't be written
	complainEvery = 10 * time.Second // between lines in the log about it
	checkpointMax = 10_000           // records between two checkpoints
	expireEvery   = time.Hour        // between looks for old segments
	closeMax      = 10 * time.Second // for the last records when the log is closed
)

// Config is what a Log is made of.
type Config struct {
	Folder    string
	Hash      cryptosuite.HashFunction // of a log that begins; one that exists keeps its own
	Signers   []cryptosuite.Signer     // of checkpoints
	Witnesses []string                 // files elsewhere that get every checkpoint
	Every     time.Duration            // between checkpoints, while there are new records
	Keep      time.Duration            // at least [KeepMin]
	Required  bool                     // whether what can't be recorded must not happen
	Content   bool                     // whether what was said is kept, encrypted
	Keys      Keeper                   // of the keys it is encrypted with
	Log       *slog.Logger

	SegmentBytes int64 // when a new segment begins; 0 is 64 MiB
}

// Log appends to the audit record. It begins to work with the first record; until then
// nothing is read or made.
type Log struct {
	Config

	open func(path string) (file, error) // to be replaced by tests of a failing disk

	begun  sync.Once    // the goroutine
	mu     sync.RWMutex // nothing gets into the queue once it is closed
	closed bool

	slots   chan struct{}
	queue   chan *Pending
	stopped chan struct{} // closed by Close
	done    chan struct{} // closed when everything in line is written

	// What follows belongs to the goroutine that writes.
	lock       *os.File
	tail       *tail // nil: to be found
	segment    file  // of tail.first
	failed     error // why the log couldn't be written last
	failedAt   time.Time
	complained time.Time
	lost       int // records that were not kept since
	doomed     []uint64
	expired    time.Time // when old segments were looked for
}

// file is what is used of an *os.File.
type file interface {
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

var _ hearth.Recorder = (*Log)(nil)

// New makes a Log.
func New(c Config) *Log {
	return &Log{
		Config: c,
		open: func(path string) (file, error) {
			return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		},
		slots: make(chan struct{}, waitingMax), queue: make(chan *Pending, waitingMax),
		stopped: make(chan struct{}), done: make(chan struct{}),
	}
}

// Pending is a record on its way to the disk.
type Pending struct {
	fields  []byte // nil: no record
	content []byte
	look    func(*tail) error // at the end of the log, instead
	done    chan struct{}
	err     error
}

// Record writes a record and returns when it is on the disk.
func (l *Log) Record(ctx context.Context, r hearth.Record) error {
	return l.Append(ctx, r).Wait(ctx)
}

// Check reports whether the log takes records.
func (l *Log) Check(ctx context.Context) error {
	p := &Pending{done: make(chan struct{})}
	return l.enqueue(ctx, p).Wait(ctx)
}

// Append puts a record in line and returns at once, unless too many are in line.
func (l *Log) Append(ctx context.Context, r hearth.Record) *Pending {
	p := &Pending{done: make(chan struct{})}
	text, err := encode(fieldsOf(&r))
	if err != nil {
		return p.end(err)
	}
	p.fields = text
	if l.Content {
		p.content = r.Content
	}
	return l.enqueue(ctx, p)
}

func (l *Log) enqueue(ctx context.Context, p *Pending) *Pending {
	l.begun.Do(func() { go l.run() })
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return p.end(ctx.Err())
	case <-l.stopped:
		return p.end(hearth.NewError(hearth.ServerStop))
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return p.end(hearth.NewError(hearth.ServerStop))
	}
	l.queue <- p // there is room: it has as many places as there are slots
	return p
}

// Wait returns when the record is on the disk, or why it isn't.
func (p *Pending) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pending) end(err error) *Pending {
	p.err = err
	close(p.done)
	return p
}

// Close writes what is in line and a last checkpoint. Records that come later are
// refused.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	close(l.stopped)
	idle := false
	l.begun.Do(func() { idle = true })
	if idle {
		return nil
	}
	select {
	case <-l.done:
		return nil
	case <-time.After(closeMax):
		return errors.New("the audit record was not written to its end: the disk does not answer")
	}
}

// run writes batches until the log is closed.
func (l *Log) run() {
	defer close(l.done)
	defer l.release()
	tick := time.NewTicker(max(l.Every, time.Second))
	defer tick.Stop()
	for {
		select {
		case p := <-l.queue:
			l.write(l.batch(p))
		case <-tick.C:
			l.write(nil)
		case <-l.stopped:
			for len(l.queue) > 0 {
				l.write(l.batch(<-l.queue))
			}
			l.last()
			return
		}
	}
}

// batch is a record and those that are in line behind it.
func (l *Log) batch(first *Pending) []*Pending {
	batch := []*Pending{first}
	for len(batch) < batchMax {
		select {
		case p := <-l.queue:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

// write writes a batch and tells everyone in it how that went. An empty one is an
// occasion for a checkpoint.
func (l *Log) write(batch []*Pending) {
	err := l.failed
	if err == nil || time.Since(l.failedAt) >= recheckWait {
		err = l.locked(func() error { return l.commit(batch) })
	}
	if err != nil {
		err = l.refuse(batch, err)
	} else {
		l.failed = nil
	}
	for range batch {
		<-l.slots
	}
	for _, p := range batch {
		p.end(err)
	}
}

// refuse says what becomes of records that can't be written: by the policy, they make
// what they are about fail, or are counted.
func (l *Log) refuse(batch []*Pending, err error) error {
	if l.failed == nil || time.Since(l.failedAt) >= recheckWait {
		l.failed, l.failedAt = err, time.Now()
	}
	if time.Since(l.complained) > complainEvery {
		l.complained = time.Now()
		l.Log.Error("the audit record can't be written", "folder", l.Folder, "error", err, "required", l.Required)
	}
	for _, p := range batch {
		if p.fields != nil {
			l.lost++
		}
	}
	if !l.Required {
		return nil
	}
	if e, ok := errors.AsType[*hearth.Error](err); ok && e.Code == hearth.AuditDamaged {
		return e
	}
	return hearth.NewError(hearth.AuditUnavailable).Because(err)
}

// last writes the last checkpoint.
func (l *Log) last() {
	if l.tail == nil {
		return
	}
	if err := l.locked(func() error {
		t, _, err := l.current()
		if err != nil || t.checked == t.tree.Size() {
			return err
		}
		return l.checkpoint(t)
	}); err != nil {
		l.Log.Error("the last checkpoint of the audit record can't be written", "error", err)
	}
}

// locked does something while no other process appends. The lock's file holds where
// the log ends, and zeros while somebody works on it: who was killed there leaves
// zeros, and the next one looks for the end.
func (l *Log) locked(work func() error) error {
	if l.lock == nil {
		if err := os.MkdirAll(l.Folder, 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(l.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		l.lock = f
	}
	if err := unix.Flock(int(l.lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	defer func() { _ = unix.Flock(int(l.lock.Fd()), unix.LOCK_UN) }()
	if l.tail != nil && l.mark() != l.tail.mark() {
		l.forget()
	}
	if err := l.setMark(mark{}); err != nil {
		return err
	}
	err := work()
	if err != nil {
		l.forget() // what is on the disk now has to be looked at
		return err
	}
	if l.tail == nil {
		return nil
	}
	return l.setMark(l.tail.mark())
}

// mark says where a log ends.
type mark [32]byte

func (t *tail) mark() (m mark) {
	for i, v := range []uint64{t.first + 1, uint64(t.size), uint64(t.checkpointsBytes), t.tree.Size()} {
		binary.BigEndian.PutUint64(m[8*i:], v)
	}
	return m
}

func (l *Log) mark() (m mark) {
	_, _ = l.lock.ReadAt(m[:], 0) // zeros if there is nothing
	return m
}

func (l *Log) setMark(m mark) error {
	_, err := l.lock.WriteAt(m[:], 0)
	return err
}

func (l *Log) forget() {
	if l.segment != nil {
		_ = l.segment.Close()
	}
	l.tail, l.segment = nil, nil
}

func (l *Log) release() {
	l.forget()
	if l.lock != nil {
		_ = l.lock.Close()
	}
}

// current is where the log ends, found again if need be.
func (l *Log) current() (t *tail, torn string, err error) {
	if l.tail == nil {
		if t, torn, err = l.find(); err != nil {
			return nil, "", err
		}
		l.tail = t
	}
	if l.segment == nil {
		l.segment, err = l.open(l.path(segmentName(l.tail.first)))
	}
	return l.tail, torn, err
}

// commit writes a batch behind the tail. The folder's lock is held.
func (l *Log) commit(batch []*Pending) error {
	if len(batch) == 0 && l.tail == nil {
		return nil // nothing has happened here yet
	}
	_, torn, err := l.current()
	if err != nil {
		return err
	}
	if err := l.rotate(); err != nil {
		return err
	}
	now := time.Now()
	own, err := l.ownRecords(torn, now)
	if err != nil {
		return err
	}
	all := make([]*Pending, 0, len(own)+len(batch))
	for _, f := range own {
		text, err := encode(f)
		if err != nil {
			return err
		}
		all = append(all, &Pending{fields: text})
	}
	err = l.append(append(all, batch...), now)
	if err == nil {
		err = look(l.tail, batch)
	}
	if err != nil {
		l.doomed, l.expired = nil, time.Time{} // their end is not on record
		return err
	}
	l.lost = 0
	if err := l.remove(); err != nil {
		l.Log.Error("old segments of the audit record can't be removed", "error", err)
	}
	t := l.tail
	if n := t.tree.Size() - t.checked; n >= checkpointMax || n > 0 && (t.checked == 0 || now.Sub(t.checkedAt) >= l.Every) {
		if err := l.checkpoint(t); err != nil {
			// The records are safe; their checkpoint is due again.
			l.Log.Error("a checkpoint of the audit record can't be written", "error", err)
		}
	}
	return nil
}

// look lets those in a batch who only want to see it see the end of the log.
func look(t *tail, batch []*Pending) error {
	for _, p := range batch {
		if p.look == nil {
			continue
		}
		if err := p.look(t); err != nil {
			return err
		}
	}
	return nil
}

// rotate begins a new segment where the old one is full.
func (l *Log) rotate() error {
	t := l.tail
	if t.tree.Size() == t.first || t.size < cmp.Or(l.SegmentBytes, segmentBytesMax) && time.Since(t.begun) < segmentAgeMax {
		return nil
	}
	if t.checked < t.tree.Size() {
		if err := l.checkpoint(t); err != nil {
			return err
		}
	}
	if err := l.newSegment(t); err != nil {
		return err
	}
	_ = l.segment.Close()
	var err error
	l.segment, err = l.open(l.path(segmentName(t.first)))
	return err
}

// ownRecords are what the log has to say of itself.
func (l *Log) ownRecords(torn string, now time.Time) (list []fields, err error) {
	say := func(act, detail string) {
		list = append(list, fields{Kind: string(hearth.RecordAudit), Act: act, Detail: detail})
	}
	if l.tail.tree.Size() == 0 {
		var keys []string
		for _, s := range l.Signers {
			keys = append(keys, string(s.Public().Algorithm())+" "+s.Public().ID())
		}
		say("begin", "log "+l.tail.log+", signed with "+strings.Join(keys, ", "))
	}
	if torn != "" {
		say("heal", torn)
	}
	if l.lost > 0 {
		say("gap", "records that could not be written before this one")
		list[len(list)-1].Times = l.lost
	}
	if now.Sub(l.expired) > expireEvery {
		l.expired = now
		gone, err := l.expire(l.tail, now)
		if err != nil {
			return nil, err
		}
		if gone != nil {
			list = append(list, *gone)
		}
	}
	return list, nil
}

// append writes the lines of a batch and waits for the disk.
func (l *Log) append(batch []*Pending, now time.Time) error {
	t := l.tail.clone()
	contents, err := l.contents(t, batch)
	if err != nil {
		return err
	}
	var buf []byte
	for i, p := range batch {
		if p.fields == nil {
			continue // a check
		}
		from := len(buf)
		if buf, err = appendLine(buf, t.tree.Size(), now, contents[i], p.fields, t.prev); err != nil {
			return err
		}
		parsed, err := parseLine(t.tree.Function(), buf[from:])
		if err != nil {
			return fmt.Errorf("a record could not be read back: %w", err)
		}
		buf = append(buf, '\n')
		t.advance(parsed, len(buf)-from)
	}
	if len(buf) == 0 {
		return nil
	}
	if err := writeEnd(l.segment, buf, l.tail.size); err != nil {
		return err
	}
	l.tail = t
	return nil
}

// begin makes the first segment of a new log.
func (l *Log) begin() (*tail, error) {
	tree, err := cryptosuite.NewFrontier(l.Hash, 0, nil)
	if err != nil {
		return nil, err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // does not fail
	t := &tail{log: hex.EncodeToString(id), tree: tree, checkedAt: time.Now()}
	return t, l.newSegment(t)
}

func (l *Log) path(name string) string { return filepath.Join(l.Folder, name) }

func damaged(detail string) error { return hearth.NewError(hearth.AuditDamaged, "detail", detail) }
