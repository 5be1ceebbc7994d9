package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// slotBytes is the size of a key's place in a file of keys. A place of zeros is that
// of a key that was destroyed.
const slotBytes = 32

func contentName(first uint64) string { return fmt.Sprintf("%016d.content", first) }
func keysName(first uint64) string    { return fmt.Sprintf("%016d.keys", first) }

// cipherOf is the cipher of a log's content: of the family of its hash.
func cipherOf(f cryptosuite.HashFunction) cryptosuite.Cipher {
	if f == cryptosuite.HashSM3 {
		return cryptosuite.SM4GCM
	}
	return cryptosuite.AES256GCM
}

// contextOf binds a piece of content to its record.
func contextOf(log string, n uint64) []byte { return fmt.Appendf(nil, "%s/%d", log, n) }

// contents writes the content of a batch, for good, and says where each piece is. The
// keys are on the disk before anything refers to them.
func (l *Log) contents(t *tail, batch []*Pending) ([]*Content, error) {
	list := make([]*Content, len(batch))
	var data, keys []byte
	cipher := cipherOf(t.tree.Function())
	n := t.tree.Size()
	for i, p := range batch {
		if p.fields == nil {
			continue
		}
		if p.content != nil {
			key := cipher.NewKey()
			sealed, err := cipher.Seal(key, p.content, contextOf(t.log, n))
			if err != nil {
				return nil, err
			}
			list[i] = &Content{Segment: t.first, At: int64(len(data)), Bytes: int64(len(sealed)), Slot: int64(len(keys) / slotBytes),
				Hash: t.tree.Function().Hash(sealed)}
			data = append(data, sealed...)
			keys = append(append(keys, key...), make([]byte, slotBytes-len(key))...)
		}
		n++
	}
	if data == nil {
		return list, nil
	}
	at, err := l.addTo(contentName(t.first), data, 1)
	if err != nil {
		return nil, err
	}
	slot, err := l.addTo(keysName(t.first), keys, slotBytes)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if c != nil {
			c.At, c.Slot = c.At+at, c.Slot+slot/slotBytes
		}
	}
	return list, nil
}

// addTo appends to a file, at a multiple of a unit, and returns where.
func (l *Log) addTo(name string, data []byte, unit int64) (at int64, err error) {
	f, err := l.open(l.path(name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := os.Stat(l.path(name))
	if err != nil {
		return 0, err
	}
	at = (info.Size() + unit - 1) / unit * unit
	if err := writeEnd(f, data, at); err != nil {
		return 0, err
	}
	if info.Size() == 0 {
		return at, syncFolder(l.Folder)
	}
	return at, nil
}

// errShredded says that the key of a piece of content was destroyed.
var errShredded = errors.New("its key was destroyed")

// readContent decrypts the content of a record.
func readContent(folder string, h cryptosuite.HashFunction, log string, e Entry) ([]byte, error) {
	c := e.Content
	if c == nil {
		return nil, errors.New("nothing was kept of what was said")
	}
	path := (&Log{Config: Config{Folder: folder}}).path
	slot, err := readAt(path(keysName(c.Segment)), c.Slot*slotBytes, slotBytes)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(slot, make([]byte, slotBytes)) {
		return nil, errShredded
	}
	sealed, err := readAt(path(contentName(c.Segment)), c.At, c.Bytes)
	if err != nil {
		return nil, err
	}
	cipher := cipherOf(h)
	return cipher.Open(slot[:cipher.KeyBytes()], sealed, contextOf(log, e.N))
}

func readAt(path string, at, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if n < 0 || at < 0 || n > 1<<32 {
		return nil, errors.New("the record names a place that can't be")
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if at+n > info.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	_, err = f.ReadAt(b, at)
	return b, err
}

// zero overwrites the key of a piece of content with zeros, and waits for the disk.
// What keeps old blocks (snapshots, backups, flash memory below its file system) may
// keep a key: the disk itself must be encrypted for that.
func (l *Log) zero(c *Content) error {
	if _, err := os.Stat(l.path(keysName(c.Segment))); err != nil {
		return err
	}
	f, err := l.open(l.path(keysName(c.Segment)))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, slotBytes), c.Slot*slotBytes)
	return errors.Join(err, f.Sync(), f.Close())
}
