package tokenizer

// The splitters in the line of OpenAI's cl100k:
//
//	(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|
//	\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+

func llama3(c *classes, s []byte, at int) (start, end int) {
	return at, cl100k(c, s, at, letter, 3)
}

// qwen2 takes numbers one digit at a time.
func qwen2(c *classes, s []byte, at int) (start, end int) {
	return at, cl100k(c, s, at, letter, 1)
}

// qwen35 keeps combining marks with their letters.
func qwen35(c *classes, s []byte, at int) (start, end int) {
	return at, cl100k(c, s, at, letter|mark, 1)
}

func cl100k(c *classes, s []byte, at int, word class, digits int) int {
	if end := contraction(s, at, true); end > at {
		return end
	}
	if end := prefixed(c, s, at, letter|number, word); end > at {
		return end
	}
	if end := upTo(c, s, at, number, digits); end > at {
		return end
	}
	if end := others(c, s, at, space|word|number); end > at {
		return newlines(s, end)
	}
	return blanks(c, s, at)
}

// others is " ?[^{not}]+".
func others(c *classes, s []byte, at int, not class) int {
	from := afterSpace(s, at)
	if end := c.skip(s, from, not); end > from {
		return end
	}
	return at
}
