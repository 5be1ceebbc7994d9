package ledger_test

import (
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/ledger"
	"github.com/hearthbox/hearth/internal/store"
)

// BenchmarkSettling is what an answer's last piece waits for: its entry on the disk. One
// after the other each has a commit of its own; together they share them.
func BenchmarkSettling(b *testing.B) {
	for _, at := range []struct {
		name string
		once int
	}{{"one", 1}, {"hundred", 100}} {
		b.Run(at.name, func(b *testing.B) {
			s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "hearth.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			l := ledger.New(ledger.Config{Store: s})
			b.SetParallelism(at.once)
			settle := func() {
				bill, err := open(l, "k", 10)
				if err != nil {
					b.Error(err)
					return
				}
				bill.Settle("gpu", hearth.Usage{PromptTokens: 5, CompletionTokens: 5})
			}
			if at.once == 1 {
				for b.Loop() {
					settle()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					settle()
				}
			})
		})
	}
}
