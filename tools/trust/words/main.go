// Command words makes internal/trust/words.zh.bloom of a Chinese dictionary, one word a
// line with its frequency and its part of speech: that of jieba (MIT), as
// github.com/go-ego/gse v0.80.3 (Apache-2.0 or MIT) carries it:
//
//	go run ./tools/trust/words -dict DIR/data/dict/zh/s_1.txt
//
// The dictionary itself is not part of the product.
package main

import (
	"bufio"
	"flag"
	"log"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/hearthbox/hearth/internal/trust"
)

// How common a word has to be to be told: single characters are words of their own only
// if they are very common, and names of people only if they are famous.
const (
	oftenSingle = 9000
	oftenWord   = 8
	oftenName   = 200
	lettersMax  = 4
)

func main() {
	log.SetFlags(0)
	dict := flag.String("dict", "", "the dictionary")
	out := flag.String("out", "internal/trust/words.zh.bloom", "where the words go")
	flag.Parse()
	words, err := read(*dict)
	if err != nil {
		log.Fatal(err)
	}
	file := trust.EncodeWords(words)
	log.Printf("%s: %d words, %d bytes", *out, len(words), len(file))
	if err := os.WriteFile(*out, file, 0o644); err != nil {
		log.Fatal(err)
	}
}

func read(path string) (words []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		x := strings.Fields(s.Text())
		if len(x) < 2 || strings.ContainsFunc(x[0], func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			continue
		}
		often, err := strconv.Atoi(x[1])
		if err != nil {
			continue
		}
		need := oftenWord
		switch letters := len([]rune(x[0])); {
		case letters > lettersMax:
			continue
		case letters == 1:
			need = oftenSingle
		case len(x) > 2 && (strings.HasPrefix(x[2], "nr") || x[2] == "nt"):
			need = oftenName
		}
		if often >= need {
			words = append(words, x[0])
		}
	}
	return words, s.Err()
}
