package traffic

import (
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// sofar is what has come of an answer, for another backend to go on with if the one that
// makes it dies.
//
// An answer that has only been thought about is asked for anew, and what is thought then
// is not shown: the caller has the beginning of the first thoughts, and an answer that is
// whole. One of which some text is there goes on from its end. With calls of tools it ends,
// as with a form: the beginning of either is no text to go on from.
type sofar struct {
	begun     bool // something has come
	resumed   bool // and broke off
	text      strings.Builder
	reasoning strings.Builder
	tokens    int // of both
	before    int // of those, when it broke off last
	thoughts  int // of those, for thinking
	calls     bool
	served    string
	why       error // that it broke off last
}

// continuable reports whether an answer to r can be gone on with.
func (s *sofar) continuable(r *hearth.Request) bool {
	return s.begun && !s.calls && r.Embed == nil && r.Rerank == nil && r.ChoiceCount() == 1 && r.Constraint == nil && r.Ending != hearth.AfterLast
}

func (s *sofar) broke(err error) { s.resumed, s.before, s.why = true, s.tokens, err }

// unseen reports whether thoughts are not shown, because others were.
func (s *sofar) unseen() bool { return s.resumed && s.text.Len() == 0 }

// rest asks for what is missing.
func (s *sofar) rest(r *hearth.Request) *hearth.Request {
	asked := *r
	if !s.resumed || s.text.Len() == 0 {
		return &asked
	}
	if asked.MaxTokens > 0 {
		asked.MaxTokens = max(1, asked.MaxTokens-s.tokens)
	}
	text := s.text.String()
	if r.Prompt != nil {
		text = *r.Prompt + text
		asked.Prompt = &text
		return &asked
	}
	asked.Messages = slices.Clone(r.Messages)
	if n := len(asked.Messages); r.Ending == hearth.InsideLast && n > 0 {
		asked.Messages[n-1].Text += text
		return &asked
	}
	asked.Ending = hearth.InsideLast
	asked.Messages = append(asked.Messages, hearth.Message{Role: hearth.RoleAssistant, Text: text, Reasoning: s.reasoning.String()})
	return &asked
}

// hear takes note of a chunk and makes it one of the whole answer.
func (s *sofar) hear(c hearth.Chunk) hearth.Chunk {
	if s.resumed && s.text.Len() > 0 && c.Reasoning != "" {
		// Parsers of thinking take everything for it until its end comes, which came
		// before: this is text.
		c.Text, c.Reasoning = c.Reasoning+c.Text, ""
	}
	if c.Usage != nil && s.resumed {
		c.Usage = s.sum(*c.Usage)
	}
	n := c.Tokens
	if n == 0 && (c.Text != "" || c.Reasoning != "") {
		n = 1
	}
	if !s.unseen() || c.Text != "" {
		s.tokens += n
	}
	if s.unseen() {
		c.Reasoning = ""
	}
	if c.Reasoning != "" {
		s.thoughts += n
	}
	if c.ServedBy != "" {
		if s.served != "" && s.served != c.ServedBy {
			c.ServedBy = s.served + ", " + c.ServedBy
		}
		s.served = c.ServedBy
	}
	s.text.WriteString(c.Text)
	s.reasoning.WriteString(c.Reasoning)
	s.calls = s.calls || c.ToolCalls != nil
	return c
}

// sum adds what the backends before have written to what the last one says it took. It
// read what they wrote, and that was not asked for.
func (s *sofar) sum(u hearth.Usage) *hearth.Usage {
	if s.text.Len() > 0 && s.before > 0 {
		u.PromptTokens = max(0, u.PromptTokens-s.before)
		u.CachedTokens = min(u.CachedTokens, u.PromptTokens)
	}
	u.CompletionTokens += s.before
	u.ReasoningTokens += s.thoughts
	return &u
}

// trouble is the error to tell: of a backend that could not go on, why it was to.
func (s *sofar) trouble(err error) error {
	if err != nil && s.why != nil && hearth.AsError(err).Kind() == hearth.KindInvalid {
		return s.why
	}
	return err
}
