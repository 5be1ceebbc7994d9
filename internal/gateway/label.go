package gateway

import (
	"encoding/json"

	"github.com/hearthbox/hearth"
)

// labelHeader carries the label of what a model made, whatever the dialect: what it holds
// is ASCII.
const labelHeader = "X-AIGC-Label"

// label is what says that the answer was made by a model, in the head of the answer and
// in a field of every dialect's own object, which their clients pass over or hand on; nil
// where answers have none.
func (x *exchange) label(r *hearth.Request) *hearth.ContentLabel {
	if x.Label == nil {
		return nil
	}
	x.sign(r)
	l := x.Label(r)
	if l == nil {
		return nil
	}
	b, err := json.Marshal(l)
	if err != nil {
		panic(err) // seven texts
	}
	x.w.Header().Set(labelHeader, string(b))
	return l
}
