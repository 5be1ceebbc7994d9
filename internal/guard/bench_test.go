package guard

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// manyWords makes a list the size of those in use: a quarter of two characters, a
// quarter of three, half of four, put together from ordinary words so that they begin
// and go on as such lists do, and none of them an ordinary word.
func manyWords(t testing.TB, n int) *Library {
	t.Helper()
	tables, err := tablesOnce()
	if err != nil {
		t.Fatal(err)
	}
	var twos [][]rune
	for _, k := range tables.words.keys {
		if uint8(k)&^(toThree|toFour) != 0 {
			twos = append(twos, []rune{rune(k >> 24), rune(k >> 8 & 0xFFFF)})
		}
	}
	slices.SortFunc(twos, slices.Compare)
	r := rand.New(rand.NewPCG(50, 836))
	seen := map[string]bool{}
	var words []Word
	for len(words) < n {
		a, b := twos[r.IntN(len(twos))], twos[r.IntN(len(twos))]
		var w []rune
		switch r.IntN(4) {
		case 0:
			w = []rune{a[0], b[1]}
		case 1:
			w = []rune{a[0], a[1], b[0]}
		default:
			w = slices.Concat(a, b)
		}
		if s := string(w); !seen[s] && tables.words.rank(w) == 0 {
			seen[s] = true
			words = append(words, Word{Text: s})
		}
	}
	l, err := NewLibrary(tables, words)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ordinaryText is Chinese prose: the manual, and the benign sentences of the corpus
// where that is.
func ordinaryText(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, f := range []string{"operator.zh-CN.md", "about.zh-CN.md"} {
		text, err := os.ReadFile("../../docs/" + f)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	if _, err := os.Stat(corpus); err == nil {
		for _, r := range rows(t, "non_toxic_base") {
			b.WriteString(r.Original + "\n")
		}
	}
	return b.String()
}

// TestHeld measures how many characters wait inside, after each one that came.
func TestHeld(t *testing.T) {
	l := manyWords(t, 50_000)
	for _, c := range []struct {
		name  string
		views Views
		kinds map[Kind]Action
	}{
		{"surface", Surface, nil}, {"the default views", DefaultAnswerViews, nil}, {"all that stream", Streaming, nil}, {"private data alone", 0, AllKinds(Mask)}, {"default and private", DefaultAnswerViews, AllKinds(Mask)},
	} {
		g := New(l, Policy{AnswerViews: c.views, Answer: c.kinds, WordsElse: Label})
		s := g.state.Load()
		f := newFilter(s, c.views, c.kinds, nil)
		var count [256]int
		sum, n := 0, 0
		for _, r := range chineseOnly(ordinaryText(t)) {
			f.Write(string(r))
			held := utf8.RuneCount(f.text)
			count[min(held, 255)]++
			sum += held
			n++
		}
		p999, seen, most := 0, 0, 0
		for h, k := range count {
			if seen < n*999/1000 {
				p999 = h
			}
			seen += k
			if k > 0 {
				most = h
			}
		}
		mean := float64(sum) / float64(n)
		t.Logf("%s: %d characters, held mean %.3f, p99.9 %d, most %d; 0: %.3f, 1: %.3f, 2: %.3f", c.name, n, mean, p999, most,
			float64(count[0])/float64(n), float64(count[1])/float64(n), float64(count[2])/float64(n))
		if mean > 1.8 || p999 > 10 {
			t.Errorf("%s holds more than it should", c.name)
		}
	}
}

var codeSpan = regexp.MustCompile("`[^`]*`")

// chineseOnly leaves out lines that are mostly not Chinese, such as commands, and names
// of settings and headers in the others: each could be the beginning of an address.
func chineseOnly(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = codeSpan.ReplaceAllString(line, "")
		han := 0
		for _, r := range line {
			if r >= 0x4E00 && r <= 0x9FFF {
				han++
			}
		}
		if han*2 > utf8.RuneCountInString(line) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// inLengths cuts a text into texts of about so many bytes, as long as messages are.
func inLengths(text string, n int) []string {
	var list []string
	for len(text) > n {
		at := n
		for !utf8.RuneStart(text[at]) {
			at++
		}
		list, text = append(list, text[:at]), text[at:]
	}
	return append(list, text)
}

// processorTime is what this process took of its processors: what a core can do on a
// machine that is shared.
func processorTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var dumpTo = flag.String("dump", "", "folder to write the words and the texts of BenchmarkScan to, for other programs")

func dump(t testing.TB, words []Word, texts []string) {
	t.Helper()
	var list, lines strings.Builder
	for _, w := range words {
		list.WriteString(w.Text + "\n")
	}
	for _, text := range texts {
		line, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	for name, text := range map[string]string{"words.txt": list.String(), "texts.jsonl": lines.String()} {
		if err := os.WriteFile(filepath.Join(*dumpTo, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	l, text := manyWords(b, 50_000), chineseOnly(ordinaryText(b))
	if *dumpTo != "" {
		dump(b, l.Words, inLengths(text, 2000))
	}
	texts := inLengths(text, 2000)
	for _, v := range []Views{Surface, Surface | Leet | Parts, Streaming, AllViews} {
		f := l.NewFinder(v)
		b.Run(v.String(), func(b *testing.B) {
			b.ReportAllocs()
			from := processorTime(b)
			for b.Loop() {
				for _, t := range texts {
					f.Find(t)
				}
			}
			took := processorTime(b) - from
			b.ReportMetric(float64(len(text))*float64(b.N)/1e6/took.Seconds(), "MB/cpu-s")
		})
	}
	b.Logf("nodes: surface %d of 16 bytes, phonetic %d, parts %d", len(l.surface.nodes), len(l.phonetic.nodes), len(l.parts.nodes))
	b.Run("private", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			FindPrivate(text)
		}
	})
}

// BenchmarkToken is the cost of a token of a stream with everything on.
func BenchmarkToken(b *testing.B) {
	g := New(manyWords(b, 50_000), Policy{AnswerViews: Streaming, WordsElse: Label, Answer: AllKinds(Mask)})
	rs := []rune(ordinaryText(b))
	var tokens []string
	for i := 0; i+2 <= len(rs); i += 2 {
		tokens = append(tokens, string(rs[i:i+2]))
	}
	s := g.state.Load()
	f := newFilter(s, Streaming, s.policy.Answer, nil)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.Write(tokens[i%len(tokens)])
		i++
	}
}

func BenchmarkCompile(b *testing.B) {
	tables, _ := tablesOnce()
	words := manyWords(b, 50_000).Words
	for b.Loop() {
		if _, err := NewLibrary(tables, words); err != nil {
			b.Fatal(err)
		}
	}
}
