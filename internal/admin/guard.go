package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/guard"
)

type tryInput struct {
	Language
	Body struct {
		Text      string `json:"text" doc:"What to screen; at most 1 MiB"`
		Direction string `json:"direction,omitempty" enum:"request,answer" doc:"request, the default: as one to a model elsewhere; answer: as one"`
	}
}

// Finding is something found in a text.
type Finding struct {
	Class  string `json:"class" doc:"Of the word, or the kind of personal data or secret"`
	View   string `json:"view" doc:"How it was recognised; private for personal data and secrets"`
	Start  int    `json:"start" doc:"First character of it, from 0"`
	End    int    `json:"end" doc:"First character after it"`
	Action string `json:"action" enum:"label,mask,replace,stop"`
	Shown  string `json:"shown,omitempty" doc:"What stands for it"`
}

type tryOutput struct {
	Body struct {
		Text     string    `json:"text" doc:"As it would go on"`
		Stopped  bool      `json:"stopped" doc:"The request would be refused, or the answer end here"`
		Findings []Finding `json:"findings"`
	}
}

func (a *Admin) guardRoutes() {
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "try-guard", Method: http.MethodPost, Path: "/guard/try", Summary: "See what the guard does to a text; nothing is kept", Tags: []string{"Guard"}},
		func(_ context.Context, in *tryInput) (*tryOutput, error) {
			r, err := a.Guard.Try(in.Body.Text, in.Body.Direction == "answer")
			if err != nil {
				return nil, err
			}
			out := &tryOutput{}
			out.Body.Text, out.Body.Stopped, out.Body.Findings = r.Text, r.Stopped, []Finding{}
			for _, f := range r.Findings {
				out.Body.Findings = append(out.Body.Findings, Finding{f.Class, f.View, guard.Runes(in.Body.Text, f.Start), guard.Runes(in.Body.Text, f.End), string(f.Action), f.Shown})
			}
			return out, nil
		})
}
