package starter

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// Forms to be filled from a text. As elsewhere the model chooses and does not write: the
// form's fields come in their order, and a value is null, a part of the text as it stands
// there, or a number that the text says. What else a model this small would make up
// can't be said at all, and the answer is always JSON of that form.

const (
	fieldsMax = 32      // of a form; one that has more reaches the model as it is
	formMax   = 4 << 10 // bytes of its text, likewise: more than the model's context holds
	wordsMax  = 900     // words and Chinese characters of its text, likewise: a grammar can be at so many places
	sameMax   = 64      // times that one of them may stand there, likewise
)

// form is what shall be filled, and from what.
type form struct {
	lang   string
	fields []field
	text   string
	units  []unit
	begins []int // the units that a part can begin with
}

type field struct{ name, label string }

var (
	formAsked = regexp.MustCompile(`(?s)^(字段：|Fields: )([^\n]+)\n\n(?:文字：|Text: )(.*\S.*)$`)
	formField = regexp.MustCompile(`^([A-Za-z_][\w.-]{0,63})(?:\s*[（(](.*)[)）])?$`)
	fieldEnds = regexp.MustCompile(`，\s*|,\s+`)
)

// asksForm takes a request apart that is one form, with no instructions but those that
// the model was taught; nil if it is anything else.
func asksForm(r *hearth.Request) *form {
	if !talks(r) || r.Constraint != nil && r.Constraint.Kind != hearth.ConstrainObject {
		return nil
	}
	n := len(r.Messages)
	f := readForm(r.Messages[n-1].Text)
	if f == nil || n > 2 || n == 2 && (r.Messages[0].Role != hearth.RoleSystem || r.Messages[0].Text != formSystem(f.lang)) {
		return nil
	}
	return f
}

// readForm reads "Fields: name (full name), phone\n\nText: …", in either language.
func readForm(message string) *form {
	m := formAsked.FindStringSubmatch(message)
	if m == nil || len(m[3]) > formMax || !utf8.ValidString(message) {
		return nil
	}
	f := &form{lang: "en", text: m[3], units: unitsOf(m[3])}
	times := map[string]int{}
	for i, u := range f.units {
		times[u.text]++
		if u.word {
			f.begins = append(f.begins, i)
		}
		if len(f.begins) > wordsMax || times[u.text] > sameMax && !u.breaks {
			return nil
		}
	}
	if m[1] == "字段：" {
		f.lang = "zh"
	}
	for _, part := range splitFields(m[2]) {
		x := formField.FindStringSubmatch(strings.TrimSpace(part))
		if x == nil || len(f.fields) == fieldsMax || slices.ContainsFunc(f.fields, func(other field) bool { return other.name == x[1] }) {
			return nil
		}
		f.fields = append(f.fields, field{x[1], x[2]})
	}
	return f
}

// takes reports whether a number may be the field's value: of years, the one in the unit
// that the field speaks of.
func (x field) takes(n number) bool {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(x.name+" "+x.label), w) })
	}
	return n.unit == "" || says("month", "月") && n.unit == "months" || says("year", "年") && n.unit == "years" || !says("month", "月", "year", "年")
}

// splitFields cuts at commas that stand outside of brackets: "amount（金额，元）" is one field.
func splitFields(list string) []string {
	var fields []string
	from := 0
	for _, at := range fieldEnds.FindAllStringIndex(list, -1) {
		part := list[from:at[0]]
		if strings.Count(part, "（")+strings.Count(part, "(") > strings.Count(part, "）")+strings.Count(part, ")") {
			continue
		}
		fields = append(fields, part)
		from = at[1]
	}
	return append(fields, list[from:])
}

// messages are the form as the model was taught to read it.
func (f *form) messages(asked []hearth.Message) []hearth.Message {
	return []hearth.Message{{Role: hearth.RoleSystem, Text: formSystem(f.lang)}, asked[len(asked)-1]}
}

// unspaced takes away the space with which the model begins a part of an English text: in
// the middle of a sentence its first token has one, and so it was taught.
type unspaced struct{ last string } // the last bytes that were written

func (u *unspaced) next(text string, _ hearth.FinishReason) string {
	var b strings.Builder
	for i := range len(text) {
		if text[i] == ' ' && strings.HasSuffix(u.last, `: "`) {
			u.last = ""
			continue
		}
		b.WriteByte(text[i])
		u.last = u.last[max(0, len(u.last)-2):] + text[i:i+1]
	}
	return b.String()
}

// constraint is every answer that the text allows: a grammar with a rule for each unit of
// the text, so that a part of it is a way through some of them.
func (f *form) constraint() *hearth.Constraint {
	said := numbers(f.text)
	var b strings.Builder
	b.WriteString(`root ::= "{"`)
	for i, x := range f.fields {
		if i > 0 {
			b.WriteString(` ", "`)
		}
		b.WriteString(` "\"` + x.name + `\": " (part`)
		for _, n := range said {
			if x.takes(n) {
				b.WriteString(` | "` + strconv.FormatFloat(n.value, 'f', -1, 64) + `"`)
			}
		}
		b.WriteString(`)`)
	}
	b.WriteString(" \"}\"\npart ::= \"null\"")
	sep := ` | "\"" (`
	if f.lang == "en" {
		sep = ` | "\" " (`
	}
	for _, i := range f.begins {
		b.WriteString(sep + "u" + strconv.Itoa(i))
		sep = " | "
	}
	if f.begins != nil {
		b.WriteString(`) "\""`)
	}
	b.WriteString("\n")
	var rules []string
	next := "" // the rule of the unit behind, if a part can reach it
	for i := len(f.units) - 1; i >= 0; i-- {
		u, name := f.units[i], "u"+strconv.Itoa(i)
		switch {
		case u.breaks || next == "" && !u.word: // what begins here ends with no word
			next = ""
			continue
		case next == "":
			rules = append(rules, name+` ::= "`+u.text+`"`)
		case u.word:
			rules = append(rules, name+` ::= "`+u.text+`" (`+next+`)?`)
		default:
			rules = append(rules, name+` ::= "`+u.text+`" `+next)
		}
		next = name
		if u.space {
			next = `" " ` + name
		}
	}
	b.WriteString(strings.Join(rules, "\n"))
	return &hearth.Constraint{Kind: hearth.ConstrainGrammar, Source: b.String(), Field: "messages"}
}

// unit is a word, a Chinese character or a mark. A part of a text begins and ends with a
// word, and does not reach beyond a break.
type unit struct {
	text   string
	space  bool // white space stands before it
	word   bool
	breaks bool
}

// What ends the reach of a part: the end of a sentence or a line, and what JSON would
// have to escape.
const unreached = "。；！？\n\r\"\\"

// unitsOf cuts a text. Marks within a word, as in "555-0142" or "a.b", belong to it;
// those at its end do not.
func unitsOf(text string) []unit {
	var all []unit
	space := false
	runes := []rune(text)
	for i := 0; i < len(runes); {
		r := runes[i]
		switch {
		case strings.ContainsRune(unreached, r) || unicode.IsControl(r) && r != '\t' || r == utf8.RuneError:
			all, space = append(all, unit{breaks: true}), false
			i++
		case unicode.IsSpace(r):
			space = true
			i++
		case unicode.Is(unicode.Han, r):
			all, space = append(all, unit{string(r), space, true, false}), false
			i++
		case !letterOrNumber(r) && !strings.ContainsRune("+@#", r):
			all, space = append(all, unit{string(r), space, false, false}), false
			i++
		default:
			end := i + 1
			for end < len(runes) && inWord(runes, end) {
				end++
			}
			for end > i+1 && !letterOrNumber(runes[end-1]) && runes[end-1] != '%' {
				end--
			}
			text := string(runes[i:end])
			all, space = append(all, unit{text, space, strings.ContainsFunc(text, letterOrNumber), false}), false
			i = end
		}
	}
	return all
}

// inWord reports whether a rune goes on with the word before it.
func inWord(runes []rune, at int) bool {
	r := runes[at]
	if r == ':' || r == ',' { // 9:30, 35,000
		return unicode.IsNumber(runes[at-1]) && at+1 < len(runes) && unicode.IsNumber(runes[at+1])
	}
	return letterOrNumber(r) && !unicode.Is(unicode.Han, r) || unicode.IsMark(r) || strings.ContainsRune("+-_.'’@/&#%", r)
}

func letterOrNumber(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
