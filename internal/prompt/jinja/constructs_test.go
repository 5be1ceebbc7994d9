package jinja

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
	"time"
)

// goldens are small templates with what Jinja2 makes of them; none where it
// refuses. tools/oracle/prompt/constructs.py writes them.
type goldens struct {
	Names json.RawMessage
	Cases [][2]*string
}

func readGoldens(t testing.TB) (*Dict, [][2]*string) {
	t.Helper()
	f, err := os.Open("testdata/constructs.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var g goldens
	if err := json.NewDecoder(z).Decode(&g); err != nil {
		t.Fatal(err)
	}
	names, err := FromJSON(string(g.Names))
	if err != nil {
		t.Fatal(err)
	}
	return names.(*Dict), g.Cases
}

func noon() time.Time { return time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC) }

func render(source string, names *Dict) (Text, error) {
	template, err := Parse(source)
	if err != nil {
		return Text{}, err
	}
	return template.Render(names, noon)
}

func TestConstructs(t *testing.T) {
	names, cases := readGoldens(t)
	for _, c := range cases {
		source, want := *c[0], c[1]
		got, err := render(source, names)
		switch {
		case want == nil && err == nil:
			t.Errorf("%.200s\n\trenders %q, but Jinja2 refuses it", source, got)
		case want != nil && err != nil:
			t.Errorf("%.200s\n\t%v\n\twant %q", source, err, *want)
		case want != nil && got.String() != *want:
			t.Errorf("%.200s\n\tgot  %q\n\twant %q", source, got, *want)
		}
	}
}
