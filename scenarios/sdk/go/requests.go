package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

func (s *suite) modelsList() {
	var ids []string
	page := must(s.client.Models.List(ctx))
	typed(page.Data)
	for _, m := range page.Data {
		equal("object", string(m.Object), "model")
		check(m.Created > 0, "created is %d", m.Created)
		ids = append(ids, m.ID)
	}
	check(slices.Contains(ids, s.model) && slices.Contains(ids, s.chatModel), "%v", ids)
}

func (s *suite) modelsRetrieve() {
	m := must(s.client.Models.Get(ctx, s.model))
	typed(m)
	equal("id", m.ID, s.model)
	equal("object", string(m.Object), "model")
}

func (s *suite) modelsMissing() {
	_, err := s.client.Models.Get(ctx, "no-such-model")
	refused(err, refusal{status: http.StatusNotFound, code: "model_not_found"})
}

var weather = openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
	Name:        "weather",
	Description: openai.String("The weather in a city"),
	Parameters: shared.FunctionParameters{"type": "object", "required": []string{"city"},
		"properties": map[string]any{"city": map[string]any{"type": "string"}}},
})

// askTool is a request with a tool and that choice among tools.
func (s *suite) askTool(choice openai.ChatCompletionToolChoiceOptionUnionParam) openai.ChatCompletionNewParams {
	p := s.ask()
	p.Model, p.Tools, p.ToolChoice = s.chatModel, []openai.ChatCompletionToolUnionParam{weather}, choice
	return p
}

func (s *suite) toolsAccepted() {
	for _, choice := range []string{"auto", "none"} {
		a := s.chat(s.askTool(openai.ChatCompletionToolChoiceOptionUnionParam{OfAuto: openai.String(choice)}))
		check(slices.Contains([]string{"stop", "length", "tool_calls"}, a.Choices[0].FinishReason), "finish_reason %q", a.Choices[0].FinishReason)
	}
}

func (s *suite) toolsConversation() {
	p := s.askTool(openai.ChatCompletionToolChoiceOptionUnionParam{})
	call := openai.ChatCompletionMessageToolCallUnionParam{OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
		ID: "call_1", Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: "weather", Arguments: `{"city":"Xi'an"}`}}}
	p.Messages = append(slices.Clone(question),
		openai.ChatCompletionMessageParamUnion{OfAssistant: &openai.ChatCompletionAssistantMessageParam{
			ToolCalls: []openai.ChatCompletionMessageToolCallUnionParam{call}}},
		openai.ToolMessage("21 degrees", "call_1"))
	equal("number of choices", len(s.chat(p).Choices), 1)
}

func (s *suite) toolsRequired() {
	for _, choice := range []openai.ChatCompletionToolChoiceOptionUnionParam{
		{OfAuto: openai.String("required")},
		openai.ToolChoiceOptionFunctionToolChoice(openai.ChatCompletionNamedToolChoiceFunctionParam{Name: "weather"}),
	} {
		s.chatRefused(s.askTool(choice), refusal{http.StatusBadRequest, "unsupported_value", "tools"})
	}
}

func (s *suite) errorsWrongKey() {
	last := "x"
	if strings.HasSuffix(s.key, last) {
		last = "y"
	}
	for _, key := range []string{"sk-wrong", s.key[:len(s.key)-1] + last} {
		s.chatRefused(s.ask(), refusal{status: http.StatusUnauthorized, code: "invalid_api_key"}, option.WithAPIKey(key))
	}
}

func (s *suite) errorsMissingMessages() {
	s.chatRefused(openai.ChatCompletionNewParams{Model: s.model}, refusal{status: http.StatusBadRequest, param: "messages"})
}

func (s *suite) errorsTemperature() {
	p := s.ask()
	p.Temperature = openai.Float(5)
	s.chatRefused(p, refusal{status: http.StatusBadRequest, param: "temperature"})
}

// bothRefused expects an error whether the answer is to be streamed or not.
func (s *suite) bothRefused(p openai.ChatCompletionNewParams, want refusal) {
	s.chatRefused(p, want)
	stream := s.client.Chat.Completions.NewStreaming(ctx, p)
	check(!stream.Next(), "accepted")
	refused(stream.Err(), want)
}

func (s *suite) errorsContext() {
	p := s.ask()
	p.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage(strings.Repeat("word ", 2000))}
	s.bothRefused(p, refusal{status: http.StatusBadRequest, code: "context_length_exceeded"})
}

func (s *suite) errorsModel() {
	p := s.ask()
	p.Model = "no-such-model"
	s.bothRefused(p, refusal{http.StatusNotFound, "model_not_found", "model"})
}

func (s *suite) errorsResponseFormat() {
	p := s.ask()
	p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Schema: map[string]any{"type": "array", "uniqueItems": true}}}
	s.chatRefused(p, refusal{http.StatusBadRequest, "constraint_unsupported", "response_format.json_schema.schema"})
}

// chatSchema: an answer is what its schema says, whatever the model would rather say.
func (s *suite) chatSchema() {
	p := s.ask()
	p.MaxTokens = openai.Int(64)
	p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Strict: openai.Bool(true), Schema: map[string]any{
			"type": "object", "required": []string{"mood", "age"}, "additionalProperties": false,
			"properties": map[string]any{"mood": map[string]any{"enum": []string{"glad", "sad"}}, "age": map[string]any{"type": "integer", "minimum": 0, "maximum": 99}}}}}
	var answer struct {
		Mood *string
		Age  *int
	}
	text := textOf(s.chat(p), 0)
	check(json.Unmarshal([]byte(text), &answer) == nil && answer.Mood != nil && answer.Age != nil, "not as the schema says: %q", text)
}

func (s *suite) errorsImage() {
	p := s.ask()
	p.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
		openai.TextContentPart("What is this?"),
		openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "data:image/png;base64,AAAA"})})}
	s.chatRefused(p, refusal{status: http.StatusBadRequest, code: "unsupported_value"})
}

func (s *suite) errorsRoute() {
	_, err := s.client.Images.Generate(ctx, openai.ImageGenerateParams{Prompt: "a cat"})
	refused(err, refusal{status: http.StatusNotFound, code: "unknown_url"})
}

func (s *suite) headersIgnored() {
	var r *http.Response
	a := s.chat(s.ask(), option.WithResponseInto(&r), option.WithJSONSet("made_up_parameter", 1), option.WithJSONSet("another_one", "x"))
	check(textOf(a, 0) != "", "no content")
	equal("header", r.Header.Get("X-Hearth-Ignored"), "another_one, made_up_parameter")
}

func (s *suite) headersRequestID() {
	var whole, streamed *http.Response
	s.chat(s.ask(), option.WithResponseInto(&whole))
	s.chatChunks(s.ask(), option.WithResponseInto(&streamed))
	check(requestID(whole) != requestID(streamed), "two requests, one id")
	e := s.chatRefused(openai.ChatCompletionNewParams{Model: s.model}, refusal{status: http.StatusBadRequest})
	requestID(e.Response)
}
