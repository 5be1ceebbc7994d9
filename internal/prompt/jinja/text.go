package jinja

import (
	"slices"
	"sort"
	"strings"
)

// Text is a string that remembers which of its bytes are foreign: not the
// template's own words but somebody's. The zero value is empty.
type Text struct {
	s       string
	foreign []mark // in order, apart from each other
	safe    bool   // went through the filter safe, see plus
}

// mark is a stretch of bytes, to excluded.
type mark struct{ from, to int }

// Own is text of the template itself.
func Own(s string) Text { return Text{s: s} }

// Foreign is text that came from outside.
func Foreign(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{s: s, foreign: []mark{{0, len(s)}}}
}

// String is the text without its memory.
func (t Text) String() string { return t.s }

// IsForeign reports whether any byte from from up to to is foreign.
func (t Text) IsForeign(from, to int) bool {
	i := t.markAfter(from)
	return i < len(t.foreign) && t.foreign[i].from < to
}

// markAfter is the first mark that ends after the byte.
func (t Text) markAfter(at int) int {
	return sort.Search(len(t.foreign), func(i int) bool { return t.foreign[i].to > at })
}

// Slice is the bytes from from up to to.
func (t Text) Slice(from, to int) Text {
	part := Text{s: t.s[from:to]}
	if from == to {
		return part
	}
	for i := t.markAfter(from); i < len(t.foreign) && t.foreign[i].from < to; i++ {
		m := t.foreign[i]
		part.foreign = append(part.foreign, mark{max(m.from, from) - from, min(m.to, to) - from})
	}
	return part
}

// size is what the text weighs against the memory limit.
func (t Text) size() int { return len(t.s) + 16*len(t.foreign) }

// Builder puts a text together. The zero value is ready.
type Builder struct {
	s       strings.Builder
	foreign []mark
}

// Own appends the template's own words.
func (b *Builder) Own(words ...string) {
	for _, w := range words {
		b.s.WriteString(w)
	}
}

// Foreign appends somebody's words.
func (b *Builder) Foreign(s string) { b.Add(Foreign(s)) }

// Add appends a text.
func (b *Builder) Add(t Text) {
	n := b.s.Len()
	for _, m := range t.foreign {
		m = mark{m.from + n, m.to + n}
		if last := len(b.foreign) - 1; last >= 0 && b.foreign[last].to == m.from {
			b.foreign[last].to = m.to
		} else {
			b.foreign = append(b.foreign, m)
		}
	}
	b.s.WriteString(t.s)
}

// Len is the number of bytes so far.
func (b *Builder) Len() int { return b.s.Len() }

// Text is what was put together.
func (b *Builder) Text() Text { return Text{s: b.s.String(), foreign: slices.Clone(b.foreign)} }

// concat is the texts in a row.
func concat(parts ...Text) Text {
	var b Builder
	for _, p := range parts {
		b.Add(p)
	}
	return b.Text()
}

// trim cuts characters that drop holds for off the left, the right or both.
func (t Text) trim(left, right bool, drop func(rune) bool) Text {
	from, to := 0, len(t.s)
	if left {
		from = to - len(strings.TrimLeftFunc(t.s, drop))
	}
	if right {
		to = max(from, len(strings.TrimRightFunc(t.s, drop)))
	}
	return t.Slice(from, to)
}

// split cuts at separators, at most limit times where limit is not negative.
func (t Text) split(sep string, limit int) []Text {
	var parts []Text
	from := 0
	for limit != len(parts) {
		i := strings.Index(t.s[from:], sep)
		if i < 0 {
			break
		}
		parts = append(parts, t.Slice(from, from+i))
		from += i + len(sep)
	}
	return append(parts, t.Slice(from, len(t.s)))
}

// splitLast is split from the right.
func (t Text) splitLast(sep string, limit int) []Text {
	var parts []Text
	to := len(t.s)
	for limit != len(parts) {
		i := strings.LastIndex(t.s[:to], sep)
		if i < 0 {
			break
		}
		parts = append(parts, t.Slice(i+len(sep), to))
		to = i
	}
	parts = append(parts, t.Slice(0, to))
	slices.Reverse(parts)
	return parts
}

// fields cuts at white space, of which none is left at the ends.
func (t Text) fields(limit int) []Text {
	var parts []Text
	skip := func(from int) int { return len(t.s) - len(strings.TrimLeftFunc(t.s[from:], IsSpace)) }
	for from := skip(0); from < len(t.s); {
		i := strings.IndexFunc(t.s[from:], IsSpace)
		if i < 0 || len(parts) == limit {
			return append(parts, t.Slice(from, len(t.s)))
		}
		parts = append(parts, t.Slice(from, from+i))
		from = skip(from + i)
	}
	return parts
}

// lines cuts where Python's splitlines does.
func (t Text) lines() []Text {
	var parts []Text
	from := 0
	for from < len(t.s) {
		i := strings.IndexFunc(t.s[from:], isLineBreak)
		if i < 0 {
			return append(parts, t.Slice(from, len(t.s)))
		}
		parts = append(parts, t.Slice(from, from+i))
		from += i + breakLen(t.s[from+i:])
	}
	return parts
}

func isLineBreak(r rune) bool {
	return strings.ContainsRune("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029", r)
}

// breakLen is the length of the line break that s begins with.
func breakLen(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	for _, r := range s {
		return len(string(r))
	}
	return 0
}

// replace puts with in place of old, at most limit times where limit is not negative.
func (t Text) replace(old string, with Text, limit int) Text {
	if old == "" {
		return t.interleave(with, limit)
	}
	return join(t.split(old, limit), with)
}

// interleave is replace for an empty old: with goes between all characters.
func (t Text) interleave(with Text, limit int) Text {
	var b Builder
	last := 0
	for i := range t.s {
		b.Add(t.Slice(last, i))
		last = i
		if limit == 0 {
			break
		}
		b.Add(with)
		limit--
	}
	b.Add(t.Slice(last, len(t.s)))
	if limit != 0 {
		b.Add(with)
	}
	return b.Text()
}

// join is the parts with sep between them.
func join(parts []Text, sep Text) Text {
	var b Builder
	for i, p := range parts {
		if i > 0 {
			b.Add(sep)
		}
		b.Add(p)
	}
	return b.Text()
}

// mapped applies change, which may alter lengths, to each stretch of one origin.
func (t Text) mapped(change func(string) string) Text {
	var b Builder
	at := 0
	for _, m := range t.foreign {
		b.Own(change(t.s[at:m.from]))
		b.Foreign(change(t.s[m.from:m.to]))
		at = m.to
	}
	b.Own(change(t.s[at:]))
	return b.Text()
}

// TrimSpace is Python's strip().
func (t Text) TrimSpace() Text { return t.trim(true, true, IsSpace) }
