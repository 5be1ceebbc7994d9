package scenarios

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestAdapters asks a model and its adapters by name, at the same time, as they lie in the
// folder; one comes while the server runs, and one is for another model.
func TestAdapters(t *testing.T) {
	home := newHome(t)
	wide := chatShape()
	wide.Embedding *= 2
	put(t, filepath.Join(home, "law.gguf"), nntest.MakeAdapter(chatShape(), nntest.Adapter{Seed: 1}))
	put(t, filepath.Join(home, "wide.gguf"), nntest.MakeAdapter(wide, nntest.Adapter{}))
	s := start(t, home)

	names := func() string {
		t.Helper()
		var list struct{ Data []struct{ ID, Parent string } }
		if err := json.Unmarshal([]byte(s.get("/v1/models")), &list); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, m := range list.Data {
			fmt.Fprintf(&b, "%s<%s ", m.ID, m.Parent)
		}
		return b.String()
	}
	if got := names(); got != "chat< chat:law<chat " {
		t.Errorf("models: %s", got)
	}
	answer := func(model string) string {
		t.Helper()
		status, body := s.ask("/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}],"seed":1,"max_tokens":30}`, model))
		var a struct {
			Model   string
			Choices []struct{ Message struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(body), &a); status != 200 || err != nil || len(a.Choices) != 1 {
			t.Errorf("%s: %d %.300s (%v)", model, status, body, err)
			return ""
		}
		return a.Choices[0].Message.Content
	}
	plain, law := answer("chat"), answer("chat:law")
	if plain == law || law != answer("LAW") {
		t.Errorf("the model says %q, with the adapter %q, and by the adapter's name %q", plain, law, answer("LAW"))
	}

	put(t, filepath.Join(home, "tax.gguf"), nntest.MakeAdapter(chatShape(), nntest.Adapter{Seed: 2}))
	if got := names(); got != "chat< chat:law<chat chat:tax<chat " {
		t.Errorf("models: %s", got)
	}
	tax := answer("chat:tax")
	var all sync.WaitGroup
	for range 3 {
		for model, want := range map[string]string{"chat": plain, "chat:law": law, "chat:tax": tax} {
			all.Go(func() {
				if got := answer(model); got != want {
					t.Errorf("%s in company: %q, alone: %q", model, got, want)
				}
			})
		}
	}
	all.Wait()

	for _, c := range []struct{ model, want string }{
		{"chat:wide", "adapter_unfit"}, {"chat:wide", "has shape [128 8], not [64 8]"}, {"wide", "adapter_unfit"}, {"chat:none", "model_not_found"},
	} {
		if status, body := s.ask("/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}]}`, c.model)); status < 400 || status >= 500 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.400s, want %s", c.model, status, body, c.want)
		}
	}
	// By its own name an adapter is the same model, and who may not use that may not use it.
	out, err := hearth(home, "key", "create", "--name", "guest", "--models", "law,chat", "--json").Output()
	var guest struct{ Key string }
	if err != nil || json.Unmarshal(out, &guest) != nil || guest.Key == "" {
		t.Fatalf("key create printed %q (%v)", out, err)
	}
	admin := s.key
	s.key = guest.Key
	if status, body := s.ask("/v1/chat/completions", `{"model":"law","messages":[{"role":"user","content":"hi"}]}`); status != 404 || !strings.Contains(body, "model_not_found") {
		t.Errorf("who may not use chat:law asks for law: %d %.300s", status, body)
	}
	if answer("chat") != plain {
		t.Error("who may use chat gets another answer")
	}
	s.key = admin
	if status := s.get("/admin/v1/status"); !strings.Contains(status, `"id":"chat:law"`) || !strings.Contains(status, `"id":"chat:tax"`) {
		t.Errorf("loaded: %s", status)
	}
	if status, body := s.ask("/admin/v1/models/unload", `{"model":"chat:law"}`); status >= 300 {
		t.Errorf("unloading: %d %s", status, body)
	}
	if status := s.get("/admin/v1/status"); strings.Contains(status, `"id":"chat:law"`) || !strings.Contains(status, `"id":"chat"`) {
		t.Errorf("loaded: %s", status)
	}
	if got := answer("chat:law"); got != law {
		t.Errorf("after it was unloaded: %q, want %q", got, law)
	}
}
