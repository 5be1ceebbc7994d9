package audittest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring/keyringtest"
)

// World is a log with a witness.
type World struct {
	Dir      string
	Witness  string
	Files    Files
	Old      []Files // states before the witness's last checkpoint
	Signers  []cryptosuite.Signer
	Evidence audit.Evidence
}

// Signers makes one key of each algorithm that signs checkpoints.
func Signers(t testing.TB) (signers []cryptosuite.Signer, keys []cryptosuite.PublicKey) {
	for _, a := range []cryptosuite.Algorithm{cryptosuite.Ed25519, cryptosuite.SM2} {
		k, err := cryptosuite.GenerateKey(a)
		if err != nil {
			t.Fatal(err)
		}
		signers, keys = append(signers, k), append(keys, k.Public())
	}
	return signers, keys
}

// Config is that of a log in a folder, with a witness beside it.
func Config(t testing.TB, dir string, hash cryptosuite.HashFunction) audit.Config {
	signers, _ := Signers(t)
	return audit.Config{Folder: filepath.Join(dir, "audit"), Hash: hash, Signers: signers, Witnesses: []string{filepath.Join(dir, "elsewhere", "witness")},
		Every: time.Hour, Keep: audit.KeepMin, Required: true, Content: true, Keys: keyringtest.In(t, dir), Log: slog.New(slog.DiscardHandler)}
}

// Sample is the record of a request that no other is like.
func Sample(i int) hearth.Record {
	r := hearth.Record{Kind: hearth.RecordRequest, Act: "chat", Stage: hearth.StageEnded, RequestID: fmt.Sprintf("req_%d", i),
		By: hearth.Principal{KeyID: fmt.Sprintf("k%d", i%7), Name: "信贷部"}, From: "10.0.0.9", Model: "qwen3-8b", ServedBy: "qwen3-8b",
		Finish: hearth.FinishStop, Usage: hearth.Usage{PromptTokens: 100 + i, CompletionTokens: 20}, Took: time.Duration(i) * time.Millisecond,
		Verdicts: []hearth.Verdict{{By: "guard", Class: "pii.phone", Action: "mask"}}}
	if i%5 == 0 {
		r.Content = fmt.Appendf(nil, `{"n":%d,"text":"你好"}`, i)
	}
	return r
}

// MakeLog makes a log of some hundred records in several segments under several
// checkpoints, the last of which covers everything.
func MakeLog(t testing.TB, hash cryptosuite.HashFunction) *World {
	w := &World{Dir: t.TempDir()}
	c := Config(t, w.Dir, hash)
	w.Signers, w.Witness = c.Signers, c.Witnesses[0]
	for _, s := range w.Signers {
		w.Evidence.Keys = append(w.Evidence.Keys, s.Public())
	}
	const parts, each = 6, 40
	for part := range parts {
		c.SegmentBytes = 1 << 20
		if part%2 == 1 {
			c.SegmentBytes = 1 // a new one
		}
		l := audit.New(c)
		for i := range each {
			if i == 1 {
				// The segment that the first record began goes on.
				_ = l.Close()
				c.SegmentBytes = 1 << 20
				l = audit.New(c)
			}
			if err := l.Record(context.Background(), Sample(part*each+i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		files, err := Read(c.Folder)
		if err != nil {
			t.Fatal(err)
		}
		if w.Files = files; part < parts-1 {
			w.Old = append(w.Old, files)
		}
	}
	text, err := os.ReadFile(w.Witness)
	if err != nil {
		t.Fatal(err)
	}
	if w.Evidence.Checkpoints, err = audit.ReadCheckpoints(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return w
}
