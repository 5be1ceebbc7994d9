package gateway

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Trust judges answers, and compares those of several models. What it returns is
// written as JSON, as it stands: docs/trust.md has the shape.
type Trust interface {
	Inspect(question, answer string, sources []Source, l hearth.Language) (any, error)
	Crosscheck(ctx context.Context, models []string, r hearth.Request, l hearth.Language) iter.Seq2[any, error]
}

var trustRoutes = []route{
	{http.MethodPost, "/v1/inspect", hearth.RightAsk, (*exchange).inspect},
	{http.MethodPost, "/v1/crosscheck", hearth.RightAsk, (*exchange).crosscheck},
}

// Source is a page that an answer was made from.
type Source struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// inspectRequest is the body of POST /v1/inspect.
type inspectRequest struct {
	Question string   `json:"question"`
	Answer   string   `json:"answer"`
	Sources  []Source `json:"sources"`
}

func (x *exchange) inspect() error {
	var r inspectRequest
	if err := x.read(&r); err != nil {
		return err
	}
	found, err := x.inspected(r)
	if err != nil {
		return err
	}
	x.writeJSON(http.StatusOK, found)
	return nil
}

// crosscheckRequest is the body of POST /v1/crosscheck.
type crosscheckRequest struct {
	Question    string   `json:"question"`
	System      string   `json:"system"`
	Models      []string `json:"models"`
	MaxTokens   int      `json:"max_tokens"`
	Temperature *float64 `json:"temperature"`
	Stream      bool     `json:"stream"`
}

// Of answers that are compared: how long each may become, unless said otherwise, and at
// most.
const (
	crosscheckTokens    = 1024
	crosscheckTokensMax = 32768
)

func (c *crosscheckRequest) request() (r hearth.Request, err error) {
	switch {
	case c.Question == "":
		return r, hearth.NewError(hearth.MissingValue, "field", "question").At("question")
	case c.MaxTokens < 0 || c.MaxTokens > crosscheckTokensMax:
		return r, hearth.NewError(hearth.OutOfRange, "field", "max_tokens", "min", 1, "max", crosscheckTokensMax).At("max_tokens")
	case c.Temperature != nil && (*c.Temperature < 0 || *c.Temperature > 2):
		return r, hearth.NewError(hearth.OutOfRange, "field", "temperature", "min", 0, "max", 2).At("temperature")
	}
	if c.System != "" {
		r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleSystem, Text: c.System})
	}
	r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleUser, Text: c.Question})
	r.MaxTokens, r.Sampling.Temperature = c.MaxTokens, c.Temperature
	if r.MaxTokens == 0 {
		r.MaxTokens = crosscheckTokens
	}
	if r.Sampling.Temperature == nil {
		r.Sampling.Temperature = new(float64) // greedy: what differs shall be the models
	}
	return r, nil
}

// crosscheck asks several models. As a stream it tells of each answer as it ends, with
// all those so far compared; else of the last comparison, with all answers.
func (x *exchange) crosscheck() error {
	var c crosscheckRequest
	if err := x.read(&c); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	x.sign(&r)
	ctx, cancel := context.WithCancel(x.r.Context())
	steps := ahead(ctx, x.Trust.Crosscheck(ctx, c.Models, r, x.lang))
	defer func() {
		cancel()
		for range steps { // until what it started has ended
		}
	}()
	if c.Stream {
		return x.streamSteps(steps)
	}
	all := struct {
		Object string `json:"object"`
		Steps  []any  `json:"steps"`
	}{"crosscheck", []any{}}
	for s := range steps {
		if s.err != nil {
			return s.err
		}
		all.Steps = append(all.Steps, s.value)
	}
	if err := x.r.Context().Err(); err != nil {
		return err
	}
	x.writeJSON(http.StatusOK, all)
	return nil
}

// streamSteps writes steps as events, and signs of life while there are none.
func (x *exchange) streamSteps(steps <-chan finding) error {
	s, t := x.stream(sse), stepsTelling{openAIStream{x}}
	wait := time.NewTimer(x.FirstByteMax)
	defer wait.Stop()
	for {
		var err error
		select {
		case f, more := <-steps:
			switch {
			case !more:
				return x.finish(s, t)
			case f.err != nil:
				return x.broken(s, t, f.err)
			}
			err = s.send([]any{f.value})
		case <-wait.C:
			err = s.send(t.waiting(nil))
		}
		if err != nil {
			return &begunError{err}
		}
		wait.Reset(x.Heartbeat)
	}
}

type finding struct {
	value any
	err   error
}

// ahead ranges in a goroutine of its own. The channel is closed at the end; stopping
// early means cancelling ctx and draining it.
func ahead(ctx context.Context, steps iter.Seq2[any, error]) <-chan finding {
	out := make(chan finding)
	go func() {
		defer close(out)
		send := func(f finding) bool {
			select {
			case out <- f:
				return true
			case <-ctx.Done():
				return false
			}
		}
		err := door.Contained(func() error {
			for v, err := range steps {
				if !send(finding{v, err}) {
					break
				}
			}
			return nil
		})
		if err != nil {
			send(finding{err: err})
		}
	}()
	return out
}

// stepsTelling frames steps as OpenAI's streams are.
type stepsTelling struct{ openAIStream }

func (stepsTelling) chunk(hearth.Chunk) []any { return nil } // there are none: steps are sent as they are
func (stepsTelling) last() []any              { return []any{openAIDone} }
