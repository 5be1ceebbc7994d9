package hearth_test

import (
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// TestRightsOfStandings: no two of the three administrators share what tells them apart,
// together they may do all but end the setting up, and a set that is left empty opens
// nothing.
func TestRightsOfStandings(t *testing.T) {
	const common = hearth.RightAsk | hearth.RightSelf | hearth.RightWatch
	var all hearth.Rights
	for _, s := range hearth.PersonStandings() {
		own := s.Rights() &^ common
		if all&own != 0 || s.IsDuty() != (own != 0) {
			t.Errorf("%s shares %v, of %v", s, (all & own).Names(), own.Names())
		}
		all |= own
	}
	if left := hearth.StandingAdmin.Rights() &^ common &^ all; left != hearth.RightSetup {
		t.Errorf("nobody has %v", left.Names())
	}
	if got := hearth.Standing("made up").Rights(); got != 0 {
		t.Errorf("a standing that is none has %v", got.Names())
	}
	k := hearth.Key{ID: "k", Standing: hearth.StandingAdmin, Only: hearth.RightSelf, Hash: []byte{1}}
	if p := k.Principal(); len(p.Rights().Names()) != 0 || p.May(hearth.RightAsk) || !p.May(hearth.RightNone) {
		t.Errorf("a key for nothing may %v", p.Rights().Names())
	}
	if _, err := hearth.ParseRights([]string{"ask", "everything"}); err == nil {
		t.Error("a right that is none was read")
	}
}

func TestModelLists(t *testing.T) {
	for _, c := range []struct {
		list, model string
		want        bool
	}{
		{"", "anything", true}, {"qwen3", "Qwen3", true}, {"qwen3", "qwen3-8b", false}, {"qwen*", "qwen3-8b", true}, {"*embed*", "bge-embed-m3", true},
		{"team/*", "team/a/b", true}, {"team/*", "teams", false}, {"a?c", "abc", false}, {"a?c", "a?c", true}, {"*", "x/y", true}, {"a,b*", "b2", true}, {"a,b*", "c", false},
	} {
		l, err := hearth.ParseModelList(strings.FieldsFunc(c.list, func(r rune) bool { return r == ',' }))
		if err != nil || string(l) != c.list || l.Allows(c.model) != c.want {
			t.Errorf("%q, %q: %v (%v)", c.list, c.model, l.Allows(c.model), err)
		}
	}
	for _, bad := range []string{"", " ", "a,b", "[a]", `a\*`, strings.Repeat("x", 5000)} {
		if l, err := hearth.ParseModelList([]string{bad}); err == nil {
			t.Errorf("%q was read as %v", bad, l.Names())
		}
	}
}

// FuzzModelList: a name without a star allows that name alone, whatever its case.
func FuzzModelList(f *testing.F) {
	f.Add("qwen3", "QWEN3")
	f.Add("a/b", "a\x00b")
	f.Fuzz(func(t *testing.T, name, model string) {
		l, err := hearth.ParseModelList([]string{name})
		if err != nil || strings.Contains(name, "*") || strings.ContainsAny(model, "\x00\x01") {
			return
		}
		a, b := strings.ToLower(string(l)), strings.ToLower(model)
		if got := l.Allows(model); got != (a == b) {
			t.Errorf("%q allows %q: %v", name, model, got)
		}
	})
}
