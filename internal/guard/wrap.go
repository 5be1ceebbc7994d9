package guard

import (
	"context"
	"iter"
	"log/slog"
	"slices"

	"github.com/hearthbox/hearth"
)

// Elsewhere says whether a model runs outside this machine and network, so that what
// is sent to it leaves the house.
type Elsewhere func(ctx context.Context, model string) bool

// Wrap screens what goes to a generator and what comes back. A request that is
// stopped never reaches it. log is told classes and counts, never texts (G5).
func (g *Guard) Wrap(next hearth.Generator, elsewhere Elsewhere, log *slog.Logger) hearth.Generator {
	return hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		s := g.state.Load()
		kinds := s.policy.Here
		if elsewhere(ctx, r.Model) {
			kinds = s.policy.Cloud
		}
		x := &exchange{guard: g, state: s, vault: NewVault(), log: log, by: r.By, trail: r.Trail}
		screened, err := x.request(r, kinds)
		if err != nil {
			return hearth.Fail(err)
		}
		return x.answer(next.Generate(ctx, screened), refusalFor(r), r.ChoiceCount())
	})
}

// exchange is one request and its answer.
type exchange struct {
	guard *Guard
	state *state
	vault *Vault
	log   *slog.Logger
	by    hearth.Principal
	trail *hearth.Trail
}

// request screens everything that a model will read, in a copy.
func (x *exchange) request(r *hearth.Request, kinds map[Kind]Action) (*hearth.Request, error) {
	tools := x.state.policy.Marks || x.state.policy.Injection != "" && x.state.policy.Injection != Allow
	if x.state.library == nil && !acts(kinds) && !tools {
		return r, nil
	}
	out := *r
	texts := []*string{}
	if r.Prompt != nil {
		prompt := *r.Prompt
		out.Prompt = &prompt
		texts = append(texts, out.Prompt)
	}
	out.Messages = slices.Clone(r.Messages)
	for i := range out.Messages {
		m := &out.Messages[i]
		m.ToolCalls = slices.Clone(m.ToolCalls)
		if m.Role == hearth.RoleTool {
			text, refused := x.untrusted(m.Text)
			if refused {
				return nil, hearth.NewError(hearth.ContentRefused, "class", injectionClass)
			}
			if m.Text = text; x.state.policy.Marks && text != "" {
				m.Text = marked(text)
			}
		}
		texts = append(texts, &m.Text, &m.Reasoning, &m.Name)
		for j := range m.ToolCalls {
			texts = append(texts, &m.ToolCalls[j].Name, &m.ToolCalls[j].Arguments)
		}
	}
	out.Tools = slices.Clone(r.Tools)
	for i := range out.Tools {
		texts = append(texts, &out.Tools[i].Description)
	}
	var alone []*string // each a text of its own, whose vector does not depend on its company
	if r.Embed != nil {
		embed := *r.Embed
		embed.Texts = slices.Clone(embed.Texts)
		out.Embed, alone = &embed, pointers(embed.Texts)
	}
	if r.Rerank != nil {
		rerank := *r.Rerank
		rerank.Texts = slices.Clone(rerank.Texts)
		out.Rerank = &rerank
		texts = append(append(texts, &rerank.Query), pointers(rerank.Texts)...)
	}
	for i, text := range append(texts, alone...) {
		if *text == "" {
			continue
		}
		vault := x.vault
		if i >= len(texts) {
			vault = NewVault()
		}
		edited, seen, stopped := x.state.request(*text, kinds, vault)
		x.note("request", seen, 0)
		if stopped != nil {
			return nil, hearth.NewError(hearth.ContentRefused, "class", stopped.Class)
		}
		*text = edited
	}
	return &out, nil
}

func pointers(texts []string) []*string {
	list := make([]*string, len(texts))
	for i := range texts {
		list[i] = &texts[i]
	}
	return list
}

// note counts findings and tells the log their classes.
func (x *exchange) note(side string, seen []Finding, i int) {
	if len(seen) == 0 {
		return
	}
	x.guard.counted[i].Add(uint64(len(seen)))
	classes := map[string]int{}
	for _, f := range seen {
		classes[f.Class+"/"+f.View+"/"+string(f.Action)]++
		x.trail.AddVerdict(hearth.Verdict{By: "guard", Class: f.Class, Action: string(f.Action)})
	}
	x.log.Info("screened", "side", side, "key", x.by.KeyID, "found", classes)
}

// answer screens a stream.
func (x *exchange) answer(chunks iter.Seq2[hearth.Chunk, error], refusal string, wanted int) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		a := &answer{exchange: x, refusal: refusal, wanted: wanted, choices: map[int]*choice{}}
		for c, err := range chunks {
			if err != nil {
				yield(hearth.Chunk{}, err)
				return
			}
			if !a.take(c, yield) {
				return
			}
		}
	}
}
