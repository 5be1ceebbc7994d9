package guard

// spelling is a node of the tree of pinyin syllables: the nodes that letters lead to,
// from 'a', and what the letters up to here are.
type spelling struct {
	to       [26]int16
	syllable bool
	class    uint16 // of the syllable; 0 where no word has it
}

func (l *Library) compileSpelling() {
	l.spelling = make([]spelling, 1)
	for s := range l.tables.syllables {
		at := int16(0)
		for i := range len(s) {
			c := s[i] - 'a'
			if l.spelling[at].to[c] == 0 {
				l.spelling[at].to[c] = int16(len(l.spelling))
				l.spelling = append(l.spelling, spelling{})
			}
			at = l.spelling[at].to[c]
		}
		l.spelling[at].syllable, l.spelling[at].class = true, l.soundClass[fuzzy(s)]
	}
}

// syllableMax is the most letters of a syllable.
const syllableMax = 6

// cut cuts letters into syllables, the longest first: how long the one is that begins
// at each place. It is false where they are none.
func (l *Library) cut(letters []byte, lengths *[runMax]uint8) bool {
	n := len(letters)
	var ends [runMax]uint8 // a bit for each length of a syllable that begins there
	reach := uint64(1)
	for i := range n {
		if reach>>i&1 == 0 {
			continue
		}
		at := int16(0)
		for k := 1; k <= syllableMax && i+k <= n; k++ {
			c := letters[i+k-1] - 'a'
			if c >= 26 {
				break
			}
			if at = l.spelling[at].to[c]; at == 0 {
				break
			}
			if l.spelling[at].syllable {
				ends[i] |= 1 << k
				reach |= 1 << (i + k)
			}
		}
	}
	if reach>>n&1 == 0 {
		return false
	}
	good := uint64(1) << n // places from which the rest can be cut
	for i := n - 1; i >= 0; i-- {
		for k := syllableMax; k > 0; k-- {
			if ends[i]>>k&1 != 0 && good>>(i+k)&1 != 0 {
				lengths[i] = uint8(k)
				good |= 1 << i
				break
			}
		}
	}
	return true
}

// spelled is the class of a syllable.
func (l *Library) spelled(letters []byte) uint16 {
	at := int16(0)
	for _, c := range letters {
		at = l.spelling[at].to[c-'a']
	}
	return l.spelling[at].class
}
