package guard

import (
	"slices"

	"github.com/hearthbox/hearth"
)

// answer is a stream being screened: the choices of one request.
type answer struct {
	*exchange
	refusal string
	choices map[int]*choice
	wanted  int          // choices asked for
	usage   hearth.Usage // counted here, for answers that are stopped
}

// choice is one of the answers asked for. Each kind of text in it is a text of its
// own: what is cut from its end waits for the chunk that goes on with it.
type choice struct {
	text, reasoning *lane
	calls           map[int]*call
	order           []int
	logProbs        []hearth.TokenLogProb // of text that is held
	stopped, done   bool
}

// call is a tool call: its name comes whole.
type call struct {
	arguments *lane
}

// lane is one text: screened, then with its placeholders restored.
type lane struct {
	filter  *Filter
	restore *restorer
	noted   int
}

func (a *answer) lane() *lane {
	l := &lane{filter: newFilter(a.state, a.state.policy.AnswerViews, a.state.policy.Answer, nil)}
	if !a.vault.empty() {
		l.restore = &restorer{vault: a.vault}
	}
	return l
}

func (l *lane) write(piece string) string {
	if piece == "" {
		return ""
	}
	out := l.filter.Write(piece)
	if l.restore != nil {
		out = l.restore.write(out)
	}
	return out
}

func (l *lane) end() string {
	out := l.filter.End()
	if l.restore != nil {
		out = l.restore.write(out) + l.restore.end()
	}
	return out
}

func (l *lane) flush() string {
	out := l.filter.Flush()
	if l.restore != nil && out != "" {
		out = l.restore.write(out) + l.restore.end()
	}
	return out
}

func (l *lane) stopped() bool { return l.filter.Stopped != nil }

// fresh are findings that were not told yet.
func (l *lane) fresh() []Finding {
	seen := l.filter.Seen[l.noted:]
	l.noted = len(l.filter.Seen)
	return seen
}

// holds reports whether text waits in the lane.
func (l *lane) holds() bool {
	return l.filter.Held() > 0 || l.restore != nil && l.restore.held != ""
}

func (a *answer) choice(i int) *choice {
	c := a.choices[i]
	if c == nil {
		c = &choice{text: a.lane(), reasoning: a.lane(), calls: map[int]*call{}}
		a.choices[i] = c
	}
	return c
}

// take screens a chunk and yields what is left of it. It returns false when nobody
// wants more, or nothing more will come.
func (a *answer) take(in hearth.Chunk, yield func(hearth.Chunk, error) bool) bool {
	if in.Place != nil {
		return yield(in, nil)
	}
	a.usage.CompletionTokens += in.Tokens
	c := a.choice(in.Choice)
	if c.stopped {
		return a.afterStop(in, yield)
	}
	out := in
	out.Text, out.Reasoning = c.text.write(in.Text), c.reasoning.write(in.Reasoning)
	switch {
	case in.Finish != "":
		out.Reasoning += c.reasoning.end()
	case in.Text != "" && in.Reasoning == "", len(in.ToolCalls) > 0: // thinking is over, as it seems
		out.Reasoning += c.reasoning.flush()
	}
	out.ToolCalls = a.tools(c, in.ToolCalls)
	if in.Finish != "" {
		c.done = true
		out.Text += c.text.end()
		out.ToolCalls = append(out.ToolCalls, c.endCalls()...)
	}
	out.LogProbs = c.probabilities(in.LogProbs, in.Finish != "")
	a.report(c)
	if c.isStopped() {
		return a.stop(c, out, yield)
	}
	if nothing(out) && in.Tokens == 0 {
		return true
	}
	return yield(out, nil)
}

// probabilities are let through with the text they belong to: none while any is held,
// and none at all once something was edited, as they spell it out.
func (c *choice) probabilities(fresh []hearth.TokenLogProb, last bool) []hearth.TokenLogProb {
	c.logProbs = append(c.logProbs, fresh...)
	if c.text.edited() {
		c.logProbs = nil
		return nil
	}
	if c.text.holds() && !last {
		return nil
	}
	out := c.logProbs
	c.logProbs = nil
	return out
}

// edited reports whether anything of the text was, or is being, changed.
func (l *lane) edited() bool {
	return slices.ContainsFunc(l.filter.Seen, func(f Finding) bool { return f.Action != Label })
}

// tools screens steps of tool calls.
func (a *answer) tools(c *choice, steps []hearth.ToolCallDelta) []hearth.ToolCallDelta {
	var out []hearth.ToolCallDelta
	for _, d := range steps {
		k := c.calls[d.Index]
		if k == nil {
			out = append(out, c.endCalls()...) // the calls before it have no more steps
			k = &call{arguments: a.lane()}
			c.calls[d.Index] = k
			c.order = append(c.order, d.Index)
		}
		if d.Name != "" {
			name := a.lane()
			d.Name = name.write(d.Name) + name.end()
			if name.stopped() {
				c.stopped = true
			}
			a.note("answer", name.fresh(), 1)
		}
		d.Arguments = k.arguments.write(d.Arguments)
		if d.ID != "" || d.Name != "" || d.Arguments != "" {
			out = append(out, d)
		}
	}
	return out
}

// endCalls lets through what the arguments of the last call held.
func (c *choice) endCalls() []hearth.ToolCallDelta {
	if len(c.order) == 0 {
		return nil
	}
	i := c.order[len(c.order)-1]
	if rest := c.calls[i].arguments.end(); rest != "" {
		return []hearth.ToolCallDelta{{Index: i, Arguments: rest}}
	}
	return nil
}

func (c *choice) isStopped() bool {
	if c.stopped || c.text.stopped() || c.reasoning.stopped() {
		return true
	}
	return slices.ContainsFunc(c.order, func(i int) bool { return c.calls[i].arguments.stopped() })
}

// report tells what was found since.
func (a *answer) report(c *choice) {
	a.note("answer", c.text.fresh(), 1)
	a.note("answer", c.reasoning.fresh(), 1)
	for _, i := range c.order {
		a.note("answer", c.calls[i].arguments.fresh(), 1)
	}
}

// stop ends a choice: what was let through, the refusal, and the reason that every
// dialect has. When all choices have ended, the stream ends and the generator with it.
func (a *answer) stop(c *choice, out hearth.Chunk, yield func(hearth.Chunk, error) bool) bool {
	c.stopped, c.done = true, true
	out.ToolCalls, out.LogProbs = nil, nil // half a call is worth nothing
	out.Text += a.refusal
	out.Finish, out.StopString = hearth.FinishFiltered, ""
	if out.Usage == nil && a.allDone() {
		usage := a.usage
		out.Usage = &usage
	}
	return yield(out, nil) && !a.allDone()
}

// afterStop passes nothing of a stopped choice but the usage.
func (a *answer) afterStop(in hearth.Chunk, yield func(hearth.Chunk, error) bool) bool {
	if in.Usage == nil {
		return true
	}
	return yield(hearth.Chunk{Choice: in.Choice, Usage: in.Usage}, nil)
}

// allDone reports whether no choice is going on: where several were asked for, those
// that have not begun are waited for.
func (a *answer) allDone() bool {
	for _, c := range a.choices {
		if !c.done {
			return false
		}
	}
	return len(a.choices) >= a.wanted
}

func nothing(c hearth.Chunk) bool {
	return c.Text == "" && c.Reasoning == "" && len(c.ToolCalls) == 0 && len(c.LogProbs) == 0 && c.Finish == "" && c.Usage == nil && c.ServedBy == "" && c.Waited == 0 && c.Expected == 0
}
