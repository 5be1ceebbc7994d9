package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// ctx ends no request: the client's timeout does.
var ctx = context.Background()

// endless are biases. The chat model has a token for every byte, whose id is the
// byte; three control tokens follow, of which one ends an answer. Without them it
// never ends by itself.
var endless = map[string]int64{"256": -100, "257": -100, "258": -100}

// promptly is what a cancelled answer may take to end and its server to be free
// again: far more than either needs, far less than the answer of askMuch takes.
const promptly = 5 * time.Second

var question = []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Tell me about a big red ball.")}

// ask is a question with a short, always equal answer in trained weights.
func (s *suite) ask() openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: s.model, Messages: question, Temperature: openai.Float(0), MaxTokens: openai.Int(40)}
}

// askBytes is one for the model of random weights.
func (s *suite) askBytes(tokens int64) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: s.chatModel, Messages: question, Temperature: openai.Float(0),
		MaxTokens: openai.Int(tokens), LogitBias: endless}
}

func (s *suite) chat(p openai.ChatCompletionNewParams, o ...option.RequestOption) *openai.ChatCompletion {
	a := must(s.client.Chat.Completions.New(ctx, p, o...))
	typed(a)
	return a
}

func (s *suite) chatChunks(p openai.ChatCompletionNewParams, o ...option.RequestOption) []openai.ChatCompletionChunk {
	chunks := all(s.client.Chat.Completions.NewStreaming(ctx, p, o...))
	typed(chunks)
	check(len(chunks) > 0, "an empty stream")
	return chunks
}

// chatRefused is the error a request gets.
func (s *suite) chatRefused(p openai.ChatCompletionNewParams, want refusal, o ...option.RequestOption) *openai.Error {
	_, err := s.client.Chat.Completions.New(ctx, p, o...)
	return refused(err, want)
}

func (s *suite) chatWhole() {
	a := s.chat(s.ask())
	check(textOf(a, 0) != "", "no content")
	equal("finish_reason", a.Choices[0].FinishReason, "length")
	equal("model", a.Model, s.model)
	addsUp(a.Usage)
	equal("completion_tokens", a.Usage.CompletionTokens, int64(40))
}

// chatTypes asks for everything that has a type; the types themselves are checked
// with every answer.
func (s *suite) chatTypes() {
	p := s.ask()
	p.Logprobs = openai.Bool(true)
	a := s.chat(p)
	equal("object", string(a.Object), "chat.completion")
	equal("role", string(a.Choices[0].Message.Role), "assistant")
	check(a.JSON.Usage.Valid(), "no usage")
	p.MaxTokens = openai.Int(5)
	for _, c := range s.chatChunks(p) {
		equal("object", string(c.Object), "chat.completion.chunk")
		for _, choice := range c.Choices {
			check(choice.JSON.FinishReason.Raw() != "", "finish_reason is missing")
		}
	}
}

func (s *suite) chatStream() {
	whole := s.chat(s.ask())
	chunks := s.chatChunks(s.ask())
	equal("text", said(chunks, 0), textOf(whole, 0))
	check(len(chunks) > 5, "the answer came in %d pieces", len(chunks))
	var roles, reasons []string
	for _, c := range chunks {
		equal("id", c.ID, chunks[0].ID)
		check(c.JSON.Usage.Raw() == "", "usage, unasked")
		if role := c.Choices[0].Delta.Role; role != "" {
			roles = append(roles, role)
		}
		if reason := c.Choices[0].FinishReason; reason != "" {
			reasons = append(reasons, reason)
		}
	}
	equal("roles", roles, []string{"assistant"})
	equal("first role", chunks[0].Choices[0].Delta.Role, "assistant")
	equal("finish_reasons", reasons, []string{"length"})
	equal("last finish_reason", chunks[len(chunks)-1].Choices[0].FinishReason, "length")
}

func (s *suite) chatStreamUsage() {
	whole := s.chat(s.ask())
	p := s.ask()
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	chunks := s.chatChunks(p)
	last := chunks[len(chunks)-1]
	for _, c := range chunks[:len(chunks)-1] {
		equal("usage before the end", c.JSON.Usage.Raw(), "null")
	}
	equal("choices of the last", last.JSON.Choices.Raw(), "[]")
	equal("usage", totals(last.Usage), totals(whole.Usage))
}

func (s *suite) chatStreamHelper() {
	// Python's helper raises an error for an answer that was cut, so this one stops.
	p := s.ask()
	p.Stop.OfString = openai.String(middleWord(textOf(s.chat(p), 0)))
	whole := s.chat(p)
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	var a openai.ChatCompletionAccumulator
	finished := ""
	for _, c := range s.chatChunks(p) {
		check(a.AddChunk(c), "not taken: %s", c.RawJSON())
		if text, ok := a.JustFinishedContent(); ok {
			finished = text
		}
	}
	equal("text", textOf(&a.ChatCompletion, 0), textOf(whole, 0))
	equal("finished text", finished, textOf(whole, 0))
	equal("role", string(a.Choices[0].Message.Role), "assistant")
	equal("finish_reason", a.Choices[0].FinishReason, "stop")
	equal("usage", totals(a.Usage), totals(whole.Usage))
}

func (s *suite) chatContentParts() {
	p := s.ask()
	p.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
		openai.TextContentPart("Tell me about "), openai.TextContentPart("a big red ball.")})}
	equal("text", textOf(s.chat(p), 0), textOf(s.chat(s.ask()), 0))
}

func (s *suite) chatRoles() {
	p := s.askBytes(40)
	turns := []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello!"), openai.AssistantMessage("Hi."), openai.UserMessage("Who are you?")}
	p.Messages = slices.Concat([]openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be brief.")}, turns)
	system := textOf(s.chat(p), 0)
	p.Messages = slices.Concat([]openai.ChatCompletionMessageParamUnion{openai.DeveloperMessage("Be brief.")}, turns)
	equal("text", textOf(s.chat(p), 0), system)
}

func (s *suite) chatFollowUp() {
	// Programs send the answer's message back as they got it.
	p := s.ask()
	m := s.chat(p).Choices[0].Message
	p.Messages = append(slices.Clone(question), m.ToParam(), openai.UserMessage("And then?"))
	check(textOf(s.chat(p), 0) != "", "no content")
}

func (s *suite) chatChoices() {
	p := s.ask()
	p.Temperature, p.Seed, p.N = openai.Float(1), openai.Int(7), openai.Int(2)
	first := s.chat(p)
	equal("number of choices", len(first.Choices), 2)
	equal("index", first.Choices[1].Index, int64(1))
	check(textOf(first, 0) != textOf(first, 1), "the choices are alike")
	equal("completion_tokens", first.Usage.CompletionTokens, int64(80))
	addsUp(first.Usage)
	second, chunks := s.chat(p), s.chatChunks(p)
	for i := range 2 {
		equal("text again", textOf(second, i), textOf(first, i))
		equal("text streamed", said(chunks, int64(i)), textOf(first, i))
	}
}

func (s *suite) chatStop() {
	text := textOf(s.chat(s.ask()), 0)
	word := middleWord(text)
	for _, stop := range []openai.ChatCompletionNewParamsStopUnion{
		{OfString: openai.String(word)}, {OfStringArray: []string{"no such words", word}}} {
		p := s.ask()
		p.Stop = stop
		a, chunks := s.chat(p), s.chatChunks(p)
		equal("text", textOf(a, 0), before(text, word))
		equal("finish_reason", a.Choices[0].FinishReason, "stop")
		equal("text streamed", said(chunks, 0), textOf(a, 0))
		equal("last finish_reason", chunks[len(chunks)-1].Choices[0].FinishReason, "stop")
	}
}

func (s *suite) chatMaxTokens() {
	old, current := s.ask(), s.ask()
	old.MaxTokens = openai.Int(7)
	current.MaxTokens, current.MaxCompletionTokens = openai.ChatCompletionNewParams{}.MaxTokens, openai.Int(7)
	for _, p := range []openai.ChatCompletionNewParams{old, current} {
		a := s.chat(p)
		equal("finish_reason", a.Choices[0].FinishReason, "length")
		equal("completion_tokens", a.Usage.CompletionTokens, int64(7))
	}
}

func (s *suite) chatSeed() {
	with := func(seed int64) string {
		p := s.ask()
		p.Temperature, p.Seed = openai.Float(1), openai.Int(seed)
		return textOf(s.chat(p), 0)
	}
	first := with(42)
	equal("text again", with(42), first)
	check(with(43) != first, "another seed gave the same answer")
}

func (s *suite) chatLogprobs() {
	p := s.ask()
	p.Logprobs, p.TopLogprobs = openai.Bool(true), openai.Int(3)
	a := s.chat(p)
	oddsAreSound(a.Choices[0].Logprobs.Content, 3)
	// The first token may begin with a space that is no part of the answer.
	equal("bytes", strings.TrimLeft(decode(a.Choices[0].Logprobs.Content), " "), strings.TrimLeft(textOf(a, 0), " "))
	equal("logprobs, unasked", s.chat(s.ask()).Choices[0].JSON.Logprobs.Raw(), "null")
}

func (s *suite) chatLogprobsStream() {
	p := s.ask()
	p.Logprobs, p.TopLogprobs = openai.Bool(true), openai.Int(3)
	var odds []openai.ChatCompletionTokenLogprob
	for _, c := range s.chatChunks(p) {
		odds = append(odds, c.Choices[0].Logprobs.Content...)
	}
	equal("tokens", tokensOf(odds), tokensOf(s.chat(p).Choices[0].Logprobs.Content))
	oddsAreSound(odds, 3)
}

func (s *suite) chatLogprobsBytes() {
	// Most tokens of this model are no whole character. Each counts all the same.
	p := s.askBytes(24)
	p.Logprobs = openai.Bool(true)
	a := s.chat(p)
	odds := a.Choices[0].Logprobs.Content
	equal("number of tokens", int64(len(odds)), a.Usage.CompletionTokens)
	equal("bytes", oneMark(decode(odds)), oneMark(textOf(a, 0)))
}

func (s *suite) chatLogitBias() {
	p := s.askBytes(5)
	p.LogitBias = map[string]int64{"65": 100} // A
	equal("text", textOf(s.chat(p), 0), "AAAAA")
	p.LogitBias = map[string]int64{"100000": 1}
	s.chatRefused(p, refusal{status: 400, param: "logit_bias"})
}

func (s *suite) chatReasoning() {
	// reasoning_content is not OpenAI's; where there is some, it is beside the
	// answer and not in it, whole and streamed alike.
	for _, on := range []bool{true, false} {
		p, thinking := s.askBytes(24), option.WithJSONSet("chat_template_kwargs.enable_thinking", on)
		m := s.chat(p, thinking).Choices[0].Message
		check(m.JSON.Content.Valid(), "no content: %s", m.RawJSON())
		chunks := s.chatChunks(p, thinking)
		equal("text", said(chunks, 0), m.Content)
		thought := ""
		for _, c := range chunks {
			thought += extra(c.Choices[0].Delta.JSON.ExtraFields, "reasoning_content")
		}
		equal("reasoning_content", thought, extra(m.JSON.ExtraFields, "reasoning_content"))
	}
}

func (s *suite) chatConcurrent() {
	alone := textOf(s.chat(s.ask()), 0)
	type result struct {
		answer *openai.ChatCompletion
		err    error
	}
	results := make(chan result)
	const several = 6
	for range several {
		go func() {
			a, err := s.client.Chat.Completions.New(ctx, s.ask())
			results <- result{a, err}
		}()
	}
	for range several {
		r := <-results
		equal("text in company", textOf(must(r.answer, r.err), 0), alone)
	}
}

// askMuch is a request whose answer takes long, unless it is cancelled.
func (s *suite) askMuch() openai.ChatCompletionNewParams {
	p := s.askBytes(1900)
	p.N, p.Temperature = openai.Int(16), openai.Float(1)
	return p
}

func (s *suite) chatCancelStream() {
	began := time.Now()
	short, cancel := context.WithCancel(ctx)
	stream := s.client.Chat.Completions.NewStreaming(short, s.askMuch())
	for range 3 {
		check(stream.Next(), "an early end: %v", stream.Err())
	}
	cancel()
	for stream.Next() { // what had come already
	}
	check(errors.Is(stream.Err(), context.Canceled), "ended with %v", stream.Err())
	s.freeAgain(began)
}

func (s *suite) chatCancelWhole() {
	began := time.Now()
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err := s.client.Chat.Completions.New(short, s.askMuch())
	check(errors.Is(err, context.DeadlineExceeded), "ended with %v", err)
	s.freeAgain(began)
}

// freeAgain expects that a cancelled answer has ended and holds nobody up.
func (s *suite) freeAgain(began time.Time) {
	check(time.Since(began) < promptly, "ended after %v", time.Since(began))
	began = time.Now()
	s.chat(s.askBytes(1))
	check(time.Since(began) < promptly, "the next answer took %v", time.Since(began))
}
