package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
)

func (s *suite) prompt(text string, tokens int64) openai.CompletionNewParams {
	return openai.CompletionNewParams{Model: openai.CompletionNewParamsModel(s.model), Temperature: openai.Float(0), MaxTokens: openai.Int(tokens),
		Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String(text)}}
}

func (s *suite) complete(p openai.CompletionNewParams) *openai.Completion {
	a := must(s.client.Completions.New(ctx, p))
	typed(a)
	return a
}

func (s *suite) completionChunks(p openai.CompletionNewParams) []openai.Completion {
	chunks := all(s.client.Completions.NewStreaming(ctx, p))
	typed(chunks)
	check(len(chunks) > 0, "an empty stream")
	return chunks
}

// golden is a prompt and its continuation by another engine.
type golden struct{ Prompt, Text string }

func (s *suite) goldens() []golden {
	if s.greedy == "" {
		panic(errSkip)
	}
	var list []golden
	mustParse(string(must(os.ReadFile(s.greedy))), &list)
	return list
}

func mustParse(text string, v any) {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		panic(err)
	}
}

func (s *suite) completionTypes() {
	a := s.complete(s.prompt("Once", 5))
	equal("object", string(a.Object), "text_completion")
	addsUp(a.Usage)
}

func (s *suite) completionGreedy() {
	for _, g := range s.goldens() {
		a := s.complete(s.prompt(g.Prompt, 120))
		equal("text", a.Choices[0].Text, g.Text)
		equal("finish_reason", string(a.Choices[0].FinishReason), "length")
		addsUp(a.Usage)
	}
}

func (s *suite) completionGreedyStream() {
	for _, g := range s.goldens() {
		chunks := s.completionChunks(s.prompt(g.Prompt, 120))
		var text strings.Builder
		for _, c := range chunks {
			text.WriteString(c.Choices[0].Text)
			check(c.JSON.Usage.Raw() == "", "usage, unasked")
		}
		equal("text", text.String(), g.Text)
		equal("last finish_reason", string(chunks[len(chunks)-1].Choices[0].FinishReason), "length")
	}
}

func (s *suite) completionStreamUsage() {
	p := s.prompt("Once", 9)
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	chunks := s.completionChunks(p)
	last := chunks[len(chunks)-1]
	for _, c := range chunks[:len(chunks)-1] {
		equal("usage before the end", c.JSON.Usage.Raw(), "null")
	}
	equal("choices of the last", last.JSON.Choices.Raw(), "[]")
	addsUp(last.Usage)
	equal("completion_tokens", last.Usage.CompletionTokens, int64(9))
}

func (s *suite) completionChoices() {
	p := s.prompt("Once", 30)
	p.Temperature, p.Seed, p.N = openai.Float(1), openai.Int(7), openai.Int(2)
	first, second := s.complete(p).Choices, s.complete(p).Choices
	check(first[0].Text != first[1].Text, "the choices are alike")
	for i := range first {
		equal("text again", second[i].Text, first[i].Text)
	}
}

func (s *suite) completionStop() {
	p := s.prompt("Once upon a time", 60)
	text := s.complete(p).Choices[0].Text
	word := middleWord(text)
	p.Stop.OfString = openai.String(word)
	choice := s.complete(p).Choices[0]
	equal("text", choice.Text, before(text, word))
	equal("finish_reason", string(choice.FinishReason), "stop")
}

func (s *suite) completionLogprobs() {
	p := s.prompt("Once upon a time", 20)
	p.Logprobs = openai.Int(3)
	choice := s.complete(p).Choices[0]
	odds := choice.Logprobs
	equal("tokens", strings.Join(odds.Tokens, ""), choice.Text)
	equal("lengths", [3]int{len(odds.TokenLogprobs), len(odds.TopLogprobs), len(odds.TextOffset)}, [3]int{20, 20, 20})
	for i, token := range odds.Tokens {
		equal("the likeliest's logprob", odds.TopLogprobs[i][token], slices.Max(slices.Collect(maps.Values(odds.TopLogprobs[i]))))
	}
}
