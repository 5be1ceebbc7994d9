package guard

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:generate go -C gen run . ../../../build/guard

//go:embed tables.txt.gz
var tablesFile []byte

// Tables are what the guard knows of characters; gen says where it comes from. They
// take 30 ms and 8 MB to unpack, so they are, once, when words are compiled.
type Tables struct {
	simplified map[rune]rune
	readings   map[rune][]string // toneless pinyin, the usual one first
	parts      map[rune][]string // ways to write a character as its parts
	emoji      map[rune]string   // characters an emoji is read as
	words      *lexicon          // ordinary words
	syllables  map[string]bool
}

// LoadTables unpacks the tables.
func LoadTables() (*Tables, error) {
	z, err := gzip.NewReader(bytes.NewReader(tablesFile))
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	t := &Tables{simplified: map[rune]rune{}, readings: map[rune][]string{}, parts: map[rune][]string{}, emoji: map[rune]string{},
		words: newLexicon(), syllables: map[string]bool{}}
	s := bufio.NewScanner(z)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		if err := t.line(f[0], f[1:]); err != nil {
			return nil, err
		}
	}
	return t, s.Err()
}

func (t *Tables) line(kind string, f []string) error {
	switch kind {
	case "t":
		s, _ := utf8.DecodeRuneInString(f[0])
		for _, r := range f[1] {
			t.simplified[r] = s
		}
	case "p", "q":
		t.syllables[f[0]] = true
		for _, r := range f[1] {
			t.readings[r] = append(t.readings[r], f[0])
		}
	case "e":
		r, _ := utf8.DecodeRuneInString(f[0])
		t.emoji[r] = f[1]
	case "c":
		r, _ := utf8.DecodeRuneInString(f[0])
		t.parts[r] = strings.Fields(f[1])
	case "w":
		rank, err := strconv.ParseUint(f[0], 10, 8)
		if err != nil {
			return fmt.Errorf("tables: %w", err)
		}
		for w := range strings.FieldsSeq(f[1]) {
			t.words.add([]rune(w), uint8(rank))
		}
	}
	return nil
}
