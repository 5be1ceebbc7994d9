package tokenizer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// unigramTokenMax is the longest token, in bytes: it bounds what a character of a text
// can cost. Those of XLM-R have 48.
const unigramTokenMax = 256

// unknownPenalty is how much less likely than any token a character without one is.
const unknownPenalty = 10

// unigram is SentencePiece's other model (Kudo 2018): every token has a log-likelihood,
// and a text becomes the tokens that are likeliest together. As in spm, texts are kept
// with plain spaces.
type unigram struct {
	charsmap *charsmap
	sorted   []int32  // ids, by their texts
	texts    []string // in that order
	scores   []float32
	first    [257]int32 // where texts begin that begin with a byte
	cuts     *cuts
	unk      int32
	unknown  float64 // score
	prefix   bool
	oneSpace bool // spaces are one between words, one before the first and none after the last
}

func newUnigram(v *Vocabulary, p *pieces) (*unigram, error) {
	if len(v.Scores) == 0 {
		return nil, errors.New(`tokenizer.ggml.scores: missing, and "t5" chooses by score`)
	}
	if v.UNK == None {
		return nil, errors.New(`tokenizer.ggml.unknown_token_id: missing, and "t5" needs one for what has no token`)
	}
	u := &unigram{unk: int32(v.UNK), prefix: v.AddSpacePrefix, oneSpace: v.RemoveExtraSpaces}
	var err error
	if u.charsmap, err = newCharsmap(v.Charsmap); err != nil {
		return nil, err
	}
	least := math.Inf(1)
	for _, id := range p.plain {
		if text := p.texts[id]; !strings.Contains(v.Tokens[id], " ") {
			if len(text) > unigramTokenMax {
				return nil, fmt.Errorf("tokenizer.ggml.tokens[%d]: more than %d bytes", id, unigramTokenMax)
			}
			least = min(least, float64(v.Scores[id]))
			u.sorted = append(u.sorted, id)
		}
	}
	u.unknown = least - unknownPenalty
	slices.SortFunc(u.sorted, func(a, b int32) int { return cmp.Compare(p.texts[a], p.texts[b]) })
	u.cuts = newCuts(size(p.texts))
	for i, id := range u.sorted {
		text := p.texts[id]
		u.texts, u.scores = append(u.texts, text), append(u.scores, v.Scores[id])
		u.first[int(text[0])+1] = int32(i) + 1
		u.cuts.add([]byte(text))
	}
	for b := 1; b < len(u.first); b++ {
		u.first[b] = max(u.first[b], u.first[b-1])
	}
	return u, nil
}

// append implements model. No token spans a cut, so what lies between two is the
// likeliest by itself.
func (u *unigram) append(dst []int32, text []byte) []int32 {
	at := len(dst)
	text = padded(u.normal(text))
	var room steps
	from := 0
	for i := 0; i < len(text); {
		left, n := decode(text, i)
		i += n
		if i < len(text) {
			if right, _ := decode(text, i); !u.cuts.between(text, i, left, right) {
				continue
			}
		}
		dst = u.part(dst, at, text[from:i], &room)
		from = i
	}
	return dst
}

// steps is memory for the search: by where a token ends, the likeliest way there.
type steps struct {
	score []float64
	from  []int32
	token []int32
}

// part adds the likeliest tokens of a text. What begins at or after at is ours: one
// token stands for all characters without one that follow each other.
func (u *unigram) part(dst []int32, at int, text []byte, s *steps) []int32 {
	n := len(text) + 1
	s.score, s.from, s.token = slices.Grow(s.score[:0], n)[:n], slices.Grow(s.from[:0], n)[:n], slices.Grow(s.token[:0], n)[:n]
	for i := range s.score {
		s.score[i] = math.Inf(-1)
	}
	s.score[0] = 0
	for i := 0; i < len(text); {
		_, char := utf8.DecodeRune(text[i:])
		if !u.offer(s, text, i, char) {
			s.take(i, i+char, u.unk, u.unknown)
		}
		i += char
	}
	first := len(dst)
	for i := len(text); i > 0; i = int(s.from[i]) {
		if id := s.token[i]; id != u.unk || len(dst) == first || dst[len(dst)-1] != u.unk {
			dst = append(dst, id)
		}
	}
	slices.Reverse(dst[first:])
	if first > at && first < len(dst) && dst[first-1] == u.unk && dst[first] == u.unk {
		dst = slices.Delete(dst, first, first+1)
	}
	return dst
}

// offer tries every token that the text has at i, and reports whether one of them is
// the character there, whose length is char.
func (u *unigram) offer(s *steps, text []byte, i, char int) (single bool) {
	lo, hi := int(u.first[text[i]]), int(u.first[int(text[i])+1])
	for n := 1; lo < hi; n++ {
		if len(u.texts[lo]) == n {
			s.take(i, i+n, u.sorted[lo], float64(u.scores[lo]))
			single = single || n == char
			lo++
		}
		if i+n == len(text) {
			break
		}
		next := text[i+n]
		lo += search(u.texts[lo:hi], func(t string) bool { return t[n] >= next })
		hi = lo + search(u.texts[lo:hi], func(t string) bool { return t[n] > next })
	}
	return single
}

// search is how many of the texts come before the first for which at holds.
func search(texts []string, at func(string) bool) int {
	lo, hi := 0, len(texts)
	for lo < hi {
		if mid := (lo + hi) / 2; at(texts[mid]) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// take goes from a place to another with a token, if that is the likeliest way.
func (s *steps) take(from, to int, id int32, score float64) {
	if sum := s.score[from] + score; sum > s.score[to] {
		s.score[to], s.from[to], s.token[to] = sum, int32(from), id
	}
}

// normal writes a text as the model was trained on it: characters by the file's map,
// spaces as the file says.
func (u *unigram) normal(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/8+8)
	word := false // within one
	for i := 0; i < len(text); {
		piece, n := u.charsmap.longest(text[i:])
		if n == 0 {
			_, n = utf8.DecodeRune(text[i:])
			piece = text[i : i+n]
		}
		i += n
		for _, b := range piece {
			switch {
			case b != ' ':
				if !word && (u.oneSpace || u.prefix && len(out) == 0) {
					out = append(out, ' ')
				}
				word = true
				out = append(out, b)
			default:
				word = false
				if !u.oneSpace {
					out = append(out, b)
				}
			}
		}
	}
	return bytes.ReplaceAll(out, []byte(visibleSpace), []byte(" "))
}
