package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Tenant is a tenant as this door shows it.
type Tenant struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Models   []string   `json:"models" doc:"That it may use; * stands for anything; none: all"`
	Created  time.Time  `json:"created"`
	Disabled *time.Time `json:"disabled,omitempty" doc:"Since when nobody of it is let in"`
	ETag     string     `json:"etag" doc:"For If-Match, when it is changed"`
}

// NewTenant shows a tenant.
func NewTenant(t hearth.Tenant) Tenant {
	return Tenant{ID: t.ID, Name: t.Name, Models: t.Models.Names(), Created: t.Created, Disabled: moment(t.Disabled), ETag: tenantTag(t)}
}

// tenantTag tells states of a tenant apart.
func tenantTag(t hearth.Tenant) string { return etagOf(t.ID, t.Name, t.Models, t.Disabled.Unix()) }

// Department is a part of a tenant.
type Department struct {
	ID      string    `json:"id"`
	Tenant  string    `json:"tenant" doc:"Id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	ETag    string    `json:"etag" doc:"For If-Match, when it is changed"`
}

// NewDepartment shows a department.
func NewDepartment(d hearth.Department) Department {
	return Department{d.ID, d.Tenant, d.Name, d.Created, departmentTag(d)}
}

func departmentTag(d hearth.Department) string { return etagOf(d.ID, d.Name) }

type tenantsOutput struct {
	Body struct {
		Tenants []Tenant `json:"tenants" doc:"The main one first"`
	}
}

type tenantOutput struct{ Body Tenant }

type addTenantInput struct {
	Language
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
	}
}

type changeTenantInput struct {
	Language
	Matched
	ID   string `path:"id"`
	Body struct {
		Name     *string `json:"name,omitempty" maxLength:"200"`
		Disabled *bool   `json:"disabled,omitempty" doc:"true: nobody of it is let in any more, and what is under way for them ends"`
	}
}

type tenantModelsInput struct {
	Language
	Matched
	ID   string `path:"id"`
	Body struct {
		Models []string `json:"models" maxItems:"200" doc:"Names, in which * stands for anything; none: all"`
	}
}

type houseInput struct {
	Language
	ID string `path:"id"`
}

type departmentsOutput struct {
	Body struct {
		Departments []Department `json:"departments" doc:"By tenant and name"`
	}
}

type departmentOutput struct{ Body Department }

type addDepartmentInput struct {
	Language
	Body struct {
		Tenant string `json:"tenant,omitempty" doc:"Id; the main one, if absent"`
		Name   string `json:"name" minLength:"1" maxLength:"200"`
	}
}

type renameDepartmentInput struct {
	Language
	Matched
	ID   string `path:"id"`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200"`
	}
}

func (in *addTenantInput) object() string        { return in.Body.Name }
func (out *tenantOutput) object() string         { return out.Body.ID }
func (in *changeTenantInput) object() string     { return in.ID }
func (in *tenantModelsInput) object() string     { return in.ID }
func (in *houseInput) object() string            { return in.ID }
func (in *addDepartmentInput) object() string    { return in.Body.Name }
func (out *departmentOutput) object() string     { return out.Body.ID }
func (in *renameDepartmentInput) object() string { return in.ID }

func (a *Admin) changeTenant(ctx context.Context, m Matched, id string, change func(*hearth.Tenant)) (t hearth.Tenant, err error) {
	err = a.change(m, func() (string, error) {
		list, err := a.Access.Tenants(ctx)
		return tagged(list, err, func(t hearth.Tenant) bool { return t.ID == id }, tenantTag)
	}, func() (err error) {
		t, err = a.Access.ChangeTenant(ctx, id, change)
		return err
	})
	return t, err
}

// houseRoutes are about tenants and their departments.
func (a *Admin) houseRoutes() {
	const look = hearth.RightPeople | hearth.RightGrant | hearth.RightAudit
	tags := []string{"Tenants"}
	handle(a, look, huma.Operation{OperationID: "list-tenants", Method: http.MethodGet, Path: "/tenants", Summary: "Tenants", Tags: tags},
		func(ctx context.Context, _ *Language) (*tenantsOutput, error) {
			tenants, err := a.Access.Tenants(ctx)
			out := &tenantsOutput{}
			out.Body.Tenants = []Tenant{}
			for _, t := range tenants {
				out.Body.Tenants = append(out.Body.Tenants, NewTenant(t))
			}
			return out, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "add-tenant", Method: http.MethodPost, Path: "/tenants", Summary: "Add a tenant", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *addTenantInput) (*tenantOutput, error) {
			t, err := a.Access.AddTenant(ctx, in.Body.Name, "")
			return &tenantOutput{NewTenant(t)}, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "change-tenant", Method: http.MethodPatch, Path: "/tenants/{id}", Summary: "Rename, disable or enable a tenant", Tags: tags},
		func(ctx context.Context, in *changeTenantInput) (*tenantOutput, error) {
			t, err := a.changeTenant(ctx, in.Matched, in.ID, func(t *hearth.Tenant) {
				set(&t.Name, in.Body.Name)
				disable(&t.Disabled, in.Body.Disabled)
			})
			return &tenantOutput{NewTenant(t)}, err
		})
	handle(a, hearth.RightGrant, huma.Operation{OperationID: "set-tenant-models", Method: http.MethodPut, Path: "/tenants/{id}/models", Summary: "Say which models a tenant may use", Tags: tags},
		func(ctx context.Context, in *tenantModelsInput) (*tenantOutput, error) {
			models, err := hearth.ParseModelList(in.Body.Models)
			if err != nil {
				return nil, err
			}
			t, err := a.changeTenant(ctx, in.Matched, in.ID, func(t *hearth.Tenant) { t.Models = models })
			return &tenantOutput{NewTenant(t)}, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "remove-tenant", Method: http.MethodDelete, Path: "/tenants/{id}", Summary: "Forget a tenant that nobody and nothing is of", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *houseInput) (*struct{}, error) {
			return nil, a.Access.RemoveTenant(ctx, in.ID)
		})
	handle(a, look, huma.Operation{OperationID: "list-departments", Method: http.MethodGet, Path: "/departments", Summary: "Departments of all tenants", Tags: tags},
		func(ctx context.Context, _ *Language) (*departmentsOutput, error) {
			departments, err := a.Access.Departments(ctx)
			out := &departmentsOutput{}
			out.Body.Departments = []Department{}
			for _, d := range departments {
				out.Body.Departments = append(out.Body.Departments, NewDepartment(d))
			}
			return out, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "add-department", Method: http.MethodPost, Path: "/departments", Summary: "Add a department", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *addDepartmentInput) (*departmentOutput, error) {
			tenant := in.Body.Tenant
			if tenant == "" {
				tenant = hearth.TenantMain
			}
			d, err := a.Access.AddDepartment(ctx, tenant, in.Body.Name)
			return &departmentOutput{NewDepartment(d)}, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "rename-department", Method: http.MethodPatch, Path: "/departments/{id}", Summary: "Give a department another name", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *renameDepartmentInput) (*struct{}, error) {
			return nil, a.change(in.Matched, func() (string, error) {
				list, err := a.Access.Departments(ctx)
				return tagged(list, err, func(d hearth.Department) bool { return d.ID == in.ID }, departmentTag)
			}, func() error { return a.Access.RenameDepartment(ctx, in.ID, in.Body.Name) })
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "remove-department", Method: http.MethodDelete, Path: "/departments/{id}", Summary: "Forget a department that nobody and nothing is of", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *houseInput) (*struct{}, error) {
			return nil, a.Access.RemoveDepartment(ctx, in.ID)
		})
}
