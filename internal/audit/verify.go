package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Fault names what was done to a log.
type Fault string

// The faults.
const (
	FaultChanged    Fault = "changed"
	FaultDeleted    Fault = "deleted"
	FaultInserted   Fault = "inserted"
	FaultMoved      Fault = "moved"
	FaultTruncated  Fault = "truncated"
	FaultRewritten  Fault = "rewritten"  // the root is not the one that was signed
	FaultForked     Fault = "forked"     // two signed states of one size
	FaultSegment    Fault = "segment"    // the first line of a segment
	FaultCheckpoint Fault = "checkpoint" // missing, unsigned, or of another log
	FaultContent    Fault = "content"    // a ciphertext is not the one that was recorded
	FaultExpired    Fault = "expired"    // records were removed too early
)

// Finding is one thing that is wrong: in the records From to To, To not included, by
// the numbers they had when they were signed.
type Finding struct {
	Fault  Fault  `json:"fault"`
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	Detail string `json:"detail"`
}

// findingsMax bounds a report; the rest is counted.
const findingsMax = 1000

// Report is what verifying has found.
type Report struct {
	Log      string    `json:"log"`
	First    uint64    `json:"first"`    // the oldest record that is kept
	Records  uint64    `json:"records"`  // the number that the next one will have
	Vouched  uint64    `json:"vouched"`  // records that the outside checkpoint covers
	Findings []Finding `json:"findings"` // none: the log is whole
	More     int       `json:"more,omitempty"`
	Notes    []string  `json:"notes,omitempty"` // worth knowing, and not wrong
}

// Whole reports whether nothing is wrong.
func (r *Report) Whole() bool { return len(r.Findings) == 0 }

func (r *Report) find(f Fault, from, to uint64, format string, args ...any) {
	if len(r.Findings) == findingsMax {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{f, from, to, fmt.Sprintf(format, args...)})
}

func (r *Report) note(format string, args ...any) {
	if len(r.Notes) < findingsMax {
		r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
	}
}

// Evidence is what a log is held against, from outside it.
type Evidence struct {
	Checkpoints []Checkpoint            // of a witness, or a single one
	Keys        []cryptosuite.PublicKey // that sign checkpoints
}

// Verify reads a whole log and holds it against the evidence. The error is about
// reading it; what is wrong with it is in the report.
func Verify(fsys fs.FS, e Evidence) (*Report, error) {
	v := &verifier{fs: fsys, report: &Report{Findings: []Finding{}}, roots: map[uint64]cryptosuite.Digest{}}
	own, err := v.ownCheckpoints()
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Concat(own, e.Checkpoints) {
		v.roots[c.Size] = cryptosuite.Digest{}
	}
	if err := v.segments(); err != nil {
		return nil, err
	}
	v.expiry()
	chain := v.report.Findings
	v.report.Findings = []Finding{}
	v.outside(e.Checkpoints, chain)
	v.inside(own, e)
	v.signatures(slices.Concat(own, e.Checkpoints), e.Keys)
	return v.report, nil
}

// verifier is one Verify under way.
type verifier struct {
	fs     fs.FS
	report *Report
	tree   cryptosuite.Frontier
	prev   cryptosuite.Digest
	next   uint64 // number that the next line should have
	begun  bool
	last   time.Time
	prints []print // of the lines as they were found
	broken bool    // some line is not where it should be

	roots   map[uint64]cryptosuite.Digest // by the sizes that checkpoints have
	expired []expiredRecord
}

type print [printBytes]byte

type expiredRecord struct {
	n  uint64
	at time.Time
	Expired
}

func (v *verifier) ownCheckpoints() ([]Checkpoint, error) {
	f, err := v.fs.Open(checkpointsFile)
	if errors.Is(err, fs.ErrNotExist) {
		v.report.find(FaultCheckpoint, 0, 0, "%s is missing", checkpointsFile)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := ReadCheckpoints(f)
	if err != nil {
		v.report.find(FaultCheckpoint, 0, 0, "%s: %v", checkpointsFile, err)
	}
	return list, nil
}

func (v *verifier) segments() error {
	list, err := segments(v.fs)
	if err != nil {
		return err
	}
	for i, first := range list {
		if err := v.segment(first, i == len(list)-1); err != nil {
			return err
		}
	}
	v.report.Records = v.next
	return nil
}

func (v *verifier) segment(first uint64, last bool) error {
	f, err := v.fs.Open(segmentName(first))
	if err != nil {
		return err
	}
	defer f.Close()
	head, end := true, int64(0)
	err = eachLine(f, lineBytesMax, func(text []byte, at int64) error {
		end = at + int64(len(text)) + 1
		if head {
			head = false
			v.header(first, text)
			return nil
		}
		if v.begun {
			v.line(text)
		}
		return nil
	})
	info, statErr := f.Stat()
	switch {
	case statErr != nil:
		return statErr
	case err != nil:
		v.report.find(FaultChanged, v.next, v.next+1, "%s: %v", segmentName(first), err)
	case head:
		v.report.find(FaultSegment, first, first, "%s has no first line", segmentName(first))
	case info.Size() > end && last:
		v.report.note("%d bytes after record %d are not whole: a crash, or a record that is being written", info.Size()-end, int64(v.next)-1)
	case info.Size() > end:
		v.report.find(FaultChanged, v.next, v.next+1, "%s ends in the middle of a record", segmentName(first))
	}
	return nil
}

// header holds a segment's first line against what is known, or believes the first.
func (v *verifier) header(first uint64, text []byte) {
	h, err := parseHeader(text)
	if err != nil {
		v.report.find(FaultSegment, first, first, "the first line of %s: %v", segmentName(first), err)
		return
	}
	if !v.begun {
		v.begun = true
		v.tree, _ = cryptosuite.NewFrontier(h.Hash, h.First, h.Tree) // checked by parseHeader
		v.prev, v.next = h.Prev, h.First
		v.report.Log, v.report.First = h.Log, h.First
		v.mark()
	}
	want, _ := json.Marshal(header{format, v.report.Log, v.tree.Function(), first, v.prev, append([]cryptosuite.Digest{}, v.tree.Nodes()...)})
	if string(want) == string(text) {
		return
	}
	if first > v.next {
		v.report.find(FaultDeleted, v.next, first, "records %d to %d are missing before %s", v.next, first-1, segmentName(first))
		v.next = first
		return
	}
	v.report.find(FaultSegment, first, first, "the first line of %s does not follow from the records before it", segmentName(first))
}

// mark keeps the root where a checkpoint wants it.
func (v *verifier) mark() {
	if _, ok := v.roots[v.tree.Size()]; ok {
		v.roots[v.tree.Size()] = v.tree.Root()
	}
}

// line follows the chain by one record. After a fault it goes on from what it found,
// so that one fault is told once.
func (v *verifier) line(text []byte) {
	f := v.tree.Function()
	l, err := parseLine(f, text)
	switch {
	case err != nil:
		v.report.find(FaultChanged, v.next, v.next+1, "record %d: %v", v.next, err)
		l = line{n: v.next, middle: text, prev: v.prev, leaf: f.Leaf(text)}
		v.broken = true
	case l.n > v.next:
		v.report.find(FaultDeleted, v.next, l.n, "records %d to %d are missing", v.next, l.n-1)
		v.broken = true
	case l.n < v.next:
		v.report.find(FaultInserted, l.n, l.n+1, "record %d stands where %d should", l.n, v.next)
		v.broken = true
	case l.prev != v.prev:
		v.report.find(FaultChanged, max(v.next, 1)-1, v.next+1, "record %d does not follow from the one before it", v.next)
		v.broken = true
	}
	v.look(l, text)
	v.prints = append(v.prints, l.print(f))
	v.tree.Add(l.leaf)
	v.prev, v.next = l.leaf, l.n+1
	v.mark()
}

// look reads what a record says, as far as that matters here.
func (v *verifier) look(l line, text []byte) {
	at := l.timeOf()
	if at.Before(v.last) && !at.IsZero() {
		v.report.note("at record %d the clock goes back by %s", l.n, v.last.Sub(at))
	}
	v.last = at
	// JSON has no bare quotes within a text, so that these are what they look like.
	if !bytes.Contains(l.middle, []byte(`,"content":`)) && !bytes.Contains(l.middle, []byte(`,"kind":"audit"`)) {
		return
	}
	e, err := parseEntry(text)
	if err != nil {
		v.report.note("record %d is not in the format", l.n)
		return
	}
	if e.Expired != nil && e.Kind == "audit" {
		v.expired = append(v.expired, expiredRecord{l.n, at, *e.Expired})
	}
	if e.Content != nil {
		v.content(e)
	}
}

// content holds a ciphertext against its record, where it is at hand.
func (v *verifier) content(e Entry) {
	f, err := v.fs.Open(contentName(e.Content.Segment))
	if errors.Is(err, fs.ErrNotExist) {
		v.report.note("the content of record %d is not here", e.N)
		return
	}
	bad := func(err error) {
		v.report.find(FaultContent, e.N, e.N+1, "the content of record %d: %v", e.N, err)
	}
	if err != nil {
		bad(err)
		return
	}
	defer f.Close()
	r, ok := f.(io.ReaderAt)
	if !ok || e.Content.Bytes < 0 || e.Content.Bytes > 1<<32 || e.Content.At < 0 {
		bad(errors.New("it can't be read"))
		return
	}
	sealed, err := io.ReadAll(io.NewSectionReader(r, e.Content.At, e.Content.Bytes))
	if err == nil && (int64(len(sealed)) != e.Content.Bytes || v.tree.Function().Hash(sealed) != e.Content.Hash) {
		err = errors.New("it is not what was recorded")
	}
	if err != nil {
		bad(err)
	}
}

// expiry asks for a record of the removal of what is no longer there, and of its being
// old enough.
func (v *verifier) expiry() {
	covered := v.report.First == 0
	for _, x := range v.expired {
		covered = covered || x.Before == v.report.First
		last, err := time.Parse(timeLayout, x.Last)
		if err != nil || x.at.Sub(last) < KeepMin {
			v.report.find(FaultExpired, 0, x.Before, "record %d: records up to %d were removed before %d days", x.n, x.Before, KeepMin/24/time.Hour)
		}
		v.report.note("records before %d were removed for their age, says record %d", x.Before, x.n)
	}
	if !covered {
		v.report.find(FaultDeleted, 0, v.report.First, "the log begins with record %d, and no record says that older ones were removed for their age", v.report.First)
	}
}

// outside holds the log against the checkpoints that come from elsewhere. Where they
// have fingerprints of all records, those say exactly what happened, and what the
// chain has found about the same records is left out.
func (v *verifier) outside(list []Checkpoint, chain []Finding) {
	if len(list) == 0 {
		v.report.Findings = chain
		return
	}
	last := list[len(list)-1]
	v.report.Vouched = last.Size
	prints, complete := printsOf(list, v.report.First)
	if complete {
		v.compare(prints, v.report.First)
	}
	located := v.report.Findings
	for _, f := range chain {
		told := slices.ContainsFunc(located, func(x Finding) bool { return f.From <= x.To && x.From <= f.To })
		if !told || !slices.Contains([]Fault{FaultChanged, FaultDeleted, FaultInserted}, f.Fault) {
			v.report.Findings = append(v.report.Findings, f)
		}
	}
	if v.report.Log != last.Log && v.begun {
		v.report.find(FaultCheckpoint, 0, last.Size, "the checkpoint is of the log %s, and this is %s", last.Log, v.report.Log)
	}
	v.heldAgainst(list, len(v.report.Findings) > 0)
}

// heldAgainst compares roots. The records before a root that is right are right.
func (v *verifier) heldAgainst(list []Checkpoint, located bool) {
	good := v.report.First
	for _, c := range list {
		switch root := v.roots[c.Size]; {
		case c.Size < v.report.First:
		case c.Size > v.tree.Size():
			if !located {
				v.report.find(FaultTruncated, v.tree.Size(), c.Size, "records %d to %d are missing at the end", v.tree.Size(), c.Size-1)
			}
			return
		case root != c.Root:
			if !located {
				v.report.find(FaultRewritten, good, c.Size, "the records from %d to %d are not those that were signed on %s", good, c.Size-1, c.Time)
			}
			return
		default:
			good = c.Size
		}
	}
}

// inside holds the log against its own checkpoints, and those against the outside's.
func (v *verifier) inside(own []Checkpoint, e Evidence) {
	type state struct {
		size uint64
		time string
	}
	at := map[state]cryptosuite.Digest{}
	for _, c := range own {
		at[state{c.Size, c.Time}] = c.Root
	}
	for _, c := range e.Checkpoints {
		root, ok := at[state{c.Size, c.Time}]
		switch {
		case !ok && len(c.Prints) == 0: // made for paper, and not kept
		case !ok:
			v.report.find(FaultCheckpoint, c.Size, c.Size, "the log lacks the checkpoint of %d records of %s", c.Size, c.Time)
		case root != c.Root:
			v.report.find(FaultForked, 0, c.Size, "there are two checkpoints of %d records of %s with different roots", c.Size, c.Time)
		}
	}
	v.heldAgainst(own, len(v.report.Findings) > 0)
}

func (v *verifier) signatures(list []Checkpoint, keys []cryptosuite.PublicKey) {
	if len(keys) == 0 {
		v.report.note("no key was given: signatures were not looked at")
	}
	seen := map[string]bool{}
	for _, c := range list {
		id := string(c.message())
		for _, s := range c.Signatures {
			id += s.Key + string(s.Signature)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		if err := c.Verify(keys); err != nil {
			v.report.find(FaultCheckpoint, c.Size, c.Size, "the checkpoint of %d records of %s: %v", c.Size, c.Time, err)
		}
	}
}
