package traffic_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
)

// pair is two backends of which a breaks off after so many pieces.
type pair struct {
	after     int
	thinks    bool // before it writes
	continues bool
	asked     []*hearth.Request
}

func (p *pair) Backends(context.Context, *hearth.Request) (traffic.Ways, error) {
	return traffic.Ways{Model: "m", Backends: []traffic.Backend{{Source: "a", Slots: 1}, {Source: "b", Slots: 1, Rank: 1, Continues: p.continues}}}, nil
}

// whole is the answer, a word a piece.
var whole = []string{"one ", "two ", "three ", "four"}

func (p *pair) Generate(_ context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		p.asked = append(p.asked, r)
		last := r.Messages[len(r.Messages)-1]
		var chunks []hearth.Chunk
		switch last.Role {
		case hearth.RoleAssistant: // as parsers of thinking do it
			for _, w := range whole[strings.Count(last.Text, " "):] {
				chunks = append(chunks, hearth.Chunk{Reasoning: w, Tokens: 1})
			}
		default:
			if p.thinks {
				chunks = append(chunks, hearth.Chunk{Reasoning: "hm", Tokens: 1}, hearth.Chunk{Reasoning: "mm", Tokens: 1})
			}
			for _, w := range whole {
				chunks = append(chunks, hearth.Chunk{Text: w, Tokens: 1})
			}
		}
		chunks[0].ServedBy = r.Source
		end := &chunks[len(chunks)-1]
		end.Finish, end.Usage = hearth.FinishStop, &hearth.Usage{PromptTokens: 10 + strings.Count(last.Text, " "), CompletionTokens: len(chunks)}
		for i, c := range chunks {
			if r.Source == "a" && i == p.after {
				yield(hearth.Chunk{}, hearth.NewError(hearth.UpstreamProtocol, "detail", "it died"))
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// payer notes what it is to pay.
type payer struct {
	by   string
	took []hearth.Usage
}

func (p *payer) Open(context.Context, *hearth.Request, string, hearth.Usage) (hearth.Bill, error) {
	return p, nil
}
func (p *payer) Settle(by string, u hearth.Usage) { p.by, p.took = by, append(p.took, u) }
func (p *payer) Move(string, hearth.Usage) error  { return nil }
func (p *payer) Close()                           {}

// TestDeathOfABackend: an answer that one backend began is finished by the other, and the
// caller has it once, in order, with a usage that is of all of it, and is what he pays for.
func TestDeathOfABackend(t *testing.T) {
	for after := range 7 {
		for _, thinks := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p, pays := &pair{after: after, thinks: thinks, continues: true}, &payer{}
				l := traffic.Limits{TenantRequests: 4, TenantBytes: 1 << 20, TenantCost: 1e6, Requests: 100, Bytes: 1 << 30, WaitMax: [4]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}}
				g := traffic.New(traffic.Config{Route: p, Account: pays, Limits: l, Keep: time.Hour, Update: time.Hour})
				trail := &hearth.Trail{}
				r := &hearth.Request{Model: "m", Trail: trail, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "count"}}, Decoding: hearth.Decoding{MaxTokens: 50}}
				var got hearth.Chunk
				for c, err := range g.Generate(t.Context(), r) {
					if err != nil {
						t.Fatalf("after %d, thinks %t: %v", after, thinks, err)
					}
					if c.Place != nil {
						t.Errorf("a place in the middle of an answer: %+v", c)
					}
					got.Text += c.Text
					got.Reasoning += c.Reasoning
					if c.ServedBy != "" {
						got.ServedBy = c.ServedBy
					}
					if c.Usage != nil {
						got.Usage, got.Finish = c.Usage, c.Finish
					}
				}
				if got.Text != strings.Join(whole, "") || got.Finish != hearth.FinishStop || got.Usage == nil {
					t.Fatalf("after %d, thinks %t: %+v", after, thinks, got)
				}
				if len(pays.took) != 1 || pays.took[0] != *got.Usage || pays.by != got.ServedBy {
					t.Errorf("after %d, thinks %t: paid %+v by %s, and was told %+v by %s", after, thinks, pays.took, pays.by, *got.Usage, got.ServedBy)
				}
				thoughts := 0
				if thinks {
					thoughts = 2
				}
				begun := min(after, thoughts+len(whole))
				if after < thoughts+len(whole) && len(p.asked) != 2 {
					t.Errorf("after %d: asked %d times", after, len(p.asked))
				}
				if wrote := begun - thoughts; wrote > 0 && after < thoughts+len(whole) {
					if got.ServedBy != "a, b" || got.Usage.PromptTokens != 10-thoughts || got.Usage.CompletionTokens != thoughts+len(whole) {
						t.Errorf("after %d, thinks %t: %+v, usage %+v", after, thinks, got, *got.Usage)
					}
					if p.asked[1].MaxTokens != 50-begun {
						t.Errorf("the rest may be %d tokens", p.asked[1].MaxTokens)
					}
				}
				_, verdicts := trail.Found()
				if died := begun > 0 && after < thoughts+len(whole); died != (len(verdicts) == 1) {
					t.Errorf("after %d: recorded %+v", after, verdicts)
				}
				if thinks && !strings.HasPrefix("hmmm", got.Reasoning) {
					t.Errorf("thought %q", got.Reasoning)
				}
				if len(r.Messages) != 1 {
					t.Error("the caller's request was changed")
				}
			})
		}
	}
}

// TestNoOtherCanGoOn: then the answer ends with what broke it off.
func TestNoOtherCanGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pair{after: 2}
		l := traffic.Limits{TenantRequests: 4, TenantBytes: 1 << 20, TenantCost: 1e6, Requests: 100, Bytes: 1 << 30, WaitMax: [4]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}}
		g := traffic.New(traffic.Config{Route: p, Limits: l, Keep: time.Hour, Update: time.Hour})
		got := listen(t.Context(), g, &hearth.Request{Model: "m", Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "count"}}})
		if got.text != "one two " || !errors.Is(got.err, hearth.NewError(hearth.UpstreamProtocol)) || len(p.asked) != 1 {
			t.Errorf("%+v, asked %d times", got, len(p.asked))
		}
	})
}
