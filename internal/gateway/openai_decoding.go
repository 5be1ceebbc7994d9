package gateway

import (
	"encoding/json"
	"strconv"

	"github.com/hearthbox/hearth"
)

// openAIDecoding are the fields that chat and plain completions share. Those after
// the blank line are not OpenAI's but common among compatible servers.
type openAIDecoding struct {
	Model            string             `json:"model"`
	Stream           bool               `json:"stream"`
	StreamOptions    *streamOptions     `json:"stream_options"`
	N                *int               `json:"n"`
	MaxTokens        *int               `json:"max_tokens"`
	Stop             oneOrMany          `json:"stop"`
	Temperature      *float64           `json:"temperature"`
	TopP             *float64           `json:"top_p"`
	FrequencyPenalty *float64           `json:"frequency_penalty"`
	PresencePenalty  *float64           `json:"presence_penalty"`
	LogitBias        map[string]float64 `json:"logit_bias"`
	Seed             *int64             `json:"seed"`

	TopK              *int     `json:"top_k"`
	MinP              *float64 `json:"min_p"`
	RepetitionPenalty *float64 `json:"repetition_penalty"`
	IgnoreEOS         bool     `json:"ignore_eos"`

	Structured *structure `json:"structured_outputs"` // vLLM's
	Grammar    *string    `json:"grammar"`            // llama.cpp's
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// oneOrMany is a string or a list of strings.
type oneOrMany []string

// UnmarshalJSON accepts both, and null.
func (o *oneOrMany) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil && b[0] == '"' {
		*o = oneOrMany{one}
		return nil
	}
	if json.Unmarshal(b, (*[]string)(o)) != nil {
		return hearth.NewError(hearth.WrongType, "field", "stop", "type", "string or array of strings").At("stop")
	}
	return nil
}

func (d *openAIDecoding) wantsUsage() bool {
	return d.StreamOptions != nil && d.StreamOptions.IncludeUsage
}

// decoding checks the fields and puts them in hearth's words.
func (d *openAIDecoding) decoding() (hearth.Decoding, error) {
	c := checks{}
	out := hearth.Decoding{
		Choices:   c.integer("n", d.N, 1, choicesMax, 1),
		MaxTokens: c.integer("max_tokens", d.MaxTokens, 1, maxTokensMax, 0),
		Stop:      c.stops("stop", d.Stop),
		IgnoreEnd: d.IgnoreEOS,
		Sampling: hearth.Sampling{
			Temperature: c.optional("temperature", d.Temperature, 0, 2),
			TopP:        c.optional("top_p", d.TopP, 0, 1),
			TopK:        c.topK(d.TopK),
			MinP:        c.number("min_p", d.MinP, 0, 1, 0),
			Repetition:  c.number("repetition_penalty", d.RepetitionPenalty, 0.01, 100, 0),
			Frequency:   c.number("frequency_penalty", d.FrequencyPenalty, -2, 2, 0),
			Presence:    c.number("presence_penalty", d.PresencePenalty, -2, 2, 0),
			Bias:        c.biases(d.LogitBias),
			Seed:        d.Seed,
		},
	}
	c.model(d.Model)
	if d.StreamOptions != nil && !d.Stream {
		c.fail(hearth.NewError(hearth.InvalidValue, "field", "stream_options", "detail", hearth.Words{"it is for streams only", "仅用于流式请求"}).At("stream_options"))
	}
	return out, c.err
}

func (c *checks) biases(biases map[string]float64) map[int]float64 {
	if len(biases) > biasesMax {
		c.fail(outOfRangeIn("logit_bias", "the number of entries of logit_bias", 0, biasesMax))
	}
	out := make(map[int]float64, len(biases))
	for key, b := range biases {
		id, err := strconv.ParseUint(key, 10, 31)
		if err != nil {
			c.fail(hearth.NewError(hearth.InvalidValue, "field", "logit_bias", "detail", hearth.Words{"its keys must be token ids", "其键必须是词元编号"}).At("logit_bias"))
		}
		c.optional("logit_bias", &b, -100, 100)
		out[int(id)] = b
	}
	return out
}
