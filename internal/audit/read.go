package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of one page of records.
const (
	PageMax   = 1000
	scanMax   = 200_000 // records looked at for it
	blockSize = 1 << 20
)

// Query chooses records. Zero fields choose all.
type Query struct {
	Before uint64 // older than the record of this number; 0 begins with the newest
	Limit  int    // from 1 to PageMax

	Kind, Act, Key, Request, Result, Object string
	Text                                    string    // in any of its words, whatever the case
	Failed                                  bool      // only what did not succeed
	Since, Until                            time.Time // Until not included
}

// Page is an answer to a Query, newest first. Next, where not 0, is the Before of the
// page that follows, which may have more.
type Page struct {
	Entries []Entry
	Next    uint64
}

// Find looks records up, in one walk from the newest back, so that what it shows is a
// prefix of what the log says. It believes the log: verifying is another matter.
func (l *Log) Find(ctx context.Context, q Query) (*Page, error) {
	page := &Page{Entries: []Entry{}}
	list, err := segments(os.DirFS(l.Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return page, nil
	}
	if err != nil {
		return nil, hearth.FileError(l.Folder, err)
	}
	scanned := 0
	for i := len(list) - 1; i >= 0; i-- {
		if q.Before > 0 && list[i] >= q.Before {
			continue
		}
		more, err := l.findIn(ctx, segmentName(list[i]), q, page, &scanned)
		if err != nil {
			return nil, hearth.FileError(l.path(segmentName(list[i])), err)
		}
		if !more {
			break
		}
	}
	return page, nil
}

// findIn looks through one segment from its end; more says whether to go on with an
// older one.
func (l *Log) findIn(ctx context.Context, name string, q Query, page *Page, scanned *int) (more bool, err error) {
	f, err := os.Open(l.path(name))
	if err != nil {
		return false, err
	}
	defer f.Close()
	more = true
	err = backward(f, func(text []byte) bool {
		e, err := parseEntry(text)
		if err != nil || e.Kind == "" || q.Before > 0 && e.N >= q.Before {
			return ctx.Err() == nil // a first line, or one that is being written
		}
		at, _ := time.Parse(timeLayout, e.Time)
		if !q.Since.IsZero() && at.Before(q.Since) {
			more = false
			return false
		}
		if len(page.Entries) == q.Limit || *scanned == scanMax {
			page.Next, more = e.N+1, false
			return false
		}
		if *scanned++; q.chooses(&e, at) {
			page.Entries = append(page.Entries, e)
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return more, err
}

func (q *Query) chooses(e *Entry, at time.Time) bool {
	for _, c := range [][2]string{{q.Kind, e.Kind}, {q.Act, e.Act}, {q.Key, e.Key}, {q.Request, e.Request}, {q.Result, e.Result}, {q.Object, e.Object}} {
		if c[0] != "" && c[0] != c[1] {
			return false
		}
	}
	if q.Failed && e.Result == "" {
		return false
	}
	return (q.Until.IsZero() || at.Before(q.Until)) && (q.Text == "" || e.says(strings.ToLower(q.Text)))
}

// says reports whether a text in small letters is in one of a record's words.
func (e *Entry) says(text string) bool {
	return slices.ContainsFunc([]string{e.Act, e.Request, e.Key, e.Name, e.Person, e.From, e.Object, e.Model, e.ServedBy, e.Result, e.Detail},
		func(word string) bool { return strings.Contains(strings.ToLower(word), text) })
}

// backward calls f with each whole line from the last to the first, until it returns
// false.
func backward(r *os.File, f func(text []byte) bool) error {
	info, err := r.Stat()
	if err != nil {
		return err
	}
	var rest []byte // the end of a line whose beginning is in an earlier block
	first := true
	for end := info.Size(); end > 0; {
		start := max(0, end-blockSize)
		block := make([]byte, end-start, int(end-start)+len(rest))
		if _, err := r.ReadAt(block, start); err != nil {
			return err
		}
		block, end = append(block, rest...), start
		if first {
			block = block[:bytes.LastIndexByte(block, '\n')+1]
			if first = len(block) == 0; first {
				continue
			}
			block = block[:len(block)-1]
		}
		for {
			i := bytes.LastIndexByte(block, '\n')
			if i < 0 {
				break
			}
			if !f(block[i+1:]) {
				return nil
			}
			block = block[:i]
		}
		if len(block) > headerBytesMax+lineBytesMax {
			return errors.New("a line is too long")
		}
		rest = block
	}
	if len(rest) > 0 {
		f(rest)
	}
	return nil
}

// Entry reads the record of a number.
func (l *Log) Entry(ctx context.Context, n uint64) (Entry, error) {
	page, err := l.Find(ctx, Query{Before: n + 1, Limit: 1})
	if err != nil {
		return Entry{}, err
	}
	if len(page.Entries) == 0 || page.Entries[0].N != n {
		return Entry{}, noRecord(n, hearth.Words{"the log has none of that number, or no longer", "没有该编号的记录，或已过期移除"})
	}
	return page.Entries[0], nil
}

// ReadContent decrypts what was said, by the number of its record.
func (l *Log) ReadContent(ctx context.Context, n uint64) ([]byte, error) {
	e, err := l.Entry(ctx, n)
	if err != nil {
		return nil, err
	}
	if e.Content == nil {
		return nil, noRecord(n, hearth.Words{"nothing was kept of what was said", "未保存内容"})
	}
	h, err := l.header()
	if err != nil {
		return nil, err
	}
	text, err := readContent(l.Folder, h.Hash, h.Log, e)
	switch {
	case errors.Is(err, errShredded):
		return nil, noRecord(n, hearth.Words{"its content was destroyed", "其内容已销毁"})
	case err != nil:
		return nil, hearth.NewError(hearth.AuditDamaged, "detail", fmt.Sprintf("the content of record %d: %v", n, err)).Because(err)
	}
	return text, nil
}

// Shred destroys the content of the records that are chosen, and records that. It
// returns how many there were.
func (l *Log) Shred(ctx context.Context, by hearth.Principal, q Query) (int, error) {
	n := 0
	q.Limit = PageMax
	for {
		page, err := l.Find(ctx, q)
		if err != nil {
			return n, err
		}
		var list []Entry
		for _, e := range page.Entries {
			if e.Content != nil {
				list = append(list, e)
			}
		}
		for _, e := range list {
			// On record first: nothing is destroyed that no record tells of.
			r := hearth.Record{Kind: hearth.RecordAudit, Act: "shred", By: by, Object: fmt.Sprint(e.N)}
			if err := l.Record(ctx, r); err != nil {
				return n, err
			}
			if err := l.zero(e.Content); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return n, hearth.FileError(l.path(keysName(e.Content.Segment)), err)
			}
			n++
		}
		if page.Next == 0 {
			return n, nil
		}
		q.Before = page.Next
	}
}

// Latest signs a checkpoint of the log as it is, without fingerprints: one that fits on
// paper.
func (l *Log) Latest(ctx context.Context) (*Checkpoint, error) {
	if err := l.Check(ctx); err != nil {
		return nil, err
	}
	c := &Checkpoint{}
	p := &Pending{done: make(chan struct{}), look: func(t *tail) error {
		*c = Checkpoint{Log: t.log, Hash: t.tree.Function(), Size: t.tree.Size(), Root: t.tree.Root(), Time: time.Now().UTC().Format(timeLayout)}
		return c.sign(l.Signers)
	}}
	return c, l.enqueue(ctx, p).Wait(ctx)
}

func (l *Log) header() (header, error) {
	list, err := segments(os.DirFS(l.Folder))
	if err != nil || len(list) == 0 {
		return header{}, noRecord(0, hearth.Words{"there is no log yet", "尚无记录"})
	}
	f, err := os.ReadFile(l.path(segmentName(list[0])))
	if err != nil {
		return header{}, hearth.FileError(l.path(segmentName(list[0])), err)
	}
	text, _, _ := bytes.Cut(f, []byte("\n"))
	h, err := parseHeader(text)
	if err != nil {
		return h, hearth.NewError(hearth.AuditDamaged, "detail", err)
	}
	return h, nil
}

func noRecord(n uint64, why hearth.Words) *hearth.Error {
	return hearth.NewError(hearth.NoSuchRecord, "record", n, "detail", why)
}
