package grammar

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// An expression is compiled over texts whose start and end are marked by bytes, which
// ^ and $ stand for. What has them elsewhere is no text, and then they are taken off.

// Regex is what a regular expression matches as a whole, in the syntax of RE2. ^ and $
// may stand where a text begins and ends; word boundaries are not supported.
func Regex(expression string) (Language, error) {
	x, err := parseRegex(expression, "")
	if err != nil {
		return Language{}, err
	}
	b := newBudget()
	text := repeat{anyRune(), 0, unlimited}
	d := b.both(b.determine(x, nil), b.determine(seq{optional(startMark()), text, optional(endMark())}, nil))
	return Language{b.determine(unmarked{d}, nil)}, b.err
}

// search is every text in which an expression matches somewhere, as patterns of JSON
// Schema do.
func (b *budget) search(expression, place string) (*automaton, error) {
	x, err := parseRegex(expression, place)
	if err != nil {
		return nil, err
	}
	text := repeat{anyRune(), 0, unlimited}
	x = seq{optional(seq{startMark(), text}), x, optional(seq{text, endMark()})}
	d := b.both(b.determine(x, nil), b.determine(seq{startMark(), text, endMark()}, nil))
	return b.determine(unmarked{d}, nil), b.err
}

func startMark() node { return byteRange{startByte, startByte} }

func endMark() node { return byteRange{endByte, endByte} }

func optional(x node) node { return alt{empty{}, x} }

func parseRegex(expression, place string) (node, error) {
	if len(expression) > sourceBytesMax {
		return nil, tooLarge(place, "the expression has more than %d bytes", sourceBytesMax)
	}
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, invalid(place, "%s", err)
	}
	r := regexReader{place: place}
	x := r.node(re, 0)
	return x, r.err
}

// regexReader turns a parsed expression into ours.
type regexReader struct {
	place string
	err   error
}

func (r *regexReader) fail(err error) node {
	if r.err == nil {
		r.err = err
	}
	return empty{}
}

func (r *regexReader) node(re *syntax.Regexp, depth int) node {
	if depth > depthMax {
		return r.fail(tooLarge(r.place, "the expression is nested more than %d deep", depthMax))
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return alt{}
	case syntax.OpEmptyMatch:
		return empty{}
	case syntax.OpLiteral:
		var s seq
		for _, c := range re.Rune {
			s = append(s, r.char(c, re.Flags&syntax.FoldCase != 0))
		}
		return s
	case syntax.OpCharClass:
		var a alt
		for i := 0; i+1 < len(re.Rune); i += 2 {
			a = append(a, runes(re.Rune[i], re.Rune[i+1]))
		}
		return a
	case syntax.OpAnyChar:
		return anyRune()
	case syntax.OpAnyCharNotNL:
		return alt{runes(0, '\n'-1), runes('\n'+1, utf8.MaxRune)}
	case syntax.OpBeginText:
		return startMark()
	case syntax.OpEndText:
		return endMark()
	case syntax.OpBeginLine, syntax.OpEndLine:
		return r.fail(unsupported(r.place, "(?m), which makes ^ and $ mean lines,"))
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return r.fail(unsupported(r.place, `\b`))
	}
	return r.composed(re, depth+1)
}

// composed are the operators on other expressions.
func (r *regexReader) composed(re *syntax.Regexp, depth int) node {
	parts := make([]node, len(re.Sub))
	for i, sub := range re.Sub {
		parts[i] = r.node(sub, depth)
	}
	switch re.Op {
	case syntax.OpConcat:
		return seq(parts)
	case syntax.OpAlternate:
		return alt(parts)
	case syntax.OpStar:
		return repeat{parts[0], 0, unlimited}
	case syntax.OpPlus:
		return repeat{parts[0], 1, unlimited}
	case syntax.OpQuest:
		return optional(parts[0])
	case syntax.OpRepeat:
		return repeat{parts[0], re.Min, re.Max}
	}
	return parts[0] // a group
}

// char is a character, or all that are the same but for case.
func (r *regexReader) char(c rune, folds bool) node {
	a := alt{runes(c, c)}
	if !folds {
		return a[0]
	}
	for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
		a = append(a, runes(f, f))
	}
	return a
}
