package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"time"
)

func openAIError(v val) val { return v.at("error").at("message") }

// firstModel is the first that is listed.
func firstModel(s *session) string {
	a := s.send(http.MethodGet, "/v1/models", "", nil, true)
	if a == nil {
		return ""
	}
	if a.status != http.StatusOK {
		s.fault("GET /v1/models: status %d: %s", a.status, a.body)
		return ""
	}
	return s.parse(a.body).at("data").one().at("id").text()
}

const (
	chatPath = "/v1/chat/completions"
	textPath = "/v1/completions"
	answers  = 64 // tokens that an answer may have where its length does not matter
	callings = 400
)

// weather is a tool that a call of is well formed or not.
var weather = map[string]any{"type": "object", "properties": map[string]any{"days": map[string]any{"type": "integer", "enum": []int{1, 2, 3}}}, "required": []string{"days"}, "additionalProperties": false}

func (s *session) chat(pairs ...any) map[string]any {
	return obj(map[string]any{"model": s.Model, "messages": []any{user("Say hello.")}, "max_tokens": answers}, pairs...)
}

func user(text string) map[string]any { return map[string]any{"role": "user", "content": text} }

func chatTool() map[string]any {
	return map[string]any{"type": "function", "function": map[string]any{"name": "weather", "description": "The weather of the next days", "parameters": weather, "strict": true}}
}

var finishes = []string{"stop", "length", "tool_calls", "content_filter", "function_call"}

func openAIChecks() []check {
	chat, plain := "POST "+chatPath, "POST "+textPath
	return []check{
		{"GET /v1/models", "list", nothing, func(s *session) {
			v := s.get("/v1/models")
			v.at("object").is("list")
			for _, m := range v.at("data").list(1) {
				model(m)
			}
		}},
		{"GET /v1/models/{model}", "one of them", nothing, func(s *session) { model(s.get("/v1/models/" + s.Model)) }},
		{chat, "answer", nothing, func(s *session) { whole(s.post(chatPath, s.chat())) }},
		{chat, "system and developer messages, text in parts", nothing, func(s *session) {
			parts := []any{map[string]any{"type": "text", "text": "Say "}, map[string]any{"type": "text", "text": "hello."}}
			for _, role := range []string{"system", "developer"} {
				whole(s.post(chatPath, s.chat("messages", []any{map[string]any{"role": role, "content": "Be brief."}, map[string]any{"role": "user", "content": parts}})))
			}
		}},
		{chat, "usage", nothing, func(s *session) { usage(s.post(chatPath, s.chat()).at("usage")) }},
		{chat, "stream", nothing, func(s *session) { streamed(s, s.events(chatPath, s.chat("stream", true)), false) }},
		{chat, "stream_options.include_usage", nothing, func(s *session) {
			streamed(s, s.events(chatPath, s.chat("stream", true, "stream_options", obj(nil, "include_usage", true))), true)
		}},
		{chat, "max_tokens: finish_reason length", nothing, func(s *session) { cutOff(s, "max_tokens") }},
		{chat, "max_completion_tokens: finish_reason length", nothing, func(s *session) {
			b := s.chat("max_completion_tokens", 1, "messages", []any{user("Count from one to a hundred, in words.")})
			delete(b, "max_tokens")
			oneToken(s, s.post(chatPath, b))
		}},
		{chat, "temperature, top_p, seed, stop, penalties", nothing, func(s *session) {
			whole(s.post(chatPath, s.chat("temperature", 0.5, "top_p", 0.9, "seed", 7, "stop", []string{"\n\n\n", "###"}, "frequency_penalty", 0.1, "presence_penalty", 0.1)))
		}},
		{chat, "n", nothing, func(s *session) {
			list := s.post(chatPath, s.chat("n", 2, "max_tokens", 4)).at("choices").list(2)
			for i, c := range list {
				s.equal("choices' index", c.at("index").count(), i)
			}
		}},
		{chat, "logprobs, top_logprobs", nothing, func(s *session) {
			c := s.post(chatPath, s.chat("logprobs", true, "top_logprobs", 2, "max_tokens", 4)).at("choices").one()
			for _, t := range c.at("logprobs").at("content").list(1) {
				t.at("token").text()
				if p := t.at("logprob").number(); p > 0 {
					s.fault("%s.logprob is above 0", t.path)
				}
				for _, o := range t.at("top_logprobs").list(1) {
					o.at("token").text()
					o.at("logprob").number()
				}
			}
		}},
		{chat, "tools, tool_choice required", nothing, func(s *session) {
			called(s.post(chatPath, s.chat("tools", []any{chatTool()}, "tool_choice", "required", "max_tokens", callings)), "tool_calls", "stop")
		}},
		{chat, "tool_choice by name", nothing, func(s *session) {
			force := map[string]any{"type": "function", "function": map[string]any{"name": "weather"}}
			called(s.post(chatPath, s.chat("tools", []any{chatTool()}, "tool_choice", force, "max_tokens", callings)), "tool_calls", "stop")
		}},
		{chat, "tool calls in a stream", nothing, func(s *session) {
			calledInPieces(s, s.events(chatPath, s.chat("tools", []any{chatTool()}, "tool_choice", "required", "stream", true, "max_tokens", callings)))
		}},
		{chat, "results of tools", nothing, func(s *session) {
			call := map[string]any{"id": "call_1", "type": "function", "function": map[string]any{"name": "weather", "arguments": `{"days":1}`}}
			whole(s.post(chatPath, s.chat("tools", []any{chatTool()}, "messages", []any{user("How will the weather be?"),
				map[string]any{"role": "assistant", "content": nil, "tool_calls": []any{call}}, map[string]any{"role": "tool", "tool_call_id": "call_1", "content": "sunny"}})))
		}},
		{chat, "response_format json_object", nothing, func(s *session) {
			v := s.post(chatPath, s.chat("response_format", obj(nil, "type", "json_object"), "messages", []any{user("Answer in JSON: an object with one field, ok, which is true.")}, "max_tokens", callings))
			if c := v.at("choices").one(); c.may("finish_reason").v != "length" { // what is cut off is no JSON
				c.at("message").at("content").inner().object()
			}
		}},
		{chat, "response_format json_schema", nothing, func(s *session) {
			form := map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "days", "schema": weather, "strict": true}}
			v := s.post(chatPath, s.chat("response_format", form, "max_tokens", callings))
			fits(v.at("choices").one().at("message").at("content").inner())
		}},
		{chat, "error: unknown model", nothing, func(s *session) {
			v := s.failing(chatPath, encode(s.chat("model", "no-such-model-here")), true, 404, 400)
			wrongs(v)
		}},
		{chat, "error: what is not JSON", nothing, func(s *session) { wrongs(s.failing(chatPath, []byte("{"), true, 400, 422)) }},
		{chat, "error: no messages", nothing, func(s *session) {
			wrongs(s.failing(chatPath, encode(map[string]any{"model": s.Model}), true, 400, 422))
		}},
		{chat, "error: a wrong key", nothing, func(s *session) { wrongKey(s, chatPath, encode(s.chat())) }},
		{chat, "x-request-id", nothing, func(s *session) {
			if a := s.ask(http.MethodPost, chatPath, s.chat("max_tokens", 1)); a != nil && a.header.Get("X-Request-Id") == "" {
				s.fault("there is none among the headers")
			}
		}},
		{plain, "prompt", nothing, func(s *session) {
			v := s.post(textPath, map[string]any{"model": s.Model, "prompt": "Once upon a time", "max_tokens": 8})
			v.at("object").is("text_completion")
			v.at("id").filled()
			c := v.at("choices").one()
			c.at("text").text()
			c.at("index").count()
			c.at("finish_reason").is(finishes...)
			usage(v.at("usage"))
		}},
		{plain, "stream", nothing, func(s *session) {
			list := s.events(textPath, map[string]any{"model": s.Model, "prompt": "Once upon a time", "max_tokens": 8, "stream": true})
			list = ended(s, list)
			for _, e := range list {
				e.data.at("object").is("text_completion")
				for _, c := range e.data.at("choices").list(0) {
					c.at("text").text()
				}
			}
		}},
		{"POST /v1/embeddings", "several texts, as numbers", embedder, func(s *session) { vectors(s) }},
		{"POST /v1/embeddings", "encoding_format base64, as libraries ask", embedder, packed},
		{"POST /v1/moderations", "text", nothing, func(s *session) {
			r := s.post("/v1/moderations", map[string]any{"input": "hello"}).at("results").one()
			r.at("flagged").truth()
			r.at("categories").object()
			r.at("category_scores").object()
		}},
		{"POST /v1/files", "upload, look up, read, remove", nothing, func(s *session) {
			id := upload(s, `{"custom_id":"a"}`+"\n")
			if id == "" {
				return
			}
			s.get("/v1/files/" + id).at("object").is("file")
			if a := s.ask(http.MethodGet, "/v1/files/"+id+"/content", nil); a != nil && !strings.Contains(string(a.body), "custom_id") {
				s.fault("what was uploaded is not what is read")
			}
			s.get("/v1/files").at("data").list(1)
			s.remove("/v1/files/" + id).at("deleted").truth()
		}},
		{"POST /v1/batches", "until it is done", patience, batch},
	}
}

func encode(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

func model(m val) {
	m.at("id").filled()
	m.at("object").is("model")
	m.at("created").count()
	m.at("owned_by").text()
}

// whole is an answer that came at once.
func whole(v val) {
	v.at("id").filled()
	v.at("object").is("chat.completion")
	v.at("created").count()
	v.at("model").filled()
	for i, c := range v.at("choices").list(1) {
		v.s.equal("choices' index", c.at("index").count(), i)
		c.at("finish_reason").is(finishes...)
		m := c.at("message")
		m.at("role").is("assistant")
		if t := m.may("content"); !t.empty() {
			t.text()
		} else if !t.ok {
			v.s.fault("%s is missing; null says that there is none", t.path)
		}
	}
}

func usage(u val) {
	in, out := u.at("prompt_tokens").count(), u.at("completion_tokens").count()
	total := u.at("total_tokens").count()
	if u.ok {
		u.s.equal("total_tokens", total, in+out)
	}
	if u.ok && in == 0 {
		u.s.fault("%s.prompt_tokens is 0", u.path)
	}
}

// ended holds the end of a stream, and returns what came before it.
func ended(s *session, list []event) []event {
	if len(list) == 0 {
		return nil
	}
	if list[len(list)-1].raw != "[DONE]" {
		s.fault("it does not end with [DONE]")
		return list
	}
	return list[:len(list)-1]
}

// streamed is an answer in pieces.
func streamed(s *session, list []event, withUsage bool) {
	if len(list) == 0 {
		return
	}
	list = ended(s, list)
	role, finish, said, id, counted := "", "", 0, "", false
	for _, e := range list {
		e.data.at("object").is("chat.completion.chunk")
		if x := e.data.at("id").filled(); id != "" && x != id {
			s.fault("chunks have different ids")
		} else {
			id = x
		}
		e.data.at("created").count()
		if u := e.data.may("usage"); !u.empty() {
			usage(u)
			counted = true
		}
		for _, c := range e.data.at("choices").list(0) {
			c.at("index").count()
			d := c.at("delta")
			d.object()
			if r := d.may("role"); !r.empty() && role == "" {
				role = r.text()
			}
			for _, name := range []string{"content", "reasoning_content", "reasoning"} {
				if t := d.may(name); !t.empty() {
					said += len(t.text())
				}
			}
			if f := c.may("finish_reason"); !f.empty() {
				if finish != "" {
					s.fault("finish_reason comes twice")
				}
				finish = f.text()
				f.is(finishes...)
			}
		}
	}
	switch {
	case role != "assistant":
		s.fault("no delta says the role")
	case finish == "":
		s.fault("no finish_reason came")
	case said == 0:
		s.fault("nothing was said")
	case withUsage && !counted:
		s.fault("no usage came")
	}
}

func cutOff(s *session, field string) {
	oneToken(s, s.post(chatPath, s.chat(field, 1, "messages", []any{user("Count from one to a hundred, in words.")})))
}

// oneToken is an answer of one token.
func oneToken(s *session, v val) {
	v.at("choices").one().at("finish_reason").is("length")
	if n := v.at("usage").at("completion_tokens").count(); v.ok && n > 1 {
		s.fault("completion_tokens is %d of 1", n)
	}
}

// called is an answer that calls the tool.
func called(v val, finish ...string) {
	c := v.at("choices").one()
	c.at("finish_reason").is(finish...)
	call := c.at("message").at("tool_calls").one()
	call.at("id").filled()
	call.at("type").is("function")
	call.at("function").at("name").is("weather")
	fits(call.at("function").at("arguments").inner())
}

// fits holds arguments, or an answer, against the form that was asked for.
func fits(v val) {
	if n := v.at("days").count(); v.ok && (n < 1 || n > 3) {
		v.s.fault("%s is not as its schema says", v.path)
	}
}

// calledInPieces is the same in a stream: a library puts pieces together by their index.
func calledInPieces(s *session, list []event) {
	if len(list) == 0 {
		return
	}
	id, name, arguments, finish := "", "", "", ""
	for _, e := range ended(s, list) {
		for _, c := range e.data.at("choices").list(0) {
			for _, call := range c.at("delta").may("tool_calls").list(0) {
				if i := call.at("index").count(); i > 0 {
					continue
				}
				if x := call.may("id"); !x.empty() {
					id += x.text()
				}
				if x := call.at("function").may("name"); !x.empty() {
					name += x.text()
				}
				if x := call.at("function").may("arguments"); !x.empty() {
					arguments += x.text()
				}
			}
			if f := c.may("finish_reason"); !f.empty() {
				finish = f.text()
			}
		}
	}
	switch {
	case name != "weather" || id == "":
		s.fault("the pieces come to a call of %q with the id %q", name, id)
	case finish != "tool_calls" && finish != "stop":
		s.fault("finish_reason is %q", finish)
	default:
		fits(s.parse([]byte(arguments)))
	}
}

// wrongs is an error as libraries read it.
func wrongs(v val) {
	e := v.at("error")
	e.at("message").filled()
	e.at("type").filled()
	for _, name := range []string{"code", "param"} {
		if x := e.may(name); !x.empty() {
			switch x.v.(type) {
			case string, float64:
			default:
				v.s.fault("%s is neither text nor null", x.path)
			}
		}
	}
}

// wrongKey can't be seen where no key is asked for.
func wrongKey(s *session, path string, body []byte) {
	if s.Key == "" {
		s.fault("no key was given, so that none can be wrong")
		s.outcome = Skipped
		return
	}
	own := *s.Target
	own.Key = "sk-wrong-" + strings.Repeat("0", 24)
	other := &session{Target: &own, ctx: s.ctx, dialect: s.dialect}
	other.failing(path, body, true, 401)
	s.faults = append(s.faults, other.faults...)
}

func vectors(s *session) (list [][]float64) {
	v := s.post("/v1/embeddings", map[string]any{"model": s.Embedder, "input": []string{"a", "b"}, "encoding_format": "float"})
	v.at("object").is("list")
	for i, d := range v.at("data").list(2) {
		d.at("object").is("embedding")
		s.equal("index", d.at("index").count(), i)
		var numbers []float64
		for _, x := range d.at("embedding").list(1) {
			numbers = append(numbers, x.number())
		}
		list = append(list, numbers)
	}
	v.at("usage").at("prompt_tokens").count()
	v.at("usage").at("total_tokens").count()
	return list
}

// packed asks as the libraries for Python and Node do unless told otherwise.
func packed(s *session) {
	want := vectors(s)
	v := s.post("/v1/embeddings", map[string]any{"model": s.Embedder, "input": []string{"a", "b"}, "encoding_format": "base64"})
	for i, d := range v.at("data").list(2) {
		raw, err := base64.StdEncoding.DecodeString(d.at("embedding").text())
		if err != nil || len(raw)%4 != 0 || i >= len(want) || len(raw)/4 != len(want[i]) {
			s.fault("%s.embedding is not the same numbers in four bytes each", d.path)
			return
		}
		for j := range want[i] {
			x := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
			if math.Abs(float64(x)-want[i][j]) > 1e-3 {
				s.fault("%s.embedding: number %d is %v here and %v there", d.path, j, x, want[i][j])
				return
			}
		}
	}
}

// upload is a file of JSON lines; its id.
func upload(s *session, text string) string {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("purpose", "batch")
	part, _ := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="batch.jsonl"`}, "Content-Type": {"application/jsonl"}})
	_, _ = part.Write([]byte(text))
	_ = form.Close()
	v := s.read(s.good(s.send(http.MethodPost, "/v1/files", form.FormDataContentType(), b.Bytes(), true)))
	v.at("object").is("file")
	v.at("bytes").count()
	v.at("created_at").count()
	v.at("filename").filled()
	v.at("purpose").is("batch")
	return v.at("id").text()
}

func batch(s *session) {
	body, _ := json.Marshal(s.chat("max_tokens", 4))
	id := upload(s, fmt.Sprintf(`{"custom_id":"one","method":"POST","url":"/v1/chat/completions","body":%s}`, body)+"\n")
	if id == "" {
		return
	}
	defer func() { s.remove("/v1/files/" + id) }()
	v := s.post("/v1/batches", map[string]any{"input_file_id": id, "endpoint": "/v1/chat/completions", "completion_window": "24h"})
	v.at("object").is("batch")
	name := v.at("id").filled()
	for v.ok && v.may("status").v != "completed" {
		if st := v.at("status").text(); st != "validating" && st != "in_progress" && st != "finalizing" {
			s.fault("its status is %q", st)
			return
		}
		select {
		case <-s.ctx.Done():
			s.fault("it was not done in time")
			return
		case <-time.After(200 * time.Millisecond):
		}
		v = s.get("/v1/batches/" + name)
	}
	s.equal("request_counts.completed", v.at("request_counts").at("completed").count(), 1)
	out := v.at("output_file_id").text()
	if out == "" {
		return
	}
	if a := s.ask(http.MethodGet, "/v1/files/"+out+"/content", nil); a != nil {
		line := s.parse(bytes.TrimSpace(a.body))
		line.at("custom_id").is("one")
		line.at("response").at("status_code").count()
		whole(line.at("response").at("body"))
	}
}
