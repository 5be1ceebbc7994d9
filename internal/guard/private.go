package guard

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a kind of personal data or secret.
type Kind string

// The kinds.
const (
	IDCard     Kind = "id_card"     // of residents of China, 18 digits (GB 11643) or the former 15
	Passport   Kind = "passport"    // of China
	Phone      Kind = "phone"       // of China, mobile and fixed
	BankCard   Kind = "bank_card"   // ISO/IEC 7812, 13 to 19 digits
	CreditCode Kind = "credit_code" // unified social credit code (GB 32100)
	Email      Kind = "email"
	Plate      Kind = "plate"   // of vehicles in China
	APIKey     Kind = "api_key" // of well-known services, and hearth's own
	PrivateKey Kind = "private_key"
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{IDCard, Passport, Phone, BankCard, CreditCode, Email, Plate, APIKey, PrivateKey}
}

// Private is personal data or a secret found in a text.
type Private struct {
	Kind       Kind
	Start, End int    // bytes of the text as it was
	Value      string // folded: no spaces, half width
	Shown      string // what is left of it when it is masked
}

// Limits of what is taken for one piece.
const (
	pieceMax  = 1024    // characters of a run without a break
	keyMax    = 1 << 14 // bytes of a private key
	gapsInRow = 4       // separators between two digits, such as a hyphen at the end of a line
)

// glyph is a character of a piece: an ASCII character, and where it was.
type glyph struct {
	c          byte
	start, end int
}

// Scanner reads a text in pieces and finds personal data and secrets in it, in one
// pass and without regular expressions. What may be part of one (a run of letters,
// digits and the signs that join them) is read when it ends.
type Scanner struct {
	pos    int
	run    []glyph
	gap    []glyph // white space or a hyphen after digits, which more digits may follow
	before rune    // the character before the run: a plate begins with a province
	at     int     // where it begins
	key    []byte  // the last bytes of a private key that is passing
	inKey  int     // where the key began; -1 outside
	Found  []Private
}

// NewScanner begins a text.
func NewScanner() *Scanner { return &Scanner{inKey: -1} }

// Feed reads on.
func (s *Scanner) Feed(text string) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		s.one(r, s.pos, s.pos+size)
		s.pos += size
		i += size
	}
}

// End says that nothing follows.
func (s *Scanner) End() {
	s.finish()
	s.gap = s.gap[:0]
}

// Held is the byte from which on the text may still become part of something found.
func (s *Scanner) Held() int {
	switch {
	case s.inKey >= 0:
		return s.pos
	case len(s.run) > 0 && provinces[s.before]:
		return s.at
	case len(s.run) > 0:
		return s.run[0].start
	case provinces[s.before]:
		return s.at
	}
	return s.pos
}

// InKey reports whether a private key is passing, of which nothing may be shown.
func (s *Scanner) InKey() bool { return s.inKey >= 0 }

func (s *Scanner) one(r rune, start, end int) {
	if s.inKey >= 0 {
		s.passKey(r, end)
		return
	}
	if invisible(r) {
		return
	}
	c := plainDigit(r)
	switch {
	case c != 0 && (isAlnum(c) || strings.IndexByte("@._-+%=/:", c) >= 0):
		s.join(c, start, end)
	case r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == '\u3000' || r == '\u00a0':
		s.space(start, end)
	default:
		s.finish()
		s.before, s.at = r, start
	}
}

// join adds to the run.
func (s *Scanner) join(c byte, start, end int) {
	if len(s.gap) > 0 {
		// Only digits go on after a gap; and PEM headers have spaces.
		if c == '-' && len(s.gap) < gapsInRow && !s.header() {
			s.gap = append(s.gap, glyph{c, start, end})
			return
		}
		if !isDigitOrX(c) && !s.header() {
			s.finish()
			s.before = ' '
		} else {
			s.run = append(s.run, s.gap...)
		}
		s.gap = s.gap[:0]
	}
	s.run = append(s.run, glyph{c, start, end})
	if c == '-' && s.header() && s.begunKey() {
		return
	}
	if len(s.run) >= pieceMax {
		s.finish()
	}
}

// space may be part of a number that is written in groups or broken by a line.
func (s *Scanner) space(start, end int) {
	if len(s.gap) < gapsInRow && (s.goesOn() || s.header()) {
		s.gap = append(s.gap, glyph{' ', start, end})
		return
	}
	s.finish()
	s.before = ' '
}

// goesOn reports whether the run ends as a number does that may go on: with a digit,
// hyphens after one, or the sign of a country's code.
func (s *Scanner) goesOn() bool {
	n := len(s.run)
	for i := n - 1; i >= max(0, n-3); i-- {
		if c := s.run[i].c; c != '-' {
			return isDigitOrX(c) || c == '+' && i == n-1
		}
	}
	return false
}

// header reports whether the run may be the first line of a PEM file.
func (s *Scanner) header() bool {
	const begin = "-----BEGIN"
	for i := range min(len(s.run), len(begin)) {
		if s.run[i].c != begin[i] {
			return false
		}
	}
	return len(s.run) > 0 && len(s.run) < 80
}

// begunKey notes that a private key begins.
func (s *Scanner) begunKey() bool {
	var b strings.Builder
	for _, g := range s.run {
		b.WriteByte(g.c)
	}
	line := b.String()
	if !strings.HasSuffix(line, "KEY-----") || !strings.Contains(line, "PRIVATE") {
		return false
	}
	s.Found = append(s.Found, Private{Kind: PrivateKey, Start: s.run[0].start, End: s.run[len(s.run)-1].end, Value: line, Shown: "[PRIVATE KEY]"})
	s.inKey = s.run[0].start
	s.run, s.key = s.run[:0], s.key[:0]
	return true
}

// passKey lets a key pass until its last line has.
func (s *Scanner) passKey(r rune, end int) {
	const last = "KEY-----"
	s.key = utf8.AppendRune(s.key, r)
	if len(s.key) > 64 {
		s.key = append(s.key[:0], s.key[len(s.key)-32:]...)
	}
	s.Found[len(s.Found)-1].End = end
	ended := strings.HasSuffix(string(s.key), last) && strings.Contains(string(s.key), "-END ")
	if ended || end-s.inKey > keyMax {
		s.inKey = -1
		s.before = ' '
	}
}

// finish reads the run that ended.
func (s *Scanner) finish() {
	if len(s.run) >= 6 {
		s.read(s.run)
	}
	s.run, s.gap, s.before = s.run[:0], s.gap[:0], ' '
}

// plainDigit is the ASCII character that r is a form of; 0 if there is none.
func plainDigit(r rune) byte {
	switch {
	case r < 0x80:
		return byte(r)
	case r >= 0xFF01 && r <= 0xFF5E:
		return byte(r - 0xFEE0)
	case r >= '①' && r <= '⑨':
		return byte('1' + r - '①')
	case r == '⓪':
		return '0'
	case r == '—' || r == '–' || r == '‐' || r == '‑' || r == '−':
		return '-'
	}
	if d, ok := chineseDigit(r); ok {
		return byte(d)
	}
	if r > 0x600 && unicode.IsDigit(r) {
		for d := range rune(10) {
			if unicode.IsDigit(r-d) && !unicode.IsDigit(r-d-1) {
				return byte('0' + d)
			}
		}
	}
	return 0
}

func isDigit09(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isAlnum(c byte) bool    { return isDigit09(c) || isLetter(c) }
func isDigitOrX(c byte) bool { return isDigit09(c) || c|0x20 == 'x' }
func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 32
	}
	return c
}
