package guard

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// streamed is what a matcher finds in a text that comes in pieces.
func streamed(l *Library, text string, v Views, cut func(string) []string) []Match {
	m := l.NewMatcher(v)
	for _, p := range cut(text) {
		m.Feed(p)
	}
	m.End()
	return inOrder(m.Found)
}

var finderCases = flag.Int("finder", 3000, "cases of the test of whole texts")

func inOrder(found []Match) []Match {
	found = slices.Clone(found)
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(a.End-b.End, a.Start-b.Start, a.Word-b.Word, int(a.View)-int(b.View))
	})
	return slices.Compact(found)
}

// standsOut reports whether a match is one that streams look for: words that are only
// spelled so begin at letters, emoji or rare characters there.
func standsOut(l *Library, text string, m Match) bool {
	if m.View&(Phonetic|Fuzzy) == 0 {
		return true
	}
	r, _ := utf8.DecodeRuneInString(text[m.Start:])
	f := uint32(isEmoji)
	if r < tableSize {
		f = l.char[r]
		if f&isSeveral != 0 {
			f = l.char[l.several[r][0]]
		}
	}
	return f&(isLatin|isEmoji|isRare) != 0
}

// TestFinderIsMatcher holds what is found in whole texts against what is found in
// streams, in texts made to be hard: words in all disguises among ordinary characters,
// letters, symbols, emoji and what can't be seen.
func TestFinderIsMatcher(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 7))
	t.Log("seed", seed)
	plain := []rune(ordinaryText(t))
	words := []Word{{Text: "法轮"}, {Text: "赌博"}, {Text: "好"}, {Text: "damn"}, {Text: "sb"}, {Text: "bad-site.com"}, {Text: "c++"}, {Text: "六四"}, {Text: "炸药"}, {Text: "习惯", Action: Allow},
		{Text: "女子好人"}, {Text: "明天"}, {Text: "操你"}, {Text: "妈的"}, {Text: "𠀀字"}, {Text: "a"}, {Text: "㎏重"}}
	for range 3000 {
		n := 1 + rnd.IntN(6)
		at := rnd.IntN(len(plain) - n)
		w := strings.Map(func(r rune) rune {
			if r <= ' ' {
				return -1
			}
			return r
		}, string(plain[at:at+n]))
		if strings.ContainsFunc(w, func(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF }) {
			words = append(words, Word{Text: w})
		}
		if len(words) > 300 {
			break
		}
	}
	l := library(t, words...)
	odd := []string{"*", "...", "....", " ", "\n", "\u200b", "ﬁ", "㎏", "①", "６", "😀", "🐎", "zha", "yao", "FA", "lun", "hello", "x", "𝐝", "Ａ", "赌", "搏", "火", "乍", "女", "子", "日", "月", "1", "3", "@", "\xff", "é", "𠀀", "ⅳ"}
	view := []Views{Surface, Surface | Leet, Surface | Parts, Surface | Initials, Surface | Phonetic, Surface | Phonetic | Fuzzy, Streaming}
	found := 0
	for i := range *finderCases {
		var b strings.Builder
		for range 1 + rnd.IntN(30) {
			switch rnd.IntN(5) {
			case 0:
				b.WriteString(odd[rnd.IntN(len(odd))])
			case 1, 2:
				for j, r := range words[rnd.IntN(len(words))].Text {
					if j > 0 && rnd.IntN(4) == 0 {
						b.WriteString(odd[rnd.IntN(len(odd))])
					}
					if rs := l.tables.readings[r]; len(rs) > 0 && rnd.IntN(4) == 0 {
						b.WriteString(rs[0])
					} else if ps := l.tables.parts[r]; len(ps) > 0 && rnd.IntN(4) == 0 {
						b.WriteString(ps[0])
					} else {
						b.WriteRune(r)
					}
				}
			default:
				at := rnd.IntN(len(plain) - 10)
				b.WriteString(string(plain[at : at+rnd.IntN(10)]))
			}
		}
		text, v := b.String(), view[i%len(view)]
		whole := l.Find(text, v)
		got := slices.DeleteFunc(slices.Clone(whole), func(m Match) bool { return !standsOut(l, text, m) })
		want := streamed(l, text, v, func(s string) []string { return runePieces(rnd, s) })
		if !slices.Equal(got, want) {
			t.Fatalf("%q as %s:\nwhole    %s\nstreamed %s", text, v, tell(l, text, got), tell(l, text, want))
		}
		found += len(want)
	}
	t.Log("found", found)
	if found < *finderCases {
		t.Error("there was little to find")
	}
}

// runePieces cuts a text at characters.
func runePieces(rnd *rand.Rand, text string) []string {
	var list []string
	rest := 0
	for i := range text {
		if i > rest && rnd.IntN(3) == 0 {
			list, rest = append(list, text[rest:i]), i
		}
	}
	return append(list, text[rest:])
}

func tell(l *Library, text string, found []Match) string {
	var b strings.Builder
	for _, m := range found {
		fmt.Fprintf(&b, "%s=%q %s %d-%d; ", l.Words[m.Word].Text, text[m.Start:m.End], m.View, m.Start, m.End)
	}
	return b.String()
}
