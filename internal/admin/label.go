package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/label"
)

type labelInput struct {
	Language
	Request string `query:"request" maxLength:"200" doc:"Id of the request that was answered, from X-Request-Id"`
}

type labelOutput struct {
	Body struct {
		On     bool                 `json:"on" doc:"Whether what is copied or exported for the caller is to carry a label"`
		Notice string               `json:"notice" doc:"What people read: beside answers, and in copies and exports"`
		Key    string               `json:"key" doc:"Name of the metadata in files: the key of front matter, of a document property, of a PDF's information"`
		Label  *hearth.ContentLabel `json:"label,omitempty" doc:"The metadata"`
		Value  string               `json:"value,omitempty" doc:"The same as one text, as PDF and office files carry it"`
	}
}

func (a *Admin) labelRoutes() {
	handle(a, hearth.RightNone, huma.Operation{OperationID: "show-label", Method: http.MethodGet, Path: "/label", Summary: "The label that copies and exports of an answer carry (GB 45438-2025)", Tags: []string{"Guard"}},
		func(ctx context.Context, in *labelInput) (*labelOutput, error) {
			out := &labelOutput{}
			out.Body.Notice, out.Body.Key = label.Notice(hearth.ParseLanguage(in.AcceptLanguage)), label.Key
			if l := a.Label(&hearth.Request{ID: in.Request, By: asking(ctx)}); l != nil {
				out.Body.On, out.Body.Label, out.Body.Value = true, l, label.Value(*l)
			}
			return out, nil
		})
}
