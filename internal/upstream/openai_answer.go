package upstream

import (
	"encoding/json"

	"github.com/hearthbox/hearth"
)

// read takes an event, or an answer that came whole.
func (openAIFormat) read(a *answer, data []byte) error {
	var e event
	if err := json.Unmarshal(data, &e); err != nil {
		return a.upstream.protocol("an event is not readable", err)
	}
	if e.isError() {
		return a.fault(data)
	}
	if u := e.Usage; u != nil {
		a.usage = &hearth.Usage{PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens, CachedTokens: u.CacheHits}
		if u.PromptDetails != nil {
			a.usage.CachedTokens = u.PromptDetails.CachedTokens
		}
		if u.CompletionDetails != nil {
			a.usage.ReasoningTokens = u.CompletionDetails.ReasoningTokens
		}
	}
	for i := range e.Choices {
		if err := a.choice(&e.Choices[i]); err != nil {
			return err
		}
	}
	return nil
}

// isError reports whether it is an error in one of the forms that come with a good status.
func (e *event) isError() bool {
	some := func(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
	return some(e.Error) || len(e.Choices) == 0 && (some(e.Response) || e.Code != nil && e.Message != "")
}

func (a *answer) choice(c *eventChoice) error {
	d := c.Delta
	if d == nil {
		d = c.Message
	}
	if d == nil {
		d = &delta{}
	}
	p := piece{choice: c.Index, text: c.Text + string(d.Content) + d.Refusal, logProbs: logProbsOf(c.LogProbs)}
	p.reasoning = d.ReasoningContent
	if d.Reasoning != d.ReasoningContent { // some servers send both names
		p.reasoning += d.Reasoning
	}
	for _, t := range d.ToolCalls {
		p.calls = append(p.calls, callStep{index: t.Index, id: t.ID, name: t.Function.Name, arguments: string(t.Function.Arguments)})
	}
	if c.FinishReason != nil && *c.FinishReason != "" {
		p.finish = *c.FinishReason
		for _, raw := range []json.RawMessage{c.StopReason, c.MatchedStop} {
			_ = json.Unmarshal(raw, &p.stop) // a number is a token's
		}
	}
	return a.take(p)
}

// logProbsOf reads either form. What can't be read is left out: it is beside the
// answer.
func logProbsOf(raw json.RawMessage) []hearth.TokenLogProb {
	var l logProbs
	if len(raw) == 0 || json.Unmarshal(raw, &l) != nil {
		return nil
	}
	var out []hearth.TokenLogProb
	for _, t := range l.Content {
		out = append(out, t.hearth())
	}
	for i, token := range l.Tokens {
		t := hearth.TokenLogProb{Token: token, Bytes: []byte(token)}
		if i < len(l.TokenLogProbs) {
			t.LogProb = l.TokenLogProbs[i]
		}
		if i < len(l.TopLogProbs) {
			for other, p := range l.TopLogProbs[i] {
				t.Top = append(t.Top, hearth.TokenLogProb{Token: other, Bytes: []byte(other), LogProb: p})
			}
			likeliestFirst(t.Top)
		}
		out = append(out, t)
	}
	return out
}

func (l logProb) hearth() hearth.TokenLogProb {
	t := hearth.TokenLogProb{Token: l.Token, LogProb: l.LogProb}
	for _, b := range l.Bytes {
		t.Bytes = append(t.Bytes, byte(b))
	}
	for _, o := range l.Top {
		t.Top = append(t.Top, o.hearth())
	}
	return t
}
