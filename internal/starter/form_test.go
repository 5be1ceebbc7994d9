package starter

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/grammar"
)

// TestNumbers: what a text says in digits and in words.
func TestNumbers(t *testing.T) {
	for text, want := range map[string][]float64{ // of years, months first
		"想贷12万元，三年还清":                                {120000, 36, 3},
		"2.5万 1.8万元 3万5 120,000元":                    {25000, 18000, 35000, 120000},
		"八千五，一万二，三万二千，十万零五百，一百零五":                    {8500, 12000, 32000, 100500, 105},
		"十二万元，二十五个月，七十万，两百五":                         {120000, 25, 700000, 250},
		"一年半；两年半；半年；36期":                             {18, 1.5, 30, 2.5, 6, 0.5, 36},
		"13805321177":                                {13805321177},
		"一百万，1亿":                                     {1e6, 1e8},
		"I need 35,000 over 3 years":                 {35000, 36, 3},
		"100k, 9k a month, $7.5k":                    {100000, 9000, 7500},
		"1.2 million; 55 thousand":                   {1.2e6, 55000},
		"thirty-six months, a year":                  {36, 12, 1},
		"eight thousand five hundred":                {8500},
		"one hundred and twenty thousand and a half": {120000.5},
		"two and a half years; a year and a half":    {30, 2.5, 18, 1.5},
		"half a year, a hundred":                     {6, 0.5, 100},
		"555-0142 LX74665 2019-11-17 v2 007 a.9 +15": nil,
		"someone often weighs a tenth":               nil,
		"万里 千年 百姓 k m":                               nil,
		"":                                           nil,
	} {
		var got []float64
		for _, n := range numbers(text) {
			got = append(got, n.value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestFormsAreRead: the fields of a form in either language, and what is none.
func TestFormsAreRead(t *testing.T) {
	for message, want := range map[string]string{
		"Fields: name (full name), phone (phone), sum\n\nText: I am Ann.": "en name phone sum | I am Ann.",
		"Fields: a (x, or y), b.c (z)\n\nText: one\ntwo\n":                "en a b.c | one\ntwo\n",
		"字段：name（姓名），amount（金额，元），term_months（期限，月）\n\n文字：我叫王强。":          "zh name amount term_months | 我叫王强。",
		"字段：a，a\n\n文字：x":                                                  "",
		"字段：名称\n\n文字：x":                                                   "",
		"Fields: a\nText: x":                                              "",
		"Fields: \n\nText: x":                                             "",
		"Fields: a\n\nText: ":                                             "",
		"Fields: a\"b\n\nText: x":                                         "",
		"Tell me a joke.":                                                 "",
		"Fields: a\n\nText: " + longText(5<<10):                           "",
		"Fields: " + fieldNames(33) + "\n\nText: x":                       "",
	} {
		got := ""
		if f := readForm(message); f != nil {
			got = f.lang
			for _, x := range f.fields {
				got += " " + x.name
			}
			got += " | " + f.text
		}
		if got != want {
			t.Errorf("%.60q is read as %q", message, got)
		}
	}
}

func fieldNames(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("f%d", i))
	}
	return strings.Join(names, ", ")
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.String()
}

func longText(n int) string { return strings.Repeat("x ", n/2) }

// accepts reports whether a form may be answered so.
func accepts(t testing.TB, f *form, answer string) bool {
	t.Helper()
	l, err := grammar.Notation(f.constraint().Source)
	if err != nil {
		t.Fatalf("%v\n%s", err, f.constraint().Source)
	}
	g, err := grammar.Compile(l)
	if err != nil {
		t.Fatal(err)
	}
	if f.lang == "en" { // as the model writes it
		answer = strings.ReplaceAll(answer, `: "`, `: " `)
	}
	return g.Matches(answer)
}

// TestFormsSayWhatTheTextSays: a value is null, stands in the text from word to word, or
// is a number of it; keys are the form's in their order.
func TestFormsSayWhatTheTextSays(t *testing.T) {
	f := readForm("Fields: name (name), sum (sum)\n\nText: I'm Ann  O'Neil, a baker. I need 35,000 (or 40k) for my son's \"shop\": a kiln/oven at 9:30!")
	for _, value := range []string{"null", "35000", "40000", `"Ann O'Neil"`, `"Ann"`, `"my son's"`, `"a kiln/oven at 9:30"`, `"Ann O'Neil, a baker. I need 35,000 (or 40k) for my son's"`, `"35,000"`, `"shop"`} {
		if !accepts(t, f, `{"name": `+value+`, "sum": null}`) {
			t.Errorf("%s is refused", value)
		}
	}
	for _, value := range []string{"", "true", "35", "350000", `""`, `"ann"`, `"Anna"`, `"Ann O'Nei"`, `" Ann"`, `"Ann O'Neil,"`, `"nn O'Neil"`, `"my son's shop"`, `"(or 40k"`, `"baker Ann"`} {
		if accepts(t, f, `{"name": `+value+`, "sum": null}`) {
			t.Errorf("%s is allowed", value)
		}
	}
	for _, answer := range []string{`{"sum": null, "name": null}`, `{"name": null}`, `{"name": null, "sum": null} `, `{"name": null, "sum": null, "x": null}`} {
		if accepts(t, f, answer) {
			t.Errorf("%s is allowed", answer)
		}
	}
	zh := readForm("字段：name（姓名），days\n\n文字：本人欧阳娜娜，在云杉（北京）科技上班。请假三天，电话13800000000")
	for answer, want := range map[string]bool{
		`{"name": "欧阳娜娜", "days": 3}`:                     true,
		`{"name": "云杉（北京）科技", "days": "13800000000"}`:     true,
		`{"name": "上班。请假", "days": null}`:                 false,
		`{"name": "欧阳娜娜，", "days": null}`:                 false,
		`{"name": "欧阳那那", "days": null}`:                  false,
		`{"name": "欧阳娜娜", "days": 4}`:                     false,
		`{"name": "380", "days": null}`:                   false,
		`{"name": null, "days": 13800000000}`:             true,
		`{"name": "本人欧阳娜娜，在云杉（北京）科技上班", "days": null}`:    true,
		`{"name": "本人欧阳娜娜，在云杉（北京）科技上班。请假", "days": null}`: false,
	} {
		if accepts(t, zh, answer) != want {
			t.Errorf("%s: allowed is %v", answer, !want)
		}
	}
	for fields, want := range map[string][2]bool{"term (in months)": {true, false}, "years": {false, true}, "term": {true, true}, "months_or_years": {true, true}} {
		f := readForm("Fields: " + fields + "\n\nText: Five years, please.")
		name := f.fields[0].name
		if got := [2]bool{accepts(t, f, `{"`+name+`": 60}`), accepts(t, f, `{"`+name+`": 5}`)}; got != want {
			t.Errorf("%s: 60 and 5 are allowed: %v", fields, got)
		}
	}
	for _, unit := range []string{"的", "得失", "a b, "} { // the longest that are read, and the most alike
		f := readForm("字段：a，b\n\n文字：" + strings.Repeat(unit, sameMax) + numbered(wordsMax-2*sameMax))
		if part := strings.Trim(strings.Repeat(unit, sameMax/2), ", "); f == nil || !accepts(t, f, `{"a": "`+part+`", "b": null}`) {
			t.Errorf("of a text of %q", unit)
		}
	}
	if marks := readForm("Fields: a\n\nText: ?!"); !accepts(t, marks, `{"a": null}`) || accepts(t, marks, `{"a": "?"}`) {
		t.Error("a text without words")
	}
}

// TestFormsReachTheModel: with the words it was taught, and held to the text; a form with
// instructions, tools or a schema of its own is left alone.
func TestFormsReachTheModel(t *testing.T) {
	const message = "Fields: name (name)\n\nText: I am Ann."
	s := &speaker{says: []string{`{"name": "Ann"}`}}
	r := user(message)
	if got := ask(t, s, r); got != `{"name": "Ann"}` {
		t.Errorf("it says %q", got)
	}
	for _, says := range [][]string{{`{"name": " Ann: 9", "b": null, "c": " x"}`}, {`{"name":`, ` "`, ` Ann:`, ` 9", "b": `, `null, "c": " `, `x"}`}} {
		if got := ask(t, &speaker{says: says}, user(message)); got != `{"name": "Ann: 9", "b": null, "c": "x"}` {
			t.Errorf("%q becomes %q", says, got)
		}
	}
	system := hearth.Message{Role: hearth.RoleSystem, Text: formSystem("en")}
	if m := s.asked.Messages; len(m) != 2 || m[0].Text != system.Text || m[1].Text != message || s.asked.Constraint.Kind != hearth.ConstrainGrammar {
		t.Errorf("asked with %+v", s.asked)
	}
	if r.Constraint != nil || len(r.Messages) != 1 {
		t.Errorf("the request became %+v", r)
	}
	for name, c := range map[string]struct {
		change func(*hearth.Request)
		held   bool
	}{
		"the system message": {func(r *hearth.Request) { r.Messages = append([]hearth.Message{system}, r.Messages...) }, true},
		"any JSON object":    {func(r *hearth.Request) { r.Constraint = &hearth.Constraint{Kind: hearth.ConstrainObject} }, true},
		"another system message": {func(r *hearth.Request) {
			r.Messages = append([]hearth.Message{{Role: hearth.RoleSystem, Text: "Be brief."}}, r.Messages...)
		}, false},
		"tools":    {func(r *hearth.Request) { r.Tools = []hearth.Tool{{Name: "f"}} }, false},
		"a schema": {func(r *hearth.Request) { r.Constraint = &hearth.Constraint{Kind: hearth.ConstrainSchema} }, false},
	} {
		r := user(message)
		c.change(r)
		ask(t, s, r)
		if held := s.asked != nil && s.asked.Constraint != nil && s.asked.Constraint.Kind == hearth.ConstrainGrammar; held != c.held {
			t.Errorf("with %s: held to the text is %v", name, held)
		}
	}
}

// TestHeldOutForms: the answers that the held-out applications want may be given, but for
// values that leave out what stands between their words.
func TestHeldOutForms(t *testing.T) {
	heads := map[string]string{"zh": "字段：", "en": "Fields: "}
	texts := map[string]string{"zh": "\n\n文字：", "en": "\n\nText: "}
	for lang, most := range map[string]int{"zh": 2, "en": 0} {
		b, err := os.ReadFile("../../tools/starter/heldout/loan." + lang + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		bad, n := 0, 0
		for line := range strings.Lines(string(b)) {
			var item struct {
				Text   string
				Fields map[string]any
			}
			if err := json.Unmarshal([]byte(line), &item); err != nil {
				t.Fatal(err)
			}
			for name, value := range item.Fields {
				f := readForm(heads[lang] + name + texts[lang] + item.Text)
				if f == nil {
					t.Fatalf("%q is no form", item.Text)
				}
				var want strings.Builder
				e := json.NewEncoder(&want)
				e.SetEscapeHTML(false)
				if err := e.Encode(value); err != nil {
					t.Fatal(err)
				}
				n++
				if v, ok := value.(float64); ok {
					want.Reset()
					fmt.Fprintf(&want, "%.0f", v)
				}
				if !accepts(t, f, `{"`+name+`": `+strings.TrimSpace(want.String())+`}`) {
					bad++
					t.Logf("%s can't be %s in %q", name, want.String(), item.Text)
				}
			}
		}
		if n < 400 || bad > most {
			t.Errorf("%s: %d of %d values can't be said", lang, bad, n)
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Fields: name (full name), sum\n\nText: I'm Ann O'Neil: 35,000 over a year and a half!")
	f.Add("字段：name（姓名），amount（金额，元）\n\n文字：王强，想贷三万五，\"两年半\"还清。")
	f.Add("Fields: a\n\nText: 1万亿9k half a year and a half one hundred and")
	f.Fuzz(func(t *testing.T, message string) {
		for _, n := range numbers(message) {
			if n.value < 0 || n.value >= numberMax {
				t.Fatalf("%v of %q", n, message)
			}
		}
		form := readForm(message)
		if form == nil || len(message) > 300 {
			return
		}
		answer := "{"
		for i, x := range form.fields {
			if i > 0 {
				answer += ", "
			}
			answer += `"` + x.name + `": null`
		}
		if !accepts(t, form, answer+"}") {
			t.Fatalf("%q can't be left empty", message)
		}
		for _, u := range unitsOf(form.text) {
			if u.word && (!utf8.ValidString(u.text) || !accepts(t, form, strings.Replace(answer+"}", "null", `"`+u.text+`"`, 1))) {
				t.Fatalf("%q can't be said of %q", u.text, message)
			}
		}
	})
}
