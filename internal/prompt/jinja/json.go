package jinja

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// FromJSON reads a JSON value as Python's json.loads does: mappings keep their
// order, whole numbers stay whole, however large. All its strings are foreign.
func FromJSON(text string) (Value, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := readJSON(d, maxJSON)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON value")
	}
	return v, nil
}

func readJSON(d *json.Decoder, depth int) (Value, error) {
	if depth == 0 {
		return nil, fmt.Errorf("JSON of more than %d levels", maxJSON)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return readArray(d, depth)
		}
		return readObject(d, depth)
	case json.Number:
		return readNumber(t.String()), nil
	case string:
		return Foreign(t), nil
	}
	return token, nil // a boolean or nil
}

func readArray(d *json.Decoder, depth int) (Value, error) {
	list := &List{}
	for d.More() {
		v, err := readJSON(d, depth-1)
		if err != nil {
			return nil, err
		}
		list.items = append(list.items, v)
	}
	_, err := d.Token()
	return list, err
}

func readObject(d *json.Decoder, depth int) (Value, error) {
	dict := &Dict{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := readJSON(d, depth-1)
		if err != nil {
			return nil, err
		}
		dict.Set(Foreign(key.(string)), v)
	}
	_, err := d.Token()
	return dict, err
}

func readNumber(s string) Value {
	if strings.ContainsAny(s, ".eE") {
		f, _ := strconv.ParseFloat(s, 64) // too large is infinite, as in Python
		return f
	}
	if i, err := strconv.Atoi(s); err == nil {
		return i
	}
	return digits(s)
}

// ToJSON writes a value as Python's json.dumps(v, ensure_ascii=False, indent=…)
// does; an indent below zero means one line.
func ToJSON(v Value, indent int) (Text, error) {
	r := &run{limits: everything()}
	t := r.toJSON(v, jsonStyle{indent: indent})
	if r.err != nil {
		return Text{}, r.err
	}
	return t, nil
}

// jsonStyle is the keyword arguments of json.dumps.
type jsonStyle struct {
	ascii       bool
	indent      int // below zero: one line
	item, colon string
	sorted      bool
}

func (r *run) toJSON(v Value, style jsonStyle) Text {
	if style.item == "" && style.colon == "" {
		style.item, style.colon = ", ", ": "
		if style.indent >= 0 {
			style.item = ","
		}
	}
	w := jsonWriter{run: r, style: style}
	w.value(v, 0)
	r.grow(w.s.Len())
	if w.foreign {
		return Foreign(w.s.String())
	}
	return Own(w.s.String())
}

// jsonWriter writes one value. What it writes is foreign as a whole as soon as
// one string in it is: JSON's own signs spell no control token.
type jsonWriter struct {
	*run
	style   jsonStyle
	s       strings.Builder
	foreign bool
}

func (w *jsonWriter) value(v Value, level int) {
	if !w.enter() {
		return
	}
	defer w.exit()
	if w.s.Len() > maxOutput {
		w.fail("JSON of more than %d bytes", maxOutput)
		return
	}
	switch v := v.(type) {
	case nil:
		w.s.WriteString("null")
	case bool:
		w.s.WriteString(strconv.FormatBool(v))
	case int:
		w.s.WriteString(strconv.Itoa(v))
	case digits:
		w.s.WriteString(string(v))
	case float64:
		w.s.WriteString(jsonFloat(v))
	case Text:
		w.text(v)
	case *List:
		w.list(v, level)
	case *Dict:
		w.dict(v, level)
	default:
		w.fail("%s can't be written as JSON", typeName(v))
	}
}

func (w *jsonWriter) text(t Text) {
	w.foreign = w.foreign || len(t.foreign) > 0
	if w.look(len(t.s)) {
		writeJSONString(&w.s, t.s, w.style.ascii)
	}
}

func (w *jsonWriter) list(l *List, level int) {
	if l.kind > tuple {
		w.fail("%s can't be written as JSON", typeName(l))
		return
	}
	w.s.WriteByte('[')
	for i, v := range l.items {
		w.next(i, level+1)
		w.value(v, level+1)
	}
	w.close(len(l.items), level, ']')
}

func (w *jsonWriter) dict(d *Dict, level int) {
	pairs := d.pairs()
	if w.style.sorted {
		pairs = w.sorted(pairs, false, func(pair Value) Value { return pair.(*List).items[0] })
	}
	w.s.WriteByte('{')
	for i, pair := range pairs {
		w.next(i, level+1)
		w.key(pair.(*List).items[0])
		w.s.WriteString(w.style.colon)
		w.value(pair.(*List).items[1], level+1)
	}
	w.close(len(d.keys), level, '}')
}

// key writes a key, which JSON wants as a string whatever it is.
func (w *jsonWriter) key(k Value) {
	t, ok := k.(Text)
	if !ok {
		plain := jsonWriter{run: w.run}
		plain.value(k, 0)
		t = Own(plain.s.String())
	}
	w.text(t)
}

func (w *jsonWriter) next(i, level int) {
	if w.err != nil {
		return
	}
	if i > 0 {
		w.s.WriteString(w.style.item)
	}
	w.line(level)
}

func (w *jsonWriter) close(n, level int, bracket byte) {
	if n > 0 {
		w.line(level)
	}
	w.s.WriteByte(bracket)
}

func (w *jsonWriter) line(level int) {
	if w.style.indent >= 0 {
		w.s.WriteByte('\n')
		w.s.WriteString(strings.Repeat(" ", w.style.indent*level))
	}
}

func writeJSONString(b *strings.Builder, s string, ascii bool) {
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case strings.ContainsRune("\n\r\t\b\f", c):
			b.WriteByte('\\')
			b.WriteByte("btn-fr"[c-'\b'])
		case c < ' ' || ascii && c > '~':
			writeEscape(b, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
}

// writeEscape writes \u and four digits, twice for characters beyond the first plane.
func writeEscape(b *strings.Builder, c rune) {
	if c >= 0x10000 {
		c -= 0x10000
		fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		return
	}
	fmt.Fprintf(b, `\u%04x`, c)
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return formatFloat(f)
}

// formatFloat is Python's repr of a finite float: the shortest digits that read
// back the same, with an exponent below 1e-4 and from 1e16.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64)), "+")
	case math.IsNaN(f):
		return "nan"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	_, exponent, _ := strings.Cut(s, "e")
	if e, _ := strconv.Atoi(exponent); e < -4 || e >= 16 {
		return s
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
