// Command verify-audit holds an audit record of hearth against a checkpoint from
// elsewhere. It is for whoever does not trust the appliance: it shares no code with it,
// follows docs/audit.md, and is short enough to be read before it is used.
//
//	verify-audit -witness FILE -key keys.pem FOLDER
//
// It prints what is wrong, one finding a line, with the numbers of the records. Exit
// code 0: nothing is; 1: something is; 2: it could not be read.
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
)

func main() {
	witness := flag.String("witness", "", "file of checkpoints that comes from elsewhere")
	keys := flag.String("key", "", "PEM file of the public keys that sign checkpoints")
	flag.Parse()
	if flag.NArg() != 1 || *witness == "" {
		fmt.Fprintln(os.Stderr, "usage: verify-audit -witness FILE [-key keys.pem] FOLDER")
		os.Exit(2)
	}
	found, summary, err := verify(flag.Arg(0), *witness, *keys)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, f := range found {
		fmt.Println("FOUND", f)
	}
	fmt.Println(summary)
	if len(found) > 0 {
		os.Exit(1)
	}
}

// finding is about the records from, up to and without to.
type finding struct {
	from, to uint64
	text     string
}

func (f finding) String() string { return fmt.Sprintf("%d-%d: %s", f.from, f.to, f.text) }

type checkpoint struct {
	Log, Hash, Root, Time string
	Size                  uint64
	Prints                []byte
	Signatures            []signature
}

type signature struct {
	Algorithm, Key string
	Signature      []byte
}

func (c *checkpoint) message() []byte {
	return fmt.Appendf(nil, "hearth audit checkpoint 1\n%s\n%s\n%d\n%s\n%s\n%s\n", c.Log, c.Hash, c.Size, c.Root, c.Time, base64.StdEncoding.EncodeToString(c.Prints))
}

// verifier reads a log from its beginning.
type verifier struct {
	dir      string
	make     func() hash.Hash
	log      string
	hash     string
	first    uint64
	next     uint64
	prev     string
	tree     [][]byte // roots of the perfect trees, largest first
	size     uint64
	begun    bool
	prints   []string // of the records in the order they were found
	roots    map[uint64]string
	covered  bool
	findings []finding
}

func (v *verifier) find(from, to uint64, format string, args ...any) {
	v.findings = append(v.findings, finding{from, to, fmt.Sprintf(format, args...)})
}

func verify(dir, witness, keyFile string) ([]finding, string, error) {
	outside, err := readCheckpoints(witness)
	if err != nil {
		return nil, "", err
	}
	if len(outside) == 0 {
		return nil, "", errors.New("the witness has no checkpoint")
	}
	v := &verifier{dir: dir, roots: map[uint64]string{}}
	if err := v.read(); err != nil {
		return nil, "", err
	}
	own, err := readCheckpoints(filepath.Join(dir, "checkpoints.jsonl"))
	if err != nil {
		v.find(0, v.next, "checkpoints.jsonl: %v", err)
	}
	v.locate(outside)
	v.hold(outside, "the witness")
	v.hold(own, "the log's own checkpoints")
	v.missing(own, outside)
	if err := v.signatures(append(own, outside...), keyFile); err != nil {
		return nil, "", err
	}
	last := outside[len(outside)-1]
	return v.findings, fmt.Sprintf("log %s: records %d to %d were read; the witness vouches for those before %d", v.log, v.first, int64(v.next)-1, last.Size), nil
}

var segmentName = regexp.MustCompile(`^\d{16}\.jsonl$`)

func (v *verifier) read() error {
	entries, err := os.ReadDir(v.dir) // in the order of names, which is that of records
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !segmentName.MatchString(e.Name()) {
			continue
		}
		if err := v.segment(e.Name()); err != nil {
			return err
		}
	}
	if v.first > 0 && !v.covered {
		v.find(0, v.first, "the records before %d are gone, and no record says that they were too old", v.first)
	}
	return nil
}

func (v *verifier) segment(name string) error {
	f, err := os.Open(filepath.Join(v.dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for head := true; ; head = false {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if head {
				v.find(v.next, v.next, "%s has no first line", name)
			}
			return nil // what has no end was never acknowledged
		}
		if err != nil {
			return err
		}
		text = text[:len(text)-1]
		if head {
			v.header(name, text)
		} else if v.begun {
			v.record(text)
		}
	}
}

func (v *verifier) header(name string, text []byte) {
	number, _ := strconv.ParseUint(strings.TrimSuffix(name, ".jsonl"), 10, 64)
	var h struct {
		Format, Log, Hash, Prev string
		First                   uint64
		Tree                    []string
	}
	err := json.Unmarshal(text, &h)
	if !v.begun {
		if err != nil || h.Hash != "sha256" && h.Hash != "sm3" {
			v.find(number, number, "the first line of %s is not one", name)
			return
		}
		v.begun, v.log, v.first, v.next, v.size, v.prev = true, h.Log, h.First, h.First, h.First, h.Prev
		v.hash, v.make = h.Hash, sha256.New
		if h.Hash == "sm3" {
			v.make = sm3.New
		}
		for _, node := range h.Tree {
			b, _ := hex.DecodeString(node)
			v.tree = append(v.tree, b)
		}
		v.root()
	}
	nodes := []string{}
	for _, n := range v.tree {
		nodes = append(nodes, `"`+hex.EncodeToString(n)+`"`)
	}
	want := fmt.Sprintf(`{"format":"hearth audit 1","log":"%s","hash":"%s","first":%d,"prev":"%s","tree":[%s]}`,
		v.log, v.hash, number, v.prev, strings.Join(nodes, ","))
	if want != string(text) || number != v.next {
		v.find(min(v.next, number), max(v.next, number), "the first line of %s does not follow from the records before it", name)
		v.next = max(v.next, number)
	}
}

func (v *verifier) sum(parts ...[]byte) []byte {
	h := v.make()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// line is a record as it is written: number, middle, link.
var line = regexp.MustCompile(`^\{"n":(0|[1-9]\d{0,18})(,.*),"prev":"([0-9a-f]{64})"\}$`)

func (v *verifier) record(text []byte) {
	leaf := v.sum([]byte{0}, text)
	n, middle, prev := v.next, text, v.prev
	if m := line.FindSubmatch(text); m == nil {
		v.find(n, n+1, "record %d is not in the format", n)
	} else {
		n, _ = strconv.ParseUint(string(m[1]), 10, 64)
		middle, prev = m[2], string(m[3])
		v.look(n, text)
	}
	if n != v.next {
		v.find(min(n, v.next), max(n, v.next), "record %d stands where %d should", n, v.next)
	} else if prev != v.prev {
		v.find(max(n, 1)-1, n+1, "record %d does not follow from the one before", n)
	}
	v.prints = append(v.prints, string(v.sum([]byte{2}, middle)[:8]))
	for s := v.size; s&1 == 1; s >>= 1 {
		leaf = v.sum([]byte{1}, v.tree[len(v.tree)-1], leaf)
		v.tree = v.tree[:len(v.tree)-1]
	}
	v.tree, v.size = append(v.tree, leaf), v.size+1
	v.prev, v.next = hex.EncodeToString(v.sum([]byte{0}, text)), n+1
	v.root()
}

// root keeps the root at this size. Keeping all of them is 64 bytes a record.
func (v *verifier) root() {
	if len(v.tree) == 0 {
		v.roots[0] = hex.EncodeToString(v.sum())
		return
	}
	root := v.tree[len(v.tree)-1]
	for i := len(v.tree) - 2; i >= 0; i-- {
		root = v.sum([]byte{1}, v.tree[i], root)
	}
	v.roots[v.size] = hex.EncodeToString(root)
}

// look reads what matters here of what a record says: content, and expiry.
func (v *verifier) look(n uint64, text []byte) {
	var r struct {
		Kind, Act, Last string
		Time            time.Time
		Before          uint64
		Content         *struct {
			Segment   uint64
			At, Bytes int64
			Hash      string
		}
	}
	if json.Unmarshal(text, &r) != nil {
		return // a change that broke it, which the fingerprints and the root find
	}
	if r.Kind == "audit" && r.Act == "expire" {
		last, err := time.Parse(time.RFC3339, r.Last)
		if err != nil || r.Time.Sub(last) < 180*24*time.Hour {
			v.find(0, r.Before, "the records before %d were removed too early", r.Before)
		}
		v.covered = v.covered || r.Before == v.first
	}
	if c := r.Content; c != nil {
		f, err := os.Open(filepath.Join(v.dir, fmt.Sprintf("%016d.content", c.Segment)))
		if err != nil {
			return // it was not handed over
		}
		defer f.Close()
		sealed, err := io.ReadAll(io.NewSectionReader(f, c.At, c.Bytes))
		if err != nil || hex.EncodeToString(v.sum(sealed)) != c.Hash {
			v.find(n, n+1, "the content of record %d is not what was recorded", n)
		}
	}
}

// locate says by the fingerprints which records are not as they were signed.
func (v *verifier) locate(list []checkpoint) {
	var signed []string
	at := uint64(0)
	for _, c := range list {
		if c.Size-at != uint64(len(c.Prints))/8 {
			return // there are none of some records
		}
		for i := 0; i+8 <= len(c.Prints); i += 8 {
			if at >= v.first {
				signed = append(signed, string(c.Prints[i:i+8]))
			}
			at++
		}
	}
	here := map[string]int{}
	for _, p := range v.prints {
		here[p]++
	}
	i := 0
	for i < len(signed) && i < len(v.prints) && signed[i] == v.prints[i] {
		i++
	}
	if i == len(signed) {
		return
	}
	n := v.first + uint64(i)
	v.find(n, n+1, "from record %d on the log is not the one that was signed", n)
	from := -1
	for p := 0; p <= len(signed); p++ {
		gone := p < len(signed) && here[signed[p]] == 0
		if gone && from < 0 {
			from = p
		}
		if !gone && from >= 0 {
			v.find(v.first+uint64(from), v.first+uint64(p), "records that were signed are nowhere")
			from = -1
		}
	}
}

func (v *verifier) hold(list []checkpoint, whose string) {
	good := v.first
	for _, c := range list {
		root, ok := v.roots[c.Size]
		switch {
		case c.Log != v.log:
			v.find(v.first, c.Size, "%s: a checkpoint of another log, %s", whose, c.Log)
			return
		case c.Size < v.first:
		case !ok:
			v.find(v.size, c.Size, "%s: %d records were signed, and %d are here", whose, c.Size, v.size)
			return
		case root != c.Root:
			v.find(good, c.Size, "%s: these are not the records that were signed on %s", whose, c.Time)
			return
		default:
			good = c.Size
		}
	}
}

// missing looks for what the witness has among the log's own.
func (v *verifier) missing(own, outside []checkpoint) {
	at := map[string]string{}
	for _, c := range own {
		at[fmt.Sprint(c.Size, c.Time)] = c.Root
	}
	for _, c := range outside {
		if root, ok := at[fmt.Sprint(c.Size, c.Time)]; (ok || len(c.Prints) > 0) && root != c.Root {
			v.find(c.Size, c.Size, "the log lacks the checkpoint of %d records of %s", c.Size, c.Time)
		}
	}
}

func (v *verifier) signatures(list []checkpoint, keyFile string) error {
	if keyFile == "" {
		return nil
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		key, err := smx509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return err
		}
		id := sha256.Sum256(pem.EncodeToMemory(block))
		seen := map[string]bool{}
		for _, c := range list {
			all := fmt.Sprint(string(c.message()), c.Signatures)
			if !seen[all] && !signed(&c, key, hex.EncodeToString(id[:])) {
				v.find(c.Size, c.Size, "the checkpoint of %d records of %s is not signed by key %x…", c.Size, c.Time, id[:8])
			}
			seen[all] = true
		}
	}
	return nil
}

func signed(c *checkpoint, key any, id string) bool {
	i := slices.IndexFunc(c.Signatures, func(s signature) bool { return s.Key == id })
	if i < 0 {
		return false
	}
	switch key := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(key, c.message(), c.Signatures[i].Signature)
	case *ecdsa.PublicKey:
		return sm2.VerifyASN1WithSM2(key, nil, c.message(), c.Signatures[i].Signature)
	}
	return false
}

func readCheckpoints(path string) (list []checkpoint, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, l := range bytes.SplitAfter(text, []byte("\n")) {
		if !bytes.HasSuffix(l, []byte("\n")) {
			break // still being written
		}
		var c checkpoint
		if err := json.Unmarshal(l, &c); err != nil {
			return list, fmt.Errorf("checkpoint %d: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	return list, nil
}
