package upstream

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// wire is a format that servers speak.
type wire interface {
	// ask puts a request in it.
	ask(u *Server, r *hearth.Request) (*question, error)

	// read takes the data of one event of an answer, or a whole answer that came in
	// place of events.
	read(a *answer, data []byte) error

	// lines says that events are lines of JSON, and not server-sent events.
	lines() bool

	// list is where the list of models is, and what it says.
	list() (path string)
	models(u *Server, body []byte) ([]hearth.Model, error)

	// embed asks for vectors and reads them.
	embed(u *Server, r *hearth.EmbeddingRequest) (body any, read func(data []byte) (vectors [][]float32, prompt int, err error))

	// continues reports whether a server of the kind can go on with an answer.
	continues(k *Kind) bool
}

// question is a request as a server is asked it.
type question struct {
	path string
	body any

	// shorter asks for less, where a server does not take the limit on the answer; nil
	// if nothing less is the same.
	shorter func()
}

// root begins a path that is not below the URL of a server, but below its host.
const root = "^"

// address is where a path is, for a model of the server's.
func (u *Server) address(path, model string) string {
	if rest, ok := strings.CutPrefix(path, root); ok {
		return hostOf(u.URL) + rest
	}
	if u.kind.at == nil {
		return u.URL + path
	}
	return strings.ReplaceAll(u.kind.at(&u.Config, path), "{model}", escape(model))
}

// names are those of an upstream's models: offered here under the one, asked for as the
// other.
func (u *Server) upstreamName(id string) string {
	if name, ok := u.Config.Models[id]; ok {
		return name
	}
	return id
}

// cannot refuses what a server of the kind has no words for.
func (u *Server) cannot(what string) error {
	return hearth.NewError(hearth.Unsupported, "what", what+" at upstream "+u.Name+" ("+u.kind.Mark+")")
}
