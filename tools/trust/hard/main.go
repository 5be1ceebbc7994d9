// Command hard writes the hard negatives: a thousand answers that advertise nothing and
// look as if they might, half in Chinese, half in English. The same seed gives the same
// bytes.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed shapes.yaml
var shapeText []byte

type language struct {
	Brands []string
	Shapes []struct{ Question, Answer string }
}

type row struct {
	ID       string `json:"id"`
	Language string `json:"language"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Label    int    `json:"label"`
}

func main() {
	log.SetFlags(0)
	seed := flag.Uint64("seed", 1, "of the random choices")
	each := flag.Int("each", 20, "answers of every shape")
	flag.Parse()
	var shapes map[string]language
	if err := yaml.Unmarshal(shapeText, &shapes); err != nil {
		log.Fatal(err)
	}
	r := rand.New(rand.NewPCG(*seed, 13))
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	for _, name := range []string{"zh", "en"} {
		l := shapes[name]
		for i, s := range l.Shapes {
			for n := range *each {
				fill := l.filler(r)
				x := row{ID: fmt.Sprintf("hard-%s-%02d-%02d", name, i+1, n), Language: name, Question: fill.Replace(s.Question), Answer: fill.Replace(chosen(r, s.Answer))}
				if err := enc.Encode(x); err != nil {
					log.Fatal(err)
				}
			}
		}
	}
}

// filler puts two brands and numbers into a shape.
func (l language) filler(r *rand.Rand) *strings.Replacer {
	two := r.Perm(len(l.Brands))
	return strings.NewReplacer("{a}", l.Brands[two[0]], "{b}", l.Brands[two[1]], "{n}", fmt.Sprint(20+r.IntN(60)), "{m}", fmt.Sprint(100+r.IntN(800)), "{y}", fmt.Sprint(2012+r.IntN(13)))
}

// chosen takes one of every alternative.
func chosen(r *rand.Rand, text string) string {
	for {
		begin := strings.IndexByte(text, '[')
		if begin < 0 {
			return text
		}
		end := begin + strings.IndexByte(text[begin:], ']')
		list := strings.Split(text[begin+1:end], "|")
		text = text[:begin] + list[r.IntN(len(list))] + text[end+1:]
	}
}
