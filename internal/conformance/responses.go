package conformance

import (
	"net/http"
	"strings"
	"time"
)

const responsesPath = "/v1/responses"

func (s *session) response(pairs ...any) map[string]any {
	return obj(map[string]any{"model": s.Model, "input": "Say hello.", "max_output_tokens": answers, "store": false}, pairs...)
}

func responseTool() map[string]any {
	return map[string]any{"type": "function", "name": "weather", "description": "The weather of the next days", "parameters": weather, "strict": true}
}

func responsesChecks() []check {
	create := "POST " + responsesPath
	return []check{
		{create, "input as text", nothing, func(s *session) { responded(s.post(responsesPath, s.response())) }},
		{create, "input as items, instructions", nothing, func(s *session) {
			responded(s.post(responsesPath, s.response("instructions", "Be brief.", "input", []any{
				map[string]any{"role": "user", "content": "Hello."},
				map[string]any{"type": "message", "role": "assistant", "content": []any{map[string]any{"type": "output_text", "text": "Hello!"}}},
				map[string]any{"role": "user", "content": []any{map[string]any{"type": "input_text", "text": "Once more."}}}})))
		}},
		{create, "stream: names, order, numbers", nothing, func(s *session) { responseStream(s, s.events(responsesPath, s.response("stream", true))) }},
		{create, "max_output_tokens: incomplete", nothing, func(s *session) {
			// The service itself asks for 16 or more.
			v := s.post(responsesPath, s.response("max_output_tokens", 16, "input", "Count from one to a hundred, in words."))
			v.at("status").is("incomplete")
			v.at("incomplete_details").at("reason").is("max_output_tokens")
		}},
		{create, "tools, tool_choice required", nothing, func(s *session) {
			v := s.post(responsesPath, s.response("tools", []any{responseTool()}, "tool_choice", "required", "max_output_tokens", callings))
			call, found := itemOf(v, "function_call")
			if v.ok && !found {
				s.fault("output has no function_call")
				return
			}
			call.at("call_id").filled()
			call.at("id").filled()
			call.at("name").is("weather")
			fits(call.at("arguments").inner())
		}},
		{create, "tool calls in a stream", nothing, func(s *session) {
			pieces, whole := "", ""
			for _, e := range s.events(responsesPath, s.response("tools", []any{responseTool()}, "tool_choice", "required", "stream", true, "max_output_tokens", callings)) {
				switch e.name {
				case "response.function_call_arguments.delta":
					pieces += e.data.at("delta").text()
				case "response.function_call_arguments.done":
					whole = e.data.at("arguments").text()
				}
			}
			if len(s.faults) == 0 && (whole == "" || pieces != whole) {
				s.fault("the pieces come to %q, and the whole is %q", pieces, whole)
			}
		}},
		{create, "results of tools", nothing, func(s *session) {
			responded(s.post(responsesPath, s.response("tools", []any{responseTool()}, "input", []any{user("How will the weather be?"),
				map[string]any{"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": `{"days":1}`},
				map[string]any{"type": "function_call_output", "call_id": "call_1", "output": "sunny"}})))
		}},
		{create, "text.format json_schema", nothing, func(s *session) {
			form := map[string]any{"format": map[string]any{"type": "json_schema", "name": "days", "schema": weather, "strict": true}}
			v := s.post(responsesPath, s.response("text", form, "max_output_tokens", callings))
			if m, ok := itemOf(v, "message"); ok {
				fits(m.at("content").one().at("text").inner())
			} else if v.ok {
				s.fault("output has no message")
			}
		}},
		{create, "store, look up, input_items, remove", nothing, func(s *session) {
			id := s.post(responsesPath, s.response("store", true)).at("id").text()
			if id == "" {
				return
			}
			responded(s.get(responsesPath + "/" + id))
			items := s.get(responsesPath + "/" + id + "/input_items")
			items.at("object").is("list")
			items.at("data").one().at("type").is("message")
			s.remove(responsesPath + "/" + id).at("deleted").truth()
			if a := s.send(http.MethodGet, responsesPath+"/"+id, "", nil, true); a != nil && a.status != http.StatusNotFound {
				s.fault("what was removed is still there: status %d", a.status)
			}
		}},
		{create, "previous_response_id", nothing, func(s *session) {
			id := s.post(responsesPath, s.response("store", true)).at("id").text()
			if id == "" {
				return
			}
			defer s.remove(responsesPath + "/" + id)
			v := s.post(responsesPath, s.response("previous_response_id", id))
			responded(v)
			v.at("previous_response_id").is(id)
		}},
		{create, "background", nothing, func(s *session) {
			v := s.post(responsesPath, s.response("background", true, "store", true))
			id := v.at("id").text()
			for v.ok && (v.may("status").v == "queued" || v.may("status").v == "in_progress") {
				select {
				case <-s.ctx.Done():
					s.fault("it was not done in time")
					return
				case <-time.After(200 * time.Millisecond):
				}
				v = s.get(responsesPath + "/" + id)
			}
			responded(v)
			if id != "" {
				s.remove(responsesPath + "/" + id)
			}
		}},
		{create, "error: unknown model", nothing, func(s *session) {
			wrongs(s.failing(responsesPath, encode(s.response("model", "no-such-model-here")), true, 404, 400))
		}},
	}
}

// responded is an answer as a whole.
func responded(v val) {
	v.at("id").begins("resp")
	v.at("object").is("response")
	v.at("created_at").number()
	v.at("model").filled()
	v.at("status").is("completed", "incomplete")
	v.may("error").null()
	v.at("parallel_tool_calls").truth()
	v.at("tools").list(0)
	for _, item := range v.at("output").list(1) {
		item.at("id").filled()
		if item.at("type").text() == "message" {
			item.at("role").is("assistant")
			item.at("status").is("completed", "incomplete")
			for _, c := range item.at("content").list(1) {
				c.at("type").is("output_text", "refusal")
				c.at("text").text()
				c.at("annotations").list(0)
			}
		}
	}
	u := v.at("usage")
	in, out := u.at("input_tokens").count(), u.at("output_tokens").count()
	total := u.at("total_tokens").count()
	u.at("input_tokens_details").at("cached_tokens").count()
	u.at("output_tokens_details").at("reasoning_tokens").count()
	if u.ok {
		v.s.equal("total_tokens", total, in+out)
	}
}

// itemOf is the first item of a type.
func itemOf(v val, kind string) (val, bool) {
	for _, item := range v.at("output").list(0) {
		if item.may("type").v == kind {
			return item, true
		}
	}
	return val{s: v.s}, false
}

// responseStream holds a stream against what a library builds an answer from.
func responseStream(s *session, list []event) {
	if len(list) == 0 {
		return
	}
	if list[len(list)-1].raw == "[DONE]" {
		s.fault("it ends with [DONE], which is no event of this API")
		list = list[:len(list)-1]
	}
	said, whole, open := "", "", map[int]bool{}
	for i, e := range list {
		kind := e.data.at("type").text()
		if e.name != kind {
			s.fault("event %d is called %q and is a %q", i, e.name, kind)
		}
		s.equal("sequence_number", e.data.at("sequence_number").count(), i)
		index := -1
		if x := e.data.may("output_index"); x.ok {
			index = x.count()
		}
		switch kind {
		case "response.output_item.added":
			open[index] = true
			e.data.at("item").at("type").filled()
		case "response.output_item.done":
			if !open[index] {
				s.fault("item %d ends and has not begun", index)
			}
			delete(open, index)
		case "response.output_text.delta":
			if !open[index] {
				s.fault("text of item %d, which has not begun", index)
			}
			e.data.at("item_id").filled()
			e.data.at("content_index").count()
			said += e.data.at("delta").text()
		case "response.output_text.done":
			whole += e.data.at("text").text()
		}
	}
	first, last := list[0].data, list[len(list)-1].data
	first.at("type").is("response.created")
	first.at("response").at("status").is("in_progress", "queued")
	last.at("type").is("response.completed", "response.incomplete")
	responded(last.at("response"))
	switch {
	case said != whole || strings.TrimSpace(said) == "" && said == "":
		s.fault("the pieces come to %q, and the whole is %q", said, whole)
	case len(open) > 0:
		s.fault("%d items have no end", len(open))
	}
}
