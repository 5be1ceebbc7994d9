package tokenizer

import "unicode/utf8"

// Split returns the words that a splitter finds in a text.
func Split(pre, text string) ([]string, error) {
	p, err := pretokenizerFor(pre)
	if err != nil || !utf8.ValidString(text) {
		return nil, err
	}
	s := splits{chars: characters()}
	s.collect(p.patterns, []byte(text))
	return s.words, nil
}

type splits struct {
	chars *classes
	words []string
}

func (s *splits) collect(patterns []pattern, text []byte) {
	if len(patterns) == 0 {
		s.words = append(s.words, string(text))
		return
	}
	for at := 0; at < len(text); {
		start, end := patterns[0](s.chars, text, at)
		if start > at {
			s.collect(patterns[1:], text[at:start])
		}
		if end > start {
			s.collect(patterns[1:], text[start:end])
		}
		at = end
	}
}
