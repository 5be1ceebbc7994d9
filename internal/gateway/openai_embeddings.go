package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"

	"github.com/hearthbox/hearth"
)

// inputsMax is how many texts OpenAI takes at once.
const inputsMax = 2048

// embeddingsRequest is the body of POST /v1/embeddings.
type embeddingsRequest struct {
	Model          string    `json:"model"`
	Input          inputText `json:"input"`
	EncodingFormat string    `json:"encoding_format"`
	Dimensions     *int      `json:"dimensions"`
}

// inputText is a text or a list of them.
type inputText struct {
	texts []string
	alone bool // not in a list
	other bool // token ids, or something else
}

// UnmarshalJSON tells apart what can be honoured.
func (i *inputText) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil
	case '"':
		i.texts, i.alone = make([]string, 1), true
		return json.Unmarshal(b, &i.texts[0])
	}
	i.other = json.Unmarshal(b, &i.texts) != nil
	return nil
}

func (e *embeddingsRequest) request() (*hearth.EmbeddingRequest, error) {
	k := checks{}
	k.model(e.Model)
	switch n := len(e.Input.texts); {
	case e.Input.other:
		k.fail(hearth.NewError(hearth.InvalidValue, "field", "input", "detail", hearth.Words{
			"it must be a text or a list of texts: token ids mean something else to every model (LangChain sends texts with check_embedding_ctx_length=False)",
			"必须是文本或文本列表：词元编号在每个模型中含义不同（LangChain 请设置 check_embedding_ctx_length=False 以发送文本）"}).At("input"))
	case n == 0:
		k.fail(missing("input"))
	case n > inputsMax:
		k.fail(outOfRangeIn("input", "the number of texts", 1, inputsMax))
	}
	switch e.EncodingFormat {
	case "", "float", "base64":
	default:
		k.fail(hearth.NewError(hearth.NotOneOf, "field", "encoding_format", "choices", "float, base64").At("encoding_format"))
	}
	r := &hearth.EmbeddingRequest{Model: e.Model, Texts: e.Input.texts}
	r.Dimensions = k.integer("dimensions", e.Dimensions, 1, math.MaxInt32, 0)
	return r, k.err
}

type embeddingsAnswer struct {
	Object string       `json:"object"`
	Data   []embedding  `json:"data"`
	Model  string       `json:"model"`
	Usage  encodedUsage `json:"usage"`
}

type embedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // numbers, or their bytes in base64
}

// encodedUsage counts what was read; nothing is generated.
type encodedUsage struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// embeddings answers POST /v1/embeddings.
func (x *exchange) embeddings() error {
	var e embeddingsRequest
	if err := x.read(&e); err != nil {
		return err
	}
	r, err := e.request()
	if err != nil {
		return err
	}
	got, err := x.vectors(r)
	if err != nil {
		name := "input"
		if e.Input.alone {
			return renamed(err, "texts[0]", name)
		}
		return renamed(err, "texts", name)
	}
	answer := embeddingsAnswer{Object: "list", Model: r.Model, Usage: encodedUsage{got.Usage.PromptTokens, got.Usage.PromptTokens}}
	for i, v := range got.Vectors {
		out := embedding{Object: "embedding", Index: i, Embedding: v}
		if e.EncodingFormat == "base64" {
			out.Embedding = floatBytes(v)
		}
		answer.Data = append(answer.Data, out)
	}
	x.w.Header().Set("X-Hearth-Served-By", got.ServedBy)
	x.writeJSON(http.StatusOK, answer)
	return nil
}

// vectors asks for the vectors of texts, in the way that answers are asked for.
func (x *exchange) vectors(e *hearth.EmbeddingRequest) (got *hearth.Embeddings, err error) {
	err = x.collect(&hearth.Request{Model: e.Model, Embed: e}, func(c hearth.Chunk) { got = c.Embeddings })
	if err == nil && got == nil {
		err = errors.New("the answer to a request for vectors has none")
	}
	return got, err
}

// floatBytes is a vector as OpenAI's clients like it: little-endian floats in base64.
func floatBytes(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// renamed blames what the dialect calls the part of the request at fault.
func renamed(err error, from, to string) error {
	if e, ok := errors.AsType[*hearth.Error](err); ok && strings.HasPrefix(e.Field, from) {
		return e.At(to + strings.TrimPrefix(e.Field, from))
	}
	return err
}
