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
	answerMax = 320  // tokens, where the request sets no limit: the longest passage has fewer
	askedMax  = 200  // characters; what is longer brings its own text
	certain   = 12.0 // score of the best passage that is enough: long questions have words that stand nowhere
	relevant  = 2.5  // of a lower one, score times covered: few of held-out questions are below, little small talk above
)

// Chat talks through the starter model. Questions about the manual it answers from the
// manual, and names the place; questions about a text that the reader brings, with a
// sentence of that text; forms it fills with what stands in the text. Short talk about
// anything else is answered by saying what the model is for. All other requests, such as
// tools, reach the model as they are.
// It is a hearth.Generator.
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
	if f := asksForm(r); f != nil {
		asked.Messages, asked.Constraint = f.messages(r.Messages), f.constraint()
		return rewrite(c.model.Generate(ctx, &asked), func() writer { return &unspaced{} })
	}
	question, open := bare(r)
	if !open {
		return c.model.Generate(ctx, &asked)
	}
	if text := read(question); text != nil {
		asked.Messages = text.prompt()
		return rewrite(c.model.Generate(ctx, &asked), func() writer { own := *text; return &own })
	}
	if !isQuestion(question) {
		return c.model.Generate(ctx, &asked)
	}
	if found := c.about(question); found != nil {
		systemText, userText := write(question, []Passage{*found})
		asked.Messages = []hearth.Message{{Role: hearth.RoleSystem, Text: systemText}, {Role: hearth.RoleUser, Text: userText}}
		return rewrite(c.model.Generate(ctx, &asked), func() writer { return &answer{passage: found} })
	}
	return say(knowsLittle(language(question)), r.ChoiceCount())
}

// writer turns what the model wrote into what is shown.
type writer interface {
	next(text string, finish hearth.FinishReason) string
}

// rewrite is a stream with every choice's text written anew.
func rewrite(stream iter.Seq2[hearth.Chunk, error], fresh func() writer) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		writers := map[int]writer{}
		for chunk, err := range stream {
			if err != nil {
				yield(chunk, err)
				return
			}
			if writers[chunk.Choice] == nil {
				writers[chunk.Choice] = fresh()
			}
			chunk.Text = writers[chunk.Choice].next(chunk.Text, chunk.Finish)
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

// say is an answer that no model was asked for.
func say(text string, choices int) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		for i := range choices {
			c := hearth.Chunk{Choice: i, Text: text, Finish: hearth.FinishStop}
			if i == 0 {
				c.ServedBy = "starter"
			}
			if i == choices-1 {
				c.Usage = &hearth.Usage{}
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// bare is the question of a request that brings no instructions, tools and formats of its own,
// or only those that ask for a sentence of a text.
func bare(r *hearth.Request) (question string, ok bool) {
	if !talks(r) || r.Constraint != nil {
		return "", false
	}
	last := r.Messages[len(r.Messages)-1]
	for _, m := range r.Messages {
		if m.Role == hearth.RoleTool || m.Role == hearth.RoleSystem && m.Text != extractSystem(language(last.Text)) {
			return "", false
		}
	}
	return last.Text, true
}

// talks reports whether a request ends with what a user said, and wants an answer to it
// in words alone.
func talks(r *hearth.Request) bool {
	n := len(r.Messages)
	return n > 0 && r.Messages[n-1].Role == hearth.RoleUser && r.Prompt == nil && len(r.Tools) == 0 && r.Ending == hearth.ForAnswer && !r.LogProbs
}

// isQuestion reports whether a message is a question, and not a text.
func isQuestion(message string) bool { return utf8.RuneCountInString(message) <= askedMax }

// about returns the passage that a question is about; nil if it is about something else.
// Retrieval is better at choosing the passage than so small a model (models/README.md has
// the figures).
func (c *Chat) about(question string) *Passage {
	found, score := c.guide.search(question, 1)
	if len(found) == 0 || score < certain && score*c.guide.covered(found[0], question) < relevant || !strings.ContainsFunc(question, unicode.IsLetter) {
		return nil
	}
	return &found[0]
}
