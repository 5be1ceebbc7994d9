package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
)

// response is what tests look at.
type response struct {
	ID, Status string
	Store      bool
	Output     []struct {
		ID, Type, Name, Namespace string
		Content                   []struct{ Text string }
	}
	Error *struct {
		Code  string
		Cause string `json:"hearth_code"`
	}
	Data    []struct{ ID, Type string }
	HasMore bool `json:"has_more"`
	Deleted bool
}

func parsed(t *testing.T, w *httptest.ResponseRecorder, status int) response {
	t.Helper()
	var r response
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || w.Code != status {
		t.Fatalf("%d %s (%v)", w.Code, w.Body, err)
	}
	return r
}

func said(r *hearth.Request) string {
	var lines []string
	for _, m := range r.Messages {
		line := string(m.Role) + ":" + m.Reasoning + "|" + m.Text
		for _, c := range m.ToolCalls {
			line += "|" + c.ID + " " + c.Name + c.Arguments
		}
		lines = append(lines, line+m.ToolCallID)
	}
	return strings.Join(lines, "\n")
}

// TestResponsesGoOn: a conversation is continued from its last answer, with all that was
// said, thought and called, but for the instructions.
func TestResponsesGoOn(t *testing.T) {
	d := &door{chunks: answer}
	first := parsed(t, d.do("POST", "/v1/responses", "", `{"model":"m","instructions":"Be brief.","input":"one"}`), 200)
	if !first.Store || first.Status != "completed" {
		t.Errorf("got %+v", first)
	}
	d.chunks = calls
	second := parsed(t, d.do("POST", "/v1/responses", "", `{"model":"m","input":"two","tools":[{"type":"function","name":"score"}],"previous_response_id":"`+first.ID+`"}`), 200)
	d.chunks = answer
	d.do("POST", "/v1/responses", "", `{"model":"m","instructions":"Be kind.","previous_response_id":"`+second.ID+`","input":[
		{"type":"function_call_output","call_id":"call_1","output":"7"},{"type":"function_call_output","call_id":"call_2","output":[{"type":"input_text","text":"8"}]}]}`)
	want := `system:|Be kind.
user:|one
assistant:Let me think.|你好 <b>!
user:|two
assistant:||call_1 score{"id":1}|call_2 calc{}
tool:|7call_1
tool:|8call_2`
	if got := said(d.request); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestNamespaces: a function of a namespace has one name for the model, and two for the
// client.
func TestNamespaces(t *testing.T) {
	d := &door{chunks: []hearth.Chunk{{ToolCalls: []hearth.ToolCallDelta{{ID: "c", Name: "files__read", Arguments: "{}"}}}, {Finish: hearth.FinishToolCalls, Usage: &hearth.Usage{}}}}
	tools := `"tools":[{"type":"namespace","name":"files","tools":[{"type":"function","name":"read"}]}]`
	made := parsed(t, d.do("POST", "/v1/responses", "", `{"model":"m","input":"one",`+tools+`}`), 200)
	if o := made.Output[0]; o.Name != "read" || o.Namespace != "files" {
		t.Errorf("called %+v", o)
	}
	d.do("POST", "/v1/responses", "", `{"model":"m","previous_response_id":"`+made.ID+`","input":[{"type":"function_call_output","call_id":"c","output":"x"}],`+tools+`}`)
	if got, want := said(d.request), "user:|one\nassistant:||c files__read{}\ntool:|xc"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestItemReferences: clients may name an item instead of repeating it.
func TestItemReferences(t *testing.T) {
	d := &door{chunks: answer}
	first := parsed(t, d.do("POST", "/v1/responses", "", `{"model":"m","input":"one"}`), 200)
	d.do("POST", "/v1/responses", "", `{"model":"m","input":[{"role":"user","content":"one"},{"type":"item_reference","id":"`+first.Output[0].ID+`"},{"type":"item_reference","id":"`+first.Output[1].ID+`"},{"role":"user","content":"two"}]}`)
	if got, want := said(d.request), "user:|one\nassistant:Let me think.|你好 <b>!\nuser:|two"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if w := d.do("POST", "/v1/responses", "", `{"model":"m","input":[{"type":"item_reference","id":"`+first.Output[0].ID+`9"}]}`); w.Code != 404 {
		t.Errorf("a reference to nothing: %d %s", w.Code, w.Body)
	}
}

func TestKeptResponses(t *testing.T) {
	d := &door{chunks: answer}
	made := parsed(t, d.do("POST", "/v1/responses", "", `{"model":"m","input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`), 200)
	at := "/v1/responses/" + made.ID
	if got := parsed(t, d.do("GET", at, "", ""), 200); got.Output[1].Content[0].Text != "你好 <b>!" {
		t.Errorf("got %+v", got)
	}
	for path, ids := range map[string]int{"?limit=2": 2, "?order=asc": 3} {
		if got := parsed(t, d.do("GET", at+"/input_items"+path, "", ""), 200); len(got.Data) != ids || got.HasMore != (ids < 3) {
			t.Errorf("%s: %+v", path, got)
		}
	}
	all := parsed(t, d.do("GET", at+"/input_items?order=asc", "", ""), 200)
	if got := parsed(t, d.do("GET", at+"/input_items?order=asc&after="+all.Data[0].ID, "", ""), 200); len(got.Data) != 2 || got.Data[0] != all.Data[1] {
		t.Errorf("after the first: %+v", got)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if w := d.do(method, at, "Authorization: Bearer admin", ""); w.Code != 404 { // not even an administrator's
			t.Errorf("somebody else's %s: %d %s", method, w.Code, w.Body)
		}
	}
	if w := d.do("POST", at+"/cancel", "", ""); w.Code != 400 {
		t.Errorf("cancelled what was not in the background: %d %s", w.Code, w.Body)
	}
	if w := d.do("GET", at+"?stream=true", "", ""); w.Code != 400 {
		t.Errorf("followed what is done: %d %s", w.Code, w.Body)
	}
	if got := parsed(t, d.do("DELETE", at, "", ""), 200); !got.Deleted {
		t.Errorf("got %+v", got)
	}
	if w := d.do("GET", at, "", ""); w.Code != 404 {
		t.Errorf("after it was deleted: %d %s", w.Code, w.Body)
	}
	d.do("POST", "/v1/responses", "", `{"model":"m","input":"x","store":false}`)
	if len(d.archive.rows) != 0 {
		t.Error("kept what was not to be kept")
	}
}

// slowly generates words, one a second, until it is told to stop.
func slowly(words int) hearth.Generator {
	return hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		return func(yield func(hearth.Chunk, error) bool) {
			for range words {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
					yield(hearth.Chunk{}, ctx.Err())
					return
				}
				if !yield(text("word "), nil) {
					return
				}
			}
			yield(hearth.Chunk{Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 1, CompletionTokens: words}}, nil)
		}
	})
}

// TestBackground: the answer is made whoever listens; who comes back misses nothing.
func TestBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{}
		g := d.gateway()
		g.Generator = slowly(4)
		ask := func(ctx context.Context, method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(ctx)
			r.Header.Set("Authorization", "Bearer right")
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			return w
		}
		made := parsed(t, ask(t.Context(), "POST", "/v1/responses", `{"model":"m","input":"hi","background":true}`), 200)
		if made.Status != "queued" {
			t.Errorf("begins as %s", made.Status)
		}
		at := "/v1/responses/" + made.ID
		time.Sleep(2500 * time.Millisecond)
		if got := parsed(t, ask(t.Context(), "GET", at, ""), 200); got.Status != "in_progress" {
			t.Errorf("after a while it is %s", got.Status)
		}
		short, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		seen := ask(short, "GET", at+"?stream=true", "").Body.String()
		n := strings.Count(seen, "sequence_number")
		rest := ask(t.Context(), "GET", at+"?stream=true&starting_after="+itoa(n-1), "").Body.String()
		if got := strings.Count(seen+rest, `"delta":"word "`); got != 4 || !strings.Contains(rest, "response.completed") {
			t.Errorf("saw %d words:\n%s\n-----\n%s", got, seen, rest)
		}
		if got := parsed(t, ask(t.Context(), "GET", at, ""), 200); got.Status != "completed" {
			t.Errorf("ends as %s", got.Status)
		}
		time.Sleep(time.Hour)
		if got := parsed(t, ask(t.Context(), "GET", at, ""), 200); got.Status != "completed" || got.Output[0].Content[0].Text != "word word word word " {
			t.Errorf("later: %+v", got)
		}

		// Cancelled, and cancelled again; until then it can't be continued.
		made = parsed(t, ask(t.Context(), "POST", "/v1/responses", `{"model":"m","input":"hi","background":true}`), 200)
		time.Sleep(2500 * time.Millisecond)
		if w := ask(t.Context(), "POST", "/v1/responses", `{"model":"m","input":"hi","previous_response_id":"`+made.ID+`"}`); w.Code != 400 {
			t.Errorf("continued what is not there yet: %d %s", w.Code, w.Body)
		}
		for range 2 {
			if got := parsed(t, ask(t.Context(), "POST", "/v1/responses/"+made.ID+"/cancel", ""), 200); got.Status != "cancelled" || got.Output[0].Content[0].Text != "word word " {
				t.Errorf("cancelled: %+v", got)
			}
		}

		// No more than so many at once.
		status := 0
		for range 20 {
			status = ask(t.Context(), "POST", "/v1/responses", `{"model":"m","input":"hi","background":true}`).Code
		}
		if status != http.StatusTooManyRequests {
			t.Errorf("the twentieth at once: %d", status)
		}
		time.Sleep(time.Minute)

		// Cut by the server's stop, and made after the next start.
		made = parsed(t, ask(t.Context(), "POST", "/v1/responses", `{"model":"m","input":"hi","background":true}`), 200)
		grace, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		deskOf(g).stop(grace)
		if got := parsed(t, ask(t.Context(), "GET", "/v1/responses/"+made.ID, ""), 200); got.Status != "queued" {
			t.Errorf("after a stop: %+v", got)
		}
		left, _ := deskOf(g).Job(t.Context(), "k1", made.ID)
		g = d.gateway()
		g.Generator = slowly(4)
		if err := g.Jobs.Add(t.Context(), left); err != nil {
			t.Fatal(err)
		}
		seen = ask(t.Context(), "GET", "/v1/responses/"+made.ID+"?stream=true", "").Body.String()
		if got := parsed(t, ask(t.Context(), "GET", "/v1/responses/"+made.ID, ""), 200); got.Status != "completed" || strings.Count(seen, `"delta":"word "`) != 4 {
			t.Errorf("after the next start: %+v\n%s", got, seen)
		}
	})
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// TestBackgroundWithoutAJob: what nobody makes any more has failed.
func TestBackgroundWithoutAJob(t *testing.T) {
	d := &door{}
	_, _ = d.archive.Keep(t.Context(), "k1", "resp_X", "", []byte(`{"response":{"id":"resp_X","status":"in_progress","background":true}}`))
	if got := parsed(t, d.do("GET", "/v1/responses/resp_X", "", ""), 200); got.Status != "failed" || got.Error.Cause != string(hearth.ServerStop) {
		t.Errorf("got %+v", got)
	}
}

// full is an archive without room.
type full struct{ archive }

func (*full) Keep(context.Context, string, string, string, []byte) (bool, error) {
	return false, errors.New("disk full")
}

func TestAnswersThatCannotBeKept(t *testing.T) {
	d := &door{chunks: answer}
	g := d.gateway()
	g.Archive = &full{}
	r := httptest.NewRequest("POST", "/v1/responses", strings.NewReader(`{"model":"m","input":"hi"}`))
	r.Header.Set("Authorization", "Bearer right")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if got := parsed(t, w, 200); got.Store || !strings.Contains(d.log.String(), "disk full") {
		t.Errorf("got %+v\n%s", got, &d.log)
	}
}
