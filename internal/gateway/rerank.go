package gateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/hearthbox/hearth"
)

// documentsMax is how many documents are ranked at once, as many as others take.
const documentsMax = 1000

// rerankRequest is the body of POST /v1/rerank, which Jina, Cohere and their kind
// agree on; OpenAI has none.
type rerankRequest struct {
	Model           string         `json:"model"`
	Query           string         `json:"query"`
	Documents       []documentText `json:"documents"`
	TopN            *int           `json:"top_n"`
	ReturnDocuments bool           `json:"return_documents"`
}

// documentText is a text, or an object that holds one.
type documentText struct{ text *string }

// UnmarshalJSON leaves the text away where there is none.
func (d *documentText) UnmarshalJSON(b []byte) error {
	if b[0] != '"' {
		var o struct {
			Text *string `json:"text"`
		}
		if json.Unmarshal(b, &o) == nil {
			d.text = o.Text
		}
		return nil
	}
	return json.Unmarshal(b, &d.text)
}

func (q *rerankRequest) request() (*hearth.RerankRequest, error) {
	k := checks{}
	k.model(q.Model)
	switch n := len(q.Documents); {
	case q.Query == "":
		k.fail(missing("query"))
	case n == 0:
		k.fail(missing("documents"))
	case n > documentsMax:
		k.fail(outOfRangeIn("documents", "the number of documents", 1, documentsMax))
	}
	k.integer("top_n", q.TopN, 1, 1<<30, 0)
	r := &hearth.RerankRequest{Model: q.Model, Query: q.Query}
	for i, d := range q.Documents[:min(len(q.Documents), documentsMax)] {
		if d.text == nil {
			field := fmt.Sprintf("documents[%d]", i)
			k.fail(hearth.NewError(hearth.WrongType, "field", field, "type", "string, or object with a text").At(field))
			break
		}
		r.Texts = append(r.Texts, *d.text)
	}
	return r, k.err
}

type rerankAnswer struct {
	Object  string       `json:"object"`
	Model   string       `json:"model"`
	Results []ranked     `json:"results"`
	Usage   encodedUsage `json:"usage"`
}

type ranked struct {
	Index          int           `json:"index"`
	RelevanceScore float64       `json:"relevance_score"`
	Document       *rankedSource `json:"document,omitempty"`
}

type rankedSource struct {
	Text string `json:"text"`
}

// ranking asks how well texts answer a query, in the way that answers are asked for.
func (x *exchange) ranking(q *hearth.RerankRequest) (got *hearth.Ranking, err error) {
	err = x.collect(&hearth.Request{Model: q.Model, Rerank: q}, func(c hearth.Chunk) { got = c.Ranking })
	if err == nil && got == nil {
		err = errors.New("the answer to a request for a ranking has none")
	}
	return got, err
}

// rerank answers POST /v1/rerank.
func (x *exchange) rerank() error {
	var q rerankRequest
	if err := x.read(&q); err != nil {
		return err
	}
	r, err := q.request()
	if err != nil {
		return err
	}
	got, err := x.ranking(r)
	if err != nil {
		return renamed(err, "texts", "documents")
	}
	answer := rerankAnswer{Object: "list", Model: r.Model, Usage: encodedUsage{got.Usage.PromptTokens, got.Usage.PromptTokens}}
	for i, s := range got.Scores {
		answer.Results = append(answer.Results, ranked{Index: i, RelevanceScore: s})
	}
	slices.SortStableFunc(answer.Results, func(a, b ranked) int { return cmp.Compare(b.RelevanceScore, a.RelevanceScore) })
	if q.TopN != nil {
		answer.Results = answer.Results[:min(*q.TopN, len(answer.Results))]
	}
	if q.ReturnDocuments {
		for i := range answer.Results {
			answer.Results[i].Document = &rankedSource{r.Texts[answer.Results[i].Index]}
		}
	}
	x.w.Header().Set("X-Hearth-Served-By", got.ServedBy)
	x.writeJSON(http.StatusOK, answer)
	return nil
}
