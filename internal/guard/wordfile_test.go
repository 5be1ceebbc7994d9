package guard

import (
	"slices"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestParseWords(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("炸药\n赌博\tgambling\tstop\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		want       []Word
	}{
		{"a.txt", "\ufeff# list\n炸药\r\n炸药\n\n赌博\tgambling\tstop\n", []Word{{"炸药", "a", ""}, {"赌博", "gambling", Stop}}},
		{"a.txt", string(gb), []Word{{"炸药", "a", ""}, {"赌博", "gambling", Stop}}},
		{"b.csv", "class,word\nx,\"炸,药\"\n,赌博\n", []Word{{"炸,药", "x", ""}, {"赌博", "b", ""}}},
		{"b.csv", "炸药,x,mask\n", []Word{{"炸药", "x", Mask}}},
		{"c.json", `["炸药", {"word": "赌博", "class": "g", "action": "LABEL"}]`, []Word{{"炸药", "c", ""}, {"赌博", "g", Label}}},
	} {
		got, err := ParseWords(c.name, []byte(c.text))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s %q: %v %v", c.name, c.text, got, err)
		}
	}
	for name, text := range map[string]string{"a.json": `{"a":1}`, "b.json": `[1]`, "c.txt": "x\t\tburn\n", "d.txt": "\xff\xff\xff"} {
		if got, err := ParseWords(name, []byte(text)); err == nil {
			t.Errorf("%s %q is taken: %v", name, text, got)
		}
	}
}

func FuzzParseWords(f *testing.F) {
	f.Add("a.json", []byte(`[{"word":"x"}]`))
	f.Add("a.csv", []byte("word\n\"x"))
	f.Add("a.txt", []byte("x\ty\tmask"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		words, err := ParseWords(name, text)
		for _, w := range words {
			if err == nil && (w.Text == "" || w.Class == "" && len(name) > 5) {
				t.Errorf("%q gives %+v", text, w)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	tables, err := tablesOnce()
	if err != nil {
		f.Fatal(err)
	}
	l, err := NewLibrary(tables, []Word{{Text: "炸药"}, {Text: "炸药包", Action: Allow}, {Text: "同性恋", Action: Replace}, {Text: "sb"}, {Text: "a.b"}, {Text: "傻瓜", Action: Stop}})
	if err != nil {
		f.Fatal(err)
	}
	g := New(l, Policy{AnswerViews: Streaming, WordsElse: Mask, Replacement: "…", Answer: AllKinds(Mask)})
	f.Add("炸 药 包 同xing恋 110101199003070134", uint8(3))
	f.Add("-----BEGIN PRIVATE KEY-----\nabc", uint8(1))
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		whole, stopped := screen(g, text)
		cut, stoppedCut := screen(g, pieces(text, 1+int(n))...)
		if whole != cut || (stopped == nil) != (stoppedCut == nil) {
			t.Errorf("%q: %q whole, %q in pieces", text, whole, cut)
		}
	})
}
