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

	// Unseen: the brand, or the wording, is kept for the test.
	UnseenBrand   bool `json:"unseen_brand"`
	UnseenWording bool `json:"unseen_wording"`
}

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
	twin.ID, twin.Kind, twin.Answer = id+"-N", "twin", join(lines, w.r.IntN(4) == 0)
	breaks := strings.Contains(twin.Answer, "\n")
	b := w.brand(v)
	at := 1 + w.r.IntN(len(lines))
	ad := base
	ad.ID, ad.Kind, ad.Label, ad.Brand, ad.Owner, ad.Twin, ad.UnseenBrand = id+"-A", "advertisement", 1, b.name, b.owner, twin.ID, b.unseen
	before := join(lines[:at], breaks)
	var text string
	if w.r.IntN(6) == 0 {
		i := w.r.IntN(len(w.Clauses))
		ad.Type, ad.UnseenWording = "brand_push", i >= len(w.Clauses)-2
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
		ad.Type, ad.UnseenWording = k.name, i >= len(k.wordings)*3/4
		text = w.fill(k.wordings[i], v, b, brand{})
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
		for _, i := range w.r.Perm(len(w.Told))[:3+w.r.IntN(4)] {
			lines = append(lines, w.fill(w.Told[i], v, b, b2))
		}
	} else {
		r.Kind, r.Question = "names brands", w.one(v.Topics[topic].Ask)
		lines = w.facts(v, topic)
		i := w.r.IntN(len(w.Neutral))
		r.UnseenWording = i >= len(w.Neutral)*3/4
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
