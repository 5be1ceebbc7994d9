package conformance

import (
	"net/http"
	"strings"
)

func ollamaError(v val) val { return v.at("error") }

func firstOllama(s *session) string {
	a := s.send(http.MethodGet, "/api/tags", "", nil, true)
	if a == nil {
		return ""
	}
	if a.status != http.StatusOK {
		s.fault("GET /api/tags: status %d: %s", a.status, a.body)
		return ""
	}
	return s.parse(a.body).at("models").one().at("name").text()
}

func (s *session) ollama(pairs ...any) map[string]any {
	return obj(map[string]any{"model": s.Model, "messages": []any{user("Say hello.")}, "stream": false, "options": map[string]any{"num_predict": answers}}, pairs...)
}

func ollamaChecks() []check {
	chat, generate := "POST /api/chat", "POST /api/generate"
	return []check{
		{"GET /api/version", "version", nothing, func(s *session) { s.get("/api/version").at("version").filled() }},
		{"GET /api/tags", "list", nothing, func(s *session) {
			for _, m := range s.get("/api/tags").at("models").list(1) {
				m.at("name").filled()
				m.at("model").filled()
				if at := m.may("modified_at"); !at.empty() {
					at.filled()
				}
				m.at("size").count()
				m.at("digest").text()
				m.at("details").object()
			}
		}},
		{"POST /api/show", "details, capabilities", nothing, func(s *session) {
			v := s.post("/api/show", map[string]any{"model": s.Model})
			v.at("details").object()
			v.at("model_info").object()
			v.at("capabilities").list(0)
		}},
		{"GET /api/ps", "models in memory", nothing, func(s *session) { s.get("/api/ps").at("models").list(0) }},
		{chat, "answer", nothing, func(s *session) { chatted(s.post("/api/chat", s.ollama())) }},
		{chat, "stream", nothing, func(s *session) {
			list := s.lines("/api/chat", s.ollama("stream", true))
			said := ""
			for i, v := range list {
				v.at("message").at("role").is("assistant")
				said += v.at("message").at("content").text()
				if done := v.at("done").truth(); done != (i == len(list)-1) {
					s.fault("done is %t in line %d of %d", done, i+1, len(list))
				}
			}
			if len(list) > 0 {
				counted(list[len(list)-1])
			}
			if len(list) > 0 && said == "" {
				s.fault("nothing was said")
			}
		}},
		{chat, "options.num_predict: done_reason length", nothing, func(s *session) {
			v := s.post("/api/chat", s.ollama("options", map[string]any{"num_predict": 1}, "messages", []any{user("Count from one to a hundred, in words.")}))
			v.at("done_reason").is("length")
		}},
		{chat, "options, keep_alive", nothing, func(s *session) {
			chatted(s.post("/api/chat", s.ollama("keep_alive", "5m", "options", map[string]any{"num_predict": 8, "temperature": 0.5, "top_p": 0.9, "top_k": 20, "seed": 7, "stop": []string{"###"}, "num_ctx": 2048})))
		}},
		{chat, "tools", nothing, func(s *session) {
			tool := chatTool()
			delete(tool["function"].(map[string]any), "strict")
			v := s.post("/api/chat", s.ollama("tools", []any{tool}))
			chatted(v)
			if calls := v.at("message").may("tool_calls"); !calls.empty() { // here nobody can be made to call
				f := calls.one().at("function")
				f.at("name").filled()
				f.at("arguments").object()
			}
		}},
		{chat, "results of tools", nothing, func(s *session) {
			chatted(s.post("/api/chat", s.ollama("messages", []any{user("How will the weather be?"),
				map[string]any{"role": "assistant", "content": "", "tool_calls": []any{map[string]any{"function": map[string]any{"name": "weather", "arguments": map[string]any{"days": 1}}}}},
				map[string]any{"role": "tool", "tool_name": "weather", "content": "sunny"}})))
		}},
		{chat, "format json", nothing, func(s *session) {
			v := s.post("/api/chat", s.ollama("format", "json", "options", map[string]any{"num_predict": callings}, "messages", []any{user("Answer in JSON: an object with one field, ok, which is true.")}))
			if v.may("done_reason").v != "length" {
				v.at("message").at("content").inner().object()
			}
		}},
		{chat, "format as a schema", nothing, func(s *session) {
			fits(s.post("/api/chat", s.ollama("format", weather, "options", map[string]any{"num_predict": callings})).at("message").at("content").inner())
		}},
		{chat, "think false", nothing, func(s *session) { chatted(s.post("/api/chat", s.ollama("think", false))) }},
		{generate, "answer", nothing, func(s *session) {
			v := s.post("/api/generate", map[string]any{"model": s.Model, "prompt": "Say hello.", "stream": false, "options": map[string]any{"num_predict": 8}})
			v.at("response").text()
			v.at("done").truth()
			counted(v)
		}},
		{generate, "stream", nothing, func(s *session) {
			list := s.lines("/api/generate", map[string]any{"model": s.Model, "prompt": "Say hello.", "options": map[string]any{"num_predict": 8}})
			for i, v := range list {
				v.at("response").text()
				if done := v.at("done").truth(); done != (i == len(list)-1) {
					s.fault("done is %t in line %d of %d", done, i+1, len(list))
				}
			}
		}},
		{"POST /api/embed", "several texts", embedder, func(s *session) {
			for _, e := range s.post("/api/embed", map[string]any{"model": s.Embedder, "input": []string{"a", "b"}}).at("embeddings").list(2) {
				for _, x := range e.list(1) {
					x.number()
				}
			}
		}},
		{chat, "error: unknown model", nothing, func(s *session) {
			s.failing("/api/chat", encode(s.ollama("model", "no-such-model-here")), true, 404)
		}},
		{chat, "error: what is not JSON", nothing, func(s *session) { s.failing("/api/chat", []byte("{"), true, 400) }},
	}
}

// chatted is an answer that came at once.
func chatted(v val) {
	v.at("message").at("role").is("assistant")
	v.at("message").at("content").text()
	if !v.at("done").truth() && v.ok {
		v.s.fault("done is false")
	}
	counted(v)
}

// counted is what the last line of an answer says of it.
func counted(v val) {
	v.at("model").filled()
	v.at("created_at").filled()
	v.at("done_reason").filled()
	for _, name := range []string{"total_duration", "eval_count", "eval_duration"} {
		v.at(name).count()
	}
}

// lines asks for a stream of lines.
func (s *session) lines(path string, body any) (list []val) {
	a := s.ask(http.MethodPost, path, body)
	if a == nil {
		return nil
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/x-ndjson") {
		s.fault("Content-Type is %q, not application/x-ndjson", kind)
	}
	for line := range strings.Lines(string(a.body)) {
		if strings.TrimSpace(line) != "" {
			list = append(list, s.parse([]byte(line)))
		}
	}
	if len(list) == 0 {
		s.fault("no line came")
	}
	return list
}
