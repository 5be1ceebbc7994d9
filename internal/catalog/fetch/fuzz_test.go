package fetch_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

var aHeader = fetch.Header{Version: 1, Bytes: 3*chunkBytes + 1, Chunk: chunkBytes, SHA256: strings.Repeat("ab", 32)}

func arrival(chunk int) fetch.Arrival {
	return fetch.Arrival{Chunk: chunk, SHA256: strings.Repeat(fmt.Sprint(chunk%10), 64), From: "http://a/f"}
}

// written is the journal that the values make.
func written(h fetch.Header, as []fetch.Arrival) []byte {
	text := fetch.JournalLine(h)
	for _, a := range as {
		text = append(text, fetch.JournalLine(a)...)
	}
	return text
}

// TestJournalTornAnywhere: a journal cut at any byte says what its whole lines say,
// and what is added after that is read.
func TestJournalTornAnywhere(t *testing.T) {
	whole := written(aHeader, []fetch.Arrival{arrival(2), arrival(0), arrival(3)})
	for cut := range len(whole) + 1 {
		h, as, n, err := fetch.ParseJournal(whole[:cut])
		lines := bytes.Count(whole[:cut], []byte("\n"))
		if lines == 0 {
			if err == nil {
				t.Fatalf("cut at %d there is no header, but %+v", cut, h)
			}
			continue
		}
		if err != nil || h != aHeader || len(as) != lines-1 || n != bytes.LastIndexByte(whole[:cut], '\n')+1 {
			t.Fatalf("cut at %d: %+v, %d arrivals, %d bytes (%v)", cut, h, len(as), n, err)
		}
		if _, more, _, err := fetch.ParseJournal(append(whole[:n:n], fetch.JournalLine(arrival(1))...)); err != nil || len(more) != lines {
			t.Fatalf("cut at %d and gone on: %v (%v)", cut, more, err)
		}
	}
}

// TestJournalFlippedAnywhere: a changed byte costs the line it is in, or all if that
// is the header, and never changes what is believed.
func TestJournalFlippedAnywhere(t *testing.T) {
	as := []fetch.Arrival{arrival(2), arrival(0), arrival(3)}
	whole := written(aHeader, as)
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 4
		h, got, _, err := fetch.ParseJournal(bad)
		if err != nil {
			continue
		}
		if h != aHeader {
			t.Fatalf("byte %d: header %+v", i, h)
		}
		for _, a := range got {
			if a != arrival(a.Chunk) {
				t.Fatalf("byte %d: believed %+v", i, a)
			}
		}
	}
}

// FuzzJournal: whatever lies on the disk, what is believed of it is within bounds and
// says the same when it is written anew.
func FuzzJournal(f *testing.F) {
	f.Add(written(aHeader, []fetch.Arrival{arrival(2), arrival(0)}))
	f.Add(written(aHeader, []fetch.Arrival{arrival(9)}))
	f.Add(written(fetch.Header{Version: 2, Chunk: 1 << 20}, nil))
	f.Add(written(fetch.Header{Version: 1, Bytes: 1 << 50, Chunk: 1024}, nil))
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, as, n, err := fetch.ParseJournal(text)
		if err != nil {
			return
		}
		if n > len(text) || h.Bytes < 0 || h.Chunk < 1 || len(as) > bytes.Count(text, []byte("\n")) {
			t.Fatalf("%+v, %d arrivals, %d bytes", h, len(as), n)
		}
		for _, a := range as {
			if a.Chunk < 0 || int64(a.Chunk)*h.Chunk >= h.Bytes || len(a.SHA256) != 64 {
				t.Fatalf("%+v with %+v", a, h)
			}
		}
		again, asAgain, _, err := fetch.ParseJournal(written(h, as))
		if err != nil || again != h || fmt.Sprint(asAgain) != fmt.Sprint(as) {
			t.Fatalf("%+v %v became %+v %v (%v)", h, as, again, asAgain, err)
		}
	})
}

// FuzzContentRange: what is read is a range within the file, and the only way to
// write it but for letters' case and leading zeros.
func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-0/1", "bytes 0-99/1000", "BYTES 7-8/9", "bytes */1000", "bytes 0-99/*", "bytes 9-1/10",
		"bytes 0-10/10", "bytes -1-2/3", "bytes 0-1/99999999999999999999", "bytes 0-+1/5", "items 0-1/2", "bytes 0-0/1, 1-1/2", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start, end, total, ok := fetch.ParseContentRange(text)
		if !ok {
			return
		}
		if start == 0 && end == 0 {
			if !strings.HasPrefix(text[len("bytes"):], " */") {
				t.Fatalf("%q is an empty range", text)
			}
			return
		}
		if start < 0 || end <= start || end > total {
			t.Fatalf("%q is %d to %d of %d", text, start, end, total)
		}
		written := fmt.Sprintf("bytes %d-%d/%d", start, end-1, total)
		if a, b, c, ok := fetch.ParseContentRange(written); !ok || a != start || b != end || c != total || len(text) < len(written) {
			t.Fatalf("%q became %q", text, written)
		}
	})
}

// FuzzRetryAfter: no mirror makes us wait longer than we want, or go back in time.
func FuzzRetryAfter(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	for _, s := range []string{"", "0", "7", "99999999999999999999", "-1", "1e9", "Fri, 15 Jan 2027 08:00:09 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0001 00:00:00 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := fetch.ParseRetryAfter(text, now); d < 0 || d > fetch.RetryAfterMax {
			t.Fatalf("%q is %v", text, d)
		}
	})
}
