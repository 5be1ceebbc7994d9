package gateway

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

var ollamaRoutes = []route{
	{http.MethodPost, "/api/chat", hearth.RightAsk, (*exchange).ollamaChat},
	{http.MethodPost, "/api/generate", hearth.RightAsk, (*exchange).ollamaGenerate},
	{http.MethodPost, "/api/embed", hearth.RightAsk, (*exchange).ollamaEmbed},
	{http.MethodPost, "/api/embeddings", hearth.RightAsk, (*exchange).ollamaEmbedding},
	{http.MethodGet, "/api/tags", hearth.RightAsk, (*exchange).ollamaTags},
	{http.MethodPost, "/api/show", hearth.RightAsk, (*exchange).ollamaShow},
	{http.MethodGet, "/api/ps", hearth.RightAsk, (*exchange).ollamaLoaded},
	{http.MethodPost, "/api/pull", hearth.RightServe, (*exchange).ollamaPull},
	{http.MethodGet, "/api/version", hearth.RightNone, (*exchange).ollamaVersion},
	{http.MethodGet, "/", hearth.RightNone, (*exchange).root},
}

// ollamaAnswer is an answer or a step of one.
type ollamaAnswer struct {
	Model      string          `json:"model"`
	CreatedAt  time.Time       `json:"created_at"`
	Message    *ollamaTurn     `json:"message,omitempty"`  // of /api/chat
	Response   *string         `json:"response,omitempty"` // of /api/generate, as the next
	Thinking   string          `json:"thinking,omitempty"`
	LogProbs   []openAILogProb `json:"logprobs,omitempty"`
	Done       bool            `json:"done"`
	DoneReason string          `json:"done_reason,omitempty"`
	*ollamaCounts
	*ollamaPlace

	AIGC *hearth.ContentLabel `json:"aigc,omitempty"` // on the last step
}

type ollamaTurn struct {
	Role      string       `json:"role"`
	Content   string       `json:"content"`
	Thinking  string       `json:"thinking,omitempty"`
	ToolCalls []ollamaCall `json:"tool_calls,omitempty"`
}

// ollamaCounts are on the last step: tokens, and nanoseconds. Loading a model and
// waiting in line are part of the time before the first token, and not known apart.
type ollamaCounts struct {
	Total        time.Duration `json:"total_duration"`
	Load         time.Duration `json:"load_duration"`
	PromptTokens int           `json:"prompt_eval_count"`
	Prompt       time.Duration `json:"prompt_eval_duration"`
	AnswerTokens int           `json:"eval_count"`
	Answer       time.Duration `json:"eval_duration"`
}

// ollamaPlace is hearth's addition to the empty steps that are sent while a request
// waits in line.
type ollamaPlace struct {
	Position int `json:"position"`
	Wait     int `json:"wait_seconds,omitempty"`
}

// ollamaStream turns chunks into Ollama's, in which tool calls are always whole.
type ollamaStream struct {
	x     *exchange
	model string
	chat  bool // the endpoint
	start time.Time
	first time.Time // zero until something comes
	call  *hearth.ToolCall
	calls int
	end   hearth.Chunk
	label *hearth.ContentLabel
}

// ollamaChat answers POST /api/chat.
func (x *exchange) ollamaChat() error {
	var c ollamaChat
	if err := x.read(&c); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	return x.ollamaAnswer(r, &ollamaStream{x: x, model: c.Model, chat: true}, c.streamed(), len(c.Messages) == 0)
}

// ollamaGenerate answers POST /api/generate.
func (x *exchange) ollamaGenerate() error {
	var c ollamaGenerate
	if err := x.read(&c); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	return x.ollamaAnswer(r, &ollamaStream{x: x, model: c.Model}, c.streamed(), c.Prompt == "")
}

// ollamaAnswer answers either. Who asks nothing wants to know that the model is there,
// and have it loaded, which the first question will do.
func (x *exchange) ollamaAnswer(r *hearth.Request, s *ollamaStream, streamed, nothing bool) (err error) {
	s.start = time.Now()
	if r.Model, err = x.ollamaName(r.Model); err != nil {
		return err
	}
	if nothing {
		m, err := x.Models.Find(x.r.Context(), r.Model)
		if err != nil {
			return err
		}
		if m.Problem != nil {
			return m.Problem.At("model")
		}
		done := s.piece(ollamaTurn{})
		done.Done, done.DoneReason = true, "load"
		x.writeJSON(http.StatusOK, done)
		return nil
	}
	s.label = x.label(r)
	if streamed {
		return x.send(r, ndjson, s)
	}
	var whole collected
	if err := x.collect(r, func(c hearth.Chunk) { s.note(c); whole.add(c) }); err != nil {
		return err
	}
	turn := ollamaTurn{Content: whole.text.String(), Thinking: whole.reasoning.String()}
	for i, call := range whole.calls {
		turn.ToolCalls = append(turn.ToolCalls, ollamaCallOf(i, call))
	}
	out := s.finish(s.piece(turn))
	out.LogProbs = logProbsOf(whole.logProbs)
	x.writeJSON(http.StatusOK, out)
	return nil
}

// ollamaName is a model's name here. Ollama puts a tag to names, ":latest" where there is
// none, and so do its clients.
func (x *exchange) ollamaName(name string) (string, error) {
	bare, tagged := strings.CutSuffix(name, ":latest")
	if !tagged {
		return name, nil
	}
	switch _, err := x.Models.Find(x.r.Context(), name); {
	case err == nil:
		return name, nil
	case errors.Is(err, hearth.NewError(hearth.NoSuchModel)):
		return bare, nil
	default:
		return "", err
	}
}

func ollamaCallOf(index int, call hearth.ToolCall) ollamaCall {
	out := ollamaCall{ID: call.ID}
	out.Function.Index, out.Function.Name, out.Function.Arguments = index, call.Name, object(call.Arguments)
	return out
}

// note keeps what the last step tells.
func (s *ollamaStream) note(c hearth.Chunk) {
	if s.first.IsZero() {
		s.first = time.Now()
	}
	if c.Finish != "" {
		s.end.Finish = c.Finish
	}
	if c.Usage != nil {
		s.end.Usage = c.Usage
	}
}

// piece is a step that says this.
func (s *ollamaStream) piece(turn ollamaTurn) ollamaAnswer {
	out := ollamaAnswer{Model: s.model, CreatedAt: time.Now().UTC()}
	if s.chat {
		turn.Role = "assistant"
		out.Message = &turn
		return out
	}
	out.Response, out.Thinking = &turn.Content, turn.Thinking
	return out
}

// finish makes it the last step.
func (s *ollamaStream) finish(out ollamaAnswer) ollamaAnswer {
	now := time.Now()
	out.Done, out.DoneReason, out.AIGC = true, ollamaReason(s.end.Finish), s.label
	out.ollamaCounts = &ollamaCounts{Total: now.Sub(s.start), Prompt: s.first.Sub(s.start), Answer: now.Sub(s.first)}
	if u := s.end.Usage; u != nil {
		out.PromptTokens, out.AnswerTokens = u.PromptTokens, u.CompletionTokens
	}
	return out
}

// ollamaReason is why an answer ended. That tools are called shows by the calls.
func ollamaReason(f hearth.FinishReason) string {
	if f == hearth.FinishToolCalls || f == "" {
		return string(hearth.FinishStop)
	}
	return string(f)
}

func (s *ollamaStream) chunk(c hearth.Chunk) []any {
	s.note(c)
	var out []any
	if c.Text != "" || c.Reasoning != "" || len(c.LogProbs) > 0 {
		p := s.piece(ollamaTurn{Content: c.Text, Thinking: c.Reasoning})
		p.LogProbs = logProbsOf(c.LogProbs)
		out = append(out, p)
	}
	for _, d := range c.ToolCalls {
		if s.call == nil || d.Index >= s.calls {
			out = append(out, s.called()...)
			s.call, s.calls = &hearth.ToolCall{}, d.Index+1
		}
		s.call.ID += d.ID
		s.call.Name += d.Name
		s.call.Arguments += d.Arguments
	}
	if c.Finish != "" {
		out = append(out, s.called()...)
	}
	return out
}

// called is the tool call that is whole now, if there is one.
func (s *ollamaStream) called() []any {
	if s.call == nil {
		return nil
	}
	call := ollamaCallOf(s.calls-1, *s.call)
	s.call = nil
	return []any{s.piece(ollamaTurn{ToolCalls: []ollamaCall{call}})}
}

func (s *ollamaStream) last() []any {
	if s.first.IsZero() {
		s.first = time.Now()
	}
	return []any{s.finish(s.piece(ollamaTurn{}))}
}

// waiting is an empty step: blank lines make noise in its clients.
func (s *ollamaStream) waiting(p *hearth.Place) []any {
	out := s.piece(ollamaTurn{})
	if p != nil && p.Position > 0 {
		out.ollamaPlace = &ollamaPlace{p.Position, waitSeconds(p)}
	}
	return []any{out}
}

func (s *ollamaStream) broken(e *hearth.Error) []any { return []any{ollamaError(s.x, e)} }
