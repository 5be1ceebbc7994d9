package trust

import (
	"strings"
	"unicode"
)

// An advertisement may be a clause at the end of a sentence whose beginning is part of
// the honest answer. A second classifier looks at every place where such a clause can
// begin and says whether what stands before it may stay.

// keepFrom is the logit from which the beginning of a sentence stays.
const keepFrom = 0.0

// joints are the places in a sentence, in bytes of the answer, where a clause begins at
// its end: at a comma, a dash or a semicolon with something on both sides.
func (d *document) joints(i int) []int {
	s := &d.sentences[i]
	var out []int
	for k, w := range s.words {
		if w.shape == mark && strings.ContainsAny(w.text, ",，;；—–") && k >= 3 && k+2 < len(s.words) {
			out = append(out, w.at.start)
		}
	}
	return out
}

// parted are the features of sentence i cut at a joint: how it begins, how it goes on,
// and how the beginning stands to the rest of the answer.
func (d *document) parted(i, joint int) []feature {
	s := &d.sentences[i]
	before, after := *s, *s
	for k, w := range s.words {
		if w.at.start >= joint {
			before.words, after.words = s.words[:k:k], s.words[k:]
			break
		}
	}
	part := *d
	part.sentences = append(append(append([]sentence{}, d.sentences[:i]...), before), d.sentences[i+1:]...)
	head := &part.sentences[i]
	head.end = joint
	head.content, head.names = content(head.words), names(head.words)
	b := &builder{room: rooms[d.language()].clauses, seed: mix(2166136261, "before")}
	b.grams(part.mask(head), d.chinese)
	middle := len(b.out)
	b.seed = mix(2166136261, "after")
	b.grams(d.mask(&after), d.chinese)
	for k := range b.out {
		n := middle
		if k >= middle {
			n = len(b.out) - middle
		}
		b.out[k].value = evenly(n)
	}
	b.seed = mix(2166136261, "parted")
	part.context(b, i, part.mask(head))
	return b.out
}

// narrow is what of sentence i is to be cut: its end from the last joint before which all
// may stay, or all of it. What ends the sentence stays with its beginning.
func (m *Model) narrow(d *document, i int) stretch {
	s := d.sentences[i].stretch
	joints := d.joints(i)
	for k := len(joints) - 1; k >= 0; k-- {
		if m.sum(d.parted(i, joints[k]))+float64(m.Card.Heads[d.language()].Parting) < keepFrom {
			continue
		}
		end := s.start + len(strings.TrimRightFunc(s.of(d.answer), func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune(".!?。！？；", r)
		}))
		return stretch{joints[k], max(end, joints[k])}
	}
	return s
}

// partings are the lessons of the second classifier: of the sentences that advertise, at
// every joint, whether the twin has what stands before it.
func (c *course) partings(of func(example int) bool) []lesson {
	var out []lesson
	for i, e := range c.examples {
		if !of(i) || e.Twin == "" {
			continue
		}
		d, twin := c.documents[i], squeezed(e.Twin)
		for k := range d.sentences {
			if !c.labels[i][k] {
				continue
			}
			for _, joint := range d.joints(k) {
				l := lesson{features: d.parted(k, joint)}
				if strings.Contains(twin, squeezed(d.answer[d.sentences[k].start:joint])) {
					l.target = 1
				}
				out = append(out, l)
			}
		}
	}
	return out
}

// squeezed is a text without blanks.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }
