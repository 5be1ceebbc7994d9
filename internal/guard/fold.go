package guard

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold is what a character counts as. Most become one character; a few compatibility
// forms become several ("㎏", "ﬁ"), and what can't be seen becomes none.
//
// Digits of all kinds, Chinese ones among them, become ASCII digits in words and
// texts alike, so that 六四, ⑥④ and 64 are one word.
func (t *Tables) fold(r rune) []rune {
	if r < 0x80 {
		return []rune{unicode.ToLower(r)}
	}
	if invisible(r) {
		return nil
	}
	var out []rune
	for _, c := range norm.NFKD.String(string(r)) {
		if invisible(c) || unicode.Is(unicode.Mn, c) && c != r {
			continue
		}
		out = append(out, t.foldOne(unicode.ToLower(c)))
	}
	if unicode.Is(unicode.Mn, r) {
		return nil // a mark of its own: accents that were put on letters
	}
	return out
}

func (t *Tables) foldOne(c rune) rune {
	if s, ok := t.simplified[c]; ok {
		c = s
	}
	if d, ok := chineseDigit(c); ok {
		return d
	}
	if d, ok := lookAlike(c); ok {
		return d
	}
	return c
}

// invisible reports characters that change nothing a reader sees: format characters
// (zero-width, bidirectional, tags), variation selectors, fillers, controls other
// than white space.
func invisible(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < 0x20, r >= 0x7F && r < 0xA0:
		return true
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE0FFF: // selectors, tags
		return true
	case r == 0x034F, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x3164, r == 0xFFA0, r == 0x2800:
		return true
	case r == 0x20E3, r == 0x20DD, r == 0x20DE, r == 0x20DF, r == 0x20E0: // keycaps, enclosings
		return true
	case r >= 0x1F3FB && r <= 0x1F3FF: // skin tones
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

func chineseDigit(c rune) (rune, bool) {
	switch c {
	case '零', '〇':
		return '0', true
	case '一', '壹', '弌':
		return '1', true
	case '二', '贰', '弍':
		return '2', true
	case '三', '叁', '弎', '叄':
		return '3', true
	case '四', '肆':
		return '4', true
	case '五', '伍':
		return '5', true
	case '六', '陆':
		return '6', true
	case '七', '柒':
		return '7', true
	case '八', '捌':
		return '8', true
	case '九', '玖':
		return '9', true
	}
	return 0, false
}

// lookAlike makes Latin letters of the Cyrillic and Greek ones that look the same.
func lookAlike(c rune) (rune, bool) {
	const from, to = "авеікмнорстухѕјԁɡαβεικνορτυχаɑ", "abeikmhopctyxsjdgabeiknoptuxaa"
	i := 0
	for _, r := range from {
		if r == c {
			return rune(to[i]), true
		}
		i++
	}
	return 0, false
}

// leet is the letter that a digit or sign stands for in a disguised Latin word.
// Letters that share a sign are one, in words and texts alike.
func leet(c rune) rune {
	switch c {
	case '0':
		return 'o'
	case '1', '!', '|', 'l':
		return 'i'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7', '+':
		return 't'
	case '8':
		return 'b'
	}
	return c
}

// foldOf is what a character counts as in words, where that is one character.
func (l *Library) foldOf(k *mark) rune {
	if k.raw != k.r { // one of several already folded
		return k.r
	}
	if k.r < tableSize && l.char[k.r]&isSeveral == 0 {
		return l.to[k.r]
	}
	return k.r
}

// asciiOf is the letter a Latin character folds to.
func (l *Library) asciiOf(r rune) byte {
	if r < 0x80 {
		return byte(r | 0x20)
	}
	return byte(l.to[r])
}
