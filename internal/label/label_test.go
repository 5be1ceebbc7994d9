package label

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

var made = New("001191110102MAD55U9H0F10002", "req-\"1 é\\")

func TestNew(t *testing.T) {
	want := `{"AIGC":{"Label":"1","ContentProducer":"001191110102MAD55U9H0F10002","ProduceID":"req-1","ReservedCode1":"","ContentPropagator":"001191110102MAD55U9H0F10002","PropagateID":"req-1","ReservedCode2":""}}`
	if got := Value(made); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, l := range []hearth.Language{hearth.English, hearth.Chinese} {
		if !Visible(Notice(l)) {
			t.Errorf("%q tells nobody", Notice(l))
		}
	}
}

func docx(t *testing.T, property, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range map[string]string{
		"docProps/custom.xml": `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property fmtid="x" pid="2" name="AIGC"><vt:lpwstr>` + strings.ReplaceAll(property, `"`, "&quot;") + `</vt:lpwstr></property></Properties>`,
		"word/document.xml":   `<w:document xmlns:w="w"><w:p><w:t>` + text + `</w:t></w:p></w:document>`,
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCheck(t *testing.T) {
	value := Value(made)
	inner, _ := json.Marshal(made)
	for _, c := range []struct {
		name, file, format, visible string
		problems                    []string
	}{
		{"markdown", Markdown("# 一\n\n二", made, hearth.Chinese), "markdown", "yes", nil},
		{"plain text", "hello", "markdown", "no", []string{noBlock, noNotice}},
		{"twice", "---\nAIGC: " + string(inner) + "\nAIGC: " + string(inner) + "\n---\nAI 生成", "markdown", "yes", []string{manyBlocks}},
		{"answer", `{"choices":[{"message":{"content":"x"}}],"aigc":` + string(inner) + `}`, "json", "no", nil},
		{"stream", "data: {\"aigc\":" + string(inner) + "}\n\ndata: {\"delta\":\"AI 生成\"}\n\ndata: [DONE]\n", "stream", "yes", nil},
		{"lines", "{\"x\":1}\n{\"aigc\":" + string(inner) + "}\n", "stream", "no", nil},
		{"pdf", "%PDF-1.7\n1 0 obj << /AIGC (" + strings.NewReplacer("(", `\(`, ")", `\)`).Replace(value) + ") >> endobj", "pdf", "unchecked", nil},
		{"pdf in digits", fmt.Sprintf("%%PDF-1.7\n<< /AIGC <%x> >>", value), "pdf", "unchecked", nil},
		{"docx", string(docx(t, value, "（AI 生成）")), "docx", "yes", nil},
		{"docx without a notice", string(docx(t, value, "x")), "docx", "no", []string{noNotice}},
		{"html", `<html><head><meta name="AIGC" content='` + value + `'></head>人工智能合成</html>`, "html", "yes", nil},
		{"bad label", "---\nAIGC: {\"Label\":\"9\",\"ContentProducer\":\"a\\u0022\",\"ProduceID\":\"\",\"ReservedCode1\":\"\",\"ContentPropagator\":\"a\",\"PropagateID\":\"b\",\"ReservedCode2\":\"\"}\n---\nAI 生成", "markdown", "yes", []string{badCharacter, emptyValue, badLabel}},
		{"a number", "---\nAIGC: {\"Label\":1}\n---\nAI 生成", "markdown", "yes", []string{badBlock}},
	} {
		r, err := Check([]byte(c.file))
		if err != nil {
			t.Fatal(c.name, err)
		}
		if r.Format != c.format || r.Visible != c.visible || !slices.Equal(r.Problems, append([]string{}, c.problems...)) {
			t.Errorf("%s: %+v", c.name, r)
		}
		if r.Valid() && (r.Label == nil || *r.Label != made) {
			t.Errorf("%s: the label is %+v", c.name, r.Label)
		}
	}
}

// TestOnce exports a text a hundred times.
func TestOnce(t *testing.T) {
	text := "---\ntitle: x\n---\n\nbody\n"
	for i := range 100 {
		text = Markdown(text, New("p", fmt.Sprint(i)), []hearth.Language{hearth.English, hearth.Chinese}[i%2])
	}
	r, err := Check([]byte(text))
	if err != nil || !r.Valid() || r.Label.ProduceID != "99" || !strings.HasPrefix(text, "---\ntitle: x\nAIGC: ") || !strings.HasSuffix(text, "body\n\n"+Notice(hearth.Chinese)+"\n") {
		t.Errorf("%+v %v %q", r, err, text)
	}
}

func TestWrap(t *testing.T) {
	script := func(chunks ...hearth.Chunk) hearth.Generator {
		return hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] {
			return func(yield func(hearth.Chunk, error) bool) {
				for _, c := range chunks {
					if !yield(c, nil) {
						return
					}
				}
			}
		})
	}
	said := []hearth.Chunk{{Text: "a"}, {Choice: 1, Text: "b"}, {Choice: 1, Finish: hearth.FinishStop}, {Text: "c", Finish: hearth.FinishLength}}
	prompt := "p"
	for _, c := range []struct {
		name   string
		r      hearth.Request
		chunks []hearth.Chunk
		want   [2]string
	}{
		{"Chinese", hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "你好"}}}, said, [2]string{"ac\n\n" + Notice(hearth.Chinese), "b\n\n" + Notice(hearth.Chinese)}},
		{"English", hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "hi"}}}, said[1:3], [2]string{"", "b\n\n" + Notice(hearth.English)}},
		{"a call", hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "hi"}}}, []hearth.Chunk{{Text: "a", Finish: hearth.FinishToolCalls}}, [2]string{"a", ""}},
		{"constrained", hearth.Request{Messages: []hearth.Message{{}}, Decoding: hearth.Decoding{Constraint: &hearth.Constraint{}}}, said, [2]string{"ac", "b"}},
		{"continued", hearth.Request{Prompt: &prompt}, said, [2]string{"ac", "b"}},
	} {
		var got [2]string
		for chunk := range Wrap(script(c.chunks...), func(*hearth.Request) bool { return true }).Generate(t.Context(), &c.r) {
			got[chunk.Choice] += chunk.Text
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("%PDF-1.7 /AIGC <FEFF00> /AIGC (a\\"))
	f.Add([]byte(Markdown("x", made, hearth.English)))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("data: {\"aigc\":null}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := Check(b); err == nil && r.Valid() && r.Label == nil {
			t.Error("valid without a label")
		}
	})
}
