package audit_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/audit/audittest"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

var (
	attacks = flag.Int("attacks", 300, "how many attacks to try")
	seed    = flag.Uint64("seed", 1, "of the attacks")
)

// TestAttacks is the law that this package exists for: whatever somebody with all
// rights over the files and with the keys does to the log, one witness elsewhere is
// enough to find it, and to say where.
func TestAttacks(t *testing.T) {
	for _, hash := range []cryptosuite.HashFunction{cryptosuite.HashSHA256, cryptosuite.HashSM3} {
		t.Run(string(hash), func(t *testing.T) {
			w := audittest.MakeLog(t, hash)
			r, err := audit.Verify(mapFS(w.Files), w.Evidence)
			if err != nil || !r.Whole() {
				t.Fatalf("an untouched log: %+v %v", r, err)
			}
			a, err := audittest.New(rand.New(rand.NewPCG(*seed, 0)), w.Files, w.Signers, w.Old)
			if err != nil {
				t.Fatal(err)
			}
			for i := range *attacks / 2 {
				x, err := a.Attack()
				if err != nil {
					t.Fatal(err)
				}
				report, err := audit.Verify(mapFS(x.Files), w.Evidence)
				if err != nil {
					t.Fatalf("attack %d, %s: %v", i, x.Name, err)
				}
				if same(x.Files, w.Files) {
					continue
				}
				if report.Whole() {
					t.Fatalf("attack %d, %s at %d to %d: not found", i, x.Name, x.From, x.To)
				}
				if !located(report, x) {
					t.Fatalf("attack %d, %s at %d to %d: found elsewhere: %+v", i, x.Name, x.From, x.To, report.Findings)
				}
			}
		})
	}
}

// located reports whether some finding is about nothing but the records that were
// struck, and their neighbours.
func located(r *audit.Report, x audittest.Attack) bool {
	for _, f := range r.Findings {
		if f.From+1 >= x.From && f.To <= x.To+1 {
			return true
		}
	}
	return false
}

func mapFS(files audittest.Files) fstest.MapFS {
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: data}
	}
	return m
}

func same(a, b audittest.Files) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			return false
		}
	}
	return true
}

// TestOneCheckpoint has a single checkpoint without fingerprints, as printed on paper:
// everything is still found, if not as exactly.
func TestOneCheckpoint(t *testing.T) {
	w := audittest.MakeLog(t, cryptosuite.HashSHA256)
	last := w.Evidence.Checkpoints[len(w.Evidence.Checkpoints)-1]
	last.Prints = nil
	if err := audittest.Sign(&last, w.Signers); err != nil {
		t.Fatal(err)
	}
	e := audit.Evidence{Checkpoints: []audit.Checkpoint{last}, Keys: w.Evidence.Keys}
	if r, err := audit.Verify(mapFS(w.Files), e); err != nil || !r.Whole() {
		t.Fatalf("an untouched log: %+v %v", r, err)
	}
	a, err := audittest.New(rand.New(rand.NewPCG(*seed, 1)), w.Files, w.Signers, w.Old)
	if err != nil {
		t.Fatal(err)
	}
	for i := range *attacks / 3 {
		x, err := a.Attack()
		if err != nil {
			t.Fatal(err)
		}
		r, err := audit.Verify(mapFS(x.Files), e)
		if err != nil || r.Whole() && !same(x.Files, w.Files) {
			t.Fatalf("attack %d, %s at %d to %d: not found (%v)", i, x.Name, x.From, x.To, err)
		}
	}
}

// TestKeySwap signs a false log's checkpoints with a key that is not the appliance's.
func TestKeySwap(t *testing.T) {
	w := audittest.MakeLog(t, cryptosuite.HashSHA256)
	for _, algorithm := range []cryptosuite.Algorithm{cryptosuite.Ed25519, cryptosuite.SM2} {
		k, err := cryptosuite.GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		c := w.Evidence.Checkpoints[0]
		if err := audittest.Sign(&c, []cryptosuite.Signer{k}); err != nil {
			t.Fatal(err)
		}
		e := audit.Evidence{Checkpoints: []audit.Checkpoint{c}, Keys: w.Evidence.Keys}
		if r, err := audit.Verify(mapFS(w.Files), e); err != nil || r.Whole() {
			t.Errorf("%s: a foreign signature was believed (%v)", algorithm, err)
		}
	}
}
