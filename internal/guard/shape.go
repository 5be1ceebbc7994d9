package guard

// shapes finds words some of whose characters are replaced by ones that look alike:
// that share the part which is not the radical, or contain the character, or are
// contained in it. Only rare characters that are part of no ordinary word are taken
// for a disguise.
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

// findShaped looks around every character that may be a disguise.
func (f *Finder) findShaped() {
	next := 0 // the first start not searched yet
	for j, at := range f.solid {
		if f.marks[at].flags&isRare == 0 || f.inWord(int(at)) {
			continue
		}
		for s := max(next, j-shapeSpan+1); s <= j; s++ {
			f.shapedFrom(s, s, rootState, 0)
		}
		next = j + 1
	}
}

// shapedFrom goes on with a word that began at a place, as the text is and as what it
// looks like.
func (f *Finder) shapedFrom(first, j int, state int32, replaced int) {
	if j-first >= shapeSpan || j >= len(f.solid) {
		return
	}
	k := &f.marks[f.solid[j]]
	if class := uint16(k.flags & classMask); class != 0 {
		if next, ok := f.l.surface.next(state, class); ok {
			f.shapedTo(first, j, next, replaced)
		}
	}
	if k.flags&isRare == 0 || replaced == shapeReplace || f.inWord(int(f.solid[j])) {
		return
	}
	r := f.l.foldOf(k)
	list, ok := f.looks[r]
	if !ok {
		list = f.l.looks(r)
		f.looks[r] = list
	}
	for _, c := range list {
		if c >= tableSize {
			continue
		}
		if next, ok := f.l.surface.next(state, uint16(f.l.char[c]&classMask)); ok {
			f.shapedTo(first, j, next, replaced+1)
		}
	}
}

func (f *Finder) shapedTo(first, j int, state int32, replaced int) {
	if replaced > 0 && j > first {
		for _, w := range f.l.surface.ends(state) {
			if int(f.l.length[w]) == j-first+1 && f.gains(int(f.solid[first]), int(f.solid[j])) >= gapShuffle {
				f.add(w, Shape, int(f.solid[first]), int(f.solid[j]))
			}
		}
	}
	f.shapedFrom(first, j+1, state, replaced)
}
