package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
)

// The workshop of the stand-in has one job, which has failed.

func (a *appliance) Sources(context.Context) (admin.ModelSources, error) {
	return admin.ModelSources{Folders: []string{"/models/Qwen3-8B"}, Recipes: []string{"Q4_K_M"}, Types: []string{"F16"}, Families: []string{"Qwen3ForCausalLM"}}, nil
}

func (a *appliance) Quantize(_ context.Context, by hearth.Record, o admin.QuantizeOrder) (admin.ModelJob, error) {
	if by.By.Standing != hearth.StandingAdmin {
		return admin.ModelJob{}, hearth.NewError(hearth.NotAllowed)
	}
	if o.Recipe == "odd" {
		return admin.ModelJob{}, hearth.NewError(hearth.NotOneOf, "field", "recipe", "choices", "Q4_K_M")
	}
	a.ordered = append(a.ordered, o)
	return admin.ModelJob{ID: "1", Kind: "quantize", Source: o.Model, Name: "smaller", State: "running", Started: time.Unix(0, 0)}, nil
}

func (a *appliance) Convert(_ context.Context, _ hearth.Record, o admin.ConvertOrder) (admin.ModelJob, error) {
	return admin.ModelJob{}, hearth.NewError(hearth.WorkshopBusy, "model", o.Name)
}

func (a *appliance) Pull(_ context.Context, _ hearth.Record, o admin.PullOrder) (admin.ModelJob, error) {
	if o.Model == "odd" {
		return admin.ModelJob{}, hearth.NewError(hearth.NotInLibrary, "model", o.Model)
	}
	return admin.ModelJob{ID: "1", Kind: "pull", Source: o.Model, State: "running"}, nil
}

func (a *appliance) Jobs() []admin.ModelJob {
	return []admin.ModelJob{{ID: "1", State: "failed", Err: hearth.NewError(hearth.DiskFull, "path", "/data", "free_bytes", 1, "need_bytes", 2)}}
}

func (a *appliance) Job(id string) (admin.ModelJob, error) {
	if id != "1" {
		return admin.ModelJob{}, hearth.NewError(hearth.NoSuchModelJob, "id", id)
	}
	return a.Jobs()[0], nil
}

func (a *appliance) Cancel(id string) error {
	_, err := a.Job(id)
	return err
}

// TestModelsAreMade: an order is passed on with what it leaves out, refusals are told, and
// what failed meanwhile is told with its remedy in the reader's language.
func TestModelsAreMade(t *testing.T) {
	a, d := door(t)
	w := do(d, http.MethodPost, "/admin/v1/models/quantize", "admin", `{"model":"big","recipe":"Q4_K_M"}`)
	if w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"state":"running"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if len(a.ordered) != 1 || a.ordered[0] != (admin.QuantizeOrder{Model: "big", Recipe: "Q4_K_M", Tokens: 512}) {
		t.Errorf("%+v", a.ordered)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{http.MethodPost, "/models/quantize", `{"model":"big","recipe":"odd"}`, 400, `"not_one_of"`},
		{http.MethodPost, "/models/quantize", `{"model":"big","recipe":"Q4_K_M","tokens":-1}`, 422, "tokens"},
		{http.MethodPost, "/models/convert", `{"folder":"/x","name":"busy"}`, 409, `"model_job_running"`},
		{http.MethodPost, "/models/convert", `{"folder":"/x","pooling":"odd"}`, 422, "pooling"},
		{http.MethodPost, "/models/pull", `{"model":"qwen3-8b"}`, 202, `"kind":"pull"`},
		{http.MethodPost, "/models/pull", `{"model":"odd"}`, 404, `"error"`},
		{http.MethodGet, "/models/jobs/2", "", 404, `"model_job_not_found"`},
		{http.MethodDelete, "/models/jobs/2", "", 404, `"model_job_not_found"`},
		{http.MethodDelete, "/models/jobs/1", "", 204, ""},
		{http.MethodGet, "/models/sources", "", 200, `"/models/Qwen3-8B"`},
		{http.MethodGet, "/models/jobs", "", 200, `"code":"disk_full"`},
	} {
		if w := do(d, c.method, admin.Prefix+c.path, "admin", c.body); w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
		}
	}
	var job admin.ModelJob
	if err := json.Unmarshal(do(d, http.MethodGet, "/admin/v1/models/jobs/1", "admin", "").Body.Bytes(), &job); err != nil || job.Problem == nil || !strings.Contains(job.Problem.Message, "1 bytes free") || job.Problem.Remedy == "" {
		t.Errorf("%+v, %v", job.Problem, err)
	}
	if w := do(d, http.MethodPost, "/admin/v1/models/quantize", "user", `{"model":"big","recipe":"Q4_K_M"}`); w.Code != http.StatusForbidden {
		t.Errorf("a user: %d", w.Code)
	}
}
