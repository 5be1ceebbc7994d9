package appliance

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/store"
	"github.com/hearthbox/hearth/internal/verify"
)

// Limits of verifying.
const (
	verifyEveryMin  = time.Hour   // between two runs by schedule
	verifyLook      = time.Minute // between looks at the schedule
	verifyModelsMax = 4           // of an upstream, where none is named
	verifyPage      = 100         // runs that are shown
	verifyKeepMax   = 10 * time.Second
)

// verifier finds out whether models of upstreams are what they were, one upstream at a
// time each.
type verifier struct {
	*Appliance
	mu   sync.Mutex
	busy map[string]bool
}

// verified is what is kept of a run.
type verified struct {
	Report   *verify.Report `json:"report"`
	Findings []foundOut     `json:"findings"`
}

// foundOut is a finding in both languages, as it is kept.
type foundOut struct {
	Kind   string       `json:"kind"`
	Alarm  bool         `json:"alarm"`
	Detail hearth.Words `json:"detail"`
}

// Verify asks the models of an upstream, or one of them, and compares them with what they
// were. The first run of a model is its reference, and one that is to be.
func (v *verifier) Verify(ctx context.Context, name, model string, reference bool, l hearth.Language) ([]admin.Verification, error) {
	s, err := upstreams{v.Appliance}.named(name)
	if err != nil {
		return nil, err
	}
	if !v.begin(name) {
		return nil, hearth.NewError(hearth.VerifyBusy, "upstream", name)
	}
	defer v.end(name)
	var models []string
	list, err := s.Models(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.ID == model || model == "" && (m.Task == "" || m.Task == hearth.TaskChat) && len(models) < verifyModelsMax {
			models = append(models, m.ID)
		}
	}
	if len(models) == 0 {
		return nil, hearth.NewError(hearth.NoSuchModel, "model", model).At("model")
	}
	out := []admin.Verification{}
	for _, m := range models {
		k, err := v.one(ctx, s, m, reference)
		if err != nil {
			return nil, err
		}
		out = append(out, shownVerification(k, l))
	}
	return out, nil
}

func (v *verifier) begin(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.busy[name] {
		return false
	}
	v.busy[name] = true
	return true
}

func (v *verifier) end(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.busy, name)
}

// one verifies one model, and keeps what came of it.
func (v *verifier) one(ctx context.Context, s *server, model string, reference bool) (store.Verification, error) {
	kept := store.Verification{Upstream: s.Name, Model: model, Reference: reference}
	r, err := verify.Run(ctx, s, s.Name, model)
	if err != nil {
		return kept, err
	}
	before, err := v.Data.store.VerificationReference(ctx, s.Name, model)
	if err != nil {
		return kept, err
	}
	var with *verify.Report
	if before != nil {
		var k verified
		if err := json.Unmarshal(before.Report, &k); err != nil {
			return kept, err
		}
		with = k.Report
	}
	kept.At, kept.Reference = r.At, reference || with == nil || with.Set != r.Set
	if kept.Reference {
		with = nil
	}
	k := verified{Report: r, Findings: []foundOut{}}
	var english []string
	for _, f := range r.Compare(with) {
		k.Findings = append(k.Findings, foundOut(f))
		if f.Alarm {
			kept.Alarm = true
			english = append(english, f.Detail[hearth.English])
		}
	}
	if kept.Report, err = json.Marshal(k); err != nil {
		return kept, err
	}
	if kept.Alarm {
		v.log.Warn("a model of an upstream is not what it was", "upstream", s.Name, "model", model, "found", strings.Join(english, "; "))
	} else {
		v.log.Info("a model of an upstream was verified", "upstream", s.Name, "model", model, "requests", r.Asked, "reference", kept.Reference)
	}
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), verifyKeepMax)
	defer cancel()
	return kept, v.Data.store.KeepVerification(keep, kept)
}

// Verifications are the runs of an upstream, the newest first.
func (v *verifier) Verifications(ctx context.Context, name string, l hearth.Language) ([]admin.Verification, error) {
	if _, err := (upstreams{v.Appliance}).named(name); err != nil {
		return nil, err
	}
	list, err := v.Data.store.Verifications(ctx, name, verifyPage)
	out := []admin.Verification{}
	for _, k := range list {
		out = append(out, shownVerification(k, l))
	}
	return out, err
}

func shownVerification(k store.Verification, l hearth.Language) admin.Verification {
	out := admin.Verification{At: k.At, Upstream: k.Upstream, Model: k.Model, Reference: k.Reference, Alarm: k.Alarm, Findings: []admin.VerificationFinding{}}
	var is verified
	if json.Unmarshal(k.Report, &is) != nil || is.Report == nil { // of another version
		return out
	}
	for _, f := range is.Findings {
		out.Findings = append(out.Findings, admin.VerificationFinding{Kind: f.Kind, Alarm: f.Alarm, Detail: f.Detail[l]})
	}
	sum := is.Report.Summary()
	out.ContextTokens, out.CallsRight, out.CallsAsked, out.Requests = sum.ContextTokens, sum.CallsRight, sum.CallsAsked, is.Report.Asked
	return out
}

// watch verifies by schedule until ctx ends.
func (v *verifier) watch(ctx context.Context) {
	tick := time.NewTicker(verifyLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			v.look(ctx, now)
		}
	}
}

// look verifies the upstreams whose time has come.
func (v *verifier) look(ctx context.Context, now time.Time) {
	for _, s := range v.models.routes.Load().servers {
		if s.config.Verify == 0 || !s.Up() {
			continue
		}
		last, err := v.Data.store.Verifications(ctx, s.Name, 1)
		if err == nil && len(last) > 0 && now.Sub(last[0].At) < s.config.Verify {
			continue
		}
		if err == nil {
			_, err = v.Verify(ctx, s.Name, "", false, hearth.English)
		}
		if err != nil && ctx.Err() == nil {
			v.log.Warn("an upstream can't be verified", "upstream", s.Name, "error", err)
		}
	}
}

// lastAlarm is what was found in the last run of each model of an upstream, where that is
// cause for an alarm.
func (a upstreams) lastAlarm(name string, l hearth.Language) (list []admin.Verification) {
	ctx, cancel := context.WithTimeout(context.Background(), verifyKeepMax)
	defer cancel()
	runs, err := a.Data.store.LastVerifications(ctx, name)
	if err != nil {
		a.log.Warn("what was found of an upstream can't be read", "upstream", name, "error", err)
	}
	for _, k := range runs {
		if k.Alarm {
			list = append(list, shownVerification(k, l))
		}
	}
	return list
}
