// Command zh writes the Chinese set of advertising in answers: answers without and with
// an advertisement, twin by twin, and hard negatives, made from the seeds beside it. The
// same seed gives the same set, byte for byte. docs/trust.md has its card.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

//go:embed seeds.yaml
var seedText []byte

type seeds struct {
	Verticals []vertical
	Brands    map[string]yaml.Node
	Platforms []string
	Sentences yaml.Node
	Clauses   []string
	Neutral   []string
	Helpful   []string
	Asked     []string
	Told      []string
	Openers   []string
	Closers   []string
	Leads     []string
	Tails     []string
	Grammar   struct{ Advertisement, Clause, Neutral []string }
}

type vertical struct {
	Name                   string
	Product, Benefit, Need []string
	Topics                 []struct{ Ask, Say []string }
}

// row is one answer of the set; spans are in characters.
type row struct {
	ID       string   `json:"id"`
	Vertical string   `json:"vertical"`
	Topic    string   `json:"topic"`
	Kind     string   `json:"kind"` // advertisement, twin, or the kind of hard negative
	Question string   `json:"question"`
	Answer   string   `json:"answer"`
	Label    int      `json:"label"`
	Brand    string   `json:"brand,omitempty"`
	Owner    string   `json:"owner,omitempty"`
	Type     string   `json:"type,omitempty"`
	Spans    [][2]int `json:"spans"`
	Twin     string   `json:"twin,omitempty"`

	// UnseenBrand: the brand is kept for the test. Fold is that of the wording, from 0; a
	// twin, which has none, is in no fold: -1; what the grammar made is never measured: -2.
	UnseenBrand bool   `json:"unseen_brand"`
	Wording     string `json:"wording,omitempty"`
	Fold        int    `json:"wording_fold"`
}

// wordingFolds are the parts into which the wordings of every type are dealt out in
// turn, so that what is measured can be of wordings that were not learned.
const wordingFolds = 7

type brand struct {
	name, owner string
	unseen      bool
}

// kind is a type of advertisement with its wordings.
type kind struct {
	name     string
	wordings []string
}

type writer struct {
	seeds
	r     *rand.Rand
	kinds []kind
	out   []row
}

func main() {
	seed := flag.Uint64("seed", 1, "of the random choices")
	each := flag.Int("each", 42, "pairs of twins, and hard negatives, of every topic")
	more := flag.Int("more", 24, "of these made by the grammar, of every topic")
	flag.Parse()
	w := &writer{r: rand.New(rand.NewPCG(*seed, 7))}
	if err := yaml.Unmarshal(seedText, &w.seeds); err != nil {
		log.Fatal(err)
	}
	for i := 0; i+1 < len(w.Sentences.Content); i += 2 {
		k := kind{name: w.Sentences.Content[i].Value}
		if err := w.Sentences.Content[i+1].Decode(&k.wordings); err != nil {
			log.Fatal(err)
		}
		w.kinds = append(w.kinds, k)
	}
	for _, v := range w.Verticals {
		for t := range v.Topics {
			for n := range *each {
				w.pair(v, t, n)
				w.negative(v, t, n)
			}
			for n := range *more {
				w.made(v, t, *each+n)
			}
		}
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	for _, r := range w.out {
		if err := enc.Encode(r); err != nil {
			log.Fatal(err)
		}
	}
}

func (w *writer) one(list []string) string { return list[w.r.IntN(len(list))] }

// brand chooses one of a vertical's; its last three are for the test.
func (w *writer) brand(v vertical) brand {
	n := w.Brands[v.Name]
	i := w.r.IntN(len(n.Content) / 2)
	return brand{n.Content[2*i].Value, n.Content[2*i+1].Value, i >= len(n.Content)/2-3}
}

// facts are some of what there is to say of a topic, in order, with or without an
// opening and a closing line.
func (w *writer) facts(v vertical, topic int) []string {
	all := v.Topics[topic].Say
	keep := w.r.Perm(len(all))[:3+w.r.IntN(len(all)-2)]
	slices.Sort(keep)
	var out []string
	if w.r.IntN(3) == 0 {
		out = append(out, w.one(w.Openers))
	}
	for _, i := range keep {
		out = append(out, all[i])
	}
	if w.r.IntN(3) == 0 {
		out = append(out, w.one(w.Helpful))
	}
	if w.r.IntN(3) == 0 {
		out = append(out, w.one(w.Closers))
	}
	for i := range out {
		out[i] = w.fill(out[i], v, brand{}, brand{})
	}
	return out
}

// pair writes an answer with an advertisement and its twin without.
func (w *writer) pair(v vertical, topic, n int) {
	id := fmt.Sprintf("zh-%s-%d-%03d", v.Name, topic+1, n)
	base := row{Vertical: v.Name, Topic: fmt.Sprintf("%s-%d", v.Name, topic+1), Question: w.one(v.Topics[topic].Ask), Spans: [][2]int{}}
	lines := w.facts(v, topic)
	twin := base
	twin.ID, twin.Kind, twin.Answer, twin.Fold = id+"-N", "twin", join(lines, w.r.IntN(4) == 0), -1
	breaks := strings.Contains(twin.Answer, "\n")
	b := w.brand(v)
	at := 1 + w.r.IntN(len(lines))
	ad := base
	ad.ID, ad.Kind, ad.Label, ad.Brand, ad.Owner, ad.Twin, ad.UnseenBrand = id+"-A", "advertisement", 1, b.name, b.owner, twin.ID, b.unseen
	before := join(lines[:at], breaks)
	var text string
	if w.r.IntN(6) == 0 {
		i := w.r.IntN(len(w.Clauses))
		ad.Type, ad.Wording, ad.Fold = "brand_push", fmt.Sprintf("clause-%d", i), i%wordingFolds
		text = w.fill(w.Clauses[i], v, b, brand{})
		stop := []rune(before)
		before = string(stop[:len(stop)-1])
		ad.Answer = before + text + string(stop[len(stop)-1:])
		if at < len(lines) {
			ad.Answer = join([]string{ad.Answer, join(lines[at:], breaks)}, breaks)
		}
	} else {
		k := w.kinds[w.r.IntN(len(w.kinds))]
		i := w.r.IntN(len(k.wordings))
		ad.Type, ad.Wording, ad.Fold = k.name, fmt.Sprintf("%s-%d", k.name, i), i%wordingFolds
		text = w.fill(w.dressed(k.wordings[i], ad.Fold), v, b, brand{})
		if breaks {
			before += "\n"
		}
		ad.Answer = before + text
		if at < len(lines) {
			ad.Answer = join([]string{ad.Answer, join(lines[at:], breaks)}, breaks)
		}
	}
	start := utf8.RuneCountInString(before)
	ad.Spans = [][2]int{{start, start + utf8.RuneCountInString(text)}}
	w.out = append(w.out, twin, ad)
}

// made writes a pair of twins and a hard negative in words of the grammar, about brands
// that are coined for them.
func (w *writer) made(v vertical, topic, n int) {
	id := fmt.Sprintf("zh-%s-%d-%03d", v.Name, topic+1, n)
	b, b2 := w.coined(), w.coined()
	base := row{Vertical: v.Name, Topic: fmt.Sprintf("%s-%d", v.Name, topic+1), Question: w.one(v.Topics[topic].Ask), Spans: [][2]int{}, Fold: madeFold}
	lines := w.facts(v, topic)
	breaks := w.r.IntN(4) == 0
	twin, ad, negative := base, base, base
	twin.ID, twin.Kind, twin.Answer = id+"-N", "twin", join(lines, breaks)
	ad.ID, ad.Kind, ad.Label, ad.Brand, ad.Owner, ad.Twin, ad.Type = id+"-A", "advertisement", 1, b.name, b.owner, twin.ID, "brand_push"
	at := 1 + w.r.IntN(len(lines))
	before, after := join(lines[:at], breaks), ""
	if at < len(lines) {
		after = join(lines[at:], breaks)
		if breaks {
			after = "\n" + after
		}
	}
	var text string
	if w.r.IntN(4) == 0 {
		text = w.fill(w.chosen(w.one(w.Grammar.Clause)), v, b, b2)
		stop := []rune(before)
		before, after = string(stop[:len(stop)-1]), string(stop[len(stop)-1:])+after
	} else {
		text = w.fill(w.chosen(w.one(w.Grammar.Advertisement)), v, b, b2)
		if breaks {
			before += "\n"
		}
	}
	ad.Answer = before + text + after
	start := utf8.RuneCountInString(before)
	ad.Spans = [][2]int{{start, start + utf8.RuneCountInString(text)}}
	negative.ID, negative.Kind = id+"-H", "names brands"
	lines = w.facts(v, topic)
	for range 1 + w.r.IntN(2) {
		lines = slices.Insert(lines, 1+w.r.IntN(len(lines)), w.fill(w.chosen(w.one(w.Grammar.Neutral)), v, b, b2))
	}
	negative.Answer = join(lines, breaks)
	w.out = append(w.out, twin, ad, negative)
}

// madeFold is that of what the grammar made.
const madeFold = -2

// chosen takes one of every alternative of a wording.
func (w *writer) chosen(wording string) string {
	for {
		begin := strings.LastIndexByte(wording, '[')
		if begin < 0 {
			return wording
		}
		end := begin + strings.IndexByte(wording[begin:], ']')
		wording = wording[:begin] + w.one(strings.Split(wording[begin+1:end], "|")) + wording[end+1:]
	}
}

// coined is a brand that no other answer has.
func (w *writer) coined() brand {
	letters := []rune("云禾舟鹿鲸蓝青松柏溪岚星禹墨竹霁澄念知予乐安嘉瑞恒拓迅捷优佳品悦享趣慢小大老阿麦豆橙柚梨桃木石山川海河风雨雪晴光影米粒果芽叶花草猫狗熊兔鸟鱼龙凤虎马牛羊贝壳")
	ends := []string{"", "", "", "宝", "记", "家", "社", "坊", "侠", "通", "汇", "优选", "到家", "生活", "科技", "学堂", "诊所", "旅行", "金融", "集市", "工坊", "在线", "帮", "客", "堂", "管家"}
	name := []rune{}
	for range 2 + w.r.IntN(2) {
		name = append(name, letters[w.r.IntN(len(letters))])
	}
	return brand{name: string(name) + w.one(ends), owner: string(name[:2]) + "集团"}
}

// dressed is a wording with what may stand before and after it, of the same fold.
func (w *writer) dressed(wording string, fold int) string {
	of := func(list []string) string { return list[w.r.IntN(len(list)/wordingFolds)*wordingFolds+fold] }
	if w.r.IntN(4) == 0 && !strings.HasPrefix(wording, "，") {
		wording = of(w.Leads) + wording
	}
	if body, ok := strings.CutSuffix(wording, "。"); ok && w.r.IntN(4) == 0 && !strings.HasSuffix(body, "{benefit}") {
		wording = body + of(w.Tails) + "。"
	}
	return wording
}

// negative writes an answer that names brands, prices or places to go and advertises
// nothing.
func (w *writer) negative(v vertical, topic, n int) {
	b, b2 := w.brand(v), w.brand(v)
	for b2.name == b.name {
		b2 = w.brand(v)
	}
	r := row{ID: fmt.Sprintf("zh-%s-%d-%03d-H", v.Name, topic+1, n), Vertical: v.Name, Topic: fmt.Sprintf("%s-%d", v.Name, topic+1),
		Spans: [][2]int{}, UnseenBrand: b.unseen}
	var lines []string
	if w.r.IntN(3) == 0 {
		r.Kind, r.Question = "asked for the brand", w.fill(w.one(w.Asked), v, b, b2)
		r.Fold = w.r.IntN(wordingFolds)
		told := len(w.Told) / wordingFolds
		for _, i := range w.r.Perm(told)[:3+w.r.IntN(max(1, told-2))] {
			lines = append(lines, w.fill(w.Told[i*wordingFolds+r.Fold], v, b, b2))
		}
	} else {
		r.Kind, r.Question = "names brands", w.one(v.Topics[topic].Ask)
		lines = w.facts(v, topic)
		i := w.r.IntN(len(w.Neutral))
		r.Wording, r.Fold = fmt.Sprintf("neutral-%d", i), i%wordingFolds
		lines = slices.Insert(lines, 1+w.r.IntN(len(lines)), w.fill(w.Neutral[i], v, b, b2))
	}
	r.Answer = join(lines, w.r.IntN(4) == 0)
	w.out = append(w.out, r)
}

func join(lines []string, breaks bool) string {
	if breaks {
		return strings.Join(lines, "\n")
	}
	return strings.Join(lines, "")
}

// fill puts the seeds of a vertical into a wording.
func (w *writer) fill(wording string, v vertical, b, other brand) string {
	latin := make([]byte, 4)
	for i := range latin {
		latin[i] = byte('a' + w.r.IntN(26))
	}
	return strings.NewReplacer("{brand}", b.name, "{brand2}", other.name, "{owner}", b.owner, "{product}", w.one(v.Product),
		"{benefit}", w.one(v.Benefit), "{need}", w.one(v.Need), "{platform}", w.one(w.Platforms), "{latin}", string(latin),
		"{digits}", fmt.Sprintf("%03d-%04d", w.r.IntN(1000), w.r.IntN(10000)), "{digits2}", fmt.Sprintf("%02d", w.r.IntN(100)),
		"{year}", fmt.Sprint(2008+w.r.IntN(16))).Replace(wording)
}
