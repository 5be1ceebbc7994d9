package starter

import (
	"context"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/docs"
)

// What decides whether a question is about the manual.
const (
	answerMax = 320 // tokens, where the request sets no limit: the longest passage has fewer
	askedMax  = 200 // characters; what is longer brings its own text
	relevant  = 7.0 // score of the best passage: of held-out questions 98 % are above, of small talk few
)

// Chat talks through the starter model. Questions about the manual it answers from the
// manual, and names the place; all other requests reach the model as they are. It is a
// hearth.Generator.
type Chat struct {
	model hearth.Generator
	guide *Guide
}

// NewChat wraps the model, which must be the starter model.
func NewChat(model hearth.Generator) (*Chat, error) {
	g, err := New(docs.Manual)
	return &Chat{model, g}, err
}

// Generate answers. Unless the request says otherwise the likeliest tokens are taken, for
// chance helps no model that quotes, and an answer has an end, for a model this small may
// not find it.
func (c *Chat) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	asked := *r
	if asked.Sampling.Temperature == nil {
		asked.Sampling.Temperature = new(float64)
	}
	if asked.MaxTokens == 0 {
		asked.MaxTokens = answerMax
	}
	found := c.about(r)
	if found == nil {
		return c.model.Generate(ctx, &asked)
	}
	question := r.Messages[len(r.Messages)-1].Text
	systemText, userText := write(question, []Passage{*found})
	asked.Messages = []hearth.Message{{Role: hearth.RoleSystem, Text: systemText}, {Role: hearth.RoleUser, Text: userText}}
	return func(yield func(hearth.Chunk, error) bool) {
		answers := map[int]*answer{}
		for chunk, err := range c.model.Generate(ctx, &asked) {
			if err != nil {
				yield(chunk, err)
				return
			}
			a := answers[chunk.Choice]
			if a == nil {
				a = &answer{passage: found}
				answers[chunk.Choice] = a
			}
			chunk.Text = a.next(chunk.Text, chunk.Finish)
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

// about returns the passage that a request asks about; nil if it is about something
// else, or brings instructions, tools or a text of its own. Retrieval is better at
// choosing the passage than so small a model (models/README.md has the figures).
func (c *Chat) about(r *hearth.Request) *Passage {
	n := len(r.Messages)
	if n == 0 || r.Prompt != nil || len(r.Tools) > 0 || r.Ending != hearth.ForAnswer || r.LogProbs {
		return nil
	}
	last := r.Messages[n-1]
	if last.Role != hearth.RoleUser || utf8.RuneCountInString(last.Text) > askedMax || !strings.ContainsFunc(last.Text, unicode.IsLetter) {
		return nil
	}
	for _, m := range r.Messages {
		if m.Role == hearth.RoleSystem || m.Role == hearth.RoleTool {
			return nil
		}
	}
	found, score := c.guide.search(last.Text, 1)
	if score < relevant {
		return nil
	}
	return &found[0]
}
