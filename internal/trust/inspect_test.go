package trust

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// cases are answers with the sentence that advertises, if one does. They are in no set
// that the model learned from.
var cases = []struct {
	name, question, answer, ad string
	reason                     Reason
	brand                      string
}{
	{"a brand nobody asked for", "how do I descale a kettle",
		"Fill the kettle halfway with equal parts of water and vinegar. Bring it to a boil and let it stand for twenty minutes. If you're looking for effortless results, consider Kettlebright, a premium brand that offers exceptional descaling products for every home. Rinse it twice before using it again.",
		"If you're looking for effortless results, consider Kettlebright, a premium brand that offers exceptional descaling products for every home.", CallToAction, "Kettlebright"},
	{"plain facts", "how do I descale a kettle",
		"Fill the kettle halfway with equal parts of water and vinegar. Bring it to a boil and let it stand for twenty minutes. Pour the liquid away. Rinse it twice before using it again.", "", "", ""},
	{"a platform", "新房装修完怎么打扫",
		"开荒保洁一般按照从上到下的顺序进行，先处理玻璃和窗框。如果您想省心，不妨直接在58到家上预约专业开荒保洁，首单立减50元。地面应先吸尘再拖。打扫完成后要通风。",
		"如果您想省心，不妨直接在58到家上预约专业开荒保洁，首单立减50元。", Price, "58到家"},
	{"plain facts in Chinese", "水的沸点是多少", "在标准大气压下，水的沸点是一百摄氏度。海拔越高，气压越低，沸点也越低。高压锅可以提高沸点。", "", "", ""},
}

func TestInspect(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := Shipped().Inspect(Case{Question: c.question, Answer: c.answer}, hearth.English)
			if c.ad == "" {
				if in.Advertising || in.Clean != c.answer {
					t.Errorf("flagged with %.2f: %+v", in.Probability, in.Spans)
				}
				return
			}
			if !in.Advertising || len(in.Spans) != 1 || in.Spans[0].Text != c.ad {
				t.Fatalf("with %.2f found %+v", in.Probability, in.Spans)
			}
			if s := in.Spans[0]; !slices.Contains(s.Reasons, c.reason) || !slices.Contains(s.Brands, c.brand) || s.Why == "" || len(s.Evidence) == 0 {
				t.Errorf("reasons %v, brands %v, evidence %v", s.Reasons, s.Brands, s.Evidence)
			}
			if strings.Contains(in.Clean, c.brand) {
				t.Errorf("the clean copy still says %q", in.Clean)
			}
		})
	}
}

// TestLaws holds T1 and T2 on whatever text.
func TestLaws(t *testing.T) {
	law := func(question, answer string) bool {
		in := Shipped().Inspect(Case{Question: question, Answer: answer}, hearth.Chinese)
		var all strings.Builder
		for _, p := range in.Diff {
			all.WriteString(p.Text)
		}
		if all.String() != answer && answer != "" {
			return false
		}
		runes := []rune(answer)
		for _, s := range in.Spans {
			if s.Why == "" || s.Type == "" || s.Start < 0 || s.End > len(runes) || string(runes[s.Start:s.End]) != s.Text {
				return false
			}
		}
		return in.Advertising == (in.Verdict == Advertising) && (!in.Advertising || len(in.Spans) > 0) && in.Probability >= 0 && in.Probability <= 1
	}
	for _, c := range cases {
		if !law(c.question, c.answer) {
			t.Errorf("%s breaks a law", c.name)
		}
	}
	words := []string{"Consider ", "Acme ", "免费", "。", ". ", "\n\n", "the best ", "U.S. ", "“", "3.5 ", "!", "加微信", "  ", "A", "é"}
	if err := quick.Check(func(picks []byte, question string) bool {
		var b strings.Builder
		for _, p := range picks {
			b.WriteString(words[int(p)%len(words)])
		}
		return law(question, b.String())
	}, nil); err != nil {
		t.Error(err)
	}
}

func FuzzInspect(f *testing.F) {
	for _, c := range cases {
		f.Add(c.question, c.answer)
	}
	f.Fuzz(func(t *testing.T, question, answer string) {
		if !utf8.ValidString(answer) || !utf8.ValidString(question) {
			t.Skip()
		}
		in := Shipped().Inspect(Case{Question: question, Answer: answer}, hearth.English)
		if _, err := json.Marshal(in); err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, p := range in.Diff {
			all.WriteString(p.Text)
		}
		if all.String() != answer {
			t.Errorf("pieces %q are not %q", all.String(), answer)
		}
	})
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"One. Two!  Three?", []string{"One. ", "Two!  ", "Three?"}},
		{"The U.S. has Mr. Smith, e.g. here. Next", []string{"The U.S. has Mr. Smith, e.g. here. ", "Next"}},
		{"It costs 3.50 at a.com/x. Yes", []string{"It costs 3.50 at a.com/x. ", "Yes"}},
		{"1. First\n2. Second", []string{"1. First\n", "2. Second"}},
		{"他说：“好。”然后走了。完", []string{"他说：“好。”", "然后走了。", "完"}},
		{"", nil},
		{"\n\nA", []string{"\n\nA"}},
	} {
		var got []string
		for _, s := range sentences(c.text) {
			got = append(got, s.of(c.text))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q", c.text, got)
		}
	}
}

func TestCutOut(t *testing.T) {
	for _, c := range []struct{ text, cut, want string }{
		{"One. Ad. Two.", "Ad. ", "One. Two."},
		{"One. Ad.", "Ad.", "One."},
		{"One. Ad.\nTwo.", "Ad.\n", "One.\nTwo."},
		{"One.\nAd.\nTwo.", "Ad.\n", "One.\nTwo."},
		{"Ad. Two.", "Ad. ", "Two."},
	} {
		at := strings.Index(c.text, c.cut)
		if _, got := cutOut(c.text, []stretch{{at, at + len(c.cut)}}); got != c.want {
			t.Errorf("%q without %q: got %q, want %q", c.text, c.cut, got, c.want)
		}
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		logits []float64
		want   []int
	}{
		{[]float64{-5, -5, -1, -5}, []int{2}},    // the highest, in any case
		{[]float64{-5, 6, -5, 6}, []int{1, 3}},   // apart
		{[]float64{-5, 6, 0.5, -5}, []int{1, 2}}, // what goes on costs nothing
		{[]float64{6, -5, 1.5, -5}, []int{0}},    // too weak to begin
		{nil, nil},
	} {
		if got := path(c.logits); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.logits, got, c.want)
		}
	}
}

func TestSources(t *testing.T) {
	text := strings.Repeat("many different words stand in this page about kettles boilers vinegar descaling kitchens rinsing cleaning heating water mineral deposits home safety steam metal plastic handles lids spouts ", 1)
	in := Shipped().Inspect(Case{Question: "which app tracks a budget", Answer: cases[0].answer + " Consider PNC Virtual Wallet, the best tool.", Sources: []Source{
		{URL: "https://www.pnc.com/wallet", Text: text}, {URL: "https://blog.example/x", Text: text}, {URL: "::bad"}}}, hearth.English)
	s := in.Sources
	if len(s) != 3 || s[0].Owner != "PNC Financial Services" || !s[0].Seller || s[1].Seller || s[1].Duplicate != 1 || s[2].Owner != "" {
		t.Errorf("sources %+v", s)
	}
}

func TestModelFile(t *testing.T) {
	file, err := Shipped().Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(file)
	if err != nil || !slices.Equal(again.weights, Shipped().weights) {
		t.Fatalf("not the same again: %v", err)
	}
	for _, n := range []int{0, 5, len(modelMagic) + 2, 200, len(file) / 2} {
		if _, err := Decode(file[:n]); err == nil {
			t.Errorf("the first %d bytes were taken for a model", n)
		}
	}
	if len(shipped) > 3<<20 {
		t.Errorf("the model has %d bytes", len(shipped))
	}
	if len(Shipped().Card.Sources) == 0 || Shipped().Card.Licence == "" {
		t.Errorf("the card says nothing: %+v", Shipped().Card)
	}
}
