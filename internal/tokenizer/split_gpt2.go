package tokenizer

// What falcon and the default splitter take for punctuation beside \p{P}; first
// and last character of each range in turn.
const (
	falconSymbols  = "$$++<>^^||~~``"
	defaultSymbols = "$$++<>^^||~~"
)

// gpt2 is
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func gpt2(c *classes, s []byte, at int) (start, end int) {
	if end = contraction(s, at, false); end > at {
		return at, end
	}
	from := afterSpace(s, at)
	switch k, _ := c.at(s, from); {
	case k&letter != 0:
		return at, c.span(s, from, letter)
	case k&number != 0:
		return at, c.span(s, from, number)
	case k != 0 && k&space == 0:
		return at, c.skip(s, from, space|letter|number)
	}
	end, last := c.blank(s, at)
	return at, spacing(s, at, end, last)
}

// contraction is 's|'t|'re|'ve|'m|'ll|'d, in either case if fold is set.
func contraction(s []byte, at int, fold bool) int {
	if s[at] != '\'' || at+1 >= len(s) {
		return at
	}
	var low byte
	if fold {
		low = 0x20
	}
	switch s[at+1] | low {
	case 's', 't', 'm', 'd':
		return at + 2
	}
	if at+2 < len(s) {
		switch string([]byte{s[at+1] | low, s[at+2] | low}) {
		case "re", "ve", "ll":
			return at + 3
		}
	}
	return at
}
