// Package audittest makes audit records and attacks them, for the tests of everything
// that verifies them. An attacker here has all rights over the files, and may have the
// appliance's keys; only what a witness has is out of reach. It is not for the product.
package audittest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Files are the files of a log by their names.
type Files map[string][]byte

// Read reads a log's folder.
func Read(dir string) (Files, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	f := Files{}
	for _, e := range entries {
		if f[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Write writes them into a folder.
func (f Files) Write(dir string) error {
	for name, data := range f {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

const checkpoints = "checkpoints.jsonl"

// row is a record's line in three parts.
type row struct {
	n      uint64
	middle string
	prev   string
}

func (r row) String() string { return fmt.Sprintf(`{"n":%d%s,"prev":"%s"}`, r.n, r.middle, r.prev) }

// head is a segment's first line.
type head struct {
	Format string                   `json:"format"`
	Log    string                   `json:"log"`
	Hash   cryptosuite.HashFunction `json:"hash"`
	First  uint64                   `json:"first"`
	Prev   cryptosuite.Digest       `json:"prev"`
	Tree   []cryptosuite.Digest     `json:"tree"`
}

type segment struct {
	head head
	rows []row
}

// Attack is one attack and where it struck: records From to To, by the numbers they
// had, To not included.
type Attack struct {
	Name     string
	From, To uint64
	Files    Files
}

// Attacker attacks copies of one log.
type Attacker struct {
	Rand    *rand.Rand
	Files   Files
	Signers []cryptosuite.Signer // the appliance's own, stolen
	Old     []Files              // earlier states of the log, for rolling back

	segments []segment
	records  uint64
}

// New makes an attacker of a log that has lost no segment to its age.
func New(r *rand.Rand, files Files, signers []cryptosuite.Signer, old []Files) (*Attacker, error) {
	a := &Attacker{Rand: r, Files: files, Signers: signers, Old: old}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".jsonl") || name == checkpoints {
			continue
		}
		lines := strings.Split(strings.TrimSuffix(string(files[name]), "\n"), "\n")
		var s segment
		if err := json.Unmarshal([]byte(lines[0]), &s.head); err != nil {
			return nil, err
		}
		for _, l := range lines[1:] {
			number, _, _ := strings.Cut(strings.TrimPrefix(l, `{"n":`), ",")
			n, err := strconv.ParseUint(number, 10, 64)
			if err != nil {
				return nil, err
			}
			cut := strings.LastIndex(l, `,"prev":"`)
			s.rows = append(s.rows, row{n, l[len(`{"n":`)+len(number) : cut], l[cut+len(`,"prev":"`) : len(l)-2]})
		}
		a.segments = append(a.segments, s)
		a.records += uint64(len(s.rows))
	}
	return a, nil
}

// How far an attacker goes to hide it.
const (
	raw     = iota // not at all
	rechain        // numbers, links and first lines are made to fit
	resign         // and the log's own checkpoints too, signed with the stolen keys
	ways
)

// Attack makes one.
func (a *Attacker) Attack() (Attack, error) {
	if op := a.Rand.IntN(12); op < 4 {
		return a.files(op)
	}
	segments := a.copy()
	name, from, to := a.strike(segments)
	way := a.Rand.IntN(ways)
	files := maps.Clone(a.Files)
	if way >= rechain {
		fit(segments)
	}
	for name := range files {
		if strings.HasSuffix(name, ".jsonl") && name != checkpoints {
			delete(files, name)
		}
	}
	for _, s := range segments {
		var b bytes.Buffer
		text, err := json.Marshal(s.head)
		if err != nil {
			return Attack{}, err
		}
		b.Write(append(text, '\n'))
		for _, r := range s.rows {
			b.WriteString(r.String() + "\n")
		}
		files[fmt.Sprintf("%016d.jsonl", s.head.First)] = b.Bytes()
	}
	if way == resign {
		var err error
		if files[checkpoints], err = a.resigned(segments); err != nil {
			return Attack{}, err
		}
	}
	return Attack{fmt.Sprintf("%s, %s", name, [...]string{"raw", "rechained", "signed anew"}[way]), from, to, files}, nil
}

func (a *Attacker) copy() []segment {
	list := slices.Clone(a.segments)
	for i := range list {
		list[i].rows = slices.Clone(list[i].rows)
	}
	return list
}

// strike changes records in one of many ways.
func (a *Attacker) strike(list []segment) (name string, from, to uint64) {
	s := &list[a.Rand.IntN(len(list))]
	i := a.Rand.IntN(len(s.rows))
	n := s.rows[i].n
	r := &s.rows[i]
	switch a.Rand.IntN(10) {
	case 0:
		at := a.Rand.IntN(len(r.middle)-4) + 2
		b := []byte(r.middle)
		b[at] ^= 1 << a.Rand.IntN(5)
		if b[at] == '\n' || b[at] == ',' && at == 0 {
			b[at] = '#'
		}
		r.middle = string(b)
		return "a bit of a record", n, n + 1
	case 1:
		r.middle = strings.Replace(r.middle, `"key":"k`, `"key":"z`, 1) + `,"detail":"x"`
		return "a field of a record", n, n + 1
	case 2:
		r.middle = `,"time":"2031` + r.middle[len(`,"time":"2026`):]
		return "a record's time", n, n + 1
	case 3:
		k := min(a.Rand.IntN(5)+1, len(s.rows)-i)
		s.rows = slices.Delete(s.rows, i, i+k)
		return "records deleted", n, n + uint64(k)
	case 4:
		forged := row{n, fmt.Sprintf(`,"time":"2026-11-28T08:00:00.%06dZ","kind":"request","act":"chat","key":"forged"`, a.Rand.IntN(1e6)), r.prev}
		s.rows = slices.Insert(s.rows, i, forged)
		return "a record inserted", n, n + 1
	case 5:
		other := a.segments[a.Rand.IntN(len(a.segments))].rows
		copied := other[a.Rand.IntN(len(other))]
		s.rows = slices.Insert(s.rows, i, copied)
		return "a record twice", min(n, copied.n), max(n, copied.n) + 1
	case 6:
		j := a.Rand.IntN(len(s.rows) - 1)
		if j >= i {
			j++
		}
		m := s.rows[j].n
		s.rows[i], s.rows[j] = s.rows[j], s.rows[i]
		return "two records swapped", min(n, m), max(n, m) + 1
	case 7:
		last := &list[len(list)-1]
		k := a.Rand.IntN(len(last.rows)-1) + 1
		last.rows = last.rows[:len(last.rows)-k]
		return "cut off", a.records - uint64(k), a.records
	case 8:
		for j := range s.rows[i:] {
			s.rows[i+j].middle = strings.Replace(s.rows[i+j].middle, `"kind"`, `"kind" `, 1)
		}
		return "forked", n, n + uint64(len(s.rows)-i)
	default:
		r.prev = strings.Repeat("5", 64)
		r.middle += " "
		return "a link", n, n + 1
	}
}

// fit makes numbers, links and first lines follow from one another.
func fit(list []segment) {
	f := list[0].head.Hash
	tree, _ := cryptosuite.NewFrontier(f, 0, nil) // the hash function is one
	var prev cryptosuite.Digest
	for i := range list {
		s := &list[i]
		s.head.First, s.head.Prev, s.head.Tree = tree.Size(), prev, append([]cryptosuite.Digest{}, tree.Nodes()...)
		for j := range s.rows {
			s.rows[j].n, s.rows[j].prev = tree.Size(), prev.String()
			prev = f.Leaf([]byte(s.rows[j].String()))
			tree.Add(prev)
		}
	}
}

// resigned are checkpoints of the log as it is now, of the sizes and times they had.
func (a *Attacker) resigned(list []segment) ([]byte, error) {
	own, err := audit.ReadCheckpoints(bytes.NewReader(a.Files[checkpoints]))
	if err != nil {
		return nil, err
	}
	f := list[0].head.Hash
	tree, _ := cryptosuite.NewFrontier(f, 0, nil) // the hash function is one
	var prints []byte
	var out bytes.Buffer
	emit := func() error {
		for len(own) > 0 && own[0].Size == tree.Size() {
			c := own[0]
			c.Root, c.Prints = tree.Root(), prints
			if err := Sign(&c, a.Signers); err != nil {
				return err
			}
			text, err := json.Marshal(c)
			if err != nil {
				return err
			}
			out.Write(append(text, '\n'))
			own, prints = own[1:], nil
		}
		return nil
	}
	for _, s := range list {
		for _, r := range s.rows {
			tree.Add(f.Leaf([]byte(r.String())))
			d := f.Hash([]byte{2}, []byte(r.middle))
			prints = append(prints, d[:8]...)
			if err := emit(); err != nil {
				return nil, err
			}
		}
	}
	return out.Bytes(), nil
}

// Sign signs a checkpoint, as docs/audit.md says.
func Sign(c *audit.Checkpoint, signers []cryptosuite.Signer) error {
	message := strings.Join([]string{"hearth audit checkpoint 1", c.Log, string(c.Hash), strconv.FormatUint(c.Size, 10), c.Root.String(),
		c.Time, base64.StdEncoding.EncodeToString(c.Prints)}, "\n") + "\n"
	c.Signatures = nil
	for _, s := range signers {
		sum, err := s.Sign([]byte(message))
		if err != nil {
			return err
		}
		c.Signatures = append(c.Signatures, audit.Signature{Algorithm: s.Public().Algorithm(), Key: s.Public().ID(), Signature: sum})
	}
	return nil
}

// files attacks whole files.
func (a *Attacker) files(op int) (Attack, error) {
	files := maps.Clone(a.Files)
	switch op {
	case 0:
		s := a.segments[a.Rand.IntN(len(a.segments))]
		delete(files, fmt.Sprintf("%016d.jsonl", s.head.First))
		return Attack{"a segment deleted", s.head.First, s.head.First + uint64(len(s.rows)), files}, nil
	case 1:
		s := a.segments[a.Rand.IntN(len(a.segments))]
		name := fmt.Sprintf("%016d.jsonl", s.head.First)
		b := slices.Clone(files[name])
		end := bytes.IndexByte(b, '\n')
		b[a.Rand.IntN(end)] ^= 1
		files[name] = b
		return Attack{"the first line of a segment", s.head.First, s.head.First + uint64(len(s.rows)), files}, nil
	case 2:
		old := a.Old[a.Rand.IntN(len(a.Old))]
		before, err := New(a.Rand, old, nil, nil)
		if err != nil {
			return Attack{}, err
		}
		return Attack{"rolled back", before.records, a.records, maps.Clone(old)}, nil
	default:
		name := ""
		for _, n := range slices.Sorted(maps.Keys(files)) {
			if strings.HasSuffix(n, ".content") {
				name = n
			}
		}
		b := slices.Clone(files[name])
		b[a.Rand.IntN(len(b))] ^= 1
		files[name] = b
		return Attack{"content", 0, a.records, files}, nil
	}
}
