package tokenizer

import "strings"

// The splitters in the line of OpenAI's o200k, which begin a word where upper case
// follows lower:
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
//	\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+

func gpt4o(c *classes, s []byte, at int) (start, end int) {
	if end = casedWord(c, s, at, 0); end > at {
		return at, suffixed(s, end)
	}
	return at, unworded(c, s, at, 3, "\r\n/")
}

// tekken knows no contractions and takes numbers one digit at a time.
func tekken(c *classes, s []byte, at int) (start, end int) {
	if end = casedWord(c, s, at, 0); end > at {
		return at, end
	}
	return at, unworded(c, s, at, 1, "\r\n/")
}

// kimi takes runs of \p{Han} out of the words first.
func kimi(c *classes, s []byte, at int) (start, end int) {
	if end = c.span(s, at, han); end > at {
		return at, end
	}
	if end = casedWord(c, s, at, han); end > at {
		return at, suffixed(s, end)
	}
	return at, unworded(c, s, at, 3, "\r\n")
}

func suffixed(s []byte, end int) int {
	if end < len(s) {
		return contraction(s, end, true)
	}
	return end
}

func unworded(c *classes, s []byte, at, digits int, tail string) int {
	if end := upTo(c, s, at, number, digits); end > at {
		return end
	}
	if end := others(c, s, at, space|letter|number); end > at {
		for end < len(s) && strings.IndexByte(tail, s[end]) >= 0 {
			end++
		}
		return end
	}
	return blanks(c, s, at)
}

// casedWord is the first two alternatives, with each way to take the optional
// character before the word in the order a backtracking matcher tries them.
func casedWord(c *classes, s []byte, at int, not class) int {
	k, n := c.at(s, at)
	after := at
	if k&(letter|number) == 0 && !isNewline(s[at]) {
		after = at + n
	}
	for _, upperOnly := range []bool{false, true} {
		if end := cased(c, s, after, not, upperOnly); end > after {
			return end
		}
		if end := cased(c, s, at, not, upperOnly); end > at {
			return end
		}
	}
	return at
}

// cased matches capitals, then small letters; letters without case and marks are
// both. At least one small letter is asked for, or one capital if upperOnly is set.
func cased(c *classes, s []byte, at int, not class, upperOnly bool) int {
	i, both := at, -1 // both: the end of the last character that is capital and small
	for {
		k, n := c.at(s, i)
		if k&(letter|mark) == 0 || k&(lower|not) != 0 {
			break
		}
		i += n
		if k&upper == 0 {
			both = i
		}
	}
	end := smalls(c, s, i, not)
	if end > i || upperOnly {
		return end
	}
	return max(both, at)
}

func smalls(c *classes, s []byte, i int, not class) int {
	for {
		k, n := c.at(s, i)
		if k&(letter|mark) == 0 || k&(upper|not) != 0 {
			return i
		}
		i += n
	}
}
