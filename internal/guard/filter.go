package guard

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Finding is something found, and what is done about it.
type Finding struct {
	Class      string // of the word, or the kind of private data
	View       string // "private" for private data
	Start, End int
	Action     Action
	Shown      string // what stands for it where it is masked or replaced
	word       int
	told       bool
}

// Filter lets a text through in pieces, edited: what may still become part of a match
// stays inside (G1), and nothing else does.
type Filter struct {
	guard   *state
	policy  *Policy
	kinds   map[Kind]Action
	vault   *Vault
	matcher *Matcher
	scanner *Scanner

	text   []byte // not yet let through
	base   int    // where it begins
	past   int    // up to where it was replaced by what stands for it
	found  []Finding
	allow  []Match
	passed int // findings that lie behind
	taken  int // of the scanner's findings

	Seen    []Finding // decided so far, allowed ones left out
	Stopped *Finding
}

// newFilter begins a text. Either of the views and the kinds may be none.
func newFilter(g *state, v Views, kinds map[Kind]Action, vault *Vault) *Filter {
	f := &Filter{guard: g, policy: &g.policy, kinds: kinds, vault: vault}
	if g.library != nil && v != 0 {
		f.matcher = g.library.NewMatcher(v)
	}
	if acts(kinds) {
		f.scanner = NewScanner()
	}
	return f
}

// idle reports whether the filter has nothing to look for.
func (f *Filter) idle() bool { return f.matcher == nil && f.scanner == nil }

// Write takes the next piece and returns what may be let through. After a stop it
// returns nothing.
func (f *Filter) Write(piece string) string {
	if f.idle() {
		return piece
	}
	if f.Stopped != nil {
		return ""
	}
	f.text = append(f.text, piece...)
	whole := f.wholeRunes(piece)
	if f.matcher != nil {
		f.matcher.Feed(whole)
	}
	if f.scanner != nil {
		f.scanner.Feed(whole)
	}
	return f.release(f.held())
}

// wholeRunes is the piece without a character that is not complete: it waits in the
// text, of which it is the end, and comes with the next piece.
func (f *Filter) wholeRunes(piece string) string {
	fed := f.fed()
	rest := f.text[fed-f.base:]
	n := len(rest)
	for back := 1; back <= min(utf8.UTFMax-1, n); back++ {
		if c := rest[n-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(rest[n-back:]) {
				n -= back
			}
			break
		}
	}
	return string(rest[:n])
}

// fed is up to where the text was read.
func (f *Filter) fed() int {
	if f.matcher != nil {
		return f.matcher.pos
	}
	return f.scanner.pos
}

// Flush lets the rest through, though the text may go on: what then turns out to have
// been begun is found, and what is left of it treated as it should have been.
func (f *Filter) Flush() string {
	if f.idle() || f.Stopped != nil || len(f.text) == 0 {
		return ""
	}
	if f.matcher != nil {
		f.matcher.Settle()
	}
	if f.scanner != nil {
		f.scanner.End()
	}
	return f.release(f.fed())
}

// End lets the rest through.
func (f *Filter) End() string {
	if f.idle() || f.Stopped != nil {
		return ""
	}
	if rest := f.text[f.fed()-f.base:]; len(rest) > 0 { // half a character: as it is
		if f.matcher != nil {
			f.matcher.Feed(string(rest))
		}
		if f.scanner != nil {
			f.scanner.Feed(string(rest))
		}
	}
	if f.matcher != nil {
		f.matcher.End()
	}
	if f.scanner != nil {
		f.scanner.End()
	}
	return f.release(f.base + len(f.text))
}

// Held is how many bytes are inside.
func (f *Filter) Held() int { return len(f.text) }

func (f *Filter) held() int {
	to := math.MaxInt
	if f.matcher != nil {
		to = min(to, f.matcher.Held())
	}
	if f.scanner != nil {
		to = min(to, f.scanner.Held())
	}
	return to
}

// collect takes what was found since.
func (f *Filter) collect() {
	if f.matcher != nil {
		for _, m := range f.matcher.Found {
			f.word(m)
		}
		f.matcher.Found = f.matcher.Found[:0]
	}
	if f.scanner == nil {
		return
	}
	for ; f.taken < len(f.scanner.Found); f.taken++ {
		p := f.scanner.Found[f.taken]
		if a := f.kinds[p.Kind]; a != "" && a != Allow {
			if a == Replace && p.Kind != PrivateKey && f.vault != nil {
				p.Shown = f.vault.placeholder(p.Kind, p.Value)
			}
			f.found = append(f.found, Finding{Class: string(p.Kind), View: "private", Start: p.Start, End: p.End, Action: a, Shown: p.Shown, word: -1})
		}
	}
}

func (f *Filter) word(m Match) {
	w := &f.guard.library.Words[m.Word]
	a := f.policy.wordAction(w)
	if a == Allow {
		f.allow = append(f.allow, m)
		return
	}
	f.found = append(f.found, Finding{Class: w.Class, View: m.View.String(), Start: m.Start, End: m.End, Action: a, Shown: f.policy.Replacement, word: m.Word})
}

// release lets the text through up to a place. All that was found there is known:
// whatever covers an earlier character began before the place (G1).
func (f *Filter) release(to int) string {
	to = max(to, f.base) // a word that began before a flush may still go on
	f.collect()
	f.sort(to)
	if len(f.found) == 0 && f.past <= f.base && !f.keyPassing() {
		out := string(f.text[:to-f.base])
		f.text, f.base = f.text[to-f.base:], to
		return out
	}
	var out strings.Builder
	f.passed = 0
	for f.base < to {
		x := f.at(f.base)
		if x != nil && x.Action == Stop {
			f.Stopped = x
			f.text = nil
			break
		}
		f.step(&out, x)
	}
	f.drop()
	return out.String()
}

func (f *Filter) keyPassing() bool { return f.scanner != nil && f.scanner.InKey() }

// step lets one character through, or what stands for what begins there.
func (f *Filter) step(out *strings.Builder, x *Finding) {
	r, n := utf8.DecodeRune(f.text)
	switch {
	case f.base < f.past:
	case x != nil && x.Class == string(PrivateKey) && x.Action != Label:
		out.WriteString(x.Shown)
		f.past = f.keyEnd(x)
	case x != nil && x.Shown != "" && (x.Action == Replace || x.Action == Mask && x.word < 0):
		out.WriteString(x.Shown)
		f.past = x.End
	case x != nil && (x.Action == Mask || x.Action == Replace) && r > ' ':
		out.WriteString("＊")
	default:
		out.Write(f.text[:n])
	}
	f.text, f.base = f.text[n:], f.base+n
}

// keyEnd is where a private key ends that may still be passing: its finding grows
// with it.
func (f *Filter) keyEnd(x *Finding) int {
	for _, p := range f.scanner.Found {
		if p.Kind == PrivateKey && p.Start == x.Start {
			x.End = p.End
		}
	}
	return x.End
}

// at is the severest finding that covers a place.
func (f *Filter) at(place int) *Finding {
	var worst *Finding
	for f.passed < len(f.found) && f.found[f.passed].End <= place && f.found[f.passed].Class != string(PrivateKey) {
		f.passed++
	}
	for i := f.passed; i < len(f.found) && f.found[i].Start <= place; i++ {
		x := &f.found[i]
		if x.Class == string(PrivateKey) && x.Start <= place {
			f.past = max(f.past, minIf(f.past > x.Start, f.keyEnd(x)))
		}
		if x.Start <= place && place < x.End && (worst == nil || x.Action.severity() > worst.Action.severity()) {
			worst = x
		}
	}
	return worst
}

func minIf(ok bool, v int) int {
	if ok {
		return v
	}
	return 0
}

// sort puts what was found in order, without what allowed words contain, and notes
// what is decided by now.
func (f *Filter) sort(to int) {
	if len(f.found) == 0 {
		f.allow = slices.DeleteFunc(f.allow, func(m Match) bool { return m.End <= f.base })
		return
	}
	f.found = slices.DeleteFunc(f.found, func(x Finding) bool { return x.word >= 0 && f.allowed(x) })
	slices.SortStableFunc(f.found, func(a, b Finding) int { return a.Start - b.Start })
	for i := range f.found {
		if x := &f.found[i]; x.Start < to && !x.told {
			x.told = true
			f.Seen = append(f.Seen, *x)
		}
	}
}

// allowed reports whether an allowed word contains what was found. Matches are in
// the order of their ends.
func (f *Filter) allowed(x Finding) bool {
	i, _ := slices.BinarySearchFunc(f.allow, x.End, func(m Match, end int) int { return m.End - end })
	for ; i < len(f.allow) && f.allow[i].End <= x.End+allowMax; i++ {
		if f.allow[i].Start <= x.Start {
			return true
		}
	}
	return false
}

// allowMax is how many bytes of an allowed word may follow what it contains: more than
// the longest word with symbols between all its characters.
const allowMax = unitsMax * (1 + skipsMax) * utf8.UTFMax

// drop forgets what lies behind.
func (f *Filter) drop() {
	f.found = slices.DeleteFunc(f.found, func(x Finding) bool { return x.End <= f.base && !(f.keyPassing() && x.Class == string(PrivateKey)) })
	f.allow = slices.DeleteFunc(f.allow, func(m Match) bool { return m.End <= f.base })
}
