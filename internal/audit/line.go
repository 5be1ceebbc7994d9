package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of a record.
const (
	lineBytesMax = 64 << 10
	textBytesMax = 512 // of each text in it
)

// timeLayout is how times are written: UTC, microseconds, always as long.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Entry is a record as it stands in the log. The order of the fields is the order in
// the line; docs/audit.md explains each.
type Entry struct {
	N       uint64   `json:"n"`
	Time    string   `json:"time"`
	Content *Content `json:"content,omitempty"`
	fields
	Prev cryptosuite.Digest `json:"prev"`
}

// fields are those that are known before the record has a place in the log.
type fields struct {
	Kind             string    `json:"kind"`
	Act              string    `json:"act"`
	Stage            string    `json:"stage,omitempty"`
	Request          string    `json:"request,omitempty"`
	Key              string    `json:"key,omitempty"`
	Name             string    `json:"name,omitempty"`
	Person           string    `json:"person,omitempty"`
	From             string    `json:"from,omitempty"`
	Object           string    `json:"object,omitempty"`
	Model            string    `json:"model,omitempty"`
	ServedBy         string    `json:"served_by,omitempty"`
	Result           string    `json:"result,omitempty"`
	Finish           string    `json:"finish,omitempty"`
	PromptTokens     int       `json:"prompt_tokens,omitempty"`
	CachedTokens     int       `json:"cached_tokens,omitempty"`
	CompletionTokens int       `json:"completion_tokens,omitempty"`
	ReasoningTokens  int       `json:"reasoning_tokens,omitempty"`
	WaitMS           float64   `json:"wait_ms,omitempty"`
	FirstMS          float64   `json:"first_ms,omitempty"`
	TookMS           float64   `json:"took_ms,omitempty"`
	DataClass        string    `json:"data_class,omitempty"`
	Verdicts         []Verdict `json:"verdicts,omitempty"`
	Detail           string    `json:"detail,omitempty"`
	Times            int       `json:"times,omitempty"`

	*Expired // of records of the kind "audit" with the act "expire"
}

// Verdict is what somebody who looked at a text decided.
type Verdict struct {
	By     string `json:"by"`
	Class  string `json:"class"`
	Action string `json:"action"`
	Times  int    `json:"times,omitempty"`
}

// Content says where a piece of content lies, and what its ciphertext hashes to.
type Content struct {
	Segment uint64             `json:"segment"` // the file of content it is in
	At      int64              `json:"at"`      // where in it, in bytes
	Bytes   int64              `json:"bytes"`   // of ciphertext
	Slot    int64              `json:"slot"`    // of its key in the file of keys
	Hash    cryptosuite.Digest `json:"hash"`    // of the ciphertext
}

// Expired says which records were removed because they were old enough.
type Expired struct {
	Before uint64 `json:"before"` // the first record that was kept
	Last   string `json:"last"`   // time of the last one that was removed
}

// encode writes what is known of a record before it has a place: the fields without
// the braces around them.
func encode(f fields) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, err
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("}\n"))[1:]
	if len(out) > lineBytesMax-1024 {
		return nil, fmt.Errorf("the record has %d bytes", len(out))
	}
	return out, nil
}

func fieldsOf(r *hearth.Record) fields {
	f := fields{
		Kind: string(r.Kind), Act: cut(r.Act), Stage: string(r.Stage), Request: cut(r.RequestID),
		Key: cut(r.By.KeyID), Name: cut(r.By.Name), Person: cut(r.By.Person), From: cut(r.From), Object: cut(r.Object),
		Model: cut(r.Model), ServedBy: cut(r.ServedBy), Result: string(r.Result), Finish: string(r.Finish),
		PromptTokens: r.Usage.PromptTokens, CachedTokens: r.Usage.CachedTokens,
		CompletionTokens: r.Usage.CompletionTokens, ReasoningTokens: r.Usage.ReasoningTokens,
		WaitMS: ms(r.Wait), FirstMS: ms(r.First), TookMS: ms(r.Took),
		DataClass: cut(r.DataClass), Detail: cut(r.Detail), Times: r.Times,
	}
	for _, v := range r.Verdicts[:min(len(r.Verdicts), verdictsMax)] {
		f.Verdicts = append(f.Verdicts, Verdict{cutShort(v.By), cutShort(v.Class), cutShort(v.Action), v.Times})
	}
	return f
}

// verdictsMax is how many verdicts a trail collects, and one for each action that is
// only counted.
const verdictsMax = 72

func ms(d time.Duration) float64 { return float64(d.Round(10*time.Microsecond)) / 1e6 }

func cut(s string) string      { return cutTo(s, textBytesMax) }
func cutShort(s string) string { return cutTo(s, textBytesMax/8) }

// cutTo bounds a text, and makes it one that JSON writes in at most twice the bytes.
func cutTo(s string, limit int) string {
	s = strings.ToValidUTF8(s[:min(len(s), limit+utf8.UTFMax)], "\ufffd")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	return s
}

// line is one line of a segment, taken apart. Slices are of the line.
type line struct {
	n      uint64
	middle []byte // what stands between the number and prev, commas included
	prev   cryptosuite.Digest
	leaf   cryptosuite.Digest // of the whole line
}

const (
	lineHead = `{"n":`
	lineTail = `,"prev":"`
)

// appendLine writes a line, without the line feed.
func appendLine(b []byte, n uint64, at time.Time, content *Content, rest []byte, prev cryptosuite.Digest) ([]byte, error) {
	b = strconv.AppendUint(append(b, lineHead...), n, 10)
	b = append(b, `,"time":"`...)
	b = at.UTC().AppendFormat(b, timeLayout)
	b = append(b, `",`...)
	if content != nil {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, `"content":`...), text...), ',')
	}
	b = append(append(b, rest...), lineTail...)
	b = append(b, prev.String()...)
	return append(b, `"}`...), nil
}

// parseLine takes a line apart and hashes it. It does not look into the middle.
func parseLine(f cryptosuite.HashFunction, text []byte) (l line, err error) {
	const tail = len(lineTail) + 64 + len(`"}`)
	bad := errors.New("it is not a record")
	if len(text) > lineBytesMax || len(text) < tail+len(lineHead) || !bytes.HasPrefix(text, []byte(lineHead)) {
		return l, bad
	}
	end := text[len(text)-tail:]
	if !bytes.HasPrefix(end, []byte(lineTail)) || !bytes.HasSuffix(end, []byte(`"}`)) {
		return l, bad
	}
	if err := l.prev.UnmarshalText(end[len(lineTail) : len(lineTail)+64]); err != nil {
		return l, bad
	}
	body := text[len(lineHead) : len(text)-tail]
	digits, _, ok := bytes.Cut(body, []byte(","))
	if l.n, err = strconv.ParseUint(string(digits), 10, 64); !ok || err != nil || strconv.FormatUint(l.n, 10) != string(digits) {
		return l, bad
	}
	l.middle, l.leaf = body[len(digits):], f.Leaf(text)
	return l, nil
}

// print is a record's fingerprint in a checkpoint: what stays the same wherever in a
// log the record stands. It locates; it is too short to prove.
func (l line) print(f cryptosuite.HashFunction) [printBytes]byte {
	d := f.Hash([]byte{2}, l.middle)
	return [printBytes]byte(d[:printBytes])
}

const printBytes = 8

// parseEntry reads a whole record.
func parseEntry(text []byte) (e Entry, err error) {
	err = json.Unmarshal(text, &e)
	return e, err
}

// timeOf is the time of a line, and zero if it has none.
func (l line) timeOf() time.Time {
	const head = `,"time":"`
	if !bytes.HasPrefix(l.middle, []byte(head)) || len(l.middle) < len(head)+len(timeLayout) {
		return time.Time{}
	}
	t, _ := time.Parse(timeLayout, string(l.middle[len(head):len(head)+len(timeLayout)]))
	return t
}
