package prompt

import (
	"errors"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// unfinished renders a conversation and cuts it off within the last message, the
// assistant's, so that the model goes on with it. Templates have no word for
// that: as transformers does, the message's text is looked for in the prompt.
// A message that says nothing yet is the model's turn, opened.
func (f format) unfinished(c *conversation) (jinja.Text, error) {
	last := len(c.messages) - 1
	if last < 0 || c.messages[last].Role != hearth.RoleAssistant || len(c.messages[last].ToolCalls) > 0 {
		return jinja.Text{}, errors.New("only a text of the assistant can be continued")
	}
	said := c.lastText()
	if strings.TrimFunc(said, jinja.IsSpace) == "" {
		opened := *c
		opened.messages = c.messages[:last]
		return f.complete(&opened)
	}
	closed := *c
	closed.closed = true
	text, err := f.complete(&closed)
	if err != nil {
		return jinja.Text{}, err
	}
	for _, part := range []string{said, afterThinking(said)} {
		if end := endOf(text, part); end > 0 {
			return text.Slice(0, end), nil
		}
	}
	return jinja.Text{}, errors.New("the template leaves out the text that is to be continued")
}

// endOf is where the last mention of what was said ends in a prompt, which may
// have lost the white space around it; 0 if it is not there. Words of the
// template's own that read the same do not count.
func endOf(t jinja.Text, said string) int {
	core := strings.TrimFunc(said, jinja.IsSpace)
	tail := said[strings.Index(said, core)+len(core):]
	s := t.String()
	for to := len(s); core != ""; {
		from := strings.LastIndex(s[:to], core)
		if from < 0 {
			return 0
		}
		end := from + len(core)
		if t.IsForeign(from, from+1) && t.IsForeign(end-1, end) {
			if strings.HasPrefix(s[end:], tail) && t.IsForeign(end-1, end+len(tail)) {
				end += len(tail)
			}
			return end
		}
		to = end - 1
	}
	return 0
}

// beginning is where the parser of an answer begins.
type beginning struct {
	state    state
	thinking bool // the model has begun to think
	fresh    bool // it has begun nothing, and may think first
}

// begin tells by what the prompt ends with whether the model is thinking already.
func begin(t jinja.Text, c *conversation, end hearth.Ending) beginning {
	s := strings.TrimRight(t.String(), " \n")
	switch said := c.lastText(); {
	case strings.HasSuffix(s, beginThink) && !t.IsForeign(len(s)-1, len(s)):
		return beginning{state: startThinking, thinking: true}
	case end == hearth.InsideLast && strings.LastIndex(said, beginThink) > strings.LastIndex(said, endThink):
		return beginning{state: thinking, thinking: true}
	case end == hearth.InsideLast && said != "":
		return beginning{state: answer}
	case strings.HasSuffix(s, endThink):
		return beginning{state: startAnswer}
	}
	return beginning{state: start, fresh: true}
}

func (c *conversation) lastText() string {
	if len(c.messages) == 0 {
		return ""
	}
	return c.messages[len(c.messages)-1].Text
}
