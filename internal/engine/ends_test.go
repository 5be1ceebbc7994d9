package engine_test

import (
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
)

// TestStopStringIsNamed: the one that ended an answer, and none where another thing did.
func TestStopStringIsNamed(t *testing.T) {
	m := open(t, small)
	whole := mustCollect(t, m, ask("a", 20, 1)).text[0]
	stop := whole[5:7]
	for _, stops := range [][]string{{"no such words", stop}, nil} {
		c := ask("a", 20, 1)
		c.Stop = stops
		named := "none"
		for chunk, err := range m.Complete(t.Context(), c) {
			if err != nil {
				t.Fatal(err)
			}
			if chunk.Finish != "" {
				named = chunk.StopString
			}
		}
		want := stop
		if stops == nil {
			want = ""
		}
		if named != want {
			t.Errorf("stops %q: ended by %q, want %q", stops, named, want)
		}
	}
}

// TestLimitThatMayFallShort: an answer ends where the context does, if its request says
// that it may; a prompt is never cut for it.
func TestLimitThatMayFallShort(t *testing.T) {
	m := open(t, small, func(o *engine.Options) { o.ContextTokens = 600 })
	c := ask(strings.Repeat("x", 590), 1000, 1)
	c.IgnoreEnd, c.MayFallShort = true, true
	r, err := collect(m, c)
	if err != nil || r.finish[0] != hearth.FinishLength || r.usage.CompletionTokens != 10 {
		t.Errorf("%d tokens, %v (%v)", r.usage.CompletionTokens, r.finish, err)
	}
	c = ask(strings.Repeat("x", 600), 1000, 1)
	c.MayFallShort = true
	if _, err := collect(m, c); hearth.AsError(err).Code != hearth.ContextOverflow {
		t.Errorf("a prompt as long as the context: %v", err)
	}
}
