package starter

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// number is one that a text says. Of a time in years there are two, of which one counts
// months: forms mostly ask for months where people speak of years.
type number struct {
	value float64
	unit  string // "months" or "years" of a time in years; of others nothing
}

// numbers are those that a text says, in digits or words of either language, each once
// and in their order: "12万", "八千五", "35,000", "100k", "thirty-six", "a year and a half".
// Digits that belong to a name or a code are no number.
func numbers(text string) []number {
	var all []number
	text = strings.ToLower(text)
	for at := 0; at < len(text); {
		said, n := numberAt(text, at)
		if n == 0 {
			at++
			continue
		}
		for _, x := range said {
			if x.value < numberMax && !slices.Contains(all, x) {
				all = append(all, x)
			}
		}
		at += n
	}
	return all
}

const numberMax = 1e15 // whole numbers below it are exact

// numberAt is the number that begins at a byte of a text in lower case, and how many bytes
// it has; none if no number begins there.
func numberAt(text string, at int) (said []number, size int) {
	v, n := digits(text, at)
	if n == 0 {
		v, n = chinese(text[at:])
	}
	if n == 0 {
		v, n = english(text, at)
	}
	if n == 0 {
		return nil, 0
	}
	if m := years.FindStringSubmatch(text[at+n:]); m != nil {
		if m[1] != "" {
			v += 0.5
		}
		return []number{{v * 12, "months"}, {v, "years"}}, n + len(m[0])
	}
	return []number{{v, ""}}, n
}

var (
	written = regexp.MustCompile(`^(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`)
	times   = regexp.MustCompile(`^(?:(十|百|千|万|亿)(万|亿)?(\d)?|(?:\s?(k|thousand|million|billion))\b)`)
	coded   = regexp.MustCompile(`^(?:[-/:_.]?[a-z0-9])`)
	years   = regexp.MustCompile(`^\s?(?:个)?(?:周年|年|years?\b)(半|\s?and a half\b)?`)
)

var scale = map[string]float64{"十": 10, "百": 100, "千": 1e3, "万": 1e4, "亿": 1e8, "k": 1e3, "thousand": 1e3, "million": 1e6, "billion": 1e9,
	"hundred": 100, "": 1}

// digits reads "35,000", "2.5万", "3万5", "55k".
func digits(text string, at int) (float64, int) {
	m := written.FindString(text[at:])
	if m == "" || at > 0 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-/_.+:#", rune(text[at-1])) || len(m) > 1 && m[0] == '0' && m[1] != '.' {
		return 0, 0
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(m, ",", ""), 64)
	if err != nil {
		return 0, 0
	}
	n := len(m)
	if t := times.FindStringSubmatch(text[at+n:]); t != nil {
		unit := scale[t[1]] * scale[t[2]] * scale[t[4]]
		v *= unit
		if t[3] != "" { // 3万5 is 35000
			v += float64(t[3][0]-'0') * unit / 10
		}
		return round(v), n + len(t[0])
	}
	if coded.MatchString(text[at+n:]) {
		return 0, 0
	}
	return v, n
}

// round removes what multiplying decimals adds: 2.3万 is 23000.
func round(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return v
}

var hanDigits = map[rune]float64{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

var hanUnits = map[rune]float64{'十': 10, '百': 100, '千': 1e3, '万': 1e4, '亿': 1e8}

// chinese reads 十二, 三万二千, 一百零五, and as people speak 八千五 and 一万二; 半 before a
// year is half of one.
func chinese(text string) (float64, int) {
	if strings.HasPrefix(text, "半年") {
		return 0.5, len("半")
	}
	var total, section, digit, last float64
	n, pending := 0, false
	for i, r := range text {
		d, isDigit := hanDigits[r]
		unit := hanUnits[r]
		switch {
		case isDigit:
			if pending { // digits one after another are no number that is spoken
				return 0, 0
			}
			digit, pending = d, d > 0
		case unit == 0 || i == 0 && r != '十':
			unit = 0
		case unit < 1e4:
			if !pending {
				digit = 1
			}
			section += digit * unit
			digit, pending, last = 0, false, unit
		default:
			total = (total + section + digit) * unit
			section, digit, pending, last = 0, 0, false, unit
		}
		if !isDigit && unit == 0 {
			break
		}
		n = i + len(string(r))
	}
	if n == 0 {
		return 0, 0
	}
	if pending && last >= 100 && !strings.HasSuffix(text[:n-len("一")], "零") { // 八千五 is 8500
		digit *= last / 10
	}
	return total + section + digit, n
}

var (
	ones    = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens    = strings.Fields("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
	enWord  = regexp.MustCompile(`^[ -]?([a-z]+)\b`)
	andHalf = regexp.MustCompile(`^ and a half\b`)
)

// english reads "thirty-six", "eight thousand five hundred", "two and a half", "a" before
// a year or a large number, and "half a" before a year.
func english(text string, at int) (float64, int) {
	if at > 0 && (text[at-1] >= 'a' && text[at-1] <= 'z' || text[at-1] == '-') {
		return 0, 0
	}
	for before, v := range map[string]float64{"half a year": 0.5, "a year": 1, "a week": 1} {
		if strings.HasPrefix(text[at:], before) {
			return v, strings.LastIndexByte(before, ' ')
		}
	}
	var total, section float64
	n, found := 0, false
	for {
		m := enWord.FindStringSubmatch(text[at+n:])
		if m == nil || n == 0 && m[0] != m[1] {
			break
		}
		w, size := m[1], len(m[0])
		if w == "and" && found || w == "a" && !found {
			next := enWord.FindStringSubmatch(text[at+n+size:])
			if next == nil || !isNumber(next[1]) || w == "a" && scale[next[1]] < 100 {
				break
			}
			n += size
			continue
		}
		if one := slices.Index(ones, w); one >= 0 {
			section += float64(one)
		} else if ten := slices.Index(tens, w); ten > 0 {
			section += float64(ten) * 10
		} else if unit := scale[w]; unit == 100 {
			section = max(section, 1) * 100
		} else if unit >= 1000 && len(w) > 1 {
			total += max(section, 1) * unit
			section = 0
		} else {
			break
		}
		n, found = n+size, true
	}
	if !found {
		return 0, 0
	}
	if m := andHalf.FindString(text[at+n:]); m != "" {
		return total + section + 0.5, n + len(m)
	}
	return total + section, n
}

func isNumber(w string) bool {
	return slices.Contains(ones, w) || slices.Contains(tens, w) || len(w) > 1 && scale[w] >= 100
}
