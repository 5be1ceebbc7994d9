package keyring

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Seal closes the root key of a ring, and opens it. What it closed is JSON, which holds
// whatever else it needs to open that again, and opens for the same binding only. An
// error of [ErrWrong] says that what it was given does not open it.
type Seal interface {
	Kind() string
	Close(ctx context.Context, suite cryptosuite.Suite, root, binding []byte) (json.RawMessage, error)
	Open(ctx context.Context, suite cryptosuite.Suite, closed json.RawMessage, binding []byte) (root []byte, err error)
}

// The kinds of seal.
const (
	KindKeyFile    = "key-file"
	KindPassphrase = "passphrase"
	KindShares     = "shares"
	KindTransit    = "transit"
	KindProgram    = "program"
)

var (
	_ Seal = KeyFile{}
	_ Seal = Passphrase{}
	_ Seal = (*Shares)(nil)
	_ Seal = (*Transit)(nil)
	_ Seal = Program{}
)

// wrapped is a root key encrypted with a key of 32 bytes.
type wrapped struct {
	Wrapped []byte `json:"wrapped"`
}

// wrapRoot encrypts a root key with a key that is uniformly random, for a kind of seal.
func wrapRoot(s cryptosuite.Suite, kind string, key, root, binding []byte) ([]byte, error) {
	return s.Cipher().Seal(s.Derive(key, "hearth keyring seal "+kind, s.Cipher().KeyBytes()), root, binding)
}

func unwrapRoot(s cryptosuite.Suite, kind string, key, closed, binding []byte) ([]byte, error) {
	root, err := s.Cipher().Open(s.Derive(key, "hearth keyring seal "+kind, s.Cipher().KeyBytes()), closed, binding)
	if err != nil {
		return nil, ErrWrong
	}
	return root, nil
}

// KeyFile seals with a key in a file that nobody but its owner may read: of 64
// hexadecimal digits. It is made if it is not there.
type KeyFile struct{ Path string }

// Kind is [KindKeyFile].
func (k KeyFile) Kind() string { return KindKeyFile }

// Close closes a root key.
func (k KeyFile) Close(_ context.Context, s cryptosuite.Suite, root, binding []byte) (json.RawMessage, error) {
	key, err := k.read()
	if errors.Is(err, fs.ErrNotExist) {
		err = writeWhole(k.Path, []byte(hex.EncodeToString(random(rootBytes))+"\n"), os.Link)
		if err == nil || errors.Is(err, fs.ErrExist) { // another process was first
			key, err = k.read()
		}
	}
	if err != nil {
		return nil, err
	}
	closed, err := wrapRoot(s, KindKeyFile, key, root, binding)
	if err != nil {
		return nil, err
	}
	return json.Marshal(wrapped{closed})
}

// Open opens it.
func (k KeyFile) Open(_ context.Context, s cryptosuite.Suite, closed json.RawMessage, binding []byte) ([]byte, error) {
	key, err := k.read()
	if err != nil {
		return nil, err
	}
	var w wrapped
	if json.Unmarshal(closed, &w) != nil {
		return nil, ErrDamaged
	}
	return unwrapRoot(s, KindKeyFile, key, w.Wrapped, binding)
}

func (k KeyFile) read() ([]byte, error) {
	info, err := os.Stat(k.Path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others than its owner: chmod 600 it", k.Path)
	}
	if info.Size() > 1024 {
		return nil, fmt.Errorf("%s is not a key file", k.Path)
	}
	text, err := os.ReadFile(k.Path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != rootBytes {
		return nil, fmt.Errorf("%s is not a key file: it has 64 hexadecimal digits", k.Path)
	}
	return key, nil
}

// Passphrase seals with a text that people remember, by argon2id (RFC 9106, the second
// recommended choice: 64 MiB, three passes). That is the same for both suites: the Chinese
// national standards have no memory-hard function. What comes of it is used as each
// suite has it.
type Passphrase struct{ Text []byte }

// Limits of passphrases and of what argon2id is asked to do, by us and by files.
const (
	passphraseLeast    = 12 // bytes
	passphraseMost     = 1024
	argonKiB           = 64 << 10
	argonPasses        = 3
	argonLanes         = 4
	argonKiBMost       = 1 << 20
	argonPassesMost    = 16
	argonSaltBytes     = 16
	argonSaltBytesMost = 64
)

// ErrPassphrase says what a passphrase has to be like.
var ErrPassphrase = fmt.Errorf("a passphrase has %d to %d bytes", passphraseLeast, passphraseMost)

type passphraseClosed struct {
	Function string `json:"function"`
	KiB      uint32 `json:"kib"`
	Passes   uint32 `json:"passes"`
	Lanes    uint8  `json:"lanes"`
	Salt     []byte `json:"salt"`
	Wrapped  []byte `json:"wrapped"`
}

func (c passphraseClosed) key(text []byte) []byte {
	return argon2.IDKey(text, c.Salt, c.Passes, c.KiB, c.Lanes, rootBytes)
}

// Kind is [KindPassphrase].
func (p Passphrase) Kind() string { return KindPassphrase }

// Close closes a root key.
func (p Passphrase) Close(_ context.Context, s cryptosuite.Suite, root, binding []byte) (_ json.RawMessage, err error) {
	if len(p.Text) < passphraseLeast || len(p.Text) > passphraseMost {
		return nil, ErrPassphrase
	}
	c := passphraseClosed{Function: "argon2id", KiB: argonKiB, Passes: argonPasses, Lanes: argonLanes, Salt: random(argonSaltBytes)}
	if c.Wrapped, err = wrapRoot(s, KindPassphrase, c.key(p.Text), root, binding); err != nil {
		return nil, err
	}
	return json.Marshal(c)
}

// Open opens it.
func (p Passphrase) Open(_ context.Context, s cryptosuite.Suite, closed json.RawMessage, binding []byte) ([]byte, error) {
	var c passphraseClosed
	if json.Unmarshal(closed, &c) != nil || c.Function != "argon2id" || c.KiB < 8 || c.KiB > argonKiBMost || c.Passes < 1 || c.Passes > argonPassesMost ||
		c.Lanes < 1 || len(c.Salt) > argonSaltBytesMost {
		return nil, ErrDamaged
	}
	if len(p.Text) > passphraseMost {
		return nil, ErrWrong
	}
	return unwrapRoot(s, KindPassphrase, c.key(p.Text), c.Wrapped, binding)
}

// Shares seals with a key that nobody has: it is split into shares, some of which give it
// back, and fewer nothing at all.
type Shares struct {
	Of, Need int      // to close: so many shares, of which so many are needed; 0: five and three
	Made     []string // by closing: to be handed out, and kept nowhere
	Given    []string // to open
}

type sharesClosed struct {
	Tag     []byte `json:"tag"` // of these shares, so that others are told apart
	Of      int    `json:"of"`
	Need    int    `json:"need"`
	Wrapped []byte `json:"wrapped"`
}

// Kind is [KindShares].
func (s *Shares) Kind() string { return KindShares }

// Close closes a root key, and makes the shares.
func (s *Shares) Close(_ context.Context, suite cryptosuite.Suite, root, binding []byte) (_ json.RawMessage, err error) {
	c := sharesClosed{Of: s.Of, Need: s.Need, Tag: random(tagBytes)}
	if c.Of == 0 && c.Need == 0 {
		c.Of, c.Need = 5, 3
	}
	key := random(rootBytes)
	parts, err := split(key, c.Of, c.Need)
	if err != nil {
		return nil, err
	}
	if c.Wrapped, err = wrapRoot(suite, KindShares, key, root, binding); err != nil {
		return nil, err
	}
	s.Made = nil
	for _, p := range parts {
		s.Made = append(s.Made, share{tag: [tagBytes]byte(c.Tag), need: byte(c.Need), part: p}.String())
	}
	return json.Marshal(c)
}

// Open opens it.
func (s *Shares) Open(_ context.Context, suite cryptosuite.Suite, closed json.RawMessage, binding []byte) ([]byte, error) {
	c, err := parseShares(closed)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, text := range s.Given {
		p, err := c.take(text)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	key, err := join(parts, c.Need)
	if err != nil {
		return nil, err
	}
	return unwrapRoot(suite, KindShares, key, c.Wrapped, binding)
}

func parseShares(closed json.RawMessage) (c sharesClosed, err error) {
	if json.Unmarshal(closed, &c) != nil || len(c.Tag) != tagBytes || c.Need < 2 || c.Of < c.Need || c.Of > sharesMax {
		return c, ErrDamaged
	}
	return c, nil
}

// take reads a share that is one of these.
func (c sharesClosed) take(text string) (part, error) {
	x, err := parseShare(text)
	if err != nil {
		return part{}, err
	}
	if string(x.tag[:]) != string(c.Tag) {
		return part{}, errors.New("the share is of another keyring, or of an earlier splitting")
	}
	return x.part, nil
}

// CheckShare says what is wrong with a share of the ring, if anything can be seen, which
// share it is, and how many are needed.
func CheckShare(path, text string) (index, need int, err error) {
	f, _, err := read(path)
	if err != nil {
		return 0, 0, err
	}
	c, err := parseShares(f.Root)
	if err != nil {
		return 0, 0, err
	}
	p, err := c.take(text)
	return int(p.at), c.Need, err
}

// SharesNeeded is how many shares open the ring; 0 where it is not sealed by shares.
func SharesNeeded(path string) int {
	f, _, err := read(path)
	if err != nil || f.Seal != KindShares {
		return 0
	}
	c, err := parseShares(f.Root)
	if err != nil {
		return 0
	}
	return c.Need
}
