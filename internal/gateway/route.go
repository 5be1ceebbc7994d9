package gateway

import (
	"net/http"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// route is a method, a path, and who may call it: whoever has one of the rights. A star in
// the path stands for a name; at its end the name may have slashes.
type route struct {
	method, path string
	may          hearth.Rights
	handler      handler
}

// Route is a route for show.
type Route struct {
	Method, Path string
	May          hearth.Rights // one of them; none: everybody who is known
}

// Routes lists all there are.
func Routes() []Route {
	var list []Route
	for _, r := range routes() {
		list = append(list, Route{r.method, r.path, r.may})
	}
	return list
}

func routes() []route {
	return slices.Concat(openAIRoutes, anthropicRoutes, ollamaRoutes, responsesRoutes, queueRoutes, trustRoutes, fileRoutes, batchRoutes, ticketRoutes)
}

type handler func(*exchange) error

// route finds who answers. Of paths that match, the first counts.
func (x *exchange) route() (handler, error) {
	var path string
	var allowed []string
	method := x.r.Method
	if method == http.MethodHead {
		method = http.MethodGet // whose body is not sent
	}
	for _, r := range x.routes {
		id, ok := match(r.path, x.r.URL.Path)
		if !ok || path != "" && r.path != path {
			continue
		}
		path = r.path
		if r.method == method {
			x.id = id
			return r.handler, x.by.Check(r.may)
		}
		allowed = append(allowed, r.method)
	}
	if path == "" {
		return nil, hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	}
	slices.Sort(allowed)
	x.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return nil, hearth.NewError(hearth.BadMethod, "path", x.r.URL.Path, "method", x.r.Method, "allowed", strings.Join(allowed, ", "))
}

// match reports whether a path is what a pattern says, and what its star stands for.
func match(pattern, path string) (star string, ok bool) {
	before, after, starred := strings.Cut(pattern, "*")
	if !starred {
		return "", path == pattern
	}
	star, ok = strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	star, ok = strings.CutSuffix(star, after)
	return star, ok && star != "" && (after == "" || !strings.Contains(star, "/"))
}
