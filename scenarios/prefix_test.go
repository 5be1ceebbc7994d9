package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestKnownPrompts asks the same with two keys: what was computed for one serves the
// other, unless the operator keeps keys apart; then it serves the same key only.
func TestKnownPrompts(t *testing.T) {
	prompt := `{"model":"chat","max_tokens":1,"prompt":"` + strings.Repeat("Answer briefly. ", 5) + `"}`
	for setting, want := range map[string][3]int{
		"engine.share_prefixes=true":  {0, 79, 79},
		"engine.share_prefixes=false": {0, 0, 79},
	} {
		s := start(t, newHome(t), setting)
		mine := s.key
		for i, key := range []string{mine, s.newKey("another"), mine} {
			s.key = key
			status, body := s.ask("/v1/completions", prompt)
			var answer struct {
				Usage struct {
					Details struct {
						Cached int `json:"cached_tokens"`
					} `json:"prompt_tokens_details"`
				}
			}
			if err := json.Unmarshal([]byte(body), &answer); status != 200 || err != nil {
				t.Fatalf("%d %s (%v)", status, body, err)
			}
			if got := answer.Usage.Details.Cached; got != want[i] {
				t.Errorf("%s, request %d: %d cached tokens, not %d", setting, i, got, want[i])
			}
		}
	}
}
