package upstream

import (
	"net/http"
	"slices"

	"github.com/hearthbox/hearth"
)

// Kind is a make of servers: what they have in common, and where they differ from
// others that speak the same format. One file per kind holds one of these.
type Kind struct {
	Name string // as the configuration has it
	Mark string // its own name, for people

	// URL is where it is, for services that are in one place; empty for those that the
	// operator runs or rents.
	URL string

	// Resident says that it holds its models in memory whether or not they are asked, so
	// that asking it for a token now and then costs nothing and says whether it works.
	Resident bool

	// Named says that it can't be asked which models there are: the operator names them.
	Named bool

	wire   wire
	header func(h http.Header, c *Config)      // says who asks; nil sends a bearer token
	at     func(c *Config, path string) string // where a path is; nil is below the URL
	paths  paths
	chat   chatKind // of those that speak OpenAI's format
	limits limitKind
	gauges gauges

	// sort says what an error is, by its status and the codes in its body, where that
	// differs from others; an empty code leaves it to them.
	sort func(status int, codes []string) hearth.Code
}

// paths are those below the URL that differ between kinds; empty ones are not there.
type paths struct{ embeddings, rerank string }

// usual are the paths of OpenAI's format.
var usual = paths{embeddings: "/embeddings", rerank: "/rerank"}

// chatKind is what differs among servers that speak OpenAI's format.
type chatKind struct {
	// extras are the fields beyond OpenAI's that it knows. What a request wants that is
	// not among them is refused, not passed over: it would change the answer.
	extras []string

	// think says whether to think. Nil cannot, and is not told.
	think func(b *chatBody, on bool)

	// resume has it go on with the last message. Nil cannot, and refuses.
	resume func(b *chatBody)

	// constrain asks for a constraint that is none of OpenAI's; false cannot.
	constrain func(b *chatBody, c *hearth.Constraint) bool

	// schemas says that it takes JSON schemas.
	schemas bool

	// thoughts says which of its own thoughts an assistant is sent back.
	thoughts thoughts

	// usageUnasked says that usage comes of itself, and asking for it is an error.
	usageUnasked bool

	// maxCompletion names the limit of the answer max_completion_tokens.
	maxCompletion bool

	// last has the last word about what is sent.
	last func(b *chatBody, r *hearth.Request)
}

// thoughts says which thinking of earlier turns is sent.
type thoughts int

const (
	allThoughts   thoughts = iota
	freshThoughts          // since the user spoke last, as when tools were called
	noThoughts
)

// knows reports whether the kind has a field beyond OpenAI's.
func (k *Kind) knows(field string) bool { return slices.Contains(k.chat.extras, field) }

// full503 is the sort of engines that refuse with a 503 when their own queue is full.
func full503(status int, _ []string) hearth.Code {
	if status == http.StatusServiceUnavailable {
		return hearth.UpstreamBusy
	}
	return ""
}

// Kinds are all makes of servers, the one that stands for any first.
func Kinds() []*Kind {
	return []*Kind{&compatible, &vLLM, &sgLang, &llamaServer, &ollama, &mindIE, &xinference, &gpuStack, &transformers,
		&openAI, &anthropic, &azure, &deepSeek, &ark, &bailian, &tencent, &siliconFlow}
}

// KindNamed is the kind of that name; no name is [Kinds]' first.
func KindNamed(name string) (*Kind, bool) {
	if name == "" {
		return &compatible, true
	}
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return nil, false
}

// Continues reports whether a server of this kind can go on with an answer that another
// one began. Plain texts all can go on with.
func (k *Kind) Continues() bool { return k.wire.continues(k) }
