// Package learn reads the sets that the inspector of internal/trust learns from and is
// measured on, splits them so that what is measured was not learned, and measures. It
// never runs in the product: tools/trust and tests use it.
//
// Invariants:
//
//   - L1. No answer is measured by a model that has seen its question, its brand where
//     brands are held out, or its topic where topics are.
//   - L2. The same sets and seed give the same figures.
package learn

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hearthbox/hearth/internal/trust"
)

// lineMax is the longest line of a set, in bytes.
const lineMax = 8 << 20

func lines(r io.Reader, each func([]byte) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, lineMax)
	for n := 1; s.Scan(); n++ {
		if len(s.Bytes()) == 0 {
			continue
		}
		if err := each(s.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s.Err()
}

// Webis reads the Webis Generated Native Ads 2024. The sentence that holds an
// advertisement is what is learned: the set's narrower spans begin and end within words.
func Webis(r io.Reader) ([]trust.Example, error) {
	var out []trust.Example
	twins := map[string]string{}
	err := lines(r, func(line []byte) error {
		var x struct {
			ID, Query, Response, Advertisement string
			Topic                              string `json:"meta_topic"`
			Sentence                           string `json:"sen_span"`
			Label                              int
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		e := trust.Example{ID: x.ID, Topic: x.Topic, Language: "en", Group: x.Query, Question: x.Query, Answer: x.Response}
		if x.Label == 1 {
			var a, b int
			if _, err := fmt.Sscanf(x.Sentence, "(%d, %d)", &a, &b); err != nil {
				return fmt.Errorf("%s: span %q: %w", x.ID, x.Sentence, err)
			}
			e.Brand, e.Ads = x.Advertisement, []trust.Range{{Start: offset(x.Response, a), End: offset(x.Response, b)}}
		} else {
			twins[strings.TrimSuffix(x.ID, "-N")] = x.Response
		}
		out = append(out, e)
		return nil
	})
	for i, e := range out {
		if e.Brand != "" {
			out[i].Twin = twins[strings.TrimSuffix(e.ID, "-A")]
		}
	}
	return out, err
}

// Chinese is an answer of our own set; Kind, UnseenBrand and Fold, that of its wording or
// -1, say how it may be split.
type Chinese struct {
	trust.Example
	Kind        string
	UnseenBrand bool
	Fold        int
}

// ChineseSet reads what tools/trust/zh writes.
func ChineseSet(r io.Reader) ([]Chinese, error) {
	var out []Chinese
	answers := map[string]string{}
	err := lines(r, func(line []byte) error {
		var x struct {
			ID, Vertical, Kind, Question, Answer, Brand, Twin string
			Spans                                             [][2]int
			UnseenBrand                                       bool `json:"unseen_brand"`
			Fold                                              int  `json:"wording_fold"`
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		e := trust.Example{ID: x.ID, Topic: x.Vertical, Language: "zh", Group: x.Vertical, Question: x.Question, Answer: x.Answer, Part: max(0, x.Fold+1), Brand: x.Brand, Twin: x.Twin}
		for _, s := range x.Spans {
			e.Ads = append(e.Ads, trust.Range{Start: offset(x.Answer, s[0]), End: offset(x.Answer, s[1])})
		}
		answers[x.ID] = x.Answer
		out = append(out, Chinese{e, x.Kind, x.UnseenBrand, x.Fold})
		return nil
	})
	for i := range out {
		out[i].Twin = answers[out[i].Twin]
	}
	return out, err
}

// offset is where character n of a text begins, in bytes.
func offset(text string, n int) int {
	for at := range text {
		if n == 0 {
			return at
		}
		n--
	}
	return len(text)
}

// Row is an answer of a set that is only measured.
type Row struct{ Language, Style, Question, Answer string }

// Rows reads such a set.
func Rows(r io.Reader) ([]Row, error) {
	var out []Row
	err := lines(r, func(line []byte) error {
		var x Row
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		out = append(out, x)
		return nil
	})
	return out, err
}
