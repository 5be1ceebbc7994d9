package conformance

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of a check.
const (
	bytesMax  = 8 << 20 // of an answer
	detailMax = 300     // of what is repeated of it
)

// Target is a server.
type Target struct {
	URL       string // without /v1
	Key       string
	Model     string // empty is the first it lists
	Embedder  string // empty leaves out what needs one
	Client    *http.Client
	CheckMax  time.Duration // for each check
	BatchAlso bool          // batches as well, which may take the server a while
}

// Outcome is what became of a check.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "pass"
	Failed  Outcome = "fail"    // it answers, and libraries would stumble
	Refused Outcome = "refused" // it says that it does not do this
	Absent  Outcome = "absent"  // there is no such endpoint
	Skipped Outcome = "skipped" // it needs something that was not given
)

// Result is that of one check.
type Result struct {
	Dialect  string  `json:"dialect"`
	Endpoint string  `json:"endpoint"`
	Feature  string  `json:"feature"`
	Outcome  Outcome `json:"outcome"`
	Detail   string  `json:"detail,omitempty"`
}

// check is a feature, and how to find out.
type check struct {
	endpoint, feature string
	needs             need
	run               func(*session) // faults are noted in the session
}

type need int

const (
	nothing need = iota
	embedder
	patience
)

// session is one check being made.
type session struct {
	*Target
	ctx     context.Context
	dialect *dialect
	faults  []string
	outcome Outcome // other than passed or failed
}

// dialect is a set of checks, and how a server of it is talked to.
type dialect struct {
	name   string
	header func(h http.Header, key string)
	errors func(v val) val // the message of an error
	first  func(s *session) string
	checks []check
}

// Dialects are the names of those that can be asked.
func Dialects() []string { return []string{"openai", "anthropic", "ollama"} }

func dialectNamed(name string) *dialect {
	switch name {
	case "openai":
		return &dialect{name, bearer, openAIError, firstModel, append(openAIChecks(), responsesChecks()...)}
	case "anthropic":
		return &dialect{name, anthropicHeader, anthropicError, firstModel, anthropicChecks()}
	case "ollama":
		return &dialect{name, bearer, ollamaError, firstOllama, ollamaChecks()}
	}
	return nil
}

// Run makes the checks of a dialect, in order, and tells of each. The error is that the
// server can't be asked at all.
func Run(ctx context.Context, t Target, name string, tell func(Result)) error {
	d := dialectNamed(name)
	if d == nil {
		return hearth.NewError(hearth.NotOneOf, "field", "the dialect", "choices", strings.Join(Dialects(), ", "))
	}
	t.URL = strings.TrimSuffix(strings.TrimRight(t.URL, "/"), "/v1")
	t.CheckMax = cmp.Or(t.CheckMax, 2*time.Minute)
	if t.Model == "" {
		s := &session{Target: &t, ctx: ctx, dialect: d}
		t.Model = d.first(s)
		if t.Model == "" {
			return hearth.NewError(hearth.UpstreamRefused, "upstream", t.URL, "detail", cmp.Or(strings.Join(s.faults, "; "), "it lists no models; name one"))
		}
	}
	for _, c := range d.checks {
		if ctx.Err() != nil {
			return hearth.NewError(hearth.Canceled).Because(ctx.Err())
		}
		tell(t.try(ctx, d, c))
	}
	return nil
}

func (t *Target) try(ctx context.Context, d *dialect, c check) Result {
	r := Result{Dialect: d.name, Endpoint: c.endpoint, Feature: c.feature, Outcome: Passed}
	switch {
	case c.needs == embedder && t.Embedder == "":
		r.Outcome, r.Detail = Skipped, "no model for vectors was named"
		return r
	case c.needs == patience && !t.BatchAlso:
		r.Outcome, r.Detail = Skipped, "batches were not asked for"
		return r
	}
	limited, cancel := context.WithTimeout(ctx, t.CheckMax)
	defer cancel()
	s := &session{Target: t, ctx: limited, dialect: d}
	c.run(s)
	switch {
	case s.outcome != "":
		r.Outcome = s.outcome
	case len(s.faults) > 0:
		r.Outcome = Failed
	}
	r.Detail = strings.Join(s.faults, "; ")
	return r
}

// fault notes what a library would stumble over.
func (s *session) fault(format string, args ...any) {
	if len(s.faults) < 3 && s.outcome == "" { // more says no more
		s.faults = append(s.faults, short(fmt.Sprintf(format, args...)))
	}
}

func short(text string) string {
	if r := []rune(strings.ToValidUTF8(text, "?")); len(r) > detailMax {
		return string(r[:detailMax]) + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// answer is what a server sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send asks, and returns whatever comes; nil if nothing did.
func (s *session) send(method, path, kind string, body []byte, key bool) *answer {
	req, err := http.NewRequestWithContext(s.ctx, method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		s.fault("%v", err)
		return nil
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if key && s.Key != "" {
		s.dialect.header(req.Header, s.Key)
	} else {
		s.dialect.header(req.Header, "")
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		s.fault("%v", err)
		return nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, bytesMax))
	if err != nil {
		s.fault("the answer broke off: %v", err)
		return nil
	}
	return &answer{resp.StatusCode, resp.Header, text}
}

// ask sends JSON and returns a good answer; nil if there is none, which is noted.
func (s *session) ask(method, path string, body any) *answer {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	a := s.send(method, path, "application/json", text, true)
	return s.good(a)
}

func (s *session) good(a *answer) *answer {
	if a == nil || a.status/100 == 2 {
		return a
	}
	message := string(a.body)
	quiet := &session{}
	if m := s.dialect.errors(quiet.parse(a.body)).text(); m != "" && len(quiet.faults) == 0 {
		message = m
	}
	s.fault("status %d: %s", a.status, message)
	switch {
	case a.status == http.StatusNotFound && len(quiet.faults) > 0, a.status == http.StatusNotFound && !strings.Contains(strings.ToLower(message), "model"),
		a.status == http.StatusMethodNotAllowed, a.status == http.StatusNotImplemented:
		s.outcome = Absent
	case a.status == http.StatusBadRequest, a.status == http.StatusUnprocessableEntity:
		s.outcome = Refused
	}
	return nil
}

// get, post and remove ask and read JSON.
func (s *session) get(path string) val            { return s.read(s.ask(http.MethodGet, path, nil)) }
func (s *session) post(path string, body any) val { return s.read(s.ask(http.MethodPost, path, body)) }
func (s *session) remove(path string) val         { return s.read(s.ask(http.MethodDelete, path, nil)) }

func (s *session) read(a *answer) val {
	if a == nil {
		return val{s: s}
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		s.fault("Content-Type is %q, not application/json", kind)
	}
	return s.parse(a.body)
}

// failing asks for what is wrong, and holds the error against what libraries make of it.
func (s *session) failing(path string, body []byte, key bool, status ...int) val {
	a := s.send(http.MethodPost, path, "application/json", body, key)
	if a == nil {
		return val{s: s}
	}
	for _, want := range status {
		if a.status == want {
			v := s.parse(a.body)
			s.dialect.errors(v).filled()
			return v
		}
	}
	s.fault("status %d, want one of %v: %s", a.status, status, a.body)
	return val{s: s}
}

// event is one of a stream.
type event struct {
	name string
	data val
	raw  string
}

// events asks for a stream of server-sent events.
func (s *session) events(path string, body any) []event {
	a := s.ask(http.MethodPost, path, body)
	if a == nil {
		return nil
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		s.fault("Content-Type is %q, not text/event-stream", kind)
		return nil
	}
	return s.split(a.body)
}

// split reads events as the libraries do: lines of name and data, a blank line ends one.
func (s *session) split(text []byte) (list []event) {
	var name string
	var data []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if len(data) > 0 {
				e := event{name: name, raw: strings.Join(data, "\n")}
				if e.raw != "[DONE]" {
					e.data = s.parse([]byte(e.raw))
				}
				list = append(list, e)
			}
			name, data = "", nil
		case field == "event":
			name = value
		case field == "data":
			data = append(data, value)
		}
	}
	if len(data) > 0 {
		s.fault("the last event has no end")
	}
	if len(list) == 0 {
		s.fault("no event came")
	}
	return list
}

func bearer(h http.Header, key string) {
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
}

// obj is a JSON object of fields and values in turns; a later one replaces an earlier.
func obj(base map[string]any, pairs ...any) map[string]any {
	out := map[string]any{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}
