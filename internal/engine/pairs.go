package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// pairs is how a reranker reads a query with a text, and what its scores say.
type pairs interface {
	// encode returns the tokens, and where the second segment begins.
	encode(query, text string) (ids []int32, second int)

	// score is from 0, the text does not answer the query, to 1.
	score(row []float32) float64
}

// newPairs finds out how. roberta is how models with that one's tokens, and XLM-R's,
// set two texts apart: each with an end of its own, and one before the second.
func newPairs(m *nn.Model, t *tokenizer.Tokenizer, roberta bool) (pairs, error) {
	if m.BothWays {
		if m.Classes > 2 {
			return nil, fmt.Errorf("a classifier of %d classes, which is no reranker: %w", m.Classes, nn.ErrUnsupported)
		}
		between := t.Closing()
		if roberta {
			between = slices.Concat(between, between)
		}
		return crossEncoder{t, between}, nil
	}
	return newJudge(m, t)
}

// crossEncoder reads the query and the text as two segments (Nogueira and Cho 2019).
type crossEncoder struct {
	tokens  *tokenizer.Tokenizer
	between []int32
}

func (c crossEncoder) encode(query, text string) (ids []int32, second int) {
	ids = c.tokens.AppendLiteral(append(ids, c.tokens.Opening()...), query)
	ids = append(ids, c.between...)
	second = len(ids)
	return append(c.tokens.AppendLiteral(ids, text), c.tokens.Closing()...), second
}

func (c crossEncoder) score(row []float32) float64 {
	if len(row) == 2 { // no, yes
		return sigmoid(float64(row[1]) - float64(row[0]))
	}
	return sigmoid(float64(row[0]))
}

// judge is a text model that was taught to say yes or no: Qwen3-Reranker (Zhang et al.
// 2025), with the prompt of its model card.
type judge struct {
	tokens  *tokenizer.Tokenizer
	yes, no int // where their logits stand
}

const (
	judgeBegins = "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. " +
		"Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n"
	judgePair = "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n<Query>: %s\n<Document>: %s"
	judgeEnds = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
)

func newJudge(m *nn.Model, t *tokenizer.Tokenizer) (pairs, error) {
	if m.Classes > 0 {
		return judge{t, 0, 1}, nil
	}
	yes, isYes := t.Lookup("yes")
	no, isNo := t.Lookup("no")
	if !isYes || !isNo {
		return nil, fmt.Errorf(`a reranker without the words "yes" and "no": %w`, nn.ErrUnsupported)
	}
	return judge{t, int(yes), int(no)}, nil
}

func (j judge) encode(query, text string) (ids []int32, second int) {
	ids = j.tokens.Append(ids, judgeBegins, true)
	ids = j.tokens.AppendLiteral(ids, fmt.Sprintf(judgePair, query, text))
	ids = j.tokens.Append(ids, judgeEnds, true)
	return ids, len(ids)
}

func (j judge) score(row []float32) float64 {
	return sigmoid(float64(row[j.yes]) - float64(row[j.no]))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
