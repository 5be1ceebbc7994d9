package upstream

import "encoding/json"

// chatBody is what is sent to /chat/completions, and, with Prompt in place of
// Messages, to /completions. What is not set is not sent: servers differ in what
// they know.
type chatBody struct {
	Model         string          `json:"model"`
	Messages      []message       `json:"messages,omitempty"`
	Prompt        *string         `json:"prompt,omitempty"`
	Stream        bool            `json:"stream"`
	StreamOptions map[string]bool `json:"stream_options,omitempty"`

	N                 int                `json:"n,omitempty"`
	MaxTokens         int                `json:"max_tokens,omitempty"`
	MaxCompletion     int                `json:"max_completion_tokens,omitempty"` // OpenAI's newer name
	Stop              []string           `json:"stop,omitempty"`
	Temperature       *float64           `json:"temperature,omitempty"`
	TopP              *float64           `json:"top_p,omitempty"`
	TopK              int                `json:"top_k,omitempty"`
	MinP              float64            `json:"min_p,omitempty"`
	RepetitionPenalty float64            `json:"repetition_penalty,omitempty"` // vLLM, SGLang
	RepeatPenalty     float64            `json:"repeat_penalty,omitempty"`     // llama.cpp
	FrequencyPenalty  float64            `json:"frequency_penalty,omitempty"`
	PresencePenalty   float64            `json:"presence_penalty,omitempty"`
	LogitBias         map[string]float64 `json:"logit_bias,omitempty"`
	IgnoreEOS         bool               `json:"ignore_eos,omitempty"` // vLLM, SGLang, llama.cpp, hearth
	Seed              *int64             `json:"seed,omitempty"`
	LogProbs          any                `json:"logprobs,omitempty"` // bool for chats, a count for completions
	TopLogProbs       int                `json:"top_logprobs,omitempty"`
	Tools             []tool             `json:"tools,omitempty"`
	ToolChoice        any                `json:"tool_choice,omitempty"`
	ParallelCalls     *bool              `json:"parallel_tool_calls,omitempty"`
	ResponseFormat    any                `json:"response_format,omitempty"`
	TemplateArgs      map[string]bool    `json:"chat_template_kwargs,omitempty"`
	EnableThinking    *bool              `json:"enable_thinking,omitempty"` // Alibaba, Tencent, SiliconFlow
	Thinking          map[string]string  `json:"thinking,omitempty"`        // DeepSeek, Volcengine
	ContinueLast      bool               `json:"continue_final_message,omitempty"`
	AddPrompt         *bool              `json:"add_generation_prompt,omitempty"`
	Structured        map[string]any     `json:"structured_outputs,omitempty"` // vLLM
	Regex             string             `json:"regex,omitempty"`              // SGLang
	EBNF              string             `json:"ebnf,omitempty"`               // the same
	Grammar           string             `json:"grammar,omitempty"`            // llama.cpp

	path  string // where it goes
	plain bool   // no conversation
}

type message struct {
	Role         string     `json:"role"`
	Content      *string    `json:"content"`
	Reasoning    string     `json:"reasoning_content,omitempty"`
	ReasoningToo string     `json:"reasoning,omitempty"` // vLLM's newer name
	ToolCalls    []toolCall `json:"tool_calls,omitempty"`
	ToolCallID   string     `json:"tool_call_id,omitempty"`
	Name         string     `json:"name,omitempty"`
	Prefix       bool       `json:"prefix,omitempty"`  // DeepSeek: the answer goes on from here
	Partial      bool       `json:"partial,omitempty"` // Alibaba: the same
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      bool            `json:"strict,omitempty"`
}

type toolCall struct {
	Index    int    `json:"index"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// event is the data of one server-sent event: a chunk of a chat or of a plain
// completion, or an error; or all of an answer, from servers that do not stream.
type event struct {
	Choices []eventChoice `json:"choices"`
	Usage   *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		CacheHits        int `json:"prompt_cache_hit_tokens"` // DeepSeek
		PromptDetails    *struct {
			CachedTokens int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		CompletionDetails *struct {
			ReasoningTokens int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	} `json:"usage"`
	Error    json.RawMessage `json:"error"`
	Response json.RawMessage `json:"Response"` // in which Tencent's older APIs have theirs
	Code     any             `json:"code"`     // beside a message and no choices: an error as well
	Message  string          `json:"message"`
}

type eventChoice struct {
	Index        int             `json:"index"`
	Delta        *delta          `json:"delta"`
	Message      *delta          `json:"message"` // of an answer that came whole
	Text         string          `json:"text"`
	LogProbs     json.RawMessage `json:"logprobs"`
	FinishReason *string         `json:"finish_reason"`
	StopReason   json.RawMessage `json:"stop_reason"`  // vLLM
	MatchedStop  json.RawMessage `json:"matched_stop"` // SGLang
}

type delta struct {
	Content          content     `json:"content"`
	Refusal          string      `json:"refusal"` // OpenAI's words in place of content
	ReasoningContent string      `json:"reasoning_content"`
	Reasoning        string      `json:"reasoning"`
	ToolCalls        []deltaCall `json:"tool_calls"`
}

// deltaCall is a step of a tool call as servers send it.
type deltaCall struct {
	Index    *int   `json:"index"` // missing from some
	ID       string `json:"id"`
	Function struct {
		Name      string    `json:"name"`
		Arguments arguments `json:"arguments"`
	} `json:"function"`
}

// content is a text, or parts of one.
type content string

// UnmarshalJSON reads either.
func (c *content) UnmarshalJSON(raw []byte) error {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text != nil {
			*c = content(*text)
		}
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		*c += content(p.Text)
	}
	return nil
}

// arguments are JSON in a text, or as it is.
type arguments string

// UnmarshalJSON reads either.
func (a *arguments) UnmarshalJSON(raw []byte) error {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text != nil {
			*a = arguments(*text)
		}
		return nil
	}
	*a = arguments(raw)
	return nil
}

// logProb is a token of a chat's log-probabilities.
type logProb struct {
	Token   string    `json:"token"`
	LogProb float64   `json:"logprob"`
	Bytes   []int     `json:"bytes"`
	Top     []logProb `json:"top_logprobs"`
}

// logProbs are those of a chat, or the columns of a plain completion.
type logProbs struct {
	Content       []logProb            `json:"content"`
	Tokens        []string             `json:"tokens"`
	TokenLogProbs []float64            `json:"token_logprobs"`
	TopLogProbs   []map[string]float64 `json:"top_logprobs"`
}
