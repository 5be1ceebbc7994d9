package guard

import (
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// Action is what happens to what was found.
type Action string

// The actions, mildest first.
const (
	Allow   Action = "allow"   // of a word: it is no match, nor is any that it contains; else: nothing is done
	Label   Action = "label"   // it passes, and is counted
	Mask    Action = "mask"    // its characters become ＊; of personal data some are left
	Replace Action = "replace" // a fixed text stands for a word; a placeholder for personal data, restored in the answer
	Stop    Action = "stop"    // the request is refused, the answer ends
)

// Actions lists the actions.
func Actions() []Action { return []Action{Allow, Label, Mask, Replace, Stop} }

// severity orders actions where several apply to a character.
func (a Action) severity() int { return slices.Index(Actions(), a) }

// Policy says what is done where. The zero value lets everything pass.
type Policy struct {
	RequestViews, AnswerViews Views // how words are looked for

	Words       map[string]Action // by class
	WordsElse   Action            // of the other classes
	Replacement string            // stands for words that are replaced

	Here   map[Kind]Action // personal data and secrets in requests to models on this machine or network
	Cloud  map[Kind]Action // in requests to models elsewhere
	Answer map[Kind]Action // in answers

	Injection Action // attempts to give orders in what tools answer: nothing, [Label], [Strip], [Block]
	Marks     bool   // whether what tools answer is marked as data
}

// Refusal is what a client reads where an answer is stopped.
var refusal = hearth.Words{"[This answer was stopped by the content policy.]", "【根据内容安全策略，本回答已终止。】"}

// refusalFor is the refusal in the language of the conversation.
func refusalFor(r *hearth.Request) string {
	text := ""
	if r.Prompt != nil {
		text = *r.Prompt
	}
	for _, m := range r.Messages {
		if m.Role == hearth.RoleUser {
			text = m.Text
		}
	}
	if strings.ContainsFunc(text, func(c rune) bool { return c >= 0x4E00 && c <= 0x9FFF }) {
		return refusal[hearth.Chinese]
	}
	return refusal[hearth.English]
}

// wordAction is what is done about a word.
func (p *Policy) wordAction(w *Word) Action {
	if w.Action != "" {
		return w.Action
	}
	if a, ok := p.Words[w.Class]; ok {
		return a
	}
	if p.WordsElse != "" {
		return p.WordsElse
	}
	return Mask
}

// acts reports whether anything is done about any kind.
func acts(kinds map[Kind]Action) bool {
	for _, a := range kinds {
		if a != "" && a != Allow {
			return true
		}
	}
	return false
}

// AllKinds is a policy that does the same about every kind.
func AllKinds(a Action) map[Kind]Action {
	m := map[Kind]Action{}
	for _, k := range Kinds() {
		m[k] = a
	}
	return m
}
