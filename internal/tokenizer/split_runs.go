package tokenizer

// runs is [set]+.
func runs(set class) pattern {
	return func(c *classes, s []byte, at int) (start, end int) {
		start = c.skip(s, at, set)
		return start, c.span(s, start, set)
	}
}

// spaced is \s?[set]+.
func spaced(set class) pattern {
	return func(c *classes, s []byte, at int) (start, end int) {
		for at < len(s) {
			start = c.skip(s, at, set|space)
			k, n := c.at(s, start)
			if k&space != 0 {
				if end = c.span(s, start+n, set); end > start+n {
					return start, end
				}
			}
			if end = c.span(s, start, set); end > start {
				return start, end
			}
			at = start + n
		}
		return at, at
	}
}

// eachNumber is \p{N}.
func eachNumber(c *classes, s []byte, at int) (start, end int) {
	start = c.skip(s, at, number)
	_, n := c.at(s, start)
	return start, start + n
}

// threeNumbers is \p{N}{1,3}.
func threeNumbers(c *classes, s []byte, at int) (start, end int) {
	start = c.skip(s, at, number)
	return start, upTo(c, s, start, number, 3)
}

// upTo returns the end of at most limit characters of the set at s[i:].
func upTo(c *classes, s []byte, i int, set class, limit int) int {
	for range limit {
		k, n := c.at(s, i)
		if k&set == 0 {
			break
		}
		i += n
	}
	return i
}

// threeDigits is [0-9][0-9][0-9].
func threeDigits(_ *classes, s []byte, at int) (start, end int) {
	run := 0
	for i := at; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			run = 0
		} else if run++; run == 3 {
			return i - 2, i + 1
		}
	}
	return len(s), len(s)
}

// eachNewline is [\r\n].
func eachNewline(_ *classes, s []byte, at int) (start, end int) {
	for i := at; i < len(s); i++ {
		if isNewline(s[i]) {
			return i, i + 1
		}
	}
	return len(s), len(s)
}

func isNewline(b byte) bool { return b == '\n' || b == '\r' }

// newlines is [\r\n]*.
func newlines(s []byte, i int) int {
	for i < len(s) && isNewline(s[i]) {
		i++
	}
	return i
}

// afterSpace is " ?".
func afterSpace(s []byte, i int) int {
	if s[i] == ' ' {
		return i + 1
	}
	return i
}

// prefixed is [^\r\n{never}]?[{want}]+.
func prefixed(c *classes, s []byte, at int, never, want class) int {
	k, n := c.at(s, at)
	if k&never == 0 && !isNewline(s[at]) {
		if end := c.span(s, at+n, want); end > at+n {
			return end
		}
	}
	return c.span(s, at, want)
}

// blanks is \s*[\r\n]+|\s+(?!\S)|\s+.
func blanks(c *classes, s []byte, at int) int {
	end, last := c.blank(s, at)
	for i := end; i > at; i-- {
		if isNewline(s[i-1]) {
			return i
		}
	}
	return spacing(s, at, end, last)
}

// spacing is \s+(?!\S)|\s+ over white space that ends at end, its last character
// at last: that one is left to the word that follows, unless it is alone.
func spacing(s []byte, at, end, last int) int {
	if end == len(s) || last == at {
		return end
	}
	return last
}
