package label

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// FileMax is the largest file that is checked, and the most that a part of one may unpack
// to.
const FileMax = 64 << 20

// Report is what was found in a file.
type Report struct {
	Format   string               `json:"format"` // json, stream, markdown, html, pdf, docx
	Blocks   int                  `json:"blocks"`
	Label    *hearth.ContentLabel `json:"label,omitempty"` // the first
	Visible  string               `json:"visible"`         // yes, no, unchecked: the text of a PDF is not read
	Problems []string             `json:"problems"`
}

// Valid reports whether the file carries what the standard asks for, as far as that was
// checked.
func (r *Report) Valid() bool { return len(r.Problems) == 0 }

// The problems, by name.
const (
	noBlock      = "no-metadata"
	manyBlocks   = "more-than-one-block"
	badBlock     = "metadata-is-not-the-object"
	noNotice     = "no-visible-notice"
	badLabel     = "label-is-not-1-2-3"
	emptyValue   = "value-is-empty"
	badCharacter = "character-not-allowed"
)

var errNoZip = errors.New("the archive can't be read")

// Check looks for labels in a file of any of the formats.
func Check(file []byte) (*Report, error) {
	if len(file) > FileMax {
		return nil, fmt.Errorf("more than %d bytes", FileMax)
	}
	r := &Report{Problems: []string{}}
	var values []string
	var err error
	text := ""
	switch trimmed := bytes.TrimSpace(file); {
	case bytes.HasPrefix(file, []byte("%PDF-")):
		r.Format, values = "pdf", pdfValues(file)
	case bytes.HasPrefix(file, []byte("PK\x03\x04")):
		r.Format = "docx"
		values, text, err = docxValues(file)
	case bytes.HasPrefix(trimmed, []byte("data:")), bytes.HasPrefix(trimmed, []byte("event:")), bytes.HasPrefix(trimmed, []byte("{")) && bytes.Contains(trimmed, []byte("}\n{")):
		r.Format = "stream"
		for line := range bytes.Lines(file) {
			vs, said := jsonValues(bytes.TrimPrefix(bytes.TrimSpace(line), []byte("data:")))
			values, text = append(values, vs...), text+said
		}
		// Events that tell of the whole answer so far repeat its label.
		slices.Sort(values)
		values = slices.Compact(values)
	case bytes.HasPrefix(trimmed, []byte("{")):
		r.Format = "json"
		values, text = jsonValues(trimmed)
	case bytes.Contains(bytes.ToLower(trimmed[:min(len(trimmed), 1024)]), []byte("<html")):
		r.Format, text = "html", string(file)
		for _, m := range metaTag.FindAllSubmatch(file, -1) {
			values = append(values, strings.NewReplacer("&quot;", `"`, "&amp;", "&").Replace(string(m[1])+string(m[2])))
		}
	default:
		r.Format = "markdown"
		values, text = markdownValues(string(file))
	}
	if err != nil {
		return nil, err
	}
	r.judge(values, text)
	return r, nil
}

func (r *Report) add(problem string) {
	if !slices.Contains(r.Problems, problem) {
		r.Problems = append(r.Problems, problem)
	}
}

func (r *Report) judge(values []string, text string) {
	r.Blocks = len(values)
	switch len(values) {
	case 0:
		r.add(noBlock)
	case 1:
	default:
		r.add(manyBlocks)
	}
	for _, v := range values {
		l, problems := parse(v)
		if r.Label == nil {
			r.Label = l
		}
		for _, p := range problems {
			r.add(p)
		}
	}
	switch {
	case r.Format == "pdf":
		r.Visible = "unchecked"
	case Visible(text):
		r.Visible = "yes"
	default:
		r.Visible = "no"
		if r.Format != "json" && r.Format != "stream" { // where programs read on
			r.add(noNotice)
		}
	}
}

// Visible reports whether a text tells its readers what it is: who made it, and that it
// was made.
func Visible(text string) bool {
	return (strings.Contains(text, "人工智能") || strings.Contains(text, "AI")) && (strings.Contains(text, "生成") || strings.Contains(text, "合成"))
}

// parse reads one block, with its key around it or without.
func parse(value string) (*hearth.ContentLabel, []string) {
	var outer map[string]json.RawMessage
	if json.Unmarshal([]byte(value), &outer) == nil && len(outer) == 1 && outer[Key] != nil {
		value = string(outer[Key])
	}
	var fields map[string]*string
	if err := json.Unmarshal([]byte(value), &fields); err != nil {
		return nil, []string{badBlock}
	}
	l := &hearth.ContentLabel{}
	var problems []string
	for _, f := range []struct {
		name   string
		to     *string
		filled bool
	}{{"Label", &l.Label, true}, {"ContentProducer", &l.ContentProducer, true}, {"ProduceID", &l.ProduceID, true}, {"ReservedCode1", &l.ReservedCode1, false},
		{"ContentPropagator", &l.ContentPropagator, true}, {"PropagateID", &l.PropagateID, true}, {"ReservedCode2", &l.ReservedCode2, false}} {
		v := fields[f.name]
		switch {
		case v == nil:
			problems = append(problems, badBlock)
			continue
		case f.filled && *v == "":
			problems = append(problems, emptyValue)
		case strings.ContainsFunc(*v, func(r rune) bool { return !allowed(r) }):
			problems = append(problems, badCharacter)
		}
		*f.to = *v
	}
	if !slices.Contains([]string{"1", "2", "3"}, l.Label) {
		problems = append(problems, badLabel)
	}
	return l, problems
}

// jsonValues are the blocks anywhere in a value, under either spelling of the key, and
// what is said in it.
func jsonValues(b []byte) (values []string, said string) {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return nil, ""
	}
	var text strings.Builder
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		if depth > 100 {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				if strings.EqualFold(k, Key) {
					if block, err := json.Marshal(inner); err == nil && string(block) != "null" {
						values = append(values, string(block))
					}
					continue
				}
				walk(inner, depth+1)
			}
		case []any:
			for _, inner := range v {
				walk(inner, depth+1)
			}
		case string:
			text.WriteString(v)
		}
	}
	walk(v, 0)
	return values, text.String()
}

func markdownValues(text string) (values []string, body string) {
	matter, body := frontMatter(text)
	for line := range strings.Lines(matter) {
		if v, ok := strings.CutPrefix(line, Key+":"); ok {
			values = append(values, strings.Trim(strings.TrimSpace(v), "'"))
		}
	}
	return values, body
}

var metaTag = regexp.MustCompile(`(?is)<meta\s+name=["']AIGC["']\s+content=(?:"([^"]*)"|'([^']*)')`)

// docxValues reads the custom properties of a document, and its text.
func docxValues(file []byte) (values []string, text string, err error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, "", errNoZip
	}
	for _, f := range z.File {
		if f.Name != "docProps/custom.xml" && f.Name != "word/document.xml" {
			continue
		}
		part, err := f.Open()
		if err != nil {
			return nil, "", errNoZip
		}
		b, err := io.ReadAll(io.LimitReader(part, FileMax))
		_ = part.Close()
		if err != nil {
			return nil, "", errNoZip
		}
		if f.Name == "word/document.xml" {
			text = characters(b)
			continue
		}
		var list struct {
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"lpwstr"`
			} `xml:"property"`
		}
		if xml.Unmarshal(b, &list) != nil {
			continue
		}
		for _, p := range list.Properties {
			if p.Name == Key {
				values = append(values, p.Value)
			}
		}
	}
	return values, text, nil
}

// characters are what an XML file says between its tags.
func characters(b []byte) string {
	var text strings.Builder
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.Token()
		if err != nil {
			return text.String()
		}
		if c, ok := t.(xml.CharData); ok {
			text.Write(c)
		}
	}
}

// pdfValues are the texts under /AIGC, as its dictionaries write them: in brackets, with
// backslashes, or in hexadecimal digits.
func pdfValues(file []byte) []string {
	var values []string
	for rest := file; ; {
		i := bytes.Index(rest, []byte("/"+Key))
		if i < 0 {
			return values
		}
		rest = rest[i+1+len(Key):]
		b := bytes.TrimLeft(rest, " \r\n\t")
		switch {
		case len(b) > 0 && b[0] == '(':
			values = append(values, pdfString(b[1:]))
		case len(b) > 0 && b[0] == '<':
			end := bytes.IndexByte(b, '>')
			raw, err := hex.DecodeString(strings.Join(strings.Fields(string(b[1:max(end, 1)])), ""))
			if err == nil {
				values = append(values, utf16or8(raw))
			}
		}
	}
}

func pdfString(b []byte) string {
	var out []byte
	depth := 1
	for i := 0; i < len(b) && depth > 0; i++ {
		switch c := b[i]; c {
		case '\\':
			if i++; i < len(b) {
				out = append(out, b[i])
			}
			continue
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				continue
			}
		}
		out = append(out, b[i])
	}
	return utf16or8(out)
}

// utf16or8 is a text of a PDF, which may be in UTF-16 with a mark before it.
func utf16or8(b []byte) string {
	if !bytes.HasPrefix(b, []byte{0xFE, 0xFF}) {
		return string(b)
	}
	var out []byte
	for i := 2; i+1 < len(b); i += 2 {
		out = utf8.AppendRune(out, rune(b[i])<<8|rune(b[i+1]))
	}
	return string(out)
}
