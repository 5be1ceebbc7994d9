package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth/internal/audit/audittest"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// TestVerifiers lets both stand-alone verifiers look at logs that were attacked in
// every way there is: each attack is found, and a log nobody touched is whole. The one
// in Python gets fewer, for its time.
func TestVerifiers(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("without python3 its verifier is not tried")
	}
	for _, h := range []cryptosuite.HashFunction{cryptosuite.HashSHA256, cryptosuite.HashSM3} {
		w := audittest.MakeLog(t, h)
		keys := filepath.Join(t.TempDir(), "keys.pem")
		var pem []byte
		for _, k := range w.Evidence.Keys {
			text, err := k.PEM()
			if err != nil {
				t.Fatal(err)
			}
			pem = append(pem, text...)
		}
		if err := os.WriteFile(keys, pem, 0o600); err != nil {
			t.Fatal(err)
		}
		try := func(files audittest.Files, slow bool) (found []finding, python3 bool) {
			dir := folder(t, files)
			found, _, err := verify(dir, w.Witness, keys)
			if err != nil {
				t.Fatal(err)
			}
			if python == "" || !slow {
				return found, len(found) > 0
			}
			out, err := exec.Command(python, "verify_audit.py", w.Witness, keys, dir).CombinedOutput()
			if err != nil && !isExit(err, 1) {
				t.Fatalf("%v\n%s", err, out)
			}
			return found, isExit(err, 1)
		}
		if found, python3 := try(w.Files, true); len(found) > 0 || python3 {
			t.Fatalf("an untouched log: %v, %v", found, python3)
		}
		a, err := audittest.New(rand.New(rand.NewPCG(7, 7)), w.Files, w.Signers, w.Old)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			x, err := a.Attack()
			if err != nil {
				t.Fatal(err)
			}
			found, python3 := try(x.Files, i < 6)
			if len(found) == 0 || !python3 {
				t.Errorf("attack %d, %s at %d to %d: found %v by Go, %v by Python", i, x.Name, x.From, x.To, found, python3)
			}
			if !located(found, x) {
				t.Errorf("attack %d, %s at %d to %d: found elsewhere: %v", i, x.Name, x.From, x.To, found)
			}
		}
	}
}

func located(found []finding, x audittest.Attack) bool {
	for _, f := range found {
		if f.from+1 >= x.From && f.to <= x.To+1 {
			return true
		}
	}
	return false
}

func folder(t *testing.T, files audittest.Files) string {
	dir, err := os.MkdirTemp("", "attacked")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := files.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func isExit(err error, code int) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && exit.ExitCode() == code
}
