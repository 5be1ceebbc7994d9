package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Guide keeps how far the guided setting up is.
type Guide interface {
	Guide(ctx context.Context) (version int64, body []byte, err error)
	// SetGuide is an error of code [hearth.ChangedMeanwhile] if the version is another one.
	SetGuide(ctx context.Context, version int64, body []byte) error
}

// GuideBody is how far the guided setting up is: what can't be found out, and was said.
type GuideBody struct {
	Step     string `json:"step" enum:"plan,data,model,deploy,verify,operate" doc:"The one to go on with"`
	People   int    `json:"people,omitempty" minimum:"0" maximum:"1000000" doc:"Who will work with it; 0 is not said"`
	Model    string `json:"model,omitempty" maxLength:"200" doc:"That was chosen"`
	Finished bool   `json:"finished,omitempty" doc:"It was gone through to the end, or left"`
}

// Where is what was found out about where the appliance runs.
type Where struct {
	Data      string `json:"data" doc:"Folder that holds everything that is kept"`
	FreeBytes int64  `json:"free_bytes" doc:"Of its disk; 0 where the system does not tell"`
	Listen    string `json:"listen" doc:"Address and port"`
	URL       string `json:"url" doc:"Where this machine finds it"`
	TLS       bool   `json:"tls" doc:"What is sent is encrypted"`
	Open      bool   `json:"open" doc:"Other machines can reach it"`
}

type guideOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		GuideBody
		Where Where `json:"where"`
	}
}

type setGuideInput struct {
	Language
	IfMatch string `header:"If-Match" required:"true" doc:"The ETag of what is changed"`
	Body    GuideBody
}

func (a *Admin) guideRoutes() {
	tags := []string{"Setting up"}
	show := func(ctx context.Context) (*guideOutput, error) {
		version, body, err := a.Guide.Guide(ctx)
		out := &guideOutput{ETag: versionTag(version)}
		out.Body.Step, out.Body.Where = "plan", a.Where()
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &out.Body.GuideBody)
		}
		return out, err
	}
	handle(a, hearth.RightServe, huma.Operation{OperationID: "show-guide", Method: http.MethodGet, Path: "/guide", Summary: "How far the guided setting up is, and what was found out for it", Tags: tags},
		func(ctx context.Context, _ *Language) (*guideOutput, error) { return show(ctx) })
	handle(a, hearth.RightServe, huma.Operation{OperationID: "set-guide", Method: http.MethodPut, Path: "/guide", Summary: "Note how far it is", Tags: tags},
		func(ctx context.Context, in *setGuideInput) (*guideOutput, error) {
			version, err := parseVersionTag(in.IfMatch)
			if err != nil {
				return nil, err
			}
			body, err := json.Marshal(in.Body)
			if err != nil {
				return nil, err
			}
			if err := a.Guide.SetGuide(ctx, version, body); err != nil {
				return nil, err
			}
			return show(ctx)
		})
}
