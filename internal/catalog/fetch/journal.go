package fetch

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
)

const (
	journalVersion  = 1
	journalBytesMax = 256 << 20
	journalTextMax  = 1 << 10 // of a validator or a mirror's name
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// journal is a file of lines: a CRC-32C in hex, a blank, JSON. The first line is a
// header, each other one says that a chunk is on disk. Lines are only ever added;
// the last may be torn.
type journal struct {
	path string
	file *os.File

	mu     sync.Mutex
	broken error // after a line that may be torn none may follow
}

// header binds a journal to one version of one file.
type header struct {
	Version int    `json:"v"`
	Bytes   int64  `json:"bytes"`
	Chunk   int64  `json:"chunk"`
	SHA256  string `json:"sha256,omitempty"`

	// Without a SHA-256, all bytes are those that one mirror had under these validators.
	Mirror   string `json:"mirror,omitempty"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

func (h header) layout() layout { return layout{h.Bytes, h.Chunk} }

// sound reports whether the numbers of a header may be used.
func (h header) sound() bool {
	return h.Version == journalVersion && h.Bytes >= 0 && h.Bytes <= bytesMax &&
		h.Chunk >= chunkMin && h.Chunk <= bytesMax && h.layout().count() <= chunksMax
}

// arrival is a chunk that is on disk.
type arrival struct {
	Chunk  int    `json:"n"`
	SHA256 string `json:"sha256"`
	From   string `json:"from"` // the mirror
}

var errBusy = errors.New("another process holds the journal")

// openJournal opens or makes the journal and locks it.
func openJournal(path string) (*journal, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if busy, err := lock(f); err != nil {
			_ = f.Close()
			if busy {
				err = errBusy
			}
			return nil, err
		}
		// Whoever held the lock before may have removed the file by now.
		locked, err := f.Stat()
		if there, statErr := os.Stat(path); err == nil && statErr == nil && os.SameFile(locked, there) {
			return &journal{path: path, file: f}, nil
		}
		_ = f.Close()
	}
}

func (j *journal) close() { _ = j.file.Close() }

// remove deletes the journal, still locked.
func (j *journal) remove() error { return os.Remove(j.path) }

// read returns what the journal says, and cuts off what was torn.
func (j *journal) read() (header, []arrival, error) {
	text, err := io.ReadAll(io.NewSectionReader(j.file, 0, journalBytesMax+1))
	if err != nil {
		return header{}, nil, err
	}
	h, as, whole, err := parseJournal(text)
	if err != nil {
		return header{}, nil, err
	}
	if err := j.file.Truncate(int64(whole)); err != nil {
		return header{}, nil, err
	}
	_, err = j.file.Seek(int64(whole), io.SeekStart)
	return h, as, err
}

// begin empties the journal and writes the header.
func (j *journal) begin(h header) error {
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return j.add(h)
}

// add writes a line and returns when it is on disk.
func (j *journal) add(v any) error {
	line, err := journalLine(v)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken == nil {
		_, err := j.file.Write(line)
		if err == nil {
			err = j.file.Sync()
		}
		j.broken = err
	}
	return j.broken
}

func journalLine(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(text, castagnoli), text), nil
}

var errNoJournal = errors.New("there is no sound journal")

// parseJournal reads a journal and says how many of its bytes are whole lines. A
// line that is not sound is skipped: its chunk will be fetched again.
func parseJournal(text []byte) (h header, as []arrival, whole int, err error) {
	whole = bytes.LastIndexByte(text, '\n') + 1
	first := true
	for line := range bytes.Lines(text[:whole]) {
		if first {
			first = false
			if !parseLine(line, &h) || !h.sound() {
				return header{}, nil, 0, errNoJournal
			}
			continue
		}
		var a arrival
		if parseLine(line, &a) && a.sound(h) {
			as = append(as, a)
		}
	}
	if first {
		return header{}, nil, 0, errNoJournal
	}
	return h, as, whole, nil
}

func (a arrival) sound(h header) bool {
	_, ok := parseSum(a.SHA256)
	return ok && a.Chunk >= 0 && a.Chunk < h.layout().count()
}

func parseLine(line []byte, v any) bool {
	check, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	return ok && string(check) == fmt.Sprintf("%08x", crc32.Checksum(text, castagnoli)) && json.Unmarshal(text, v) == nil
}

func parseSum(text string) (s sum, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) {
		return s, false
	}
	return sum(b), true
}
