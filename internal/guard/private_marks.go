package guard

import "strings"

// What is known by its marks and beginnings rather than by its digits.

// emails finds an address around every @.
func (s *Scanner) emails(run []glyph) {
	for i, g := range run {
		if g.c != '@' {
			continue
		}
		from, to := i, i+1
		for from > 0 && (isAlnum(run[from-1].c) || strings.IndexByte("._-+%", run[from-1].c) >= 0) {
			from--
		}
		dot := -1
		for to < len(run) && (isAlnum(run[to].c) || (run[to].c == '.' || run[to].c == '-') && to > i+1) {
			if run[to].c == '.' {
				dot = to
			}
			to++
		}
		for to > i+1 && (run[to-1].c == '.' || run[to-1].c == '-') { // the end of a sentence
			to--
		}
		if dot >= to-1 {
			dot = lastDot(run[:to], i)
		}
		for from < i && strings.IndexByte("._-+%", run[from].c) >= 0 {
			from++
		}
		if from == i || dot < i+2 || to-dot < 3 || !isLetter(run[dot+1].c) {
			continue
		}
		value := bytesOf(run[from:to])
		at := strings.IndexByte(value, '@')
		s.add(Email, run[from:to], value, value[:1]+"***"+value[at:])
	}
}

func lastDot(run []glyph, after int) int {
	for j := len(run) - 1; j > after; j-- {
		if run[j].c == '.' {
			return j
		}
	}
	return -1
}

func bytesOf(run []glyph) string {
	b := make([]byte, len(run))
	for i, g := range run {
		b[i] = g.c
	}
	return string(b)
}

// keyForms are how the keys of well-known services begin, and how many characters
// follow at least.
var keyForms = []struct {
	prefix string
	more   int
}{
	{"sk-ant-", 20}, {"sk-proj-", 20}, {"sk-", 20}, {"hk_", 16}, {"AKIA", 16}, {"ASIA", 16}, {"LTAI", 12}, {"AKID", 28}, {"AIza", 30},
	{"ghp_", 36}, {"gho_", 36}, {"ghu_", 36}, {"ghs_", 36}, {"github_pat_", 40}, {"glpat-", 20}, {"xoxb-", 20}, {"xoxp-", 20}, {"xapp-", 20},
	{"hf_", 30}, {"npm_", 36}, {"pypi-", 40}, {"SG.", 40}, {"rk_live_", 20}, {"sk_live_", 20}, {"sk_test_", 20}, {"eyJ", 60},
}

// keys finds API keys: a known beginning, then enough characters, digits and letters
// among them.
func (s *Scanner) keys(run []glyph) {
	text := bytesOf(run)
	for i := 0; i < len(text); i++ {
		if i > 0 && (isAlnum(text[i-1]) || text[i-1] == '_' || text[i-1] == '-') {
			continue
		}
		for _, f := range keyForms {
			if !strings.HasPrefix(text[i:], f.prefix) {
				continue
			}
			end := i + len(f.prefix)
			digits, letters := 0, 0
			for ; end < len(text) && (isAlnum(text[end]) || text[end] == '_' || text[end] == '-' || text[end] == '.' && (f.prefix == "eyJ" || f.prefix == "SG.")); end++ {
				if isDigit09(text[end]) {
					digits++
				} else if isLetter(text[end]) {
					letters++
				}
			}
			if end-i-len(f.prefix) >= f.more && digits > 0 && letters > 0 {
				s.add(APIKey, run[i:end], text[i:end], f.prefix+"****")
				i = end - 1
				break
			}
		}
	}
}

// plates finds the plate of a vehicle at the beginning of a run: the character before
// it names the province.
func (s *Scanner) plates(run []glyph) {
	if !provinces[s.before] || s.at+len(string(s.before)) != run[0].start || !isLetter(run[0].c) {
		return
	}
	var b strings.Builder
	n := 0
	for ; n < len(run) && (isAlnum(run[n].c) || n == 1 && (run[n].c == '-' || run[n].c == ' ')); n++ {
		if isAlnum(run[n].c) {
			b.WriteByte(upper(run[n].c))
		}
	}
	v := b.String()
	if len(v) != 6 && len(v) != 7 || strings.ContainsAny(v[1:], "IO") || !strings.ContainsAny(v[1:], "0123456789") {
		return
	}
	digits := 0
	for _, c := range []byte(v[1:]) {
		if isDigit09(c) {
			digits++
		}
	}
	if digits < 3 {
		return
	}
	province := string(s.before)
	s.Found = append(s.Found, Private{Kind: Plate, Start: s.at, End: run[n-1].end, Value: province + v, Shown: province + v[:1] + "***" + v[len(v)-2:]})
}
