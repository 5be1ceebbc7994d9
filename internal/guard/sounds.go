package guard

import (
	"slices"
	"strings"
	"unicode"
)

// readingsMax is in how many ways a word with characters of several readings is
// spelled.
const readingsMax = 4

// fuzzy is a syllable as people of many places say it: no difference between z and
// zh, c and ch, s and sh, nor between n and ng at the end.
func fuzzy(s string) string {
	if len(s) > 2 && s[1] == 'h' {
		s = s[:1] + s[2:]
	}
	return strings.TrimSuffix(s, "g")
}

// digitSounds are how digits are read aloud.
var digitSounds = [10]string{"ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"}

// compileSounds spells the words that are Chinese throughout.
func (l *Library) compileSounds() {
	l.soundClass, l.initials, l.initialsBegin = map[string]uint16{}, map[string][]int32{}, map[string]bool{}
	var rows [][]uint16
	syllables := &l.syllables
	l.soundEnd = []int32{0}
	for i, w := range l.Words {
		if w.Action == Allow || l.hasSymbols(i) {
			continue
		}
		for _, spelled := range l.spell(w.Text) {
			folded := make([]string, len(spelled))
			var first strings.Builder
			for j, s := range spelled {
				folded[j] = fuzzy(s)
				first.WriteByte(s[0])
			}
			rows = append(rows, classes(l.soundClass, folded))
			for _, s := range spelled {
				l.soundIDs = append(l.soundIDs, syllables.id(s))
			}
			l.soundEnd, l.soundWord = append(l.soundEnd, int32(len(l.soundIDs))), append(l.soundWord, int32(i))
			if key := first.String(); len(key) >= 2 && !slices.Contains(l.initials[key], int32(i)) {
				l.initials[key] = append(l.initials[key], int32(i))
				for n := 1; n <= len(key); n++ {
					l.initialsBegin[key[:n]] = true
				}
			}
		}
	}
	l.phonetic = compileOver(l.soundClass, rows)
	l.soundsBegin = begin(rows)
	l.sound, l.emoji, l.run = make([]uint16, tableSize), map[rune][]uint16{}, map[string]uint8{}
	for r, readings := range l.tables.readings {
		if r < tableSize {
			l.sound[r] = l.soundClass[fuzzy(readings[0])]
		}
	}
	for t, s := range l.tables.simplified {
		if t < tableSize && s < tableSize && l.sound[t] == 0 {
			l.sound[t] = l.sound[s]
		}
	}
	for d, s := range digitSounds {
		l.sound['0'+d] = l.soundClass[fuzzy(s)]
	}
	for r, cs := range l.tables.emoji {
		for _, c := range cs {
			if k := l.soundClass[fuzzy(l.tables.reading(c))]; k != 0 && !slices.Contains(l.emoji[r], k) {
				l.emoji[r] = append(l.emoji[r], k)
			}
		}
	}
	for s := range l.tables.syllables {
		l.run[s] |= isSyllable
		for n := 1; n <= len(s); n++ {
			l.run[s[:n]] |= beginsSyllable
		}
	}
	l.compileSpelling()
	l.compileReadings()
}

// syllables numbers exact syllables, from 1.
type syllables struct {
	names []string
	ids   map[string]uint16
}

func (x *syllables) id(s string) uint16 {
	if x.ids == nil {
		x.names, x.ids = []string{""}, map[string]uint16{}
	}
	id, ok := x.ids[s]
	if !ok {
		id = uint16(len(x.names))
		x.names, x.ids[s] = append(x.names, s), id
	}
	return id
}

// readSeveral stands for the reading of a character that has several.
const readSeveral = 0xFFFF

func (l *Library) compileReadings() {
	l.readings = make([]uint16, 0x10000)
	for r := range rune(len(l.readings)) {
		rs := l.tables.readings[r]
		if s, ok := l.tables.simplified[r]; ok && len(rs) == 0 {
			rs = l.tables.readings[s]
		}
		switch len(rs) {
		case 0:
		case 1:
			l.readings[r] = l.syllables.id(rs[0])
		default:
			l.readings[r] = readSeveral
		}
	}
}

// soundsOf is the exact syllables of a row of the phonetic automaton.
func (l *Library) soundsOf(row int32) []uint16 { return l.soundIDs[l.soundEnd[row]:l.soundEnd[row+1]] }

// reading is the usual syllable of a character, "" if it has none.
func (t *Tables) reading(r rune) string {
	if rs := t.readings[r]; len(rs) > 0 {
		return rs[0]
	}
	return ""
}

// spell is the ways to spell a word of Chinese characters and digits; none if there
// are others in it.
func (l *Library) spell(text string) [][]string {
	ways := [][]string{nil}
	for _, r := range text {
		if invisible(r) || unicode.IsSpace(r) {
			continue
		}
		readings := l.tables.readings[r]
		if f := l.tables.fold(r); len(f) == 1 && f[0] >= '0' && f[0] <= '9' {
			readings = []string{digitSounds[f[0]-'0']}
		}
		if len(readings) == 0 {
			return nil
		}
		var more [][]string
		for _, s := range readings {
			for _, w := range ways {
				if len(more) < readingsMax {
					more = append(more, append(slices.Clone(w), s))
				}
			}
		}
		ways = more
	}
	if len(ways[0]) == 0 || digitsOnly(text) {
		return nil
	}
	return ways
}

func digitsOnly(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) && !unicode.IsSpace(r) })
}

// syllabify cuts letters into pinyin syllables, the longest first; nil if they are none.
func (l *Library) syllabify(letters string) []string {
	n := len(letters)
	var ok [runMax + 1]bool // whether the rest from here can be cut
	ok[n] = true
	for i := n - 1; i >= 0; i-- {
		for k := 1; k <= 6 && i+k <= n && !ok[i]; k++ {
			ok[i] = ok[i+k] && l.run[letters[i:i+k]]&isSyllable != 0
		}
	}
	if !ok[0] {
		return nil
	}
	var list []string
	for i := 0; i < n; {
		for k := min(6, n-i); k > 0; k-- {
			if ok[i+k] && l.run[letters[i:i+k]]&isSyllable != 0 {
				list = append(list, letters[i:i+k])
				i += k
				break
			}
		}
	}
	return list
}
