package conformance

import (
	"net/http"
)

const messagesPath = "/v1/messages"

func anthropicHeader(h http.Header, key string) {
	h.Set("Anthropic-Version", "2023-06-01")
	if key != "" {
		h.Set("X-Api-Key", key)
	}
}

func anthropicError(v val) val { return v.at("error").at("message") }

func (s *session) message(pairs ...any) map[string]any {
	return obj(map[string]any{"model": s.Model, "max_tokens": answers, "messages": []any{user("Say hello.")}}, pairs...)
}

func claudeTool() map[string]any {
	return map[string]any{"name": "weather", "description": "The weather of the next days", "input_schema": weather}
}

var stops = []string{"end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"}

func anthropicChecks() []check {
	create := "POST " + messagesPath
	text := func(words string) map[string]any { return map[string]any{"type": "text", "text": words} }
	return []check{
		{"GET /v1/models", "list", nothing, func(s *session) {
			v := s.get("/v1/models")
			v.at("has_more").truth()
			for _, m := range v.at("data").list(1) {
				m.at("id").filled()
				m.at("type").is("model")
				m.at("display_name").text()
				m.at("created_at").text()
			}
			v.at("first_id").text()
			v.at("last_id").text()
		}},
		{create, "answer", nothing, func(s *session) { claude(s.post(messagesPath, s.message())) }},
		{create, "system as text and in blocks, cache_control", nothing, func(s *session) {
			claude(s.post(messagesPath, s.message("system", "Be brief.")))
			block := text("Be brief.")
			block["cache_control"] = map[string]any{"type": "ephemeral"}
			claude(s.post(messagesPath, s.message("system", []any{block}, "messages", []any{map[string]any{"role": "user", "content": []any{text("Say hello.")}}})))
		}},
		{create, "stream: names and order", nothing, func(s *session) { claudeStream(s, s.events(messagesPath, s.message("stream", true))) }},
		{create, "max_tokens: stop_reason max_tokens", nothing, func(s *session) {
			v := s.post(messagesPath, s.message("max_tokens", 1, "messages", []any{user("Count from one to a hundred, in words.")}))
			v.at("stop_reason").is("max_tokens")
			if n := v.at("usage").at("output_tokens").count(); v.ok && n > 1 {
				s.fault("output_tokens is %d of 1", n)
			}
		}},
		{create, "temperature, top_p, top_k, stop_sequences, metadata", nothing, func(s *session) {
			claude(s.post(messagesPath, s.message("temperature", 0.5, "top_k", 20, "stop_sequences", []string{"###"}, "metadata", map[string]any{"user_id": "u"})))
			claude(s.post(messagesPath, s.message("top_p", 0.9)))
		}},
		{create, "the beginning of the answer", nothing, func(s *session) {
			claude(s.post(messagesPath, s.message("messages", []any{user("Count to three."), map[string]any{"role": "assistant", "content": "One, two"}})))
		}},
		{create, "thinking", nothing, func(s *session) {
			v := s.post(messagesPath, s.message("thinking", map[string]any{"type": "enabled", "budget_tokens": 1024}, "max_tokens", 1200))
			claude(v)
			for _, b := range v.at("content").list(1) {
				if b.at("type").text() == "thinking" {
					b.at("thinking").text()
					b.at("signature").text()
				}
			}
		}},
		{create, "tools, tool_choice any", nothing, func(s *session) { claudeCalled(s, map[string]any{"type": "any"}) }},
		{create, "tool_choice by name", nothing, func(s *session) { claudeCalled(s, map[string]any{"type": "tool", "name": "weather"}) }},
		{create, "tool calls in a stream", nothing, func(s *session) {
			list := s.events(messagesPath, s.message("tools", []any{claudeTool()}, "tool_choice", map[string]any{"type": "any"}, "stream", true, "max_tokens", callings))
			name, input, reason := "", "", ""
			for _, e := range list {
				switch e.name {
				case "content_block_start":
					if b := e.data.at("content_block"); b.at("type").text() == "tool_use" {
						b.at("id").filled()
						name = b.at("name").text()
						b.at("input").object()
					}
				case "content_block_delta":
					if d := e.data.at("delta"); d.at("type").text() == "input_json_delta" {
						input += d.at("partial_json").text()
					}
				case "message_delta":
					reason = e.data.at("delta").at("stop_reason").text()
				}
			}
			if len(list) > 0 && (name != "weather" || reason != "tool_use") {
				s.fault("the pieces come to a call of %q, and stop_reason is %q", name, reason)
			} else if len(list) > 0 {
				fits(s.parse([]byte(input)))
			}
		}},
		{create, "results of tools", nothing, func(s *session) {
			claude(s.post(messagesPath, s.message("tools", []any{claudeTool()}, "messages", []any{user("How will the weather be?"),
				map[string]any{"role": "assistant", "content": []any{map[string]any{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": map[string]any{"days": 1}}}},
				map[string]any{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}}}})))
		}},
		{"POST /v1/messages/count_tokens", "count", nothing, func(s *session) {
			b := s.message()
			delete(b, "max_tokens")
			if v := s.post("/v1/messages/count_tokens", b).at("input_tokens"); v.ok && v.count() == 0 {
				s.fault("input_tokens is 0")
			}
		}},
		{create, "request-id", nothing, func(s *session) {
			if a := s.ask(http.MethodPost, messagesPath, s.message("max_tokens", 1)); a != nil && a.header.Get("Request-Id") == "" {
				s.fault("there is none among the headers")
			}
		}},
		{create, "error: unknown model", nothing, func(s *session) {
			claudeWrongs(s.failing(messagesPath, encode(s.message("model", "no-such-model-here")), true, 404), "not_found_error")
		}},
		{create, "error: no max_tokens", nothing, func(s *session) {
			b := s.message()
			delete(b, "max_tokens")
			claudeWrongs(s.failing(messagesPath, encode(b), true, 400), "invalid_request_error")
		}},
		{create, "error: a wrong key", nothing, func(s *session) { wrongKey(s, messagesPath, encode(s.message())) }},
	}
}

// claude is an answer that came at once.
func claude(v val) {
	v.at("id").filled()
	v.at("type").is("message")
	v.at("role").is("assistant")
	v.at("model").filled()
	v.at("stop_reason").is(stops...)
	if x := v.at("stop_sequence"); !x.empty() {
		x.text()
	}
	for _, b := range v.at("content").list(0) {
		if b.at("type").text() == "text" {
			b.at("text").text()
		}
	}
	u := v.at("usage")
	if n := u.at("input_tokens").count(); u.ok && n == 0 {
		v.s.fault("usage.input_tokens is 0")
	}
	u.at("output_tokens").count()
}

func claudeCalled(s *session, choice map[string]any) {
	v := s.post(messagesPath, s.message("tools", []any{claudeTool()}, "tool_choice", choice, "max_tokens", callings))
	v.at("stop_reason").is("tool_use")
	for _, b := range v.at("content").list(1) {
		if b.at("type").text() != "tool_use" {
			continue
		}
		b.at("id").filled()
		b.at("name").is("weather")
		fits(b.at("input"))
		return
	}
	if v.ok {
		s.fault("content has no tool_use")
	}
}

// claudeStream holds a stream against what a library builds a message from.
func claudeStream(s *session, list []event) {
	if len(list) == 0 {
		return
	}
	open, blocks, said, reason := -1, 0, "", ""
	for i, e := range list {
		kind := e.data.at("type").text()
		if e.name != kind {
			s.fault("event %d is called %q and is a %q", i, e.name, kind)
		}
		if (kind == "message_start") != (i == 0) || (kind == "message_stop") != (i == len(list)-1) {
			s.fault("event %d of %d is a %s", i, len(list), kind)
		}
		switch kind {
		case "message_start":
			m := e.data.at("message")
			m.at("id").filled()
			m.at("role").is("assistant")
			m.at("content").list(0)
			m.at("stop_reason").null()
			m.at("usage").at("input_tokens").count()
		case "content_block_start":
			if open >= 0 {
				s.fault("block %d has no end", open)
			}
			open = e.data.at("index").count()
			s.equal("index", open, blocks)
			blocks++
			e.data.at("content_block").at("type").filled()
		case "content_block_delta":
			s.equal("index", e.data.at("index").count(), open)
			if d := e.data.at("delta"); d.at("type").text() == "text_delta" {
				said += d.at("text").text()
			}
		case "content_block_stop":
			s.equal("index", e.data.at("index").count(), open)
			open = -1
		case "message_delta":
			reason = e.data.at("delta").at("stop_reason").text()
			e.data.at("usage").at("output_tokens").count()
		}
	}
	switch {
	case open >= 0:
		s.fault("block %d has no end", open)
	case reason == "":
		s.fault("no stop_reason came")
	case said == "":
		s.fault("nothing was said")
	}
}

func claudeWrongs(v val, kind string) {
	v.at("type").is("error")
	v.at("error").at("type").is(kind)
}
