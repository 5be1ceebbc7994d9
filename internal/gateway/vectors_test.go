package gateway_test

import (
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

func tooLong(i int) error {
	return hearth.NewError(hearth.ContextOverflow, "prompt_tokens", 600, "answer_tokens", 0, "model", "bge", "context_tokens", 512).
		At("texts[" + string(rune('0'+i)) + "]")
}

func FuzzEmbeddings(f *testing.F) {
	f.Add([]byte(`{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":2}`))
	f.Add([]byte(`{"model":"m","input":[[1,2],[3]],"user":"u"}`))
	f.Fuzz(func(t *testing.T, body []byte) { door500(t, "/v1/embeddings", body) })
}

func FuzzRerank(f *testing.F) {
	f.Add([]byte(`{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":1,"return_documents":true}`))
	f.Add([]byte(`{"model":"m","query":"","documents":[{"txt":1},null,3]}`))
	f.Fuzz(func(t *testing.T, body []byte) { door500(t, "/v1/rerank", body) })
}

func door500(t *testing.T, path string, body []byte) {
	w := (&door{}).do("POST", path, "", string(body))
	if w.Code >= 500 {
		t.Fatalf("%q: %d %s", body, w.Code, w.Body)
	}
}

// TestManyTexts holds requests to their limits.
func TestManyTexts(t *testing.T) {
	for path, body := range map[string]string{
		"/v1/embeddings": `{"model":"m","input":["x"` + strings.Repeat(`,"x"`, 2048) + `]}`,
		"/v1/rerank":     `{"model":"m","query":"q","documents":["x"` + strings.Repeat(`,"x"`, 1000) + `]}`,
	} {
		if w := (&door{}).do("POST", path, "", body); w.Code != 400 || !strings.Contains(w.Body.String(), `"out_of_range"`) {
			t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
		}
	}
}
