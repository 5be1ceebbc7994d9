package engine

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// stops finds stop strings in a text that arrives in pieces. What might be the
// start of one is held back, no more. In an aside at the text's beginning they do
// not count.
type stops struct {
	strings []string
	aside   hearth.Aside
	where   place
	held    string
	found   string // the stop string that came
}

// place is where in a text the stops stand.
type place int

const (
	atStart place = iota
	inAside
	inText
)

func newStops(list []string, aside hearth.Aside) stops {
	s := stops{strings: list, aside: aside, where: inText}
	switch {
	case aside.Begun:
		s.where = inAside
	case aside.Open != "":
		s.where = atStart
	}
	return s
}

// feed takes the next piece. It returns what is certain not to belong to a stop
// string, and whether one was found; nothing after it is returned.
func (s *stops) feed(piece string) (out string, stopped bool) {
	text := s.held + piece
	s.held = ""
	if s.where == atStart {
		rest := strings.TrimLeft(text, " \n")
		switch {
		case strings.HasPrefix(rest, s.aside.Open):
			n := len(text) - len(rest) + len(s.aside.Open)
			out, text, s.where = text[:n], text[n:], inAside
		case strings.HasPrefix(s.aside.Open, rest):
			s.held = text
			return "", false
		default:
			s.where = inText
		}
	}
	if s.where == inAside {
		inside, after, closed := strings.Cut(text, s.aside.Close)
		if !closed {
			keep := overlap(text, s.aside.Close)
			s.held = text[len(text)-keep:]
			return out + text[:len(text)-keep], false
		}
		out, text, s.where = out+inside+s.aside.Close, after, inText
	}
	safe, stopped := s.cut(text)
	return out + safe, stopped
}

// cut is feed where stop strings count.
func (s *stops) cut(text string) (out string, stopped bool) {
	first := -1
	for _, stop := range s.strings {
		if i := strings.Index(text, stop); i >= 0 && (first < 0 || i < first) {
			first, s.found = i, stop
		}
	}
	if first >= 0 {
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
