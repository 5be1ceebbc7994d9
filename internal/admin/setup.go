package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

type setupOutput struct {
	Body struct {
		Finished *time.Time `json:"finished,omitempty" doc:"Since when nobody alone may do everything; absent while the appliance is set up"`
		System   int        `json:"system" doc:"People who can come in as the system administrator"`
		Security int        `json:"security" doc:"As the security administrator"`
		Audit    int        `json:"audit" doc:"As the audit administrator"`
	}
}

// Emergency makes somebody an administrator of everything for a while.
type Emergency struct {
	ID         string     `json:"id"`
	Person     string     `json:"person" doc:"Id of who asked, and gets it"`
	Reason     string     `json:"reason"`
	Asked      time.Time  `json:"asked"`
	Minutes    float64    `json:"minutes" doc:"That it lasts from the approval on"`
	ApprovedBy string     `json:"approved_by,omitempty" doc:"Id of the other person"`
	Expires    *time.Time `json:"expires,omitempty" doc:"Absent while nobody has approved it"`
}

// NewEmergency shows one.
func NewEmergency(e hearth.Emergency) Emergency {
	return Emergency{ID: e.ID, Person: e.Person, Reason: e.Reason, Asked: e.Asked, Minutes: e.Lasts.Minutes(), ApprovedBy: e.ApprovedBy, Expires: moment(e.Expires)}
}

type emergenciesOutput struct {
	Body struct {
		Emergencies []Emergency `json:"emergencies" doc:"The latest first"`
	}
}

type emergencyOutput struct{ Body Emergency }

type askEmergencyInput struct {
	Language
	Body struct {
		Reason  string `json:"reason" minLength:"5" maxLength:"1000" doc:"Which is recorded"`
		Minutes int    `json:"minutes" minimum:"1" maximum:"240"`
	}
}

type emergencyInput struct {
	Language
	ID string `path:"id"`
}

func (in *askEmergencyInput) object() string { return in.Body.Reason }
func (out *emergencyOutput) object() string  { return out.Body.ID }
func (in *emergencyInput) object() string    { return in.ID }

// setupRoutes are about the setting up, and about emergencies.
func (a *Admin) setupRoutes() {
	tags := []string{"Setting up"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "setup", Method: http.MethodGet, Path: "/setup", Summary: "How far the setting up is", Tags: tags},
		func(ctx context.Context, _ *Language) (*setupOutput, error) {
			s, err := a.Access.State(ctx)
			out := &setupOutput{}
			out.Body.Finished = moment(s.Finished)
			out.Body.System, out.Body.Security, out.Body.Audit = s.Duties[hearth.StandingSystem], s.Duties[hearth.StandingSecurity], s.Duties[hearth.StandingAudit]
			return out, err
		})
	handle(a, hearth.RightSetup, huma.Operation{OperationID: "finish-setup", Method: http.MethodPost, Path: "/setup/finish", Summary: "End the setting up for good: keys for everything end, and the three administrators take over", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, _ *Language) (*struct{}, error) { return nil, a.Access.FinishSetup(ctx) })
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-emergencies", Method: http.MethodGet, Path: "/emergencies", Summary: "Emergencies, past and present", Tags: tags},
		func(ctx context.Context, _ *Language) (*emergenciesOutput, error) {
			list, err := a.Access.Emergencies(ctx)
			out := &emergenciesOutput{}
			out.Body.Emergencies = []Emergency{}
			for _, e := range list {
				out.Body.Emergencies = append(out.Body.Emergencies, NewEmergency(e))
			}
			return out, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "ask-emergency", Method: http.MethodPost, Path: "/emergencies", Summary: "Ask to be an administrator of everything for a while", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *askEmergencyInput) (*emergencyOutput, error) {
			e, err := a.Access.AskEmergency(ctx, asking(ctx), in.Body.Reason, time.Duration(in.Body.Minutes)*time.Minute)
			return &emergencyOutput{NewEmergency(e)}, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "approve-emergency", Method: http.MethodPost, Path: "/emergencies/{id}/approve", Summary: "Let one begin; by an administrator of another duty than who asked", Tags: tags},
		func(ctx context.Context, in *emergencyInput) (*emergencyOutput, error) {
			e, err := a.Access.ApproveEmergency(ctx, asking(ctx), in.ID)
			return &emergencyOutput{NewEmergency(e)}, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "end-emergency", Method: http.MethodDelete, Path: "/emergencies/{id}", Summary: "End one before its time", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *emergencyInput) (*struct{}, error) {
			return nil, a.Access.EndEmergency(ctx, in.ID)
		})
}
