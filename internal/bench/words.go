package bench

import (
	"math/rand/v2"
	"strings"
)

// draw is the source of the index-th text of a stream.
func draw(seed, stream uint64, index int) *rand.Rand {
	return rand.New(rand.NewPCG(seed^stream, uint64(index)))
}

// vocabulary are words that most tokenizers know as one token each.
var vocabulary = strings.Fields(`
time year people way day man thing woman life child world school state family student
group country problem hand part place case week company system program question work
government number night point home water room mother area money story fact month lot
right study book eye job word business issue side kind head house service friend father
power hour game line end member law car city community name president team minute idea
body information back parent face others level office door health person art war history
party result change morning reason research girl guy moment air teacher force education
the of and to in is that it for was on are as with his they be at one have this from or
had by but some what there we can out other were all your when up use how said an each
she which do their if will then many would write like so these her long make see him two
has look more come did sound no most over know than call first who may down been now find`)

// words are n words drawn at random, with blanks between them.
func words(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(vocabulary[r.IntN(len(vocabulary))])
	}
	return b.String()
}

// fitTries bounds how often [fit] draws anew what was too long, or brought nothing.
const fitTries = 200

// fit is random text of n tokens as count counts them; a few less where a vocabulary
// does not let it be hit.
func fit(r *rand.Rand, count func(text string) int, n int) string {
	text, have := "", 0
	for tries := 0; have < n && tries < fitTries; {
		more := extend(r, text, n-have)
		now := count(more)
		if now <= have || now > n {
			tries++
			continue
		}
		text, have = more, now
	}
	return text
}

// extend adds words that most likely are no more than so many tokens: letters, of
// which every vocabulary has some, when few are missing.
func extend(r *rand.Rand, text string, missing int) string {
	if text != "" {
		text += " "
	}
	if missing < 8 && r.IntN(2) == 0 {
		return strings.TrimSuffix(text, " ") + string(rune('a'+r.IntN(26)))
	}
	return text + words(r, max(1, missing/8))
}
