package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/nn"
)

// park is a file where pages wait that memory has no room for. What they hold can be
// turned back into text, so they are sealed (AES-256-GCM) with a key that nobody has
// and that ends with the process; the seal is their checksum too. The file is gone
// when the process is. A nil park takes nothing.
type park struct {
	file  *os.File
	seal  cipher.AEAD
	limit int // slots
	used  int // slots the file has
	free  []int
	ring  node // newer is the longest parked

	written uint64   // pages so far: no two are sealed with the same nonce
	nonces  []uint64 // of what is in a slot
	plain   []byte
	sealed  []byte
	broken  bool // writing did not work: no more is tried
}

const (
	parkSuffix = ".parked"
	sealBytes  = 16
)

// openPark makes the file in a folder, which it makes if need be, for pages of size
// bytes. What a process that was killed has left there is removed.
func openPark(folder string, limit int64, size int) (*park, error) {
	if folder == "" {
		return nil, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, hearth.FileError(folder, err)
	}
	left, _ := filepath.Glob(filepath.Join(folder, "*"+parkSuffix))
	for _, path := range left {
		os.Remove(path)
	}
	f, err := os.CreateTemp(folder, "*"+parkSuffix)
	if err != nil {
		return nil, hearth.FileError(folder, err)
	}
	os.Remove(f.Name()) // where a file may be open and have no name; elsewhere close does it
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for other lengths
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for other block sizes
	}
	p := &park{file: f, seal: seal, limit: int(limit / int64(size+sealBytes)),
		plain: make([]byte, size), sealed: make([]byte, size+sealBytes)}
	p.ring.older, p.ring.newer = &p.ring, &p.ring
	return p, nil
}

func (p *park) close() {
	if p == nil {
		return
	}
	p.file.Close()
	os.Remove(p.file.Name())
}

// room reports whether a page can be parked. For that the one parked longest may
// have to go from the tree.
func (p *park) room(tree *prefixes) bool {
	if p == nil || p.broken {
		return false
	}
	if len(p.free) == 0 && p.used == p.limit && p.ring.newer != &p.ring {
		tree.forget(p.ring.newer)
	}
	return len(p.free) > 0 || p.used < p.limit
}

// put writes the page of n, for which there is room.
func (p *park) put(n *node) bool {
	slot := p.used
	if k := len(p.free); k > 0 {
		slot, p.free = p.free[k-1], p.free[:k-1]
	} else {
		p.used++
		p.nonces = append(p.nonces, 0)
	}
	p.written++
	p.nonces[slot] = p.written
	n.page.Write(p.plain)
	sealed := p.seal.Seal(p.sealed[:0], p.nonce(slot), p.plain, nil)
	if _, err := p.file.WriteAt(sealed, p.offset(slot)); err != nil {
		p.free = append(p.free, slot)
		p.broken = true
		return false
	}
	n.slot = slot
	n.link(&p.ring)
	return true
}

// get reads the page of n, and reports whether it is as it was written.
func (p *park) get(n *node, page *nn.Page) bool {
	if _, err := p.file.ReadAt(p.sealed, p.offset(n.slot)); err != nil {
		return false
	}
	plain, err := p.seal.Open(p.plain[:0], p.nonce(n.slot), p.sealed, nil)
	if err != nil {
		return false
	}
	page.Read(plain)
	return true
}

// pin keeps n while room is made.
func (p *park) pin(n *node)   { n.cut() }
func (p *park) unpin(n *node) { n.link(&p.ring) }

// drop gives up what is parked of n.
func (p *park) drop(n *node) {
	if n.newer != nil {
		n.cut()
	}
	p.free = append(p.free, n.slot)
}

// pages is how many are parked.
func (p *park) pages() int {
	if p == nil {
		return 0
	}
	return p.used - len(p.free)
}

func (p *park) offset(slot int) int64 { return int64(slot) * int64(len(p.plain)+sealBytes) }

func (p *park) nonce(slot int) []byte {
	b := make([]byte, p.seal.NonceSize())
	binary.BigEndian.PutUint64(b[len(b)-8:], p.nonces[slot])
	return b
}
