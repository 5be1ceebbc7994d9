package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
)

// ollamaEmbedRequest is the body of POST /api/embed, and of /api/embeddings, which came
// before it and has a prompt.
type ollamaEmbedRequest struct {
	Model      string        `json:"model"`
	Input      embedInput    `json:"input"`
	Prompt     string        `json:"prompt"`
	Dimensions *int          `json:"dimensions"`
	Truncate   *bool         `json:"truncate"` // nothing is ever cut here
	Options    ollamaOptions `json:"options"`
}

func (c *ollamaEmbedRequest) ignored() []string {
	names := c.Options.unknown
	if c.Truncate != nil && *c.Truncate {
		names = append(names, "truncate")
	}
	return names
}

// embedInput is a text or a list of texts.
type embedInput []string

// UnmarshalJSON accepts both.
func (i *embedInput) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		*i = make(embedInput, 1)
		return json.Unmarshal(b, &(*i)[0])
	}
	if json.Unmarshal(b, (*[]string)(i)) != nil {
		return hearth.NewError(hearth.WrongType, "field", "input", "type", "string or array of strings").At("input")
	}
	return nil
}

// Limits of an embedding request.
const (
	textsMax      = 2048
	dimensionsMax = 1 << 16
)

// embed asks for the vectors of texts.
func (x *exchange) embed(c *ollamaEmbedRequest, texts []string) (*hearth.Embeddings, error) {
	k := checks{}
	k.model(c.Model)
	dimensions := k.integer("dimensions", c.Dimensions, 1, dimensionsMax, 0)
	if len(texts) > textsMax {
		k.fail(outOfRangeIn("input", "the number of texts", 0, textsMax))
	}
	if k.err != nil {
		return nil, k.err
	}
	name, err := x.ollamaName(c.Model)
	if err != nil {
		return nil, err
	}
	e, err := x.vectors(&hearth.EmbeddingRequest{Model: name, Texts: texts, Dimensions: dimensions})
	if err != nil {
		return nil, renamed(err, "texts", "input")
	}
	if len(e.Vectors) != len(texts) {
		return nil, fmt.Errorf("%d vectors of %d texts", len(e.Vectors), len(texts))
	}
	x.w.Header().Set("X-Hearth-Served-By", e.ServedBy)
	return e, nil
}

// ollamaEmbed answers POST /api/embed.
func (x *exchange) ollamaEmbed() error {
	start := time.Now()
	var c ollamaEmbedRequest
	if err := x.read(&c); err != nil {
		return err
	}
	e := &hearth.Embeddings{Vectors: [][]float32{}}
	if len(c.Input) > 0 { // none is a way to have the model loaded
		var err error
		if e, err = x.embed(&c, c.Input); err != nil {
			return err
		}
	}
	x.writeJSON(http.StatusOK, struct {
		Model      string        `json:"model"`
		Embeddings [][]float32   `json:"embeddings"`
		Total      time.Duration `json:"total_duration"`
		Load       time.Duration `json:"load_duration"`
		Tokens     int           `json:"prompt_eval_count"`
	}{c.Model, e.Vectors, time.Since(start), 0, e.Usage.PromptTokens})
	return nil
}

// ollamaEmbedding answers POST /api/embeddings.
func (x *exchange) ollamaEmbedding() error {
	var c ollamaEmbedRequest
	if err := x.read(&c); err != nil {
		return err
	}
	vector := []float32{}
	if c.Prompt != "" {
		e, err := x.embed(&c, []string{c.Prompt})
		if err != nil {
			return err
		}
		vector = e.Vectors[0]
	}
	x.writeJSON(http.StatusOK, map[string][]float32{"embedding": vector})
	return nil
}
