package tokenizer

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// class is the sets that a character belongs to, one bit each; 0 is the end of
// the text.
type class uint16

const (
	letter class = 1 << iota // \p{L}
	mark                     // \p{M}
	number                   // \p{N}
	punct                    // \p{P}
	symbol                   // \p{S}
	space                    // \s
	upper                    // \p{Lu}, \p{Lt}
	lower                    // \p{Ll}
	han                      // \p{Han}

	// The sets that one family alone speaks of; their files list them.
	falconPunct
	defaultPunct
	deepseekLetter
	deepseekPunct
	deepseekEastern
	deepseekCJK

	otherCharacter // in no set at all
)

// classes knows the class of every character: an array for ASCII, and pages of
// 256 shared between the many blocks that look alike. Its methods read valid UTF-8.
type classes struct {
	ascii [256]class // 0 from 0x80 on
	index [unicode.MaxRune>>8 + 1]uint16
	pages [][256]class
}

// characters depends on nothing but the Unicode tables, and is made when the
// first tokenizer needs it.
var characters = sync.OnceValue(func() *classes {
	flat := make([]class, unicode.MaxRune+1)
	markCategories(flat)
	markFamilies(flat)
	for c, k := range flat {
		if k == 0 {
			flat[c] = otherCharacter
		}
	}
	return fold(flat)
})

func markCategories(flat []class) {
	for _, s := range []struct {
		set   class
		table *unicode.RangeTable
	}{
		{letter, unicode.L}, {mark, unicode.M}, {number, unicode.N}, {symbol, unicode.S}, {space, unicode.White_Space},
		{punct | falconPunct | defaultPunct, unicode.P},
		{upper, unicode.Lu}, {upper, unicode.Lt}, {lower, unicode.Ll}, {han, unicode.Han},
	} {
		for _, r := range s.table.R16 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				flat[c] |= s.set
			}
		}
		for _, r := range s.table.R32 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				flat[c] |= s.set
			}
		}
	}
}

func markFamilies(flat []class) {
	for _, s := range []struct {
		set    class
		ranges string
	}{
		{falconPunct, falconSymbols}, {defaultPunct, defaultSymbols},
		{deepseekLetter, deepseekLetters}, {deepseekPunct, deepseekMarks},
		{deepseekEastern, deepseekScripts}, {deepseekCJK, deepseekIdeographs},
	} {
		rs := []rune(s.ranges)
		for i := 0; i < len(rs); i += 2 {
			for c := rs[i]; c <= rs[i+1]; c++ {
				flat[c] |= s.set
			}
		}
	}
}

// fold keeps each distinct page once.
func fold(flat []class) *classes {
	c := &classes{}
	copy(c.ascii[:utf8.RuneSelf], flat)
	seen := map[[256]class]uint16{}
	for i := range c.index {
		page := [256]class(flat[i<<8:])
		at, ok := seen[page]
		if !ok {
			at = uint16(len(c.pages))
			seen[page] = at
			c.pages = append(c.pages, page)
		}
		c.index[i] = at
	}
	return c
}

// at returns the class and the width of the character at s[i:], 0 and 0 at the end.
func (c *classes) at(s []byte, i int) (class, int) {
	if i >= len(s) {
		return 0, 0
	}
	if k := c.ascii[s[i]]; k != 0 {
		return k, 1
	}
	return c.wide(s, i)
}

func (c *classes) wide(s []byte, i int) (class, int) {
	r, n := decode(s, i)
	return c.of(r), n
}

func (c *classes) of(r rune) class {
	return c.pages[c.index[r>>8]][r&0xff]
}

// span returns the end of the characters from s[i:] on that are in set.
func (c *classes) span(s []byte, i int, set class) int {
	for {
		for i < len(s) && c.ascii[s[i]]&set != 0 {
			i++
		}
		if i == len(s) || s[i] < utf8.RuneSelf {
			return i
		}
		k, n := c.wide(s, i)
		if k&set == 0 {
			return i
		}
		i += n
	}
}

// skip returns the end of the characters from s[i:] on that are not in set.
func (c *classes) skip(s []byte, i int, set class) int {
	for {
		for i < len(s) && s[i] < utf8.RuneSelf && c.ascii[s[i]]&set == 0 {
			i++
		}
		if i == len(s) || s[i] < utf8.RuneSelf {
			return i
		}
		k, n := c.wide(s, i)
		if k&set != 0 {
			return i
		}
		i += n
	}
}

// blank returns the end of the white space at s[i:] and where its last character
// begins.
func (c *classes) blank(s []byte, i int) (end, last int) {
	last = i
	for {
		k, n := c.at(s, i)
		if k&space == 0 {
			return i, last
		}
		last = i
		i += n
	}
}

// decode reads the character at s[i:], which is sure to be there and to be valid:
// utf8.DecodeRune would make sure again.
func decode(s []byte, i int) (rune, int) {
	switch b := s[i]; {
	case b < 0x80:
		return rune(b), 1
	case b < 0xe0:
		return rune(b&0x1f)<<6 | rune(s[i+1]&0x3f), 2
	case b < 0xf0:
		return rune(b&0x0f)<<12 | rune(s[i+1]&0x3f)<<6 | rune(s[i+2]&0x3f), 3
	default:
		return rune(b&0x07)<<18 | rune(s[i+1]&0x3f)<<12 | rune(s[i+2]&0x3f)<<6 | rune(s[i+3]&0x3f), 4
	}
}
