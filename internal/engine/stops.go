package engine

import "strings"

// stops finds stop strings in a text that arrives in pieces. What might be the
// start of one is held back, no more.
type stops struct {
	strings []string
	held    string
}

// feed takes the next piece. It returns what is certain not to belong to a stop
// string, and whether one was found; nothing after it is returned.
func (s *stops) feed(piece string) (out string, stopped bool) {
	text := s.held + piece
	first := -1
	for _, stop := range s.strings {
		if i := strings.Index(text, stop); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if first >= 0 {
		s.held = ""
		return text[:first], true
	}
	keep := 0
	for _, stop := range s.strings {
		keep = max(keep, overlap(text, stop))
	}
	s.held = text[len(text)-keep:]
	return text[:len(text)-keep], false
}

// flush returns what is held when the text ends.
func (s *stops) flush() string {
	held := s.held
	s.held = ""
	return held
}

// overlap is the length of the longest end of text that is a true beginning of
// stop.
func overlap(text, stop string) int {
	for n := min(len(text), len(stop)-1); n > 0; n-- {
		if strings.HasSuffix(text, stop[:n]) {
			return n
		}
	}
	return 0
}
