package prompt

import "github.com/hearthbox/hearth"

// tally follows the tokens of one answer through its parser, to tell which of
// them became text that a client sees.
type tally struct {
	fed     int // bytes of text
	told    int // bytes of the tokens whose log-probabilities came
	waiting []token
}

type token struct {
	hearth.TokenLogProb
	stretch
	answer bool // some of it is
}

// add notes the tokens whose text the chunk completes. They end with the chunk:
// where characters were mended, their bytes do not add up to its text.
func (t *tally) add(c *hearth.Chunk) {
	t.fed += len(c.Text)
	for i, l := range c.LogProbs {
		s := stretch{t.told, min(t.told+len(l.Bytes), t.fed)}
		if i == len(c.LogProbs)-1 {
			s.to = t.fed
		}
		t.told = s.to
		t.waiting = append(t.waiting, token{TokenLogProb: l, stretch: s})
	}
}

// release gives the tokens that are understood by now and of which something
// became answer. Those of thinking, tool calls and markers are dropped.
func (t *tally) release(understood int, said []stretch) []hearth.TokenLogProb {
	for i := range t.waiting {
		w := &t.waiting[i]
		w.answer = w.answer || overlaps(w.stretch, said)
	}
	var out []hearth.TokenLogProb
	for len(t.waiting) > 0 && t.waiting[0].to <= understood {
		if t.waiting[0].answer {
			out = append(out, t.waiting[0].TokenLogProb)
		}
		t.waiting = t.waiting[1:]
	}
	return out
}

func overlaps(s stretch, said []stretch) bool {
	for _, o := range said {
		if s.from < o.to && o.from < s.to {
			return true
		}
	}
	return false
}
