package hearth_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

var update = flag.Bool("update", false, "write docs/errors.md anew")

// TestManualOfErrors holds docs/errors.md against the catalogue it is made from.
func TestManualOfErrors(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Errors · 错误码\n\nMade from `catalogue.go` by `make generate`. 本页由 `make generate` 自动生成。\n\n" +
		"Every error has a code for programs, a message and a remedy. Words in braces are filled in.\n" +
		"每个错误都有供程序使用的错误码、说明和解决办法，花括号中的内容由实际值替换。\n\n" +
		"| code | meaning · 含义 | remedy · 解决办法 |\n|---|---|---|\n")
	codes := hearth.Codes()
	slices.Sort(codes)
	for _, c := range codes {
		e := hearth.NewError(c)
		fmt.Fprintf(&b, "| `%s` | %s<br>%s | %s<br>%s |\n", c,
			e.Message(hearth.English), e.Message(hearth.Chinese), e.Remedy(hearth.English), e.Remedy(hearth.Chinese))
	}
	golden(t, "docs/errors.md", b.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date: make generate", path)
	}
}
