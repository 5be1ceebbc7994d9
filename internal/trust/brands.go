package trust

import (
	_ "embed"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// brands.tsv says whose a brand is: brand, owner, the platform it sells on or is, and the
// domains that are its own. Facts only, each generally known.
//
//go:embed brands.tsv
var brandTable string

type owned struct{ brand, owner, platform string }

// gazetteer finds brands by name and owners by domain.
type gazetteer struct {
	names   map[string]owned // by name, in lower case
	domains map[string]owned
	longest int // words of the longest Latin name
	han     []string
}

var known = sync.OnceValue(func() *gazetteer {
	g := &gazetteer{names: map[string]owned{}, domains: map[string]owned{}}
	for line := range strings.Lines(brandTable) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		f = append(f, "", "")
		o := owned{f[0], f[1], f[2]}
		name := strings.ToLower(f[0])
		g.names[name] = o
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			g.han = append(g.han, name)
		}
		g.longest = max(g.longest, len(strings.Fields(name)))
		for _, domain := range strings.Fields(f[3]) {
			g.domains[domain] = o
		}
	}
	slices.SortFunc(g.han, func(a, b string) int { return len(b) - len(a) })
	return g
})

// ofHost is whose a host name is, by its longest known end.
func (g *gazetteer) ofHost(address string) (owned, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return owned{}, false
	}
	for host := strings.ToLower(u.Hostname()); host != ""; {
		if o, ok := g.domains[host]; ok {
			return o, true
		}
		_, rest, more := strings.Cut(host, ".")
		if !more {
			break
		}
		host = rest
	}
	return owned{}, false
}

// brandsIn are the brands that a sentence names: those of the table; and, unknown to it,
// what is written like a name, or, in Chinese, in quotes or before what sellers are
// called.
func (d *document) brandsIn(s *sentence) []string {
	g := known()
	out := []string{}
	taken := map[string]bool{}
	add := func(name string) {
		if key := strings.ToLower(name); name != "" && !taken[key] {
			taken[key] = true
			out = append(out, name)
		}
	}
	text := s.of(d.answer)
	lower := strings.ToLower(text)
	for _, name := range g.han {
		if strings.Contains(lower, name) && !slices.ContainsFunc(out, func(b string) bool { return strings.Contains(strings.ToLower(b), name) }) {
			add(g.names[name].brand)
		}
	}
	for _, run := range d.nameRuns(s) {
		if o, ok := g.names[strings.ToLower(run)]; ok {
			add(o.brand)
		} else {
			add(run)
		}
	}
	if d.chinese {
		for _, name := range quoted(text) {
			add(name)
		}
	}
	return out
}

// joiners stand within names: Bank of the West.
var joiners = set("of the de and &")

// nameRuns are the runs of capitalised words of a sentence that are not its beginning
// alone and that hold a word the table of function words does not have.
func (d *document) nameRuns(s *sentence) []string {
	var out []string
	for i := 0; i < len(s.words); i++ {
		if s.words[i].shape != capital || !s.names[name(s.words[i].text)] {
			continue
		}
		end := i + 1
		for k := end; k < len(s.words); k++ {
			w := s.words[k]
			if w.shape == capital || w.shape == number && k == end {
				end = k + 1
				continue
			}
			if !joiners[w.text] || k > end {
				break
			}
		}
		run := d.answer[s.words[i].at.start:s.words[end-1].at.end]
		out = append(out, strings.TrimSuffix(strings.TrimSuffix(run, "'s"), "’s"))
		i = end - 1
	}
	return out
}

// quoted are the short texts in quotes.
func quoted(text string) []string {
	var out []string
	for _, q := range [][2]string{{"“", "”"}, {"「", "」"}, {"\"", "\""}} {
		rest := text
		for {
			_, after, ok := strings.Cut(rest, q[0])
			if !ok {
				break
			}
			name, tail, ok := strings.Cut(after, q[1])
			if !ok {
				break
			}
			if n := utf8.RuneCountInString(name); n >= 2 && n <= 12 && !strings.ContainsAny(name, "，。,.") {
				out = append(out, name)
			}
			rest = tail
		}
	}
	return out
}

func (d *document) allAsked(brands []string) bool {
	q := strings.ToLower(d.question)
	return !slices.ContainsFunc(brands, func(b string) bool { return !strings.Contains(q, strings.ToLower(b)) })
}

// beneficiaries are the brands of the table that the answer names, and all that its
// spans name, the most named first.
func (d *document) beneficiaries(spans []Span) ([]Beneficiary, bool) {
	g := known()
	promoted := map[string]bool{}
	order := []string{}
	for _, s := range spans {
		for _, b := range s.Brands {
			promoted[b] = true
			order = append(order, b)
		}
	}
	for i := range d.sentences {
		for _, b := range d.brandsIn(&d.sentences[i]) {
			if _, ok := g.names[strings.ToLower(b)]; ok {
				order = append(order, b)
			}
		}
	}
	answer, question := strings.ToLower(d.answer), strings.ToLower(d.question)
	out, all := []Beneficiary{}, 0
	owners := map[string]bool{}
	for _, b := range unique(order) {
		o := g.names[strings.ToLower(b)]
		x := Beneficiary{Brand: b, Owner: o.owner, Platform: o.platform, Mentions: max(1, strings.Count(answer, strings.ToLower(b))),
			Promoted: promoted[b], Asked: strings.Contains(question, strings.ToLower(b))}
		all += x.Mentions
		if x.Owner != "" {
			owners[x.Owner] = true
		} else {
			owners[x.Brand] = true
		}
		out = append(out, x)
	}
	for i := range out {
		out[i].Share = float64(out[i].Mentions) / float64(all)
	}
	slices.SortStableFunc(out, func(a, b Beneficiary) int { return b.Mentions - a.Mentions })
	return out, len(owners) == 1
}
