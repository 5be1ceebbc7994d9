package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/guard"
	"github.com/hearthbox/hearth/internal/store"
)

var update = flag.Bool("update", false, "write api/openapi.yaml anew")

// appliance stands in for what is behind the door.
type appliance struct {
	access   *access.Access
	loaded   []string
	unloaded []string
	quotas   []hearth.Quota
	drained  []bool
	guide    string
	ordered  []admin.QuantizeOrder
}

func (a *appliance) Authenticate(_ context.Context, header func(string) []string) (hearth.Principal, error) {
	switch v := header("Authorization"); {
	case len(v) == 1 && v[0] == "Bearer admin":
		return hearth.Principal{Standing: hearth.StandingAdmin}, nil
	case len(v) == 1 && v[0] == "Bearer user":
		return hearth.Principal{Standing: hearth.StandingUser}, nil
	}
	return hearth.Principal{}, hearth.NewError(hearth.MissingKey)
}

func (a *appliance) Hold(ctx context.Context, _ hearth.Principal, _ func(string) []string) (context.Context, func()) {
	return ctx, func() {}
}

func (a *appliance) Load(_ context.Context, id string) error {
	a.loaded = append(a.loaded, id)
	return nil
}

func (a *appliance) Unload(_ context.Context, id string) error {
	a.unloaded = append(a.unloaded, id)
	return nil
}

func (a *appliance) Loaded() []admin.Loaded { return []admin.Loaded{{ID: "m", ContextTokens: 4096}} }

// keys and models of the same appliance: their lists have one name.
type models struct{ *appliance }

func (models) List(context.Context) ([]hearth.Model, error) {
	return []hearth.Model{{ID: "m", Source: hearth.SourceNative, Origin: hearth.OriginFolder},
		{ID: "bad", Source: hearth.SourceNative, Origin: hearth.OriginFolder, Problem: hearth.NewError(hearth.ModelInvalid, "model", "bad", "detail", "cut")}}, nil
}

// Search finds one model, whose summary says how it was asked.
func (a *appliance) Search(words string, f admin.LibraryFilter, l hearth.Language) ([]admin.LibraryModel, error) {
	if f.Kind == "odd" {
		return nil, hearth.NewError(hearth.NotOneOf, "field", "kind", "choices", "chat")
	}
	return []admin.LibraryModel{{ID: "found", Summary: fmt.Sprintf("%s %+v %v", words, f, l)}}, nil
}

func (a *appliance) Recommended(hearth.Language) (id, reason string) { return "small", "it fits" }

// screens is the guard, with one list.
type screens struct{ *guard.Guard }

func (screens) WordLists(hearth.Language) (bool, []admin.WordList, error) {
	return true, []admin.WordList{{Name: "a.txt", Words: 2, Classes: []string{"c"}}}, nil
}

func (screens) PutWordList(name string, text []byte, _ hearth.Language) (admin.WordList, error) {
	if name == "bad.txt" {
		return admin.WordList{}, hearth.NewError(hearth.WordsInvalid, "path", name, "detail", "odd")
	}
	return admin.WordList{Name: name, Bytes: int64(len(text)), Classes: []string{}}, nil
}

func (screens) RemoveWordList(string) error { return nil }

// Usage finds one group, whose values are what it was asked to group by.
func (a *appliance) Usage(_ context.Context, q hearth.UsageQuery) ([]hearth.UsageGroup, error) {
	if len(q.By) == 1 && q.By[0] == "odd" {
		return nil, hearth.NewError(hearth.NotOneOf, "field", "group", "choices", "key")
	}
	return []hearth.UsageGroup{{Values: q.By, Name: "=HYPERLINK(1)", Sum: hearth.Sum{Requests: 2, PromptTokens: 30, CachedTokens: 10, CompletionTokens: 4, Cost: hearth.Yuan / 8}}}, nil
}

func (a *appliance) Quotas(context.Context) ([]hearth.QuotaState, error) {
	return []hearth.QuotaState{{Quota: hearth.Quota{Kind: hearth.ScopeKey, ID: "k", Measure: hearth.MeasureSpend, Period: hearth.PerDay, Limit: int64(5 * hearth.Yuan)}, Used: int64(hearth.Yuan / 2)}}, nil
}

func (a *appliance) SetQuota(_ context.Context, q hearth.Quota) error {
	a.quotas = append(a.quotas, q)
	return nil
}

func (a *appliance) RemoveQuota(_ context.Context, q hearth.Quota) error {
	return hearth.NewError(hearth.NoSuchQuota, "whose", q.ID, "quota", q.Measure)
}

// Upstreams shows one that was asked for in a language.
func (a *appliance) Upstreams(l hearth.Language) []admin.Upstream {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return []admin.Upstream{{Name: "up", State: "down", Models: []string{}, Trouble: admin.NewTrouble(hearth.NewError(hearth.UpstreamUnreachable, "upstream", "up"), at, l)}}
}

func (a *appliance) Drain(name string, on bool) error {
	if name != "up" {
		return hearth.NewError(hearth.NoSuchUpstream, "upstream", name)
	}
	a.drained = append(a.drained, on)
	return nil
}

func (a *appliance) Probe(context.Context, string) error {
	return hearth.NewError(hearth.UpstreamUnreachable, "upstream", "up")
}

func (a *appliance) Restart(name string) error {
	return hearth.NewError(hearth.NotAnEngine, "upstream", name)
}

// Line shows one that waits and one that runs.
func (a *appliance) Line(by hearth.Principal, most int) hearth.Line {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	return hearth.Line{Waiting: 1, Running: 1, Requests: []hearth.Queued{
		{By: hearth.Principal{KeyID: "k", Name: "n"}, Model: "m", Class: hearth.ClassDefault, Arrived: at, ServedBy: "up"},
		{By: hearth.Principal{KeyID: "k", Name: "n"}, Model: "m", Class: hearth.ClassBulk, Arrived: at, Place: hearth.Place{Position: 1, Wait: 2400 * time.Millisecond}, Why: hearth.WaitFull, Slots: 1}}}
}

// Begin measures nothing.
func (a *appliance) Begin(by hearth.Principal, o admin.MeasureOrder) (admin.Measurement, error) {
	if o.Model == "busy" {
		return admin.Measurement{}, hearth.NewError(hearth.MeasuringBusy, "model", o.Model)
	}
	return admin.Measurement{Model: o.Model, State: "running", Prompt: o.Prompt, Generate: o.Generate, Levels: []admin.Level{}}, nil
}

func (a *appliance) Running() (admin.Measurement, bool) { return admin.Measurement{Model: "now"}, true }

func (a *appliance) Stop() error { return nil }

func (a *appliance) Past(_ context.Context, most int, l hearth.Language) ([]admin.Measurement, error) {
	return []admin.Measurement{{Model: "then", People: most}}, nil
}

func (a *appliance) Guide(context.Context) (int64, []byte, error) {
	return int64(len(a.guide)), []byte(a.guide), nil
}

func (a *appliance) SetGuide(_ context.Context, version int64, body []byte) error {
	if version != int64(len(a.guide)) {
		return hearth.NewError(hearth.ChangedMeanwhile)
	}
	a.guide = string(body)
	return nil
}

func (a *appliance) AllBatches(_ context.Context, after string, most int) (list []hearth.Batch, err error) {
	for n := range min(3, most) {
		list = append(list, hearth.Batch{ID: fmt.Sprint(after, n), Owner: "k", State: hearth.BatchInProgress, Total: 4, Done: 2})
	}
	return list, nil
}

func (a *appliance) AllTickets(context.Context, string, int) ([]hearth.Job, error) {
	return []hearth.Job{{ID: "t", Kind: hearth.JobTicket, Owner: "k", State: hearth.JobRunning, Body: []byte("secret")}}, nil
}

func (a *appliance) Withdraw(_ context.Context, id string) error {
	if id == "x" {
		a.drained = append(a.drained, true)
	}
	return hearth.NewError(hearth.NoSuchTicket, "ticket", id)
}

func door(t *testing.T) (*appliance, *admin.Admin) {
	t.Helper()
	rows, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rows.Close() })
	a := &appliance{access: access.New(rows, []byte(strings.Repeat("p", 32)))}
	return a, admin.New(admin.Config{Version: "1.2.3", Started: time.Now(), Authoriser: a, Log: slog.New(slog.DiscardHandler), Access: a.access, Models: models{a}, Upstreams: a, Queue: a, Work: a, Measuring: a, Guide: a, Where: func() admin.Where { return admin.Where{Data: "/data"} }, Library: a, Workshop: a, Usage: a, Conversations: rows,
		Guard:   screens{guard.New(nil, guard.Policy{Cloud: guard.AllKinds(guard.Replace)})},
		Machine: admin.Machine{Processor: "a fast one", Cores: 2, MemoryBytes: 8 << 30, ModelBytes: 6 << 30}})
}

func do(d *admin.Admin, method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// TestOpenAPI holds the document in the repository against the routes, from which
// it is made: every route is in it, and nothing else.
func TestOpenAPI(t *testing.T) {
	_, d := door(t)
	got, err := d.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	const path = "../../api/openapi.yaml"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("api/openapi.yaml does not describe the routes: go test ./internal/admin -update")
	}
}

// TestEveryRouteIsGuarded walks the document: it names every route and who may call it, and
// nobody else may. A route with no right is for everybody who is known.
func TestEveryRouteIsGuarded(t *testing.T) {
	a, d := door(t)
	w := do(d, "GET", admin.Prefix+"/openapi.json", "admin", "")
	var doc struct {
		Paths map[string]map[string]struct {
			Rights []string `json:"x-hearth-rights"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || len(doc.Paths) < 5 {
		t.Fatalf("%d paths (%v)", len(doc.Paths), err)
	}
	routes := d.Routes()
	for path, methods := range doc.Paths {
		for method, op := range methods {
			route := strings.ToUpper(method) + " " + path
			may, ok := routes[route]
			if delete(routes, route); !ok || strings.Join(may.Names(), " ") != strings.Join(op.Rights, " ") {
				t.Errorf("%s is for %v, and for %v in the document", route, may.Names(), op.Rights)
			}
			want := map[string]int{"": 401, "wrong": 401, "user": 403}
			if may == hearth.RightNone || may&hearth.StandingUser.Rights() != 0 {
				delete(want, "user")
			}
			for key, code := range want {
				if w := do(d, strings.ToUpper(method), strings.NewReplacer("{id}", "x", "{n}", "1", "{turn}", "t").Replace(path), key, "{"); w.Code != code {
					t.Errorf("%s %s with key %q: %d", method, path, key, w.Code)
				}
			}
		}
	}
	for route := range routes {
		t.Errorf("%s is not in the document", route)
	}
	if keys, err := a.access.List(t.Context()); err != nil || len(keys)+len(a.loaded)+len(a.unloaded)+len(a.quotas)+len(a.drained) > 0 {
		t.Errorf("a refused request did something (%v)", err)
	}
}

func TestRequests(t *testing.T) {
	a, d := door(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/status", "", 200, `"version":"1.2.3"`},
		{"GET", "/status", "", 200, `"loaded":[{"id":"m","context_tokens":4096`},
		{"GET", "/status", "", 200, `"machine":{"processor":"a fast one","cores":2,"platform":"","memory_bytes":8589934592,"model_bytes":6442450944}`},
		{"GET", "/library?search=qwen+3&fits=true&kind=chat", "", 200, `"summary":"qwen 3 {Kind:chat Fits:true Commercial:false Native:false} en"`},
		{"PUT", "/conversations/x", `{"title":"t","revision":0,"created":1,"updated":2,"said":"hi","body":{"a":1}}`, 422, `"invalid_value"`},
		{"GET", "/conversations", "", 200, `"conversations":[]`},
		{"GET", "/conversations/x", "", 404, `"conversation_not_found"`},
		{"PUT", "/conversations/x/feedback/t", `{"model":"m","good":true}`, 404, `"conversation_not_found"`},
		{"PUT", "/conversations/x/feedback/t", `{"model":"m","good":true,"reason":"odd"}`, 422, "reason"},
		{"DELETE", "/conversations/x", "", 404, `"conversation_not_found"`},
		{"GET", "/feedback", "", 200, `"feedback":[]`},
		{"GET", "/guard", "", 200, `"words":true,"lists":[{"name":"a.txt"`},
		{"GET", "/guard", "", 200, `"action":"mask"`},
		{"PUT", "/guard/lists/b.txt", `{"text":"x"}`, 200, `"name":"b.txt","bytes":1`},
		{"PUT", "/guard/lists/bad.txt", `{"text":"x"}`, 400, `"words_invalid"`},
		{"DELETE", "/guard/lists/b.txt", "", 204, ""},
		{"GET", "/library", "", 200, `"recommended":"small","reason":"it fits"`},
		{"GET", "/library?kind=odd", "", 400, `"code":"not_one_of"`},
		{"GET", "/library?fits=perhaps", "", 422, `"error"`},
		{"GET", "/models", "", 200, `{"id":"bad","source":"native","origin":"folder","problem":"bad is not a sound model file: cut","remedy":`},
		{"POST", "/models/load", `{"model":"m"}`, 204, ""},
		{"POST", "/models/unload", `{"model":"m"}`, 204, ""},
		{"POST", "/models/load", `{}`, 422, `"code":"invalid_value"`},
		{"POST", "/models/load", `{"model":"m","extra":1}`, 422, `extra`},
		{"POST", "/models/load", `{`, 400, `"error"`},
		{"GET", "/keys", "", 200, `{"keys":[]}`},
		{"POST", "/keys", `{"name":"n","admin":true,"ttl_seconds":60}`, 201, `,"name":"n","standing":"admin","rights":["ask","watch","serve","people","grant","guard","audit","setup"],"models":[],"tenant":"main","created":"`},
		{"GET", "/keys", "", 200, `","name":"n","standing":"admin"`},
		{"POST", "/keys", `{"name":""}`, 422, `name`},
		{"DELETE", "/keys/zzz", "", 404, `{"error":{"code":"key_not_found","message":"there is no key zzz","remedy":"hearth key list`},
		{"POST", "/guard/try", `{"text":"电话13800138000"}`, 200, `{"text":"电话[PHONE_1]","stopped":false,"findings":[{"class":"phone","view":"private","start":2,"end":13,"action":"replace","shown":"[PHONE_1]"}]}`},
		{"POST", "/guard/try", `{"text":"电话13800138000","direction":"answer"}`, 200, `{"text":"电话13800138000","stopped":false,"findings":[]}`},
		{"POST", "/guard/try", `{"text":"x","direction":"up"}`, 422, `direction`},
		{"GET", "/usage?group=key,model", "", 200, `{"groups":[{"by":{"key":"key","model":"model"},"key_name":"=HYPERLINK(1)","requests":2,"prompt_tokens":30,"cached_tokens":10,"completion_tokens":4,"cost_yuan":0.125}],"total":{"requests":2,`},
		{"GET", "/usage", "", 200, `{"groups":[{"by":{},`},
		{"GET", "/usage?group=odd", "", 400, `"code":"not_one_of"`},
		{"GET", "/usage?since=yesterday", "", 422, `since`},
		{"GET", "/usage.csv?group=key", "", 200, "\ufeffkey,key_name,requests,prompt_tokens,cached_tokens,completion_tokens,cost_yuan\nkey,'=HYPERLINK(1),2,30,10,4,0.125\n"},
		{"GET", "/quotas", "", 200, `{"quotas":[{"scope":"key:k","quota":"spend/day","limit":5,"warn_percent":0,"used":0.5,"etag":"`},
		{"PUT", "/quotas", `{"scope":"key:*","quota":"tokens/day","limit":1000}`, 204, ""},
		{"PUT", "/quotas", `{"scope":"tenant:t","quota":"spend/month","limit":0.25,"warn_percent":0}`, 204, ""},
		{"PUT", "/quotas", `{"scope":"key","quota":"tokens/day","limit":1}`, 400, `"param":"scope"`},
		{"PUT", "/quotas", `{"scope":"key:k","quota":"tokens/year","limit":1}`, 400, `"param":"quota"`},
		{"PUT", "/quotas", `{"scope":"key:k","quota":"tokens/day","limit":0.3}`, 400, `"param":"limit"`},
		{"DELETE", "/quotas?scope=key:k&quota=concurrent", "", 404, `"code":"quota_not_found"`},
		{"DELETE", "/quotas?scope=key:k", "", 422, `quota`},
		{"GET", "/upstreams", "", 200, `{"upstreams":[{"name":"up","kind":"","url":"","data_class":"","state":"down","failures":0,"trouble":{"at":"2026-01-02T03:04:05Z","code":"upstream_unreachable","message":"upstream up `},
		{"POST", "/upstreams/drain", `{"upstream":"up"}`, 204, ""},
		{"POST", "/upstreams/undrain", `{"upstream":"up"}`, 204, ""},
		{"POST", "/upstreams/drain", `{"upstream":"other"}`, 404, `"code":"upstream_not_found"`},
		{"POST", "/upstreams/drain", `{}`, 422, `upstream`},
		{"POST", "/upstreams/probe", `{"upstream":"up"}`, 503, `"code":"upstream_unreachable"`},
		{"POST", "/upstreams/restart", `{"upstream":"up"}`, 409, `"code":"not_an_engine"`},
		{"GET", "/queue", "", 200, `{"waiting":1,"running":1,"requests":[{"state":"running","model":"m","class":"default","since":"2026-01-02T03:04:05Z","key":"k","name":"n","served_by":"up"},{"state":"waiting","position":1,"wait_seconds":2,"why":"full","slots":1,`},
		{"GET", "/batches?after=b&limit=2", "", 200, `{"batches":[{"id":"b0","key":"k","path":"","state":"in_progress","created":"0001-01-01T00:00:00Z","expires":"0001-01-01T00:00:00Z","total":4,"done":2,"failed":0},{"id":"b1",`},
		{"GET", "/batches?limit=2", "", 200, `"more":true}`},
		{"GET", "/batches?limit=1000", "", 422, `limit`},
		{"GET", "/tickets", "", 200, `{"tickets":[{"id":"t","kind":"ticket","key":"k","path":"","state":"running","tries":0,"created":"0001-01-01T00:00:00Z"}]}`},
		{"DELETE", "/tickets/y", "", 404, `"code":"ticket_not_found"`},
		{"DELETE", "/batches/y", "", 404, `"code":"ticket_not_found"`},
		{"POST", "/measurements", `{"model":"m"}`, 202, `"prompt_tokens":128,"answer_tokens":64`},
		{"POST", "/measurements", `{"model":"busy"}`, 409, `"code":"measuring_running"`},
		{"POST", "/measurements", `{"model":"m","clients":[1,2,3,4,5,6,7]}`, 422, `clients`},
		{"GET", "/measurements", "", 200, `{"running":{"model":"now",`},
		{"DELETE", "/measurements/running", "", 204, ""},
		{"GET", "/guide", "", 200, `{"step":"plan","where":{"data":"/data",`},
		{"GET", "/nothing", "", 404, `"code":"unknown_url"`},
		{"GET", "/openapi.yaml", "", 200, "openapi: 3.1.0"},
	} {
		w := do(d, c.method, admin.Prefix+c.path, "admin", c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
		}
	}
	if got := fmt.Sprint(a.quotas); got != "[{key * tokens day 1000 80} {tenant t spend month 250000000 0}]" {
		t.Errorf("set %s", got)
	}
	if got := fmt.Sprint(a.drained); got != "[true false]" {
		t.Errorf("drained %s", got)
	}
	if strings.Join(append(a.loaded, a.unloaded...), " ") != "m m" {
		t.Errorf("loaded %v, unloaded %v", a.loaded, a.unloaded)
	}
}

// TestFeeds reads what changes until the reader goes away.
func TestFeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, d := door(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := httptest.NewRequest("GET", admin.Prefix+"/queue/events", nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer admin")
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		body := w.Body.String()
		if got := w.Header().Get("Content-Type"); w.Code != 200 || got != "text/event-stream" {
			t.Errorf("%d %s", w.Code, got)
		}
		if !strings.HasPrefix(body, "event: state\ndata: {\"waiting\":1,\"running\":1,") || strings.Count(body, "data:") != 1 || strings.Count(body, ": unchanged\n\n") < 3 {
			t.Errorf("got %s", body)
		}
	})
}

// recorder keeps records in memory, or can't.
type recorder struct {
	list []hearth.Record
	err  error
}

func (r *recorder) Record(_ context.Context, rec hearth.Record) error {
	if r.err == nil {
		r.list = append(r.list, rec)
	}
	return r.err
}

// TestChangesAreRecorded looks at what is recorded of changes, and does none that can't
// be.
func TestChangesAreRecorded(t *testing.T) {
	a, d := door(t)
	rec := &recorder{}
	d.Recorder = rec
	do(d, "GET", admin.Prefix+"/keys", "admin", "")
	do(d, "POST", admin.Prefix+"/keys", "admin", `{"name":"n"}`)
	do(d, "DELETE", admin.Prefix+"/keys/zzz", "admin", "")
	do(d, "POST", admin.Prefix+"/models/load", "admin", `{"model":"m"}`)
	do(d, "POST", admin.Prefix+"/keys", "user", `{"name":"n"}`)
	do(d, "GET", admin.Prefix+"/status", "wrong", "")
	var got []string
	for _, r := range rec.list {
		if r.Act == "create-key" && r.Stage == hearth.StageEnded && len(r.Object) == 8 {
			r.Object = "*" // its id
		}
		got = append(got, strings.Join([]string{string(r.Kind), r.Act, string(r.Stage), r.Object, string(r.Result)}, " "))
		if r.From == "" || r.RequestID == "" {
			t.Errorf("%+v", r)
		}
	}
	want := []string{"admin create-key begun n ", "admin create-key ended * ", "admin revoke-key begun zzz ", "admin revoke-key ended zzz key_not_found",
		"admin load-model begun m ", "admin load-model ended m ", "access manage  /admin/v1/keys permission_denied", "access sign-in  /admin/v1/status missing_api_key"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	rec.err = hearth.NewError(hearth.AuditUnavailable)
	before, _ := a.access.List(t.Context())
	w := do(d, "POST", admin.Prefix+"/keys", "admin", `{"name":"n"}`)
	if after, err := a.access.List(t.Context()); w.Code != 503 || err != nil || len(after) != len(before) {
		t.Errorf("an unrecorded change: %d, %d keys (%v)", w.Code, len(after)-len(before), err)
	}
}

// TestNobodyOverwritesUnseen: of two administrators who have read the same, the second to
// change it is told so, and changes nothing unless they say so.
func TestNobodyOverwritesUnseen(t *testing.T) {
	a, d := door(t)
	send := func(method, path, tag, body string) int {
		r := httptest.NewRequest(method, admin.Prefix+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("Content-Type", "application/json")
		if tag != "" {
			r.Header.Set("If-Match", tag)
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Code
	}
	p, _, err := a.access.AddPerson(t.Context(), hearth.Principal{Standing: hearth.StandingAdmin}, hearth.Person{Login: "li", Name: "Li", Tenant: "main"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := func() (hearth.Key, error) {
		_, k, err := a.access.Issue(t.Context(), hearth.Key{Name: "n", Standing: hearth.StandingUser}, 0)
		return k, err
	}()
	if err != nil {
		t.Fatal(err)
	}
	dep, err := a.access.AddDepartment(t.Context(), "main", "d")
	if err != nil {
		t.Fatal(err)
	}
	tag := func(path, list, id string) string {
		var out map[string][]struct{ ID, Scope, ETag string }
		if err := json.Unmarshal(do(d, http.MethodGet, admin.Prefix+path, "admin", "").Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		for _, x := range out[list] {
			if x.ID == id || x.Scope == id {
				return `"` + x.ETag + `"`
			}
		}
		t.Fatalf("%s has no %s", path, id)
		return ""
	}
	for _, c := range []struct{ list, id, method, path, mine, theirs string }{
		{"people", p.ID, http.MethodPatch, "/people/" + p.ID, `{"name":"Li Mine"}`, `{"name":"Li Theirs"}`},
		{"keys", k.ID, http.MethodPut, "/keys/" + k.ID + "/limits", `{"rights":[],"models":["a"]}`, `{"rights":[],"models":["b"]}`},
		{"tenants", "main", http.MethodPatch, "/tenants/main", `{"name":"mine"}`, `{"name":"theirs"}`},
		{"tenants", "main", http.MethodPut, "/tenants/main/models", `{"models":["a"]}`, `{"models":["b"]}`},
		{"departments", dep.ID, http.MethodPatch, "/departments/" + dep.ID, `{"name":"mine"}`, `{"name":"theirs"}`},
	} {
		seen := tag("/"+c.list, c.list, c.id)
		if code := send(c.method, c.path, seen, c.theirs); code >= 300 {
			t.Errorf("%s: theirs: %d", c.path, code)
		}
		now := tag("/"+c.list, c.list, c.id)
		if code := send(c.method, c.path, seen, c.mine); code != http.StatusPreconditionFailed || tag("/"+c.list, c.list, c.id) != now {
			t.Errorf("%s: mine: %d", c.path, code)
		}
		for _, sure := range []string{now, "*", ""} {
			if code := send(c.method, c.path, sure, c.mine); code >= 300 {
				t.Errorf("%s with %s: %d", c.path, sure, code)
			}
		}
	}
	seen := tag("/quotas", "quotas", "key:k")
	for sent, want := range map[string]int{seen: 204, `"other"`: 412} {
		if code := send(http.MethodPut, "/quotas", sent, `{"scope":"key:k","quota":"spend/day","limit":1}`); code != want {
			t.Errorf("a quota with %s: %d", sent, code)
		}
	}
	if code := send(http.MethodPut, "/quotas", `"`+strings.Trim(seen, `"`)+`"`, `{"scope":"key:new","quota":"spend/day","limit":1}`); code != 412 {
		t.Errorf("a quota that is not there: %d", code)
	}
}

// TestGuideIsNotOverwritten: of two who saw the same, the second to change it is told so.
func TestGuideIsNotOverwritten(t *testing.T) {
	_, d := door(t)
	put := func(tag, step string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPut, admin.Prefix+"/guide", strings.NewReader(`{"step":"`+step+`"}`))
		r.Header.Set("Authorization", "Bearer admin")
		if tag != "" {
			r.Header.Set("If-Match", tag)
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w
	}
	seen := do(d, http.MethodGet, admin.Prefix+"/guide", "admin", "").Header().Get("ETag")
	first := put(seen, "model")
	if first.Code != 200 || first.Header().Get("ETag") == seen || !strings.Contains(first.Body.String(), `"step":"model"`) {
		t.Errorf("%d %s %s", first.Code, first.Header().Get("ETag"), first.Body)
	}
	for tag, code := range map[string]int{seen: 412, "": 422, "odd": 412, `"1`: 412} {
		if w := put(tag, "data"); w.Code != code || code == 412 && !strings.Contains(w.Body.String(), `"code":"changed_meanwhile"`) {
			t.Errorf("with %s: %d %s", tag, w.Code, w.Body)
		}
	}
	if w := put(first.Header().Get("ETag"), "verify"); w.Code != 200 {
		t.Errorf("again: %d", w.Code)
	}
}

// TestErrorsAreProblemDetails: whatever refuses, the status in the body is that of the answer.
func TestErrorsAreProblemDetails(t *testing.T) {
	_, d := door(t)
	for _, c := range []struct {
		method, path, key, body string
		status                  int
	}{
		{"GET", "/status", "wrong", "", 401},
		{"GET", "/status", "user", "", 403},
		{"GET", "/nothing", "admin", "", 404},
		{"DELETE", "/keys/zzz", "admin", "", 404},
		{"POST", "/keys", "admin", `{"name":""}`, 422},
		{"POST", "/keys", "admin", "{", 400},
		{"GET", "/usage?group=odd", "admin", "", 400},
	} {
		w := do(d, c.method, admin.Prefix+c.path, c.key, c.body)
		var b admin.ErrorBody
		err := json.Unmarshal(w.Body.Bytes(), &b)
		if err != nil || w.Code != c.status || b.Status != c.status || b.Title != http.StatusText(c.status) || b.Detail == "" || b.Detail != b.Error.Message {
			t.Errorf("%s %s: %d %s (%v)", c.method, c.path, w.Code, w.Body, err)
		}
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: %s", c.method, c.path, got)
		}
	}
}

func TestErrorsInChinese(t *testing.T) {
	_, d := door(t)
	r := httptest.NewRequest(http.MethodDelete, admin.Prefix+"/keys/zzz", nil)
	r.Header.Set("Authorization", "Bearer admin")
	r.Header.Set("Accept-Language", "zh-CN")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "密钥 zzz 不存在") {
		t.Errorf("got %s", w.Body)
	}
}
