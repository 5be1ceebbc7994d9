package gateway_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// probe is a feature of an endpoint, and a request that uses it. What becomes of the
// request is found by sending it, not written down here.
type probe struct {
	feature string
	body    string // in which … stands for the least that the endpoint asks for
	proof   string // of support: a part of what reaches the generator, or of the answer
}

// endpoint is a path with its probes. One without probes is asked as it is.
type endpoint struct {
	call   string // METHOD PATH
	least  string
	header string
	probes []probe
}

const (
	aTool       = `{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}`
	anthropicV  = "Anthropic-Version: 2023-06-01"
	leastChat   = `"model":"m","messages":[{"role":"user","content":"hi"}]`
	leastClaude = `"model":"m","max_tokens":100,"messages":[{"role":"user","content":"hi"}]`
	leastOllama = `"model":"m","stream":false,"messages":[{"role":"user","content":"hi"}]`
	leastInput  = `"model":"m","input":"hi"`
)

var surface = []struct {
	dialect   string
	endpoints []endpoint
}{
	{"OpenAI", []endpoint{
		{"POST /v1/chat/completions", leastChat, "", []probe{
			{"messages of system, developer, user, assistant, tool", `{"model":"m","messages":[{"role":"developer","content":"x"},{"role":"user","content":"hi"}]}`, `"Role":"system"`},
			{"text in parts", `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`, `"Text":"ab"`},
			{"images in parts", `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}]}`, ""},
			{"audio in parts", `{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}`, ""},
			{"files in parts", `{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{}}]}]}`, ""},
			{"stream", `{…,"stream":true}`, `"object":"chat.completion.chunk"`},
			{"stream_options.include_usage", `{…,"stream":true,"stream_options":{"include_usage":true}}`, `"usage":{`},
			{"usage with cached and reasoning tokens", `{…}`, `"cached_tokens":4`},
			{"n", `{…,"n":2}`, `"Choices":2`},
			{"max_tokens", `{…,"max_tokens":5}`, `"MaxTokens":5`},
			{"max_completion_tokens", `{…,"max_completion_tokens":5}`, `"MaxTokens":5`},
			{"stop", `{…,"stop":["x"]}`, `"Stop":["x"]`},
			{"temperature", `{…,"temperature":0.5}`, `"Temperature":0.5`},
			{"top_p", `{…,"top_p":0.5}`, `"TopP":0.5`},
			{"top_k, min_p, repetition_penalty (of other servers)", `{…,"top_k":5,"min_p":0.5,"repetition_penalty":1.5}`, `"TopK":5`},
			{"frequency_penalty", `{…,"frequency_penalty":1}`, `"Frequency":1`},
			{"presence_penalty", `{…,"presence_penalty":1}`, `"Presence":1`},
			{"logit_bias", `{…,"logit_bias":{"5":1}}`, `"Bias":{"5":1}`},
			{"seed", `{…,"seed":5}`, `"Seed":5`},
			{"logprobs, top_logprobs", `{…,"logprobs":true,"top_logprobs":2}`, `"TopLogProbs":2`},
			{"tools", `{…,"tools":[` + aTool + `]}`, `"Name":"f"`},
			{"tools of type custom", `{…,"tools":[{"type":"custom","custom":{"name":"f"}}]}`, ""},
			{"tools: strict", `{…,"tools":[{"type":"function","function":{"name":"f","strict":true}}]}`, `"Strict":true`},
			{"tool_choice auto, none", `{…,"tools":[` + aTool + `],"tool_choice":"none"}`, `"Tools":null`},
			{"tool_choice required, or a function", `{…,"tools":[` + aTool + `],"tool_choice":"required"}`, `"Required":true`},
			{"parallel_tool_calls", `{…,"tools":[` + aTool + `],"parallel_tool_calls":false}`, `"content":"你好`},
			{"response_format text", `{…,"response_format":{"type":"text"}}`, `"content":"你好`},
			{"response_format json_object", `{…,"response_format":{"type":"json_object"}}`, `"Kind":"json_object"`},
			{"response_format json_schema", `{…,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}}}`, `"Kind":"json_schema"`},
			{"reasoning_effort (thinking on or off)", `{…,"reasoning_effort":"none"}`, `"Thinking":2`},
			{"reasoning_content in answers", `{…}`, `"reasoning_content":"Let me think."`},
			{"verbosity", `{…,"verbosity":"low"}`, ""},
			{"modalities audio", `{…,"modalities":["text","audio"]}`, ""},
			{"prediction", `{…,"prediction":{"type":"content","content":"x"}}`, ""},
			{"web_search_options", `{…,"web_search_options":{}}`, ""},
			{"functions", `{…,"functions":[{"name":"f"}]}`, ""},
			{"metadata", `{…,"metadata":{"a":"b"}}`, ""},
			{"store", `{…,"store":true}`, ""},
			{"service_tier", `{…,"service_tier":"auto"}`, ""},
			{"user", `{…,"user":"u"}`, ""},
		}},
		{"POST /v1/completions", `"model":"m","prompt":"hi"`, "", []probe{
			{"prompt", `{…}`, `"Prompt":"hi"`},
			{"several prompts", `{"model":"m","prompt":["a","b"]}`, ""},
			{"stream", `{…,"stream":true}`, `data: {`},
			{"logprobs", `{…,"logprobs":2}`, `"TopLogProbs":2`},
			{"echo", `{…,"echo":true}`, ""},
			{"suffix", `{…,"suffix":"x"}`, ""},
			{"best_of", `{…,"best_of":2}`, ""},
		}},
		{"POST /v1/responses", leastInput, "", []probe{
			{"input as a text", `{…}`, `"Text":"hi"`},
			{"input as items: messages, reasoning, function_call, function_call_output", `{"model":"m","input":[{"role":"user","content":"hi"},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}]}`, `"Reasoning":"hm"`},
			{"input: images", `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:"}]}]}`, ""},
			{"input: files", `{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_id":"x"}]}]}`, ""},
			{"instructions", `{…,"instructions":"x"}`, `"Role":"system"`},
			{"stream", `{…,"stream":true}`, `"type":"response.completed"`},
			{"stream_options.include_obfuscation", `{…,"stream":true,"stream_options":{"include_obfuscation":false}}`, ""},
			{"reasoning items", `{…}`, `"type":"reasoning"`},
			{"reasoning.effort (thinking on or off)", `{…,"reasoning":{"effort":"none"}}`, `"Thinking":2`},
			{"reasoning.summary", `{…,"reasoning":{"summary":"auto"}}`, ""},
			{"include reasoning.encrypted_content", `{…,"include":["reasoning.encrypted_content"]}`, ""},
			{"include message.output_text.logprobs, top_logprobs", `{…,"include":["message.output_text.logprobs"],"top_logprobs":2}`, `"TopLogProbs":2`},
			{"store, retrieve, delete, input_items", `{…,"store":true}`, `"store":true`},
			{"previous_response_id", `{…,"previous_response_id":"resp_OLD"}`, `"Text":"said before"`},
			{"conversation", `{…,"conversation":"conv_1"}`, ""},
			{"background, cancel, starting_after", `{…,"background":true}`, `"status":"queued"`},
			{"max_output_tokens", `{…,"max_output_tokens":5}`, `"MaxTokens":5`},
			{"temperature", `{…,"temperature":0.5}`, `"Temperature":0.5`},
			{"top_p", `{…,"top_p":0.5}`, `"TopP":0.5`},
			{"tools of type function", `{…,"tools":[{"type":"function","name":"f"}]}`, `"Name":"f"`},
			{"tools of type namespace", `{…,"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]}]}`, `"Name":"n__f"`},
			{"tools of type function: strict", `{…,"tools":[{"type":"function","name":"f","strict":true}]}`, `"Strict":true`},
			{"tools of type custom", `{…,"tools":[{"type":"custom","name":"f"}]}`, ""},
			{"tools of type mcp, of declared servers", `{…,"tools":[{"type":"mcp","server_label":"shelf"}]}`, `"Name":"shelf__look_up"`},
			{"tools of type mcp: headers, authorization, connector_id", `{…,"tools":[{"type":"mcp","server_label":"shelf","authorization":"x"}]}`, ""},
			{"mcp: allowed_tools, require_approval", `{…,"tools":[{"type":"mcp","server_label":"shelf","allowed_tools":["none"],"require_approval":{"never":{"tool_names":["a"]}}}]}`, `"type":"mcp_list_tools"`},
			{"tools of type web_search, file_search, code_interpreter and others of OpenAI's servers", `{…,"tools":[{"type":"web_search"}]}`, ""},
			{"tool_choice auto, none", `{…,"tools":[{"type":"function","name":"f"}],"tool_choice":"none"}`, `"Tools":null`},
			{"tool_choice required, or a function", `{…,"tools":[{"type":"function","name":"f"}],"tool_choice":"required"}`, `"Required":true`},
			{"parallel_tool_calls", `{…,"parallel_tool_calls":false}`, `"parallel_tool_calls":false`},
			{"max_tool_calls, of mcp tools", `{…,"max_tool_calls":1,"tools":[{"type":"mcp","server_label":"shelf"}]}`, `"type":"mcp_list_tools"`},
			{"text.format text", `{…,"text":{"format":{"type":"text"}}}`, `"status":"completed"`},
			{"text.format json_schema", `{…,"text":{"format":{"type":"json_schema","name":"x","schema":{}}}}`, `"Kind":"json_schema"`},
			{"text.verbosity", `{…,"text":{"verbosity":"low"}}`, ""},
			{"truncation auto", `{…,"truncation":"auto"}`, ""},
			{"prompt", `{…,"prompt":{"id":"x"}}`, ""},
			{"metadata", `{…,"metadata":{"a":"b"}}`, `"metadata":{"a":"b"}`},
			{"prompt_cache_key", `{…,"prompt_cache_key":"x"}`, ""},
			{"service_tier", `{…,"service_tier":"auto"}`, ""},
		}},
		{call: "GET /v1/models"},
		{call: "GET /v1/models/qwen3"},
		{call: "POST /v1/embeddings", least: leastInput},
		{call: "POST /v1/moderations", least: leastInput},
		{call: "POST /v1/conversations"},
		{call: "POST /v1/responses/compact", least: leastInput},
		{call: "GET /v1/files"},
		{call: "GET /v1/files/file-1"},
		{call: "GET /v1/files/file-1/content"},
		{"POST /v1/batches", `"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"`, "", []probe{
			{"", `{…}`, `"status":"in_progress"`},
			{"metadata", `{…,"metadata":{"a":"b"}}`, `"metadata":{"a":"b"}`},
			{"output_expires_after", `{…,"output_expires_after":{"anchor":"created_at","seconds":3600}}`, `"status":"in_progress"`},
		}},
		{call: "GET /v1/batches"},
		{call: "POST /v1/batches/batch_1/cancel"},
		{call: "POST /v1/uploads"},
		{call: "POST /v1/audio/transcriptions"},
		{call: "POST /v1/images/generations"},
	}},
	{"Anthropic", []endpoint{
		{"POST /v1/messages", leastClaude, "", []probe{
			{"text blocks", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}`, `"Text":"a"`},
			{"image blocks", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}`, ""},
			{"document blocks", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"document","source":{}}]}]}`, ""},
			{"tool_use and tool_result blocks", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}]}`, `"ToolCallID":"t"`},
			{"tool_result: is_error", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x","is_error":true}]}]}`, ""},
			{"thinking blocks, both ways", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"x"},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}`, `"Reasoning":"hm"`},
			{"system as a text or blocks", `{…,"system":[{"type":"text","text":"x"}]}`, `"Role":"system"`},
			{"cache_control (every prompt is looked up in the cache)", `{…,"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}`, `"cache_read_input_tokens":4`},
			{"words put into the assistant's mouth", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}`, `"Ending":2`},
			{"max_tokens larger than the context", `{…}`, `"MayFallShort":true`},
			{"stream", `{…,"stream":true}`, `event: message_stop`},
			{"stop_sequences", `{…,"stop_sequences":["x"]}`, `"Stop":["x"]`},
			{"temperature", `{…,"temperature":0.5}`, `"Temperature":0.5`},
			{"top_p", `{…,"top_p":0.5}`, `"TopP":0.5`},
			{"top_k", `{…,"top_k":5}`, `"TopK":5`},
			{"tools", `{…,"tools":[{"name":"f","input_schema":{}}]}`, `"Name":"f"`},
			{"tools: strict", `{…,"tools":[{"name":"f","input_schema":{},"strict":true}]}`, `"Strict":true`},
			{"tools of Anthropic's servers (web_search and others)", `{…,"tools":[{"type":"web_search_20250305","name":"web_search"}]}`, ""},
			{"tool_choice auto, none", `{…,"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"none"}}`, `"Tools":null`},
			{"tool_choice any, tool", `{…,"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"any"}}`, `"Required":true`},
			{"tool_choice: disable_parallel_tool_use", `{…,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}`, `"type":"message"`},
			{"thinking enabled, disabled, adaptive", `{…,"thinking":{"type":"disabled"}}`, `"Thinking":2`},
			{"thinking: budget_tokens", `{…,"thinking":{"type":"enabled","budget_tokens":1024}}`, ""},
			{"output_config.format", `{…,"output_config":{"format":{"type":"json_schema","schema":{}}}}`, `"Kind":"json_schema"`},
			{"mcp_servers", `{…,"mcp_servers":[{"url":"x"}]}`, ""},
			{"container", `{…,"container":"x"}`, ""},
			{"context_management", `{…,"context_management":{}}`, ""},
			{"metadata", `{…,"metadata":{"user_id":"u"}}`, ""},
			{"service_tier", `{…,"service_tier":"auto"}`, ""},
		}},
		{call: "POST /v1/messages/count_tokens", least: leastClaude},
		{call: "GET /v1/models", header: anthropicV},
		{call: "GET /v1/models/qwen3", header: anthropicV},
		{call: "POST /v1/messages/batches"},
		{call: "GET /v1/files", header: anthropicV},
	}},
	{"Ollama", []endpoint{
		{"POST /api/chat", leastOllama, "", []probe{
			{"messages", `{…}`, `"Text":"hi"`},
			{"images", `{"model":"m","messages":[{"role":"user","content":"hi","images":["AAAA"]}]}`, ""},
			{"stream", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`, `"done":false}`},
			{"think, and thinking in answers", `{…,"think":true}`, `"thinking":"Let me think."`},
			{"tools", `{…,"tools":[` + aTool + `]}`, `"Name":"f"`},
			{"format", `{…,"format":"json"}`, `"Kind":"json_object"`},
			{"logprobs, top_logprobs", `{…,"logprobs":true,"top_logprobs":2}`, `"TopLogProbs":2`},
			{"names with the tag latest", `{"model":"qwen3:latest","stream":false,"messages":[{"role":"user","content":"hi"}]}`, `"Model":"qwen3"`},
			{"keep_alive", `{…,"keep_alive":"5m"}`, ""},
			{"options: num_predict", `{…,"options":{"num_predict":5}}`, `"MaxTokens":5`},
			{"options: temperature, top_k, top_p, min_p, seed, stop", `{…,"options":{"temperature":0.5,"top_k":5,"top_p":0.5,"min_p":0.5,"seed":1,"stop":["x"]}}`, `"MinP":0.5`},
			{"options: repeat_penalty, presence_penalty, frequency_penalty", `{…,"options":{"repeat_penalty":1.5,"presence_penalty":1,"frequency_penalty":1}}`, `"Repetition":1.5`},
			{"options: mirostat", `{…,"options":{"mirostat":1}}`, ""},
			{"options: typical_p, tfs_z", `{…,"options":{"typical_p":0.5}}`, ""},
			{"options: num_ctx", `{…,"options":{"num_ctx":4096}}`, ""},
			{"options: repeat_last_n", `{…,"options":{"repeat_last_n":64}}`, ""},
			{"options about memory and threads", `{…,"options":{"num_gpu":1,"num_thread":1}}`, ""},
			{"times and counts", `{…}`, `"prompt_eval_count":7`},
		}},
		{"POST /api/generate", `"model":"m","stream":false,"prompt":"hi"`, "", []probe{
			{"prompt, system", `{…,"system":"x"}`, `"Role":"system"`},
			{"raw", `{…,"raw":true}`, `"Prompt":"hi"`},
			{"suffix", `{…,"suffix":"x"}`, ""},
			{"template", `{…,"template":"x"}`, ""},
			{"context", `{…,"context":[1]}`, ""},
			{"images", `{…,"images":["AAAA"]}`, ""},
			{"format", `{…,"format":"json"}`, `"Kind":"json_object"`},
		}},
		{"POST /api/embed", leastInput, "", []probe{
			{"input as a text or a list", `{…}`, `"embeddings":[[`},
			{"truncate", `{…,"truncate":true}`, ""},
		}},
		{call: "POST /api/embeddings", least: `"model":"m","prompt":"hi"`},
		{call: "GET /api/tags"},
		{call: "POST /api/show", least: `"model":"qwen3"`},
		{call: "GET /api/ps"},
		{call: "POST /api/pull", least: `"model":"small","stream":false`},
		{call: "GET /api/version"},
		{call: "POST /api/create", least: `"model":"x"`},
		{call: "POST /api/copy"},
		{call: "POST /api/push"},
		{call: "DELETE /api/delete"},
	}},
}

// What becomes of a request that uses a feature.
const (
	supported = "supported"
	ignored   = "ignored, and named in `x-hearth-ignored`"
	rejected  = "refused"
	absent    = "not there"
)

// outcome sends a request and finds what becomes of it.
func (p *probe) outcome(t *testing.T, e *endpoint) string {
	t.Helper()
	d := &door{chunks: answer}
	_, _ = d.archive.Keep(t.Context(), "k0", "resp_OLD", "", []byte(`{"response":{"id":"resp_OLD","status":"completed"},"input":[{"role":"user","content":"said before"}]}`))
	method, path, _ := strings.Cut(e.call, " ")
	body := strings.ReplaceAll(p.body, "…", e.least)
	w := d.do(method, path, "Authorization: Bearer admin\n"+e.header, body)
	request, _ := json.Marshal(d.request)
	switch text := w.Body.String(); {
	case w.Code == 404 && strings.Contains(text, string(hearth.NoSuchRoute)), w.Code == 405:
		return absent
	case w.Code == 400 && strings.Contains(text, string(hearth.Unsupported)):
		return rejected
	case w.Code != 200:
		t.Errorf("%s, %s: %d %s", e.call, p.feature, w.Code, text)
	case w.Header().Get("X-Hearth-Ignored") != "":
		return ignored
	case p.proof == "" && p.feature != "", !strings.Contains(string(request)+text, p.proof):
		t.Errorf("%s, %s: nothing shows that it works in\n%s\n%s", e.call, p.feature, request, text)
	}
	return supported
}

// TestConformanceManual writes docs/conformance.md from what the door does.
func TestConformanceManual(t *testing.T) {
	var table strings.Builder
	var scores []string
	for _, s := range surface {
		score := map[string]int{}
		fmt.Fprintf(&table, "\n## %s\n\n| Endpoint | Feature | hearth |\n|---|---|---|\n", s.dialect)
		for _, e := range s.endpoints {
			probes := e.probes
			if probes == nil {
				probes = []probe{{"", "{…}", ""}}
			}
			for _, p := range probes {
				o := p.outcome(t, &e)
				score[o]++
				fmt.Fprintf(&table, "| `%s` | %s | %s |\n", e.call, p.feature, o)
			}
		}
		total := score[supported] + score[ignored] + score[rejected] + score[absent]
		scores = append(scores, fmt.Sprintf("| %s | %d of %d | %d | %d | %d |", s.dialect, score[supported], total, score[ignored], score[rejected], score[absent]))
	}
	got := `# Conformance

What clients of other servers can ask of hearth, found by asking: a test sends a request
for every line and looks at what reaches the model and what comes back. *Refused* is an
error that names the field, before anything is generated. *Ignored* is what can't change
the answer. *Not there* is an endpoint that hearth does not have.

Beside it the official SDKs run unmodified against the real binary
(` + "`scenarios/sdk`" + `): OpenAI's for Python, Node and Go, Anthropic's and Ollama's for Python
and Node. [` + "`" + `hearth conformance` + "`" + `](conformance-command.md) asks any other server as well.

| Dialect | Supported | Ignored | Refused | Not there |
|---|---|---|---|---|
` + strings.Join(scores, "\n") + "\n" + table.String()
	const path = "../../docs/conformance.md"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s is out of date (%v): make generate", path, err)
	}
}
