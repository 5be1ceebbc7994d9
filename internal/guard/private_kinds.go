package guard

import (
	"strconv"
	"strings"
)

// provinces begin the plate of a vehicle.
var provinces = runeSet("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")

func runeSet(s string) map[rune]bool {
	m := map[rune]bool{}
	for _, r := range s {
		m[r] = true
	}
	return m
}

// read looks for everything in a run.
func (s *Scanner) read(run []glyph) {
	from := len(s.Found)
	s.emails(run)
	s.keys(run)
	s.plates(run)
	s.numbers(run)
	if len(s.Found) > from+1 {
		s.Found = append(s.Found[:from], withoutOverlaps(s.Found[from:])...)
	}
}

// withoutOverlaps keeps, of findings that overlap, the one that was found first: kinds
// are looked for from the surest to the least sure.
func withoutOverlaps(list []Private) []Private {
	var kept []Private
	for _, p := range list {
		clear := true
		for _, k := range kept {
			clear = clear && (p.End <= k.Start || p.Start >= k.End)
		}
		if clear {
			kept = append(kept, p)
		}
	}
	return kept
}

func (s *Scanner) add(k Kind, run []glyph, value, shown string) {
	s.Found = append(s.Found, Private{Kind: k, Start: run[0].start, End: run[len(run)-1].end, Value: value, Shown: shown})
}

// token is a stretch of letters and digits, or several of digits with separators.
type token struct {
	from, to int // of the run
	text     string
	digits   int
}

// tokens cuts a run where it is neither letter nor digit.
func tokens(run []glyph) []token {
	var list []token
	for i := 0; i < len(run); {
		if !isAlnum(run[i].c) {
			i++
			continue
		}
		t := token{from: i}
		var b strings.Builder
		for ; i < len(run) && isAlnum(run[i].c); i++ {
			b.WriteByte(upper(run[i].c))
			if isDigit09(run[i].c) {
				t.digits++
			}
		}
		t.to, t.text = i, b.String()
		list = append(list, t)
	}
	return list
}

// numbers finds what is known by its digits, over one token or over several that
// spaces or hyphens separate.
func (s *Scanner) numbers(run []glyph) {
	ts := tokens(run)
	for i := 0; i < len(ts); i++ {
		last := i // of the tokens that may be one number with this one
		for n := len(ts[i].text); last+1 < len(ts) && n < numberMax && joins(run, ts[last], ts[last+1]); last++ {
			n += len(ts[last+1].text)
		}
		for j := last; j >= i; j-- { // the longest first
			if s.numberIn(run, ts[i:j+1]) {
				i = j
				break
			}
		}
	}
}

// numberMax is how many characters a number has at most, letters before it included.
const numberMax = 24

// numberIn looks for a number that the tokens make together, up to the end of the
// last one, and adds it.
func (s *Scanner) numberIn(run []glyph, ts []token) bool {
	var text string
	digits := 0
	for _, t := range ts {
		text += t.text
		digits += t.digits
	}
	first, last := ts[0], ts[len(ts)-1]
	if digits < 7 || len(text) > numberMax {
		return false
	}
	k, value, shown := s.number(run, first, last, text)
	if k == "" {
		return false
	}
	from := first.from + len(text) - len(value) // letters may stand before it
	for at := from; at > 0; at-- {
		if c := run[at-1].c; c == '+' {
			from = at - 1
		} else if c == ' ' {
			continue
		}
		break
	}
	s.add(k, run[from:last.to], value, shown)
	return true
}

// joins reports whether two tokens may be groups of one number: digits, with one or
// two spaces or hyphens between.
func joins(run []glyph, a, b token) bool {
	if b.from-a.to > gapsInRow || !isDigitOrX(run[b.from].c) || !isDigitOrX(run[a.to-1].c) {
		return false
	}
	for _, g := range run[a.to:b.from] {
		if g.c != ' ' && g.c != '-' {
			return false
		}
	}
	return true
}

// number is what kind of number a text is. Letters may stand right before it.
func (s *Scanner) number(run []glyph, first, last token, text string) (Kind, string, string) {
	whole := strings.TrimLeft(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	v := asDigits(whole)
	if len(v) == 18 && validID(v) {
		return IDCard, v, shownID(v)
	}
	if validCreditCode(text) && decimalAlone(run, first, last) {
		return CreditCode, text, text[:4] + strings.Repeat("*", 10) + text[14:]
	}
	if len(v) >= 13 && len(v) <= 19 && validCard(v) && decimalAlone(run, first, last) {
		return BankCard, v, v[:4] + strings.Repeat("*", len(v)-8) + v[len(v)-4:]
	}
	if len(v) == 15 && validID(v) && decimalAlone(run, first, last) {
		return IDCard, v, shownID(v)
	}
	if v := phone(whole); v != "" && len(whole) == len(text) && decimalAlone(run, first, last) {
		return Phone, whole, shownPhone(whole)
	}
	if first == last && passport(text) {
		return Passport, text, text[:2] + strings.Repeat("*", len(text)-4) + text[len(text)-2:]
	}
	return "", "", ""
}

func shownID(v string) string { return v[:6] + strings.Repeat("*", len(v)-10) + v[len(v)-4:] }

// decimalAlone reports whether a number is not part of a longer one with points,
// slashes or other signs, such as an address, a sum or a version.
func decimalAlone(run []glyph, first, last token) bool {
	before, after := byte(' '), byte(' ')
	if first.from > 0 {
		before = run[first.from-1].c
	}
	if last.to < len(run) {
		after = run[last.to].c
	}
	end := last.to+1 >= len(run) || !isAlnum(run[last.to+1].c)
	return !strings.ContainsRune("._/%=-", rune(before)) && (after == ' ' || after == ':' || end)
}

// asDigits puts right what is taken for digits in scanned documents: O is 0, I and L
// are 1. Nothing where that leaves letters, but for a final X.
func asDigits(text string) string {
	b := []byte(text)
	repaired := 0
	for i, c := range b {
		switch {
		case isDigit09(c), c == 'X' && i == 17 && len(b) == 18:
		case c == 'O':
			b[i] = '0'
			repaired++
		case c == 'I' || c == 'L':
			b[i] = '1'
			repaired++
		default:
			return ""
		}
	}
	if repaired > 3 {
		return ""
	}
	return string(b)
}

// validID checks an identity card: region, date, and for 18 digits the check
// character of GB 11643 (ISO 7064 MOD 11-2).
func validID(v string) bool {
	region, _ := strconv.Atoi(v[:2])
	if !regions[region] {
		return false
	}
	if len(v) == 15 {
		return allDigits(v) && validDate("19"+v[6:12])
	}
	sum := 0
	for i, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		if !isDigit09(v[i]) {
			return false
		}
		sum += int(v[i]-'0') * w
	}
	return validDate(v[6:14]) && "10X98765432"[sum%11] == v[17]
}

// regions are the first two digits of GB/T 2260 codes.
var regions = map[int]bool{11: true, 12: true, 13: true, 14: true, 15: true, 21: true, 22: true, 23: true, 31: true, 32: true, 33: true, 34: true, 35: true, 36: true, 37: true,
	41: true, 42: true, 43: true, 44: true, 45: true, 46: true, 50: true, 51: true, 52: true, 53: true, 54: true, 61: true, 62: true, 63: true, 64: true, 65: true,
	71: true, 81: true, 82: true, 83: true, 91: true}

func validDate(v string) bool {
	year, _ := strconv.Atoi(v[:4])
	month, _ := strconv.Atoi(v[4:6])
	day, _ := strconv.Atoi(v[6:8])
	if year < 1900 || year > 2099 || month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month]
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}

func allDigits(v string) bool {
	return v != "" && !strings.ContainsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
}

// validCard checks the issuer's range (ISO/IEC 7812: UnionPay 62 and the former 9
// and 60, Visa 4, Mastercard 51 to 55 and 2221 to 2720, Amex 34 and 37, JCB 35,
// Diners 30, 36, 38, Discover 60, 65) and Luhn's check digit.
func validCard(v string) bool {
	if !allDigits(v) || !luhn(v) {
		return false
	}
	four, _ := strconv.Atoi(v[:4])
	two, n := four/100, len(v)
	switch {
	case two == 62:
		return n >= 16
	case two/10 == 4:
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	case two == 35:
		return n >= 16
	case two == 30, two == 36, two == 38, two == 39:
		return n >= 14
	case two == 60, two == 64, two == 65:
		return n == 16 || n == 19
	}
	return two/10 == 9 && (n == 16 || n == 19)
}

func luhn(v string) bool {
	sum := 0
	for i := range v {
		d := int(v[len(v)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(v, v[:1]) != ""
}

// validCreditCode checks a unified social credit code (GB 32100: modulo 31).
func validCreditCode(v string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(v) != 18 || !strings.Contains("159ANY", v[:1]) || !allDigits(v[2:8]) || !regions[int(v[2]-'0')*10+int(v[3]-'0')] {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		n := strings.IndexByte(alphabet, v[i])
		if n < 0 {
			return false
		}
		sum += n * weight
		weight = weight * 3 % 31
	}
	return alphabet[(31-sum%31)%31] == v[17]
}

// phone is the national number of a Chinese telephone number; "" if it is none.
func phone(v string) string {
	if !allDigits(v) {
		return ""
	}
	n := strings.TrimPrefix(v, "00")
	if len(n) > 11 {
		n = strings.TrimPrefix(n, "86")
	}
	switch {
	case len(n) == 11 && n[0] == '1' && n[1] >= '3':
		return n
	case (len(v) == 11 || len(v) == 12) && v[0] == '0' && v[1] != '0' && landline(v):
		return v
	}
	return ""
}

// landline checks the area code: two digits after 0 for the largest cities, three
// for the others, and a number that begins with 2 to 8.
func landline(v string) bool {
	switch {
	case v[1] == '1' && v[2] == '0', v[1] == '2' && v[2] != '6':
		return len(v) == 11 && v[3] >= '2' && v[3] <= '8'
	case v[1] >= '3':
		return v[4] >= '2' && v[4] <= '8'
	}
	return false
}

func shownPhone(v string) string {
	n := len(v)
	return v[:n-8] + "****" + v[n-4:]
}

// passport checks the forms in use: E and D, S, P, H, M with eight digits; E with a
// letter and seven digits; G with eight digits.
func passport(v string) bool {
	if len(v) != 9 {
		return false
	}
	switch {
	case strings.Contains("EGDSPHM", v[:1]) && allDigits(v[1:]):
		return true
	case v[0] == 'E' && isLetter(v[1]) && v[1] != 'I' && v[1] != 'O' && allDigits(v[2:]):
		return true
	}
	return false
}

// FindPrivate looks through a whole text.
func FindPrivate(text string) []Private {
	s := NewScanner()
	s.Feed(text)
	s.End()
	return s.Found
}
