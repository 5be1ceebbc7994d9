package guard

// shapes finds words some of whose characters are replaced by ones that look alike:
// that share the part which is not the radical, or contain the character, or are
// contained in it. Only rare characters are taken for a disguise.
type shapes struct {
	shared map[rune][]rune // characters of the words, by their parts
	whole  map[rune]bool   // characters of the words
}

// radicals are parts that so many characters share that they make none alike.
var radicals = runeSet("水人心手言金草足示衣犬食刀火竹丝病卜牛月口土女木日目石王玉山虫马鱼鸟车门广尸辵文一丨丿丶乙十厂冖宀八儿力又大小子寸巾工阝攴欠禾米田白立")

const (
	shapeSpan    = 8  // characters of a word that is looked for so
	shapeLooks   = 24 // characters a rare one is taken for
	shapeReplace = 4  // characters replaced in a word
)

func (l *Library) compileShapes() {
	l.shapes = shapes{map[rune][]rune{}, map[rune]bool{}}
	for i, rs := range l.folded {
		if l.Words[i].Action == Allow || l.hasSymbols(i) || len(rs) < 2 || len(rs) > shapeSpan {
			continue
		}
		for _, r := range rs {
			if l.shapes.whole[r] {
				continue
			}
			l.shapes.whole[r] = true
			for _, p := range l.partsOf(r) {
				if !radicals[p] {
					l.shapes.shared[p] = append(l.shapes.shared[p], r)
				}
			}
		}
	}
}

// partsOf are the parts of a character, split once.
func (l *Library) partsOf(r rune) []rune {
	var ps []rune
	if ways := l.tables.parts[r]; len(ways) > 0 {
		for _, p := range ways[0] {
			ps = append(ps, l.tables.foldPart(p))
		}
	}
	return ps
}

// looks are the characters of the words that one may be taken for.
func (l *Library) looks(r rune) []rune {
	var list []rune
	add := func(c rune) {
		if c != r && len(list) < shapeLooks {
			list = append(list, c)
		}
	}
	for _, p := range l.partsOf(r) {
		if l.shapes.whole[p] {
			add(p)
		}
		for _, c := range l.shapes.shared[p] {
			add(c)
		}
	}
	for _, c := range l.shapes.shared[r] { // which contain it
		add(c)
	}
	return list
}

// shaped is a search from one place of a text.
type shaped struct {
	l     *Library
	m     *Matcher
	ks    []mark
	looks map[rune][]rune
	first int
	found []Match
}

func (l *Library) findShaped(text string, found []Match) []Match {
	s := &shaped{l: l, m: &Matcher{l: l}, looks: map[rune][]rune{}, found: found}
	odd := false
	for _, k := range l.solid(text) {
		if k.flags&isSymbol == 0 {
			s.ks = append(s.ks, k)
			odd = odd || k.flags&isRare != 0
		}
	}
	for s.first = range s.ks {
		if odd {
			s.from(s.first, rootState, 0)
		}
	}
	return s.found
}

// from goes on with the character at a place, as it is and as what it looks like.
func (s *shaped) from(at int, state int32, replaced int) {
	if at-s.first >= shapeSpan || at >= len(s.ks) {
		return
	}
	k := &s.ks[at]
	if next, ok := s.l.surface.next(state, uint16(k.flags&classMask)); ok && k.flags&classMask != 0 {
		s.arrive(at, next, replaced)
	}
	if k.flags&isRare == 0 || replaced == shapeReplace {
		return
	}
	list, ok := s.looks[k.r]
	if !ok {
		list = s.l.looks(k.r)
		s.looks[k.r] = list
	}
	for _, c := range list {
		if c >= tableSize {
			continue
		}
		if next, ok := s.l.surface.next(state, uint16(s.l.char[c]&classMask)); ok {
			s.arrive(at, next, replaced+1)
		}
	}
}

func (s *shaped) arrive(at int, state int32, replaced int) {
	if replaced > 0 && at > s.first {
		n := at - s.first + 1
		for _, w := range s.l.surface.ends(state) {
			if int(s.l.length[w]) == n && s.l.unordinary(s.m, s.ks, s.first, at+1, -1) {
				s.found = append(s.found, Match{Word: int(w), View: Shape, Start: s.ks[s.first].start, End: s.ks[at].end})
			}
		}
	}
	s.from(at+1, state, replaced)
}
