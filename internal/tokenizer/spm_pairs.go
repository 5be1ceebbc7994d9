package tokenizer

import (
	"slices"
	"strings"
)

// everyPair finds all pairs of symbols whose texts together are a token. Splitting
// every token everywhere and looking both halves up would take time in the square
// of a token's length; instead the tokens that begin a token, and those that end
// it, are read off two sorted lists.
func (s *spm) everyPair(texts []string, plain []int32, rank map[int32]int) *table {
	spelt, symbols := s.spellings(texts, plain)
	begins := nested(spelt)
	ends := nested(reversed(spelt))

	var pairs []slot
	var left, right []int32
	for i, id := range plain {
		left = chain(left[:0], begins, int32(i))
		right = chain(right[:0], ends, int32(i))
		// The left part grows shorter as the right one grows longer.
		for l, r := 0, len(right)-1; l < len(left) && r >= 0; {
			switch n := len(spelt[left[l]]) + len(spelt[right[r]]) - len(spelt[i]); {
			case n > 0:
				l++
			case n < 0:
				r--
			default:
				pairs = append(pairs, slot{key(symbols[left[l]], symbols[right[r]]), ranked(rank[id], id)})
				l++
			}
		}
	}
	t := newTable(len(pairs))
	for _, p := range pairs {
		t.put(p.key, p.value)
	}
	return t
}

// spellings returns the text of every symbol: the tokens, in order, and then the
// characters in them that are no tokens.
func (s *spm) spellings(texts []string, plain []int32) (spelt []string, symbols []int32) {
	seen := map[rune]bool{}
	for _, id := range plain {
		spelt, symbols = append(spelt, texts[id]), append(symbols, id)
	}
	for _, id := range plain {
		for _, r := range texts[id] {
			if symbol := s.character(r); symbol < 0 && !seen[r] {
				seen[r] = true
				spelt, symbols = append(spelt, string(r)), append(symbols, symbol)
			}
		}
	}
	return spelt, symbols
}

// nested returns, for each text, which other is its longest proper beginning, or
// -1. All texts differ.
func nested(texts []string) []int32 {
	order := make([]int32, len(texts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(texts[a], texts[b]) })
	longest := make([]int32, len(texts))
	var open []int32
	for _, i := range order {
		for len(open) > 0 && !strings.HasPrefix(texts[i], texts[open[len(open)-1]]) {
			open = open[:len(open)-1]
		}
		longest[i] = -1
		if len(open) > 0 {
			longest[i] = open[len(open)-1]
		}
		open = append(open, i)
	}
	return longest
}

// chain lists the beginnings of a text, longest first.
func chain(dst []int32, longest []int32, i int32) []int32 {
	for i = longest[i]; i >= 0; i = longest[i] {
		dst = append(dst, i)
	}
	return dst
}

func reversed(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		b := []byte(t)
		slices.Reverse(b)
		out[i] = string(b)
	}
	return out
}
