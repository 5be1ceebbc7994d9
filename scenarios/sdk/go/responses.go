package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
)

// responsesCases are those of the Responses API; ../python/responses.py and
// ../node/responses.mjs have the same.
func (s *suite) responsesCases() []testCase {
	return []testCase{
		{"responses/whole", s.responsesWhole},
		{"responses/stream", s.responsesStream},
		{"responses/reasoning", s.responsesReasoning},
		{"responses/tools", s.responsesTools},
		{"responses/one-tool", s.responsesOneTool},
		{"responses/conversation", s.responsesConversation},
		{"responses/previous", s.responsesPrevious},
		{"responses/stored", s.responsesStored},
		{"responses/background", s.responsesBackground},
		{"responses/logprobs", s.responsesLogprobs},
		{"responses/slow", s.responsesSlow},
		{"responses/refused", s.responsesRefused},
		{"responses/broken", s.responsesBroken},
	}
}

type (
	asked  = responses.ResponseNewParams
	answer = *responses.Response
)

// say asks the scripted engine.
func (s *suite) say(input any) asked {
	p := asked{Model: s.script}
	switch v := input.(type) {
	case string:
		p.Input.OfString = openai.String(v)
	case responses.ResponseInputParam:
		p.Input.OfInputItemList = v
	}
	return p
}

func (s *suite) respond(p asked, o ...option.RequestOption) answer {
	r := must(s.client.Responses.New(ctx, p, o...))
	typed(*r)
	return r
}

func (s *suite) events(p asked) []responses.ResponseStreamEventUnion {
	return all(s.client.Responses.NewStreaming(ctx, p))
}

// both is an answer whole and as the end of its stream has it.
func (s *suite) both(p asked) []answer {
	events := s.events(p)
	last := events[len(events)-1].Response
	return []answer{s.respond(p), &last}
}

var (
	city    = map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}}
	toolSet = []responses.ToolUnionParam{responses.ToolParamOfFunction("weather", city, false),
		responses.ToolParamOfFunction("time", map[string]any{"type": "object", "properties": map[string]any{}}, false)}
)

func types(r answer) string {
	var list []string
	for _, o := range r.Output {
		list = append(list, o.Type)
	}
	return strings.Join(list, " ")
}

// arrived is what the engine was sent.
type arrived struct {
	Messages []struct {
		Role      string
		Content   *string
		Reasoning string `json:"reasoning_content"`
		ToolCalls []struct {
			ID       string
			Function struct{ Name, Arguments string }
		} `json:"tool_calls"`
	}
	Tools     []struct{ Function struct{ Name string } }
	TopP      float64 `json:"top_p"`
	MaxTokens int     `json:"max_tokens"`
}

func (s *suite) echoed(p asked) (a arrived) {
	mustParse(s.respond(p).OutputText(), &a)
	return a
}

// lines are the messages that arrived.
func (a arrived) lines() []string {
	var list []string
	for _, m := range a.Messages {
		text := "null"
		if m.Content != nil {
			text = *m.Content
		}
		list = append(list, m.Role+": "+text)
	}
	return list
}

func (s *suite) greedyResponse(n int64) asked {
	p := s.say("Tell me about a big red ball.")
	p.Model, p.Temperature, p.MaxOutputTokens = s.model, openai.Float(0), openai.Int(n)
	return p
}

func (s *suite) responsesWhole() {
	r := s.respond(s.greedyResponse(20))
	equal("head", []string{string(r.Object), string(r.Status), r.Model, r.IncompleteDetails.Reason}, []string{"response", "incomplete", s.model, "max_output_tokens"})
	check(r.OutputText() != "" && strings.HasPrefix(r.ID, "resp_"), "%s", r.RawJSON())
	equal("output tokens", r.Usage.OutputTokens, int64(20))
	equal("total tokens", r.Usage.TotalTokens, 20+r.Usage.InputTokens)
	check(r.ParallelToolCalls && len(r.Tools) == 0 && r.ToolChoice.OfToolChoiceMode == "auto", "%s", r.RawJSON())
}

func (s *suite) responsesStream() {
	whole := s.respond(s.greedyResponse(20))
	events := s.events(s.greedyResponse(20))
	text := ""
	var kinds []string
	for i, e := range events {
		equal("sequence number", e.SequenceNumber, int64(i))
		if e.Type == "response.output_text.delta" {
			text += e.Delta
		} else {
			kinds = append(kinds, e.Type)
		}
	}
	equal("text", text, whole.OutputText())
	equal("events", kinds, []string{"response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
		"response.output_text.done", "response.content_part.done", "response.output_item.done", "response.incomplete"})
	equal("text at the end", events[len(events)-1].Response.OutputText(), whole.OutputText())
}

func (s *suite) responsesReasoning() {
	p := s.say("think")
	p.Reasoning.Effort = "high"
	for _, r := range s.both(p) {
		equal("items", types(r), "reasoning message")
		equal("reasoning", r.Output[0].AsReasoning().Content[0].Text, "Let me think.")
		equal("text", r.OutputText(), "Two and two are four.")
		u := r.Usage
		equal("usage", []int64{u.InputTokens, u.InputTokensDetails.CachedTokens, u.OutputTokens, u.OutputTokensDetails.ReasoningTokens}, []int64{7, 4, 5, 2})
		equal("status", string(r.Status), "completed")
	}
}

func (s *suite) responsesTools() {
	p := s.say("call")
	p.Tools = toolSet
	for _, r := range s.both(p) {
		equal("items", types(r), "message function_call function_call")
		w := r.Output[1].AsFunctionCall()
		var arguments struct{ City string }
		mustParse(w.Arguments, &arguments)
		equal("call", []string{w.CallID, w.Name, arguments.City}, []string{"call_w", "weather", "Xi'an"})
		results := responses.ResponseInputParam{output("call_w", "21 degrees"), output("call_t", "noon")}
		next := s.say(results)
		next.PreviousResponseID, next.Tools = openai.String(r.ID), toolSet
		equal("text", s.respond(next).OutputText(), "I see: noon")
		whole := s.say(slices.Concat(responses.ResponseInputParam{message("user", "call"),
			responses.ResponseInputItemParamOfFunctionCall(w.Arguments, w.CallID, w.Name),
			responses.ResponseInputItemParamOfFunctionCall("{}", "call_t", "time")}, results))
		equal("text", s.respond(whole).OutputText(), "I see: noon")
	}
}

func message(role responses.EasyInputMessageRole, text string) responses.ResponseInputItemUnionParam {
	return responses.ResponseInputItemParamOfMessage(text, role)
}

func output(call, text string) responses.ResponseInputItemUnionParam {
	item := responses.ResponseInputItemParamOfFunctionCallOutput(text)
	item.OfFunctionCallOutput.CallID = openai.String(call)
	return item
}

func (s *suite) responsesOneTool() {
	p := s.say("call")
	p.Tools, p.ParallelToolCalls = toolSet, openai.Bool(false)
	for _, r := range s.both(p) {
		equal("items", types(r), "message function_call")
	}
}

func (s *suite) responsesConversation() {
	reasoning := responses.ResponseInputItemParamOfReasoning("rs_1", []responses.ResponseReasoningItemSummaryParam{})
	reasoning.OfReasoning.Content = []responses.ResponseReasoningItemContentParam{{Text: "hm"}}
	p := s.say(responses.ResponseInputParam{
		message("developer", "Be brief."),
		responses.ResponseInputItemParamOfMessage(responses.ResponseInputMessageContentListParam{
			responses.ResponseInputContentParamOfInputText("a"), responses.ResponseInputContentParamOfInputText("b")}, "user"),
		reasoning,
		responses.ResponseInputItemParamOfFunctionCall(`{"city":"x"}`, "t1", "weather"),
		output("t1", "ok"), message("assistant", "d"), message("user", "echo")})
	p.Instructions, p.Tools, p.TopP, p.MaxOutputTokens = openai.String("Be kind."), toolSet, openai.Float(0.5), openai.Int(9)
	a := s.echoed(p)
	equal("messages", a.lines(), []string{"system: Be kind.", "system: Be brief.", "user: ab", "assistant: null", "tool: ok", "assistant: d", "user: echo"})
	m := a.Messages[3]
	equal("the call", []string{m.Reasoning, m.ToolCalls[0].ID, m.ToolCalls[0].Function.Arguments}, []string{"hm", "t1", `{"city":"x"}`})
	check(a.TopP == 0.5 && a.MaxTokens == 9 && len(a.Tools) == 2, "%+v", a)
	p = s.say("echo")
	p.Tools, p.ToolChoice.OfToolChoiceMode = toolSet, param.NewOpt(responses.ToolChoiceOptionsNone)
	check(len(s.echoed(p).Tools) == 0, "tools are offered")
}

func (s *suite) responsesPrevious() {
	p := s.say("think")
	p.Instructions = openai.String("Be brief.")
	for _, next := range []string{"hi", "echo"} {
		r := s.respond(p)
		p = s.say(next)
		p.PreviousResponseID = openai.String(r.ID)
	}
	p.Instructions = openai.String("Be kind.")
	a := s.echoed(p)
	equal("messages", a.lines(), []string{"system: Be kind.", "user: think", "assistant: Two and two are four.", "user: hi", "assistant: You said: hi", "user: echo"})
	equal("reasoning", a.Messages[2].Reasoning, "Let me think.")
	p.PreviousResponseID = openai.String("resp_none")
	s.responseRefused(p, refusal{http.StatusNotFound, "response_not_found", "previous_response_id"})
}

func (s *suite) responseRefused(p asked, want refusal, o ...option.RequestOption) {
	_, err := s.client.Responses.New(ctx, p, o...)
	refused(err, want)
}

func (s *suite) responsesStored() {
	p := s.say(responses.ResponseInputParam{message("user", "a"), message("user", "b")})
	p.Metadata = map[string]string{"k": "v"}
	r := s.respond(p)
	again := must(s.client.Responses.Get(ctx, r.ID, responses.ResponseGetParams{}))
	typed(*again)
	equal("again", []string{again.ID, again.OutputText(), again.Metadata["k"]}, []string{r.ID, r.OutputText(), "v"})
	pages := s.client.Responses.InputItems.ListAutoPaging(ctx, r.ID, responses.InputItemListParams{Order: "asc", Limit: openai.Int(1)})
	n := 0
	for ; pages.Next(); n++ {
		check(pages.Current().ID != "", "an item without an id")
	}
	check(n == 2 && pages.Err() == nil, "%d items, %v", n, pages.Err())
	_, err := s.client.Responses.Cancel(ctx, r.ID)
	refused(err, refusal{status: http.StatusBadRequest})
	must(0, s.client.Responses.Delete(ctx, r.ID))
	_, err = s.client.Responses.Get(ctx, r.ID, responses.ResponseGetParams{})
	refused(err, refusal{http.StatusNotFound, "response_not_found", ""})
	p = s.say("hi")
	p.Store = openai.Bool(false)
	_, err = s.client.Responses.Get(ctx, s.respond(p).ID, responses.ResponseGetParams{})
	refused(err, refusal{http.StatusNotFound, "response_not_found", ""})
}

func (s *suite) responsesBackground() {
	p := s.say("hi")
	p.Background = openai.Bool(true)
	r := s.respond(p)
	check(string(r.Status) == "queued" && r.Background, "%s", r.RawJSON())
	for tries := 0; r.Status == "queued" || r.Status == "in_progress"; tries++ {
		check(tries < 300, "still %s", r.Status)
		time.Sleep(100 * time.Millisecond)
		r = must(s.client.Responses.Get(ctx, r.ID, responses.ResponseGetParams{}))
	}
	equal("end", []string{string(r.Status), r.OutputText()}, []string{"completed", "You said: hi"})
	events := s.events(p)
	equal("the second event", events[1].Type, "response.queued")
	// The SDK puts stream into a body, where a GET has none.
	rest := all(s.client.Responses.GetStreaming(ctx, events[0].Response.ID, responses.ResponseGetParams{StartingAfter: openai.Int(3)}, option.WithQuery("stream", "true")))
	equal("the rest", sequence(rest), sequence(events[4:]))
	p = s.say("slow")
	p.Background = openai.Bool(true)
	slow := s.respond(p)
	equal("cancelled", string(must(s.client.Responses.Cancel(ctx, slow.ID)).Status), "cancelled")
	equal("cancelled", string(must(s.client.Responses.Get(ctx, slow.ID, responses.ResponseGetParams{})).Status), "cancelled")
}

func sequence(events []responses.ResponseStreamEventUnion) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintln(&b, e.SequenceNumber, e.Type)
	}
	return b.String()
}

func (s *suite) responsesLogprobs() {
	p := s.greedyResponse(5)
	p.Include, p.TopLogprobs = []responses.ResponseIncludable{"message.output_text.logprobs"}, openai.Int(2)
	odds := s.respond(p).Output[0].AsMessage().Content[0].AsOutputText().Logprobs
	check(len(odds) > 0 && len(odds[0].TopLogprobs) == 2, "%d tokens", len(odds))
}

func (s *suite) responsesSlow() {
	for _, r := range s.both(s.say("slow")) {
		equal("text", r.OutputText(), "At last.")
	}
}

func (s *suite) responsesRefused() {
	bad := func(field string, set ...option.RequestOption) {
		s.responseRefused(s.say("hi"), refusal{http.StatusBadRequest, "unsupported_value", field}, set...)
	}
	bad("tools[0].type", option.WithJSONSet("tools", []any{map[string]any{"type": "web_search"}}))
	bad("conversation", option.WithJSONSet("conversation", "conv_1"))
	image := map[string]any{"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"}
	bad("input[0].content", option.WithJSONSet("input", []any{map[string]any{"role": "user", "content": []any{image}}}))
	p := s.say(strings.Repeat("word ", 2000))
	p.Model = s.model
	s.responseRefused(p, refusal{http.StatusBadRequest, "context_length_exceeded", "input"})
	p.Model = "no-such-model"
	s.responseRefused(p, refusal{http.StatusNotFound, "model_not_found", "model"})
	s.responseRefused(s.say("hi"), refusal{status: http.StatusUnauthorized, code: "invalid_api_key"}, option.WithAPIKey("hk_no"))
}

func (s *suite) responsesBroken() {
	events := s.events(s.say("break"))
	n := len(events)
	equal("the end", []string{events[n-2].Type, events[n-1].Type}, []string{"error", "response.failed"})
	equal("why", []string{events[n-2].Code, string(events[n-1].Response.Status), string(events[n-1].Response.Error.Code)},
		[]string{"upstream_protocol", "failed", "server_error"})
}
