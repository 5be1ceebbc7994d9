package audit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// slotBytes is the size of a key's place in a file of keys: of the key as the [Keeper] has
// sealed it, and zeros. A place of zeros is that of a key that was destroyed.
const slotBytes = 80

// plainSlotBytes was that size while the keys lay there as they are.
const plainSlotBytes = 32

// plainSuffix ended the names of those files.
const plainSuffix = ".keys"

func contentName(first uint64) string   { return fmt.Sprintf("%016d.content", first) }
func keysName(first uint64) string      { return fmt.Sprintf("%016d.sealed-keys", first) }
func plainKeysName(first uint64) string { return fmt.Sprintf("%016d"+plainSuffix, first) }

// Keeper seals the keys of content, each of which opens for the same purpose and context
// only.
type Keeper interface {
	Seal(purpose string, text, context []byte) ([]byte, error)
	Open(purpose string, sealed, context []byte) ([]byte, error)
	Renew(purpose string, sealed, context []byte) (_ []byte, renewed bool, err error)
}

// keyPurpose is what the keeper's key for them is called.
const keyPurpose = "audit"

// keyContext binds a key to its segment.
func keyContext(first uint64) []byte { return fmt.Appendf(nil, "content key %d", first) }

// slot is a sealed key in its place.
func slot(sealed []byte) ([]byte, error) {
	if len(sealed) > slotBytes {
		return nil, fmt.Errorf("a sealed key has %d bytes, and its place %d", len(sealed), slotBytes)
	}
	return append(sealed, make([]byte, slotBytes-len(sealed))...), nil
}

// sealedBytes is how many bytes of a slot are a sealed key: all but the zeros of its
// tail, which are as many for each key of a cipher.
func sealedBytes(c cryptosuite.Cipher) int { return keyOverhead + c.KeyBytes() }

// keyOverhead is what sealing adds to a key: a head, a nonce and a tag.
const keyOverhead = 7 + 12 + 16

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
			place, err := l.sealKey(t.first, key)
			if err != nil {
				return nil, err
			}
			keys = append(keys, place...)
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

// sealKey is a key of content in its place.
func (l *Log) sealKey(first uint64, key []byte) ([]byte, error) {
	sealed, err := l.Keys.Seal(keyPurpose, key, keyContext(first))
	if err != nil {
		return nil, err
	}
	return slot(sealed)
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
func (l *Log) readContent(h cryptosuite.HashFunction, log string, e Entry) ([]byte, error) {
	c := e.Content
	if c == nil {
		return nil, errors.New("nothing was kept of what was said")
	}
	slot, err := readAt(l.path(keysName(c.Segment)), c.Slot*slotBytes, slotBytes)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(slot, make([]byte, slotBytes)) {
		return nil, errShredded
	}
	sealed, err := readAt(l.path(contentName(c.Segment)), c.At, c.Bytes)
	if err != nil {
		return nil, err
	}
	cipher := cipherOf(h)
	key, err := l.Keys.Open(keyPurpose, slot[:sealedBytes(cipher)], keyContext(c.Segment))
	if err != nil {
		return nil, err
	}
	return cipher.Open(key, sealed, contextOf(log, e.N))
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

// HasPlainKeys reports whether keys of content lie in a folder as they are, as an earlier
// hearth left them. [Log.RenewKeys] seals them.
func HasPlainKeys(folder string) bool {
	names, _ := filepath.Glob(filepath.Join(folder, "0*"+plainSuffix)) // the pattern is good
	return len(names) > 0
}

// RenewKeys seals all keys of content with the newest key of the keeper, those too that
// lie there as they are, and returns how many that were. What they encrypt stays as it is.
func (l *Log) RenewKeys(ctx context.Context) (renewed int, err error) {
	written := l.alone(ctx, func(t *tail) { renewed, err = l.renewKeys(cipherOf(t.tree.Function())) })
	return renewed, cmp.Or(written, err)
}

func (l *Log) renewKeys(c cryptosuite.Cipher) (renewed int, err error) {
	list, err := segments(os.DirFS(l.Folder))
	if err != nil {
		return 0, err
	}
	for _, first := range list {
		n, err := l.renewSegment(first, c)
		if renewed += n; err != nil {
			return renewed, err
		}
	}
	return renewed, nil
}

// renewSegment does that for one segment: a new file takes the place of the old one whole.
func (l *Log) renewSegment(first uint64, c cryptosuite.Cipher) (renewed int, err error) {
	var out []byte
	old, err := readIfThere(l.path(plainKeysName(first)))
	if err != nil {
		return 0, err
	}
	for at := 0; at+plainSlotBytes <= len(old); at += plainSlotBytes {
		place := make([]byte, slotBytes)
		if key := old[at : at+plainSlotBytes]; !bytes.Equal(key, make([]byte, plainSlotBytes)) {
			if place, err = l.sealKey(first, key[:c.KeyBytes()]); err != nil {
				return 0, err
			}
			renewed++
		}
		out = append(out, place...)
	}
	sealed, err := readIfThere(l.path(keysName(first)))
	if err != nil {
		return 0, err
	}
	if len(sealed) > 0 {
		out, renewed = nil, 0 // the plain ones are in there: only their removal was cut off
	}
	for at := 0; at+slotBytes <= len(sealed); at += slotBytes {
		place := sealed[at : at+slotBytes]
		if !bytes.Equal(place, make([]byte, slotBytes)) {
			key, did, err := l.Keys.Renew(keyPurpose, place[:sealedBytes(c)], keyContext(first))
			if err != nil {
				return 0, err
			}
			if did {
				renewed++
			}
			if place, err = slot(key); err != nil {
				return 0, err
			}
		}
		out = append(out, place...)
	}
	if renewed > 0 {
		if err := l.replace(keysName(first), out); err != nil {
			return 0, err
		}
	}
	if len(old) > 0 {
		return renewed, l.wipe(plainKeysName(first), len(old))
	}
	return renewed, nil
}

func readIfThere(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// replace writes a file anew, whole or not at all.
func (l *Log) replace(name string, data []byte) error {
	f, err := os.CreateTemp(l.Folder, ".keys-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), l.path(name)); err != nil {
		return err
	}
	return syncFolder(l.Folder)
}

// wipe overwrites a file with zeros and removes it.
func (l *Log) wipe(name string, size int) error {
	f, err := os.OpenFile(l.path(name), os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, size), 0)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Remove(l.path(name))
}

// destroy overwrites the key of a piece of content, while no other process writes.
func (l *Log) destroy(ctx context.Context, c *Content) (err error) {
	written := l.alone(ctx, func(*tail) { err = l.zero(c) })
	return cmp.Or(written, err)
}

// alone does something at the end of the log, while nobody writes to it.
func (l *Log) alone(ctx context.Context, do func(*tail)) error {
	return l.enqueue(ctx, &Pending{done: make(chan struct{}), look: func(t *tail) error { do(t); return nil }}).Wait(ctx)
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
