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
	StreamOptions map[string]bool `json:"stream_options"`

	N                 int                `json:"n,omitempty"`
	MaxTokens         int                `json:"max_tokens,omitempty"`
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
	ContinueLast      bool               `json:"continue_final_message,omitempty"`
	AddPrompt         *bool              `json:"add_generation_prompt,omitempty"`
}

type message struct {
	Role       string     `json:"role"`
	Content    *string    `json:"content"`
	Reasoning  string     `json:"reasoning_content,omitempty"`
	ToolCalls  []toolCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
	Name       string     `json:"name,omitempty"`
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
// completion, or an error.
type event struct {
	Choices []struct {
		Index int `json:"index"`
		Delta struct {
			Content          *string    `json:"content"`
			ReasoningContent string     `json:"reasoning_content"`
			Reasoning        string     `json:"reasoning"`
			ToolCalls        []toolCall `json:"tool_calls"`
		} `json:"delta"`
		Text         string          `json:"text"`
		LogProbs     json.RawMessage `json:"logprobs"`
		FinishReason *string         `json:"finish_reason"`
		StopReason   json.RawMessage `json:"stop_reason"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		PromptDetails    *struct {
			CachedTokens int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		CompletionDetails *struct {
			ReasoningTokens int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
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

// modelList is the answer of /models.
type modelList struct {
	Data []struct {
		ID            string `json:"id"`
		Created       int64  `json:"created"`
		MaxModelLen   int    `json:"max_model_len"`  // vLLM, SGLang
		ContextTokens int    `json:"context_tokens"` // hearth
		Task          string `json:"task"`           // the same
		Meta          struct {
			ContextTrained int `json:"n_ctx_train"` // llama-server
		} `json:"meta"`
	} `json:"data"`
}
