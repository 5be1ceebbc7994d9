package guard

// partVariants are forms that a part takes inside a character, and the character it
// is.
var partVariants = map[rune]rune{'氵': '水', '亻': '人', '忄': '心', '扌': '手', '讠': '言', '訁': '言', '钅': '金', '釒': '金', '艹': '草', '⻊': '足', '𧾷': '足',
	'礻': '示', '衤': '衣', '犭': '犬', '饣': '食', '飠': '食', '刂': '刀', '灬': '火', '⺮': '竹', '纟': '丝', '糹': '丝', '疒': '病', '⺊': '卜', '牜': '牛',
	'⺼': '月', '囗': '口', '⺀': '冫', '㇆': '𠃌', '㇏': '乀', '𧘇': '衣', '辶': '辵', '⻌': '辵', '罒': '四', '覀': '西', '王': '玉', '丬': '爿', '攵': '文', '廾': '升', '才': '手', '㇉': '𠃌', '夂': '文', '夊': '文', '⺌': '小', '⺍': '小', '爫': '爪', '龶': '主', '𠔉': '龹', '䒑': '艹'}

// foldPart is a character as a part.
func (t *Tables) foldPart(r rune) rune {
	if s, ok := t.simplified[r]; ok {
		r = s
	}
	if v, ok := partVariants[r]; ok {
		return v
	}
	return r
}

// compileParts makes a trie of the ways to write the characters of the words as
// their parts.
func (l *Library) compileParts() {
	class := map[rune]uint16{}
	var rows [][]uint16
	done := map[rune]bool{}
	for i, rs := range l.folded {
		if l.Words[i].Action == Allow || l.hasSymbols(i) {
			continue
		}
		for _, r := range rs {
			if done[r] {
				continue
			}
			done[r] = true
			for _, way := range l.tables.parts[r] {
				var ps []rune
				for _, p := range way {
					ps = append(ps, l.tables.foldPart(p))
				}
				rows, l.whole = append(rows, classes(class, ps)), append(l.whole, r)
			}
		}
	}
	l.parts, l.partClass = compileOver(class, rows), make([]uint16, tableSize)
	l.partsBegin = begin(rows)
	l.partsBegin.open(rows)
	for r := range rune(tableSize) {
		l.partClass[r] = class[l.tables.foldPart(r)]
	}
}
