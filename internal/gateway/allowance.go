package gateway

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Account knows what is left of quotas.
type Account interface {
	Allowance(ctx context.Context, by hearth.Principal) (hearth.Allowance, error)
}

// allow says in the headers what the client has left, in its dialect's words: of the
// quota of tokens and of that of requests that leave least.
func (x *exchange) allow() {
	if x.Account == nil || x.by.KeyID == "" {
		return
	}
	left, err := x.Account.Allowance(x.r.Context(), x.by)
	if err != nil {
		x.Log.Warn("what is left of quotas can't be told", "key", x.by.KeyID, "error", err)
		return
	}
	for name, l := range map[string]*hearth.Left{"requests": left.Requests, "tokens": left.Tokens} {
		if l != nil {
			x.dialect.left(x, name, l)
		}
	}
	if len(left.Warnings) > 0 {
		texts := make([]string, len(left.Warnings))
		for i, w := range left.Warnings {
			texts[i] = w[hearth.English] // headers are ASCII
		}
		x.w.Header().Set("X-Hearth-Quota-Warning", strings.Join(texts, "; "))
	}
}

// openAILeft writes what is left as OpenAI does: until it is whole again as a duration.
func openAILeft(x *exchange, name string, l *hearth.Left) {
	h := x.w.Header()
	h.Set("X-Ratelimit-Limit-"+name, strconv.FormatInt(l.Limit, 10))
	h.Set("X-Ratelimit-Remaining-"+name, strconv.FormatInt(l.Left, 10))
	h.Set("X-Ratelimit-Reset-"+name, max(0, time.Until(l.Reset)).Round(time.Second).String())
}

// anthropicLeft writes it as Anthropic does: as a time.
func anthropicLeft(x *exchange, name string, l *hearth.Left) {
	h := x.w.Header()
	h.Set("Anthropic-Ratelimit-"+name+"-Limit", strconv.FormatInt(l.Limit, 10))
	h.Set("Anthropic-Ratelimit-"+name+"-Remaining", strconv.FormatInt(l.Left, 10))
	h.Set("Anthropic-Ratelimit-"+name+"-Reset", l.Reset.UTC().Format(time.RFC3339))
}
