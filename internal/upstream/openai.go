package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of a conversation with an upstream.
const (
	dialMax      = 5 * time.Second
	listMax      = 5 * time.Second  // for the list of models
	listFresh    = 30 * time.Second // how long it is believed
	failedFresh  = 5 * time.Second  // how long a failure is
	idleMaxUsual = 5 * time.Minute  // between two signs of life in an answer
	listBytesMax = 8 << 20
	errorBytes   = 64 << 10 // of an error's body that are read
)

// Config says where an upstream is.
type Config struct {
	Name string // what the operator calls it
	URL  string // up to and including /v1
	Key  string // sent as a bearer token; empty for none

	// Models maps names offered here to the upstream's own. If it is empty, every
	// model the upstream lists is offered under its own name.
	Models map[string]string

	TLS      *tls.Config     // what to trust; nil for what the system trusts
	Language hearth.Language // for errors, which another hearth gives in it
	IdleMax  time.Duration   // 0 means five minutes
}

// OpenAI is a server compatible with OpenAI's API.
type OpenAI struct {
	Config
	client *http.Client

	mu       sync.Mutex
	models   []hearth.Model // nil before any are known
	askErr   error          // of the last time the server was asked for them
	askAgain time.Time
	asking   chan struct{} // closed when the server has answered; nil while it is not asked
}

var _ hearth.Generator = (*OpenAI)(nil)

// NewOpenAI prepares to ask a server. It does not connect.
func NewOpenAI(c Config) (*OpenAI, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, hearth.NewError(hearth.ConfigInvalid, "detail", hearth.Words{"the url of upstream " + c.Name + " is not an http(s) address", "上游 " + c.Name + " 的 url 不是 http(s) 地址"}).Because(err)
	}
	c.URL = strings.TrimRight(c.URL, "/")
	if c.IdleMax == 0 {
		c.IdleMax = idleMaxUsual
	}
	return &OpenAI{Config: c, client: &http.Client{
		// Following a redirect would carry the key, and the conversation, to a
		// place nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialMax}).DialContext,
			TLSHandshakeTimeout: dialMax,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
			ForceAttemptHTTP2:   true,
			TLSClientConfig:     c.TLS,
		},
	}}, nil
}

// Close lets go of idle connections.
func (u *OpenAI) Close() { u.client.CloseIdleConnections() }

// Models lists what the upstream offers. A list that is known is given at once, and
// learnt anew meanwhile if it is old; when that failed the error says so. The server
// is asked by one caller for all, and left in peace for a while after it failed.
func (u *OpenAI) Models(ctx context.Context) ([]hearth.Model, error) {
	u.mu.Lock()
	if u.asking == nil && time.Now().After(u.askAgain) {
		u.asking = make(chan struct{})
		go u.learn(context.WithoutCancel(ctx), u.asking)
	}
	models, err, asking := u.models, u.askErr, u.asking
	u.mu.Unlock()
	if models != nil || asking == nil {
		return models, err
	}
	select {
	case <-asking:
	case <-ctx.Done():
		return nil, hearth.NewError(hearth.UpstreamUnreachable, "upstream", u.Name).Because(ctx.Err())
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.models, u.askErr
}

// Offers reports whether a model of that name was in the last list. It does not ask.
func (u *OpenAI) Offers(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(u.models, func(m hearth.Model) bool { return m.ID == id })
}

// learn asks for the list of models and remembers it, or that there was none.
func (u *OpenAI) learn(ctx context.Context, asked chan struct{}) {
	models, err := u.list(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.askErr, u.askAgain = err, time.Now().Add(failedFresh)
	if err == nil {
		u.models, u.askAgain = models, time.Now().Add(listFresh)
	}
	u.asking = nil
	close(asked)
}

// Source is how the upstream's models and answers name it: upstream/NAME.
func (u *OpenAI) Source() string { return "upstream/" + u.Name }

func (u *OpenAI) model(id string) hearth.Model {
	return hearth.Model{ID: id, Source: u.Source(), Origin: hearth.OriginUpstream}
}

// configured are the models that the operator has named.
func (u *OpenAI) configured() []hearth.Model {
	var models []hearth.Model
	for _, name := range slices.Sorted(maps.Keys(u.Config.Models)) {
		models = append(models, u.model(name))
	}
	return models
}

func (u *OpenAI) list(ctx context.Context) ([]hearth.Model, error) {
	if len(u.Config.Models) > 0 {
		return u.configured(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, listMax)
	defer cancel()
	body, err := u.do(ctx, http.MethodGet, "/models", nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var list modelList
	if err := json.NewDecoder(io.LimitReader(body, listBytesMax)).Decode(&list); err != nil {
		return nil, u.protocol("its list of models is not readable", err)
	}
	models := []hearth.Model{}
	for _, m := range list.Data {
		model := u.model(m.ID)
		model.ContextTokens = max(m.MaxModelLen, m.ContextTokens, m.Meta.ContextTrained)
		switch m.Task {
		case hearth.TaskChat, hearth.TaskEmbedding, hearth.TaskReranking:
			model.Task = m.Task
		}
		if m.Created > 0 {
			model.Added = time.Unix(m.Created, 0)
		}
		models = append(models, model)
	}
	return models, nil
}

// Generate asks the upstream.
func (u *OpenAI) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		if err := u.generate(ctx, r, func(c hearth.Chunk) bool { return yield(c, nil) }); err != nil {
			yield(hearth.Chunk{}, err)
		}
	}
}

// generate returns nil when the answer is complete or the caller has had enough.
func (u *OpenAI) generate(ctx context.Context, r *hearth.Request, emit func(hearth.Chunk) bool) error {
	watched, dog := watch(ctx, u.IdleMax)
	defer dog.stop()
	stream, err := u.ask(watched, r)
	if err != nil {
		return dog.explain(u, ctx, err)
	}
	defer stream.Close()
	dog.pat()
	a := newAnswer(u, r.ChoiceCount(), emit)
	err = a.read(stream, dog.pat)
	if errors.Is(err, errEnough) {
		return nil
	}
	return dog.explain(u, ctx, err)
}

// ask begins an answer. Servers refuse a limit that is larger than what the context leaves;
// where it may be, they are asked again without one, which then is no more than it.
func (u *OpenAI) ask(ctx context.Context, r *hearth.Request) (io.ReadCloser, error) {
	path, body, err := u.body(r)
	if err != nil {
		return nil, err
	}
	stream, err := u.post(ctx, path, body)
	if e, ok := errors.AsType[*hearth.Error](err); !ok || e.Kind() != hearth.KindInvalid || !r.MayFallShort || body.MaxTokens == 0 {
		return stream, err
	}
	body.MaxTokens = 0
	if stream, again := u.post(ctx, path, body); again == nil {
		return stream, nil
	}
	return nil, err // which the limit was not the cause of
}

func (u *OpenAI) post(ctx context.Context, path string, body chatBody) (io.ReadCloser, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return u.do(ctx, http.MethodPost, path, text)
}

// do sends a request and returns the body of a good answer.
func (u *OpenAI) do(ctx context.Context, method, path string, body []byte) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Language", u.Language.String())
	// An idle connection may turn out to be closed when it is used again. Nothing was
	// generated then, so net/http may try another; the empty value, which is not
	// sent, tells it so.
	req.Header["Idempotency-Key"] = []string{}
	if u.Key != "" {
		req.Header.Set("Authorization", "Bearer "+u.Key)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, hearth.NewError(hearth.UpstreamUnreachable, "upstream", u.Name).Because(err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, u.refused(resp)
	}
	return resp.Body, nil
}

// refused turns a bad status into an error: ours to mend, the client's, or nobody's
// but time's.
func (u *OpenAI) refused(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, errorBytes))
	if told := u.peerError(text); told != nil {
		return told
	}
	detail := errorText(text)
	if detail == "" {
		detail = resp.Status
	}
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return hearth.NewError(hearth.UpstreamFailed, "upstream", u.Name, "detail", detail)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return hearth.NewError(hearth.UpstreamRejected, "upstream", u.Name, "detail", detail)
	case http.StatusTooManyRequests:
		return hearth.NewError(hearth.UpstreamBusy, "upstream", u.Name, "detail", detail)
	}
	return hearth.NewError(hearth.UpstreamRefused, "upstream", u.Name, "detail", detail)
}

// peerError recognises the error of another hearth, by the remedy, and repeats it; but
// if that one does not let us in, it is not our client's key that is at fault.
func (u *OpenAI) peerError(body []byte) error {
	var b struct {
		Error struct{ Code, Message, Remedy string } `json:"error"`
	}
	if json.Unmarshal(body, &b) != nil || b.Error.Remedy == "" || b.Error.Message == "" {
		return nil
	}
	told := hearth.Told(hearth.Code(b.Error.Code), b.Error.Message, b.Error.Remedy)
	if k := told.Kind(); k == hearth.KindUnauthenticated || k == hearth.KindForbidden {
		return hearth.NewError(hearth.UpstreamRefused, "upstream", u.Name, "detail", b.Error.Message)
	}
	return told
}

// errorText finds the message in the bodies that servers send with an error.
func errorText(body []byte) string {
	var b struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &b) != nil {
		return ""
	}
	for _, raw := range []json.RawMessage{b.Error, b.Detail} {
		var nested struct {
			Message string `json:"message"`
		}
		var plain string
		switch {
		case json.Unmarshal(raw, &nested) == nil && nested.Message != "":
			return nested.Message
		case json.Unmarshal(raw, &plain) == nil && plain != "":
			return plain
		}
	}
	return b.Message
}

func (u *OpenAI) protocol(detail string, cause error) error {
	return hearth.NewError(hearth.UpstreamProtocol, "upstream", u.Name, "detail", detail).Because(cause)
}
