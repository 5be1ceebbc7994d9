package trust

import (
	"github.com/hearthbox/hearth"
)

// SourceFinding is what is known of a page that an answer cites.
type SourceFinding struct {
	URL    string `json:"url,omitempty"`
	Domain string `json:"domain,omitempty"`
	Owner  string `json:"owner,omitempty"`

	// Class is of what kind the source is, and Action what the policy does about it, by
	// which Rule, if any.
	Class  string       `json:"class"`
	Action SourceAction `json:"action"`
	Rule   string       `json:"rule,omitempty"`

	// Seller says that the page is its owner's own, and the answer names a brand of that
	// owner; Promoted that this brand is advertised there.
	Seller   bool `json:"seller"`
	Promoted bool `json:"promoted"`

	// Duplicate is the place in the list of an earlier source with much the same text,
	// counted from 1; 0 is none. Many copies of one text are one source.
	Duplicate int `json:"duplicate_of,omitempty"`

	// Lines are those that are manipulated; Quarantine says that the page should not be
	// used at all.
	Lines      []Line `json:"lines,omitempty"`
	Quarantine bool   `json:"quarantine,omitempty"`
}

// same is the share of a text's content from which it counts as a copy of another.
const same = 0.8

func (m *Model) findings(c Case, named []Beneficiary, l hearth.Language) []SourceFinding {
	var out []SourceFinding
	var texts []map[string]bool
	for _, s := range c.Sources {
		f := SourceFinding{URL: s.URL}
		if o, ok := known().ofHost(s.URL); ok {
			f.Owner = o.owner
			for _, b := range named {
				if b.Owner == o.owner {
					f.Seller, f.Promoted = true, f.Promoted || b.Promoted
				}
			}
		}
		j := c.Policy.Judge(s.URL, f.Seller)
		f.Domain, f.Class, f.Action, f.Rule = j.Domain, j.Class, j.Action, j.Rule
		if f.Owner == "" {
			f.Owner = j.Owner
		}
		text := content(words(s.Text, 0))
		for i, earlier := range texts {
			if f.Duplicate == 0 && len(text) >= 20 && overlap(text, earlier) >= same && overlap(earlier, text) >= same {
				f.Duplicate = i + 1
			}
		}
		texts = append(texts, text)
		page := m.Sanitise(s.Text, l)
		f.Lines, f.Quarantine = page.Cut, page.Quarantine
		out = append(out, f)
	}
	return out
}
