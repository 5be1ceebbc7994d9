package egress

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// journalMax is how large a journal becomes before it is put aside, in the place of the
// one that was put aside before.
const journalMax = 8 << 20

// Journal records entries in a file, a line of JSON each; several processes may add to
// it. What can't be written is lost: a full disk does not end the product's connections.
func Journal(path string) func(Entry) {
	var mu sync.Mutex
	return func(e Entry) {
		line, err := json.Marshal(e)
		if err != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if info, err := os.Stat(path); err == nil && info.Size() > journalMax {
			_ = os.Rename(path, path+".1")
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // of the data folder
		if err != nil {
			return
		}
		_, _ = f.Write(append(line, '\n'))
		_ = f.Close()
	}
}

// ReadJournal reads the entries of a span of time, the one that was put aside included.
func ReadJournal(path string, from, to time.Time) ([]Entry, error) {
	list := []Entry{}
	for _, p := range []string{path + ".1", path} {
		f, err := os.Open(p) //nolint:gosec // of the data folder
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			var e Entry
			if json.Unmarshal(lines.Bytes(), &e) == nil && !e.Time.Before(from) && e.Time.Before(to) {
				list = append(list, e)
			}
		}
		_ = f.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
