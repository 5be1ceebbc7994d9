package keyring

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of a ring.
const (
	fileBytesMax = 4 << 20
	keysMax      = 10_000 // of all purposes and versions
	purposeMax   = 100    // bytes
	rootBytes    = 32
	format       = 1
)

// Errors to be told apart. None says what was tried.
var (
	ErrWrong   = errors.New("what was given does not open the keyring") // a wrong passphrase, key file, share, …
	ErrDamaged = errors.New("the keyring's file is damaged or was changed by somebody else")
	ErrNoKey   = errors.New("the key it was sealed with is not in the keyring any more")
)

// file is a ring as it lies on the disk.
type file struct {
	Format  int               `json:"format"`
	ID      string            `json:"id"`
	Suite   cryptosuite.Suite `json:"suite"` // of keys that are made
	Seal    string            `json:"seal"`  // kind of the seal
	Root    json.RawMessage   `json:"root"`  // the root key, closed, in the seal's own words
	Created time.Time         `json:"created"`
	Keys    []dataKey         `json:"keys"`
	MAC     []byte            `json:"mac"` // of all the above, by the root key
}

// dataKey is one version of a purpose's key.
type dataKey struct {
	Purpose string            `json:"purpose"`
	Version uint32            `json:"version"`
	Suite   cryptosuite.Suite `json:"suite"`
	Created time.Time         `json:"created"`
	Wrapped []byte            `json:"wrapped"`
}

// Ring is an open ring. Several processes may have the same one open; what one changes,
// the others see.
type Ring struct {
	path string

	mu   sync.Mutex
	root []byte
	file file
	keys map[keyName][]byte
	seen os.FileInfo // of the file that was read last
}

type keyName struct {
	purpose string
	version uint32
}

// Info is what may be known of a ring that is not open.
type Info struct {
	ID      string
	Suite   cryptosuite.Suite
	Seal    string // kind
	Created time.Time
	Keys    []KeyInfo
}

// KeyInfo is a data key, without the key.
type KeyInfo struct {
	Purpose string
	Version uint32
	Suite   cryptosuite.Suite
	Created time.Time
}

// Look reads what may be known of a ring without opening it; nothing of it is verified.
func Look(path string) (Info, error) {
	f, _, err := read(path)
	return f.info(), err
}

func (f file) info() Info {
	i := Info{ID: f.ID, Suite: f.Suite, Seal: f.Seal, Created: f.Created}
	for _, k := range f.Keys {
		i.Keys = append(i.Keys, KeyInfo{k.Purpose, k.Version, k.Suite, k.Created})
	}
	return i
}

// Create makes a ring with a new root key. One that is there already is an error of kind
// fs.ErrExist.
func Create(ctx context.Context, path string, suite cryptosuite.Suite, seal Seal) (*Ring, error) {
	if !slices.Contains(cryptosuite.Suites(), suite) {
		return nil, fmt.Errorf("there is no suite %q", suite)
	}
	r := &Ring{path: path, root: random(rootBytes), keys: map[keyName][]byte{}}
	f := file{Format: format, ID: "kr_" + hex.EncodeToString(random(8)), Suite: suite, Created: now()}
	if err := f.close(ctx, seal, r.root); err != nil {
		return nil, err
	}
	text, err := f.signed(r.root)
	if err != nil {
		return nil, err
	}
	if err := writeWhole(path, text, os.Link); err != nil {
		return nil, err
	}
	return r, r.refresh()
}

// Open opens a ring. Errors are [ErrWrong], [ErrDamaged], those of reading the file, and
// those of a service or a program that could not be asked.
func Open(ctx context.Context, path string, seal Seal) (*Ring, error) {
	f, _, err := read(path)
	if err != nil {
		return nil, err
	}
	if f.Seal != seal.Kind() {
		return nil, fmt.Errorf("the keyring is sealed by %s, not by %s", f.Seal, seal.Kind())
	}
	root, err := seal.Open(ctx, f.Suite, f.Root, f.binding())
	if err != nil {
		return nil, err
	}
	if len(root) != rootBytes {
		return nil, ErrWrong
	}
	r := &Ring{path: path, root: root, keys: map[keyName][]byte{}}
	return r, r.refresh()
}

// OpenRoot opens a ring with the root key that [Ring.Root] gave to another process.
func OpenRoot(path string, root []byte) (*Ring, error) {
	if len(root) != rootBytes {
		return nil, ErrWrong
	}
	r := &Ring{path: path, root: slices.Clone(root), keys: map[keyName][]byte{}}
	return r, r.refresh()
}

// Root is the root key, for another process of the same owner, and for nobody else.
func (r *Ring) Root() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.root)
}

// binding is what the closed root key is bound to.
func (f file) binding() []byte { return []byte("hearth keyring root " + f.ID) }

func (f *file) close(ctx context.Context, seal Seal, root []byte) (err error) {
	f.Seal = seal.Kind()
	f.Root, err = seal.Close(ctx, f.Suite, root, f.binding())
	return err
}

// mac authenticates all of a file but the MAC itself.
func (f file) mac(root []byte) ([]byte, error) {
	f.MAC = nil
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return f.Suite.MAC(f.Suite.Derive(root, "hearth keyring mac", rootBytes), text), nil
}

func (f file) signed(root []byte) (text []byte, err error) {
	if f.MAC, err = f.mac(root); err != nil {
		return nil, err
	}
	text, err = json.MarshalIndent(f, "", " ")
	return append(text, '\n'), err
}

func read(path string) (f file, seen os.FileInfo, err error) {
	h, err := os.Open(path)
	if err != nil {
		return f, nil, err
	}
	defer h.Close()
	if seen, err = h.Stat(); err != nil {
		return f, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(h, fileBytesMax+1))
	if err != nil {
		return f, nil, err
	}
	if len(text) > fileBytesMax || json.Unmarshal(text, &f) != nil || f.Format != format || len(f.Keys) > keysMax || !slices.Contains(cryptosuite.Suites(), f.Suite) {
		return f, nil, ErrDamaged
	}
	for _, k := range f.Keys {
		if !slices.Contains(cryptosuite.Suites(), k.Suite) {
			return f, nil, ErrDamaged
		}
	}
	return f, seen, nil
}

// refresh reads the file anew if it is another one than was read last. Ring.mu is held,
// or nobody else has the ring yet.
func (r *Ring) refresh() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	if r.seen != nil && os.SameFile(info, r.seen) && info.ModTime().Equal(r.seen.ModTime()) && info.Size() == r.seen.Size() {
		return nil
	}
	f, seen, err := read(r.path)
	if err != nil {
		return err
	}
	want, err := f.mac(r.root)
	if err != nil {
		return err
	}
	if !hmac.Equal(want, f.MAC) {
		return ErrDamaged
	}
	keys := map[keyName][]byte{}
	for _, k := range f.Keys {
		plain, err := k.unwrap(r.root)
		if err != nil {
			return ErrDamaged
		}
		keys[keyName{k.Purpose, k.Version}] = plain
	}
	r.file, r.keys, r.seen = f, keys, seen
	return nil
}

func (k dataKey) context() []byte {
	return fmt.Appendf(nil, "hearth data key %s %d %s", k.Purpose, k.Version, k.Suite)
}

func wrapping(s cryptosuite.Suite, root []byte) []byte {
	return s.Derive(root, "hearth keyring wrap "+string(s), s.Cipher().KeyBytes())
}

func (k dataKey) unwrap(root []byte) ([]byte, error) {
	return k.Suite.Cipher().Open(wrapping(k.Suite, root), k.Wrapped, k.context())
}

func (k *dataKey) wrap(root, plain []byte) (err error) {
	k.Wrapped, err = k.Suite.Cipher().Seal(wrapping(k.Suite, root), plain, k.context())
	return err
}

// Info is what may be known of the ring.
func (r *Ring) Info() (Info, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.refresh()
	return r.file.info(), err
}

// change changes the ring's file, while no other process does.
func (r *Ring) change(do func(*file) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	lock, err := os.Open(filepath.Dir(r.path))
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	if err := r.refresh(); err != nil {
		return err
	}
	f := r.file
	f.Keys = slices.Clone(f.Keys)
	if err := do(&f); err != nil {
		return err
	}
	if len(f.Keys) > keysMax {
		return fmt.Errorf("a keyring has at most %d keys", keysMax)
	}
	text, err := f.signed(r.root)
	if err != nil {
		return err
	}
	if err := writeWhole(r.path, text, os.Rename); err != nil {
		return err
	}
	r.seen = nil
	return r.refresh()
}

// add adds the next version of a purpose's key.
func (f *file) add(root []byte, purpose string) error {
	k := dataKey{Purpose: purpose, Version: f.version(purpose) + 1, Suite: f.Suite, Created: now()}
	if err := k.wrap(root, f.Suite.Cipher().NewKey()); err != nil {
		return err
	}
	f.Keys = append(f.Keys, k)
	return nil
}

// version is the current one of a purpose; 0: there is none.
func (f file) version(purpose string) (v uint32) {
	for _, k := range f.Keys {
		if k.Purpose == purpose {
			v = max(v, k.Version)
		}
	}
	return v
}

func (f file) suite(purpose string, version uint32) (cryptosuite.Suite, bool) {
	for _, k := range f.Keys {
		if k.Purpose == purpose && k.Version == version {
			return k.Suite, true
		}
	}
	return "", false
}

// What is sealed begins with a head: HK, the format, and the version of the key.
const headBytes = 2 + 1 + 4

func head(version uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{'H', 'K', format}, version)
}

// Version is that of the key which something was sealed with; ok is false where it is
// not sealed by a ring.
func Version(sealed []byte) (version uint32, ok bool) {
	if len(sealed) < headBytes || string(sealed[:3]) != string(head(0)[:3]) {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[3:]), true
}

// Overhead is how many bytes more something has once it is sealed.
const Overhead = headBytes + 12 + 16

func bound(purpose string, head, context []byte) []byte {
	return slices.Concat([]byte(purpose), []byte{0}, head, context)
}

// Seal encrypts a text with the current key of a purpose, which is made if there is none.
// It opens for the same purpose and context only.
func (r *Ring) Seal(purpose string, text, context []byte) ([]byte, error) {
	key, suite, version, err := r.current(purpose)
	if err != nil {
		return nil, err
	}
	h := head(version)
	sealed, err := suite.Cipher().Seal(key, text, bound(purpose, h, context))
	return append(h, sealed...), err
}

// current is the newest key of a purpose.
func (r *Ring) current(purpose string) (key []byte, suite cryptosuite.Suite, version uint32, err error) {
	if purpose == "" || len(purpose) > purposeMax {
		return nil, "", 0, fmt.Errorf("a purpose has 1 to %d bytes", purposeMax)
	}
	for range 2 {
		r.mu.Lock()
		err = r.refresh()
		if version = r.file.version(purpose); version > 0 {
			suite, _ = r.file.suite(purpose, version)
			key = r.keys[keyName{purpose, version}]
		}
		r.mu.Unlock()
		if err != nil || version > 0 {
			return key, suite, version, err
		}
		if err := r.change(func(f *file) error {
			if f.version(purpose) > 0 { // another process was first
				return nil
			}
			return f.add(r.root, purpose)
		}); err != nil {
			return nil, "", 0, err
		}
	}
	return nil, "", 0, ErrNoKey // destroyed, again and again, as it was made
}

// Open decrypts what [Ring.Seal] made. Errors are [ErrNoKey] and
// [cryptosuite.ErrSealed].
func (r *Ring) Open(purpose string, sealed, context []byte) ([]byte, error) {
	version, ok := Version(sealed)
	if !ok {
		return nil, cryptosuite.ErrSealed
	}
	r.mu.Lock()
	key, ok := r.keys[keyName{purpose, version}]
	if !ok { // made by another process, perhaps
		if err := r.refresh(); err != nil {
			r.mu.Unlock()
			return nil, err
		}
		key, ok = r.keys[keyName{purpose, version}]
	}
	suite, _ := r.file.suite(purpose, version)
	r.mu.Unlock()
	if !ok {
		return nil, ErrNoKey
	}
	return suite.Cipher().Open(key, sealed[headBytes:], bound(purpose, sealed[:headBytes], context))
}

// Current reports whether something was sealed with the newest key of its purpose.
func (r *Ring) Current(purpose string, sealed []byte) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.refresh()
	v, ok := Version(sealed)
	return ok && v == r.file.version(purpose), err
}

// Renew is something sealed with the newest key of its purpose; renewed is false where it
// was already.
func (r *Ring) Renew(purpose string, sealed, context []byte) (_ []byte, renewed bool, err error) {
	current, err := r.Current(purpose, sealed)
	if err != nil || current {
		return sealed, false, err
	}
	text, err := r.Open(purpose, sealed, context)
	if err != nil {
		return nil, false, err
	}
	sealed, err = r.Seal(purpose, text, context)
	return sealed, err == nil, err
}

// Rotate makes a new version of the key of every purpose.
func (r *Ring) Rotate() error {
	return r.change(func(f *file) error {
		for _, p := range f.purposes() {
			if err := f.add(r.root, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f file) purposes() (list []string) {
	for _, k := range f.Keys {
		if !slices.Contains(list, k.Purpose) {
			list = append(list, k.Purpose)
		}
	}
	return list
}

// Retire forgets all keys but the newest and the one before it, which a process may be
// sealing with that has not seen the newest yet.
func (r *Ring) Retire() (forgotten int, err error) {
	err = r.change(func(f *file) error {
		before := len(f.Keys)
		newest := *f
		f.Keys = slices.DeleteFunc(slices.Clone(f.Keys), func(k dataKey) bool { return k.Version+1 < newest.version(k.Purpose) })
		forgotten = before - len(f.Keys)
		return nil
	})
	return forgotten, err
}

// Destroy forgets the keys of a purpose, and with them what was sealed for it.
func (r *Ring) Destroy(purpose string) error {
	return r.change(func(f *file) error {
		f.Keys = slices.DeleteFunc(f.Keys, func(k dataKey) bool { return k.Purpose == purpose })
		return nil
	})
}

// Reseal closes the ring by another seal, in a suite, with a new root key; the data keys
// stay what they are. Other processes that have it open lose it.
func (r *Ring) Reseal(ctx context.Context, suite cryptosuite.Suite, seal Seal) error {
	if !slices.Contains(cryptosuite.Suites(), suite) {
		return fmt.Errorf("there is no suite %q", suite)
	}
	root := random(rootBytes)
	before := r.root
	err := r.change(func(f *file) error {
		f.Suite = suite
		for i := range f.Keys {
			k := &f.Keys[i]
			plain, err := k.unwrap(before)
			if err != nil {
				return ErrDamaged
			}
			if err := k.wrap(root, plain); err != nil {
				return err
			}
		}
		if err := f.close(ctx, seal, root); err != nil {
			return err
		}
		r.root = root
		return nil
	})
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if f, _, readErr := read(r.path); readErr == nil {
			if want, macErr := f.mac(root); macErr == nil && hmac.Equal(want, f.MAC) {
				return err // it was written, whatever failed then
			}
		}
		r.root = before
	}
	return err
}

// writeWhole writes a file that only its owner may read, complete or not at all, and puts
// it in its place by link or rename.
func writeWhole(path string, text []byte, put func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".keyring-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := put(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // does not fail
	return b
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
