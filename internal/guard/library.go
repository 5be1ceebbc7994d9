package guard

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/hearthbox/hearth"
)

// Views are ways to read a text, as a set.
type Views uint16

// The views. Surface is always on where words are looked for at all.
const (
	Surface  Views = 1 << iota // folded characters, symbols in between skipped
	Leet                       // Latin words with digits and signs for letters
	Phonetic                   // toneless pinyin: homophones, pinyin in letters, emoji
	Fuzzy                      // the same, where zh is z and ang is an
	Initials                   // first letters of pinyin, as a word
	Parts                      // characters written as their parts
	Shape                      // characters replaced by ones that look alike; whole texts only
	Shuffle                    // the word's characters in another order; whole texts only

	// Streaming are the views that a filter can hold text for exactly.
	Streaming = Surface | Leet | Phonetic | Fuzzy | Initials | Parts
	AllViews  = Streaming | Shape | Shuffle

	// DefaultAnswerViews hold about as much text as the words themselves need. Parts
	// would hold more, for what models do not write.
	DefaultAnswerViews = Streaming &^ Parts
)

var viewNames = []string{"surface", "leet", "phonetic", "fuzzy", "initials", "parts", "shape", "shuffle"}

// String names the views, joined by commas.
func (v Views) String() string {
	var names []string
	for i, n := range viewNames {
		if v&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}

// ParseViews reads names joined by commas; "all" and "streaming" are sets.
func ParseViews(text string) (Views, error) {
	v := Surface
	for name := range strings.SplitSeq(text, ",") {
		switch i := slices.Index(viewNames, strings.TrimSpace(name)); {
		case i >= 0:
			v |= 1 << i
		case name == "all":
			v |= AllViews
		case name == "streaming":
			v |= Streaming
		default:
			return 0, hearth.NewError(hearth.NotOneOf, "field", "views", "choices", strings.Join(viewNames, ", ")+", streaming, all")
		}
	}
	return v, nil
}

// Word is an entry of a word list.
type Word struct {
	Text   string
	Class  string // what it is about; actions may be set for a class
	Action Action // empty: that of the class
}

// What a character is, beside its class in the surface view.
const (
	isDropped uint32 = 1 << (16 + iota)
	isSymbol
	isWord // letters and digits of scripts that put spaces between words
	isHan
	isSeveral // folds to more than one character
	isLatin
	isDigit
	isEmoji
	isPlain // a symbol that ordinary text has between words
	isRare  // a Chinese character that is seldom a word of its own

	classMask = 1<<16 - 1
)

// tableSize is how many characters are looked up in tables; the few beyond are in
// no word but by their exact form.
const tableSize = 0x20000

// Limits of a word list.
const (
	WordsMax   = 500_000
	classesMax = 60_000 // distinct characters in one view
)

// Library is a compiled word list.
type Library struct {
	Words  []Word
	tables *Tables

	char         []uint32 // by raw character: flags and the class in the surface view
	simplest     []rune   // by character of the basic plane: its simplified form
	to           []rune   // by raw character: what it folds to, where that is one
	several      map[rune][]rune
	glances      []glance
	surface      *automaton
	surfaceBegin begins

	literalClass map[rune]uint16 // of folded characters; words that hold symbols
	literal      *automaton

	leetClass [128]uint16
	leet      *automaton

	sound       []uint16 // by raw character: the class of its syllable
	soundClass  map[string]uint16
	emoji       map[rune][]uint16
	run         map[string]uint8 // of letters: begins a syllable, is one
	phonetic    *automaton
	soundsBegin begins
	spelling    []spelling
	soundIDs    []uint16 // exact syllables of the rows of the phonetic automaton, one row after the other
	soundEnd    []int32  // where a row ends among them, from the second on
	soundWord   []int32  // and the word of a row
	syllables   syllables
	readings    []uint16 // by raw character of the basic plane: its exact syllable

	initials      map[string][]int32
	initialsBegin map[string]bool

	partClass  []uint16 // by raw character
	parts      *automaton
	partsBegin begins
	whole      []rune // by row of the parts automaton: the character
	shuffled   shuffles
	shapes     shapes

	length  []uint8  // of each word, in units of the surface view
	folded  [][]rune // of each word, without symbols
	latin   []bool   // words of letters and digits only
	longest int      // word, in units

	finders sync.Pool
}

const (
	beginsSyllable = 1
	isSyllable     = 2
)

// NewLibrary compiles a word list. Words that are empty once folded, longer than 60
// characters, or beyond the limit are errors that name the entry.
func NewLibrary(t *Tables, words []Word) (*Library, error) {
	if len(words) > WordsMax {
		return nil, hearth.NewError(hearth.OutOfRange, "field", "words", "min", 0, "max", WordsMax)
	}
	l := &Library{Words: words, tables: t}
	if err := l.fold(); err != nil {
		return nil, err
	}
	l.compileSurface()
	l.compileLeet()
	l.compileSounds()
	l.compileParts()
	l.compileShuffles()
	l.compileShapes()
	l.compileGlances()
	return l, nil
}

// fold reads every word as texts are read.
func (l *Library) fold() error {
	l.folded, l.length, l.latin = make([][]rune, len(l.Words)), make([]uint8, len(l.Words)), make([]bool, len(l.Words))
	for i, w := range l.Words {
		var all, solid []rune
		for _, r := range w.Text {
			for _, c := range l.tables.fold(r) {
				all = append(all, c)
				if !symbol(c) {
					solid = append(solid, c)
				}
			}
		}
		if len(solid) == 0 || len(all) > unitsMax {
			return badWord(i, w.Text)
		}
		if len(solid) != len(all) && !onlySpaces(all) {
			solid = all // symbols are part of it: looked for as it stands
		}
		l.folded[i], l.length[i] = solid, uint8(len(solid))
		l.longest = max(l.longest, len(solid))
		l.latin[i] = !slices.ContainsFunc(solid, func(r rune) bool { return !wordLetter(r) })
	}
	return nil
}

func badWord(i int, text string) error {
	at := fmt.Sprintf("words[%d]", i)
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return hearth.NewError(hearth.InvalidValue, "field", at, "detail",
		hearth.Words{fmt.Sprintf("%q is empty once folded, or longer than %d characters", text, unitsMax),
			fmt.Sprintf("“%s” 归一后为空，或超过 %d 个字符", text, unitsMax)})
}

// onlySpaces reports whether the only symbols are white space, which texts may leave
// out or double.
func onlySpaces(rs []rune) bool {
	return !slices.ContainsFunc(rs, func(r rune) bool { return symbol(r) && !unicode.IsSpace(r) })
}

// symbol reports what may stand between the characters of a word.
func symbol(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) && !emojiLike(r) || r == 'ー' || r == 0xFFFD
}

func emojiLike(r rune) bool { return r >= 0x1F000 || r >= 0x2600 && r <= 0x27BF }

// wordLetter reports letters and digits of scripts that put spaces between words.
func wordLetter(r rune) bool {
	return r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r >= 0x370 && r < 0x1100 && unicode.IsLetter(r)
}

// hasSymbols reports whether a word is looked for with its symbols.
func (l *Library) hasSymbols(i int) bool { return slices.ContainsFunc(l.folded[i], symbol) }

func (l *Library) compileSurface() {
	class, literal := map[rune]uint16{}, map[rune]uint16{}
	var rows, exact [][]uint16
	for i, rs := range l.folded {
		if l.hasSymbols(i) {
			rows, exact = append(rows, nil), append(exact, classes(literal, rs))
		} else {
			rows, exact = append(rows, classes(class, rs)), append(exact, nil)
		}
	}
	l.surface = compileOver(class, rows)
	l.surfaceBegin = begin(rows)
	if len(literal) > 0 {
		l.literal, l.literalClass = compileOver(literal, exact), literal
	}
	l.char, l.to, l.several = make([]uint32, tableSize), make([]rune, tableSize), map[rune][]rune{}
	for r := range rune(tableSize) {
		l.char[r] = l.flags(r, class)
	}
	l.simplest = make([]rune, 0x10000)
	for r := range rune(0x10000) {
		if l.simplest[r] = l.simple(r); l.simplest[r] > 0xFFFF {
			l.simplest[r] = r
		}
	}
}

// classes numbers the characters of a word, from 1.
func classes[K comparable](class map[K]uint16, rs []K) []uint16 {
	row := make([]uint16, len(rs))
	for j, r := range rs {
		c, ok := class[r]
		if !ok && len(class) < classesMax {
			c = uint16(len(class) + 1)
			class[r] = c
		}
		row[j] = c
	}
	return row
}

// flags describes a raw character.
func (l *Library) flags(r rune, class map[rune]uint16) uint32 {
	l.to[r] = r
	if r >= 0xAC00 && r < 0xF900 || r >= 0x10000 && r < 0x1D400 || r >= 0x1F300 { // nothing folds here
		return describe(r, r) | uint32(class[r])
	}
	to := l.tables.fold(r)
	switch len(to) {
	case 0:
		return isDropped
	case 1:
		l.to[r] = to[0]
		return describe(r, to[0]) | l.rare(r) | uint32(class[to[0]])
	}
	l.several[r] = to
	return isSeveral
}

// rareRank is below which log2 of its frequency as a word a character is rare.
const rareRank = 11

func (l *Library) rare(r rune) uint32 {
	if r < 0x4E00 || r > 0x9FFF || l.tables.words.rank([]rune{l.simple(r)}) >= rareRank {
		return 0
	}
	return isRare
}

// describe is what a raw character is that folds to c.
func describe(r, c rune) uint32 {
	var f uint32
	switch {
	case symbol(c):
		f |= isSymbol
		if unicode.IsSpace(c) || strings.ContainsRune(",.;:!?，。；：！？、…\"'“”‘’()（）《》「」—-~", r) {
			f |= isPlain
		}
	case unicode.Is(unicode.Han, r):
		f |= isHan
	case wordLetter(c):
		f |= isWord
		if c >= 'a' && c <= 'z' {
			f |= isLatin
		}
		if c >= '0' && c <= '9' {
			f |= isDigit
		}
	}
	if emojiLike(r) {
		f |= isEmoji
	}
	return f
}

func (l *Library) compileLeet() {
	class := map[rune]uint16{}
	rows := make([][]uint16, len(l.Words))
	for i, rs := range l.folded {
		if !l.latin[i] || len(rs) < 3 || !slices.ContainsFunc(rs, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			continue
		}
		to := make([]rune, len(rs))
		for j, r := range rs {
			to[j] = leet(r)
		}
		rows[i] = classes(class, to)
	}
	if len(class) == 0 {
		return
	}
	l.leet = compileOver(class, rows)
	for r := range rune(128) {
		l.leetClass[r] = class[leet(unicode.ToLower(r))]
	}
}
