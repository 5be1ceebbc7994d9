package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/door"
)

// SCIM 2.0 (RFC 7643, RFC 7644), as far as directories need it to bring people here and to
// take them away again. Users are people, groups are departments, of the tenant of the key. Whom SCIM did not
// bring is not there for it. Nobody becomes more than a user by it, and nobody gets a
// password: people sign in by a provider or a directory that calls them the same.
//
// Attributes that are not kept are left out without a word, as RFC 7644, 3.3, allows; a
// filter that is not known is refused.

// SCIMPrefix is where its paths begin.
const SCIMPrefix = "/scim/v2"

// Limits of SCIM.
const (
	scimBodyMax = 1 << 20
	scimPageMax = 1000
	scimPage    = 100
	scimOpsMax  = 1000
)

const (
	scimUserSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	scimListSchema  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	scimErrorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"
)

type scimName struct {
	Formatted string `json:"formatted,omitempty"`
}

type scimMeta struct {
	ResourceType string     `json:"resourceType"`
	Created      *time.Time `json:"created,omitempty"`
	Location     string     `json:"location"`
}

type scimUser struct {
	Schemas     []string     `json:"schemas"`
	ID          string       `json:"id"`
	ExternalID  string       `json:"externalId,omitempty"`
	UserName    string       `json:"userName"`
	Name        scimName     `json:"name"`
	DisplayName string       `json:"displayName,omitempty"`
	Active      *bool        `json:"active,omitempty"`
	Groups      []scimMember `json:"groups,omitempty"`
	Meta        scimMeta     `json:"meta"`
}

type scimMember struct {
	Value   string `json:"value"`
	Display string `json:"display,omitempty"`
}

type scimGroup struct {
	Schemas     []string     `json:"schemas"`
	ID          string       `json:"id"`
	DisplayName string       `json:"displayName"`
	Members     []scimMember `json:"members,omitempty"`
	Meta        scimMeta     `json:"meta"`
}

// scimPatch changes something. Names of operations are in any case, as providers send them.
type scimPatch struct {
	Operations []struct {
		Op    string          `json:"op"`
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value"`
	} `json:"Operations"`
}

// scim is one request.
type scim struct {
	*Admin
	w      http.ResponseWriter
	r      *http.Request
	by     hearth.Principal
	record hearth.Record
}

// ServeSCIM serves the paths of SCIM, for keys that may import.
func (a *Admin) ServeSCIM(w http.ResponseWriter, r *http.Request) {
	door.Door{Authoriser: a.Authoriser, Log: a.Log, Recorder: a.Recorder}.Serve(w, r, func(r *http.Request, by hearth.Principal) error {
		x := &scim{Admin: a, w: w, r: r, by: by, record: hearth.Record{RequestID: door.RequestID(w), By: by, From: door.Address(r)}}
		if !by.May(hearth.RightImport) {
			return a.notAllowed(r, x.record)
		}
		return x.serve()
	}, func(err error) { scimError(w, r, err) })
}

func scimError(w http.ResponseWriter, r *http.Request, err error) {
	e := hearth.AsError(err)
	out := map[string]any{"schemas": []string{scimErrorSchema}, "status": strconv.Itoa(door.Status(e)), "detail": e.Message(hearth.ParseLanguage(r.Header.Get("Accept-Language")))}
	switch {
	case e.Code == hearth.NameTaken:
		out["scimType"] = "uniqueness"
	case e.Field == "filter":
		out["scimType"] = "invalidFilter"
	case e.Kind() == hearth.KindInvalid:
		out["scimType"] = "invalidValue"
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(door.Status(e))
	_ = json.NewEncoder(w).Encode(out)
}

// serve finds what is asked for: a kind, and perhaps one of it.
func (x *scim) serve() error {
	kind, id, one := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(x.r.URL.Path, SCIMPrefix), "/"), "/")
	routes := map[string]func(string) error{}
	switch {
	case kind == "Users" && !one:
		routes = map[string]func(string) error{"GET": x.users, "POST": x.addUser}
	case kind == "Users" && id != "":
		routes = map[string]func(string) error{"GET": x.user, "PUT": x.putUser, "PATCH": x.patchUser, "DELETE": x.removeUser}
	case kind == "Groups" && !one:
		routes = map[string]func(string) error{"GET": x.groups, "POST": x.addGroup}
	case kind == "Groups" && id != "":
		routes = map[string]func(string) error{"GET": x.group, "PUT": x.putGroup, "PATCH": x.patchGroup, "DELETE": x.removeGroup}
	case kind == "ServiceProviderConfig" && !one:
		routes = map[string]func(string) error{"GET": x.abilities}
	}
	f, ok := routes[x.r.Method]
	switch {
	case len(routes) == 0:
		return hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	case !ok:
		return hearth.NewError(hearth.BadMethod, "path", x.r.URL.Path, "method", x.r.Method, "allowed", "GET, POST, PUT, PATCH, DELETE")
	case x.r.Method == http.MethodGet:
		return f(id)
	}
	return x.acting(f, id)
}

// acting does what changes something between two records.
func (x *scim) acting(f func(string) error, id string) error {
	if x.Recorder == nil {
		return f(id)
	}
	r := x.record
	r.Kind, r.Act, r.Stage, r.Object = hearth.RecordAdmin, "import-"+strings.ToLower(x.r.Method), hearth.StageBegun, x.r.URL.Path
	if err := x.Recorder.Record(x.r.Context(), r); err != nil {
		return err
	}
	err := f(id)
	r.Stage = hearth.StageEnded
	if err != nil {
		r.Result = hearth.AsError(err).Code
	}
	if late := x.Recorder.Record(context.WithoutCancel(x.r.Context()), r); late != nil {
		x.Log.Error("an import can't be recorded", "request", r.RequestID, "error", late)
	}
	return err
}

func (x *scim) read(to any) error {
	text, err := io.ReadAll(io.LimitReader(x.r.Body, scimBodyMax+1))
	if err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	if len(text) > scimBodyMax {
		return hearth.NewError(hearth.BodyTooLarge, "limit_bytes", scimBodyMax)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return hearth.NewError(hearth.InvalidJSON, "detail", err)
	}
	return nil
}

func (x *scim) write(status int, v any) error {
	x.w.Header().Set("Content-Type", "application/scim+json")
	x.w.WriteHeader(status)
	return json.NewEncoder(x.w).Encode(v)
}

func (x *scim) abilities(string) error {
	no := map[string]any{"supported": false}
	return x.write(http.StatusOK, map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch": map[string]any{"supported": true}, "bulk": no, "sort": no, "etag": no, "changePassword": no,
		"filter":                map[string]any{"supported": true, "maxResults": scimPageMax},
		"authenticationSchemes": []any{map[string]string{"type": "oauthbearertoken", "name": "key", "description": "Authorization: Bearer hk_…"}}})
}

var scimFilter = regexp.MustCompile(`^\s*(\w+)\s+[eE][qQ]\s+("(?:[^"\\]|\\.)*")\s*$`)

// page is what of a list is asked for.
func page[T any](x *scim, list []T, attribute func(T, string) (string, bool)) error {
	q := x.r.URL.Query()
	if f := q.Get("filter"); f != "" {
		m := scimFilter.FindStringSubmatch(f)
		var want string
		if m == nil || json.Unmarshal([]byte(m[2]), &want) != nil {
			return unknownFilter()
		}
		var zero T
		if _, known := attribute(zero, m[1]); !known {
			return unknownFilter()
		}
		list = slices.DeleteFunc(list, func(v T) bool { got, _ := attribute(v, m[1]); return !strings.EqualFold(got, want) })
	}
	start, count := 1, scimPage
	if n, err := strconv.Atoi(q.Get("startIndex")); err == nil {
		start = max(1, n)
	}
	if n, err := strconv.Atoi(q.Get("count")); err == nil {
		count = min(max(0, n), scimPageMax)
	}
	from := min(start-1, len(list))
	to := min(from+count, len(list))
	return x.write(http.StatusOK, map[string]any{"schemas": []string{scimListSchema}, "totalResults": len(list), "startIndex": start,
		"itemsPerPage": to - from, "Resources": append([]T{}, list[from:to]...)})
}

func unknownFilter() error {
	return hearth.NewError(hearth.InvalidValue, "field", "filter", "detail", hearth.Words{`it is of the form: userName eq "…"`, `格式应为：userName eq "…"`}).At("filter")
}

// all are the people that were imported into the tenant.
func (x *scim) all() ([]access.Imported, error) {
	return x.Access.Imported(x.r.Context(), x.by.Tenant)
}

func (x *scim) find(id string) (access.Imported, error) {
	list, err := x.all()
	if err != nil {
		return access.Imported{}, err
	}
	i := slices.IndexFunc(list, func(p access.Imported) bool { return p.ID == id })
	if i < 0 {
		return access.Imported{}, hearth.NewError(hearth.NoSuchPerson, "person", id)
	}
	return list[i], nil
}

func showUser(p access.Imported) scimUser {
	active := p.Disabled.IsZero()
	u := scimUser{Schemas: []string{scimUserSchema}, ID: p.ID, ExternalID: p.External, UserName: p.Login, Name: scimName{p.Name}, DisplayName: p.Name, Active: &active,
		Meta: scimMeta{"User", moment(p.Created), SCIMPrefix + "/Users/" + p.ID}}
	if p.Department != "" {
		u.Groups = []scimMember{{Value: p.Department}}
	}
	return u
}

func (x *scim) users(string) error {
	list, err := x.all()
	if err != nil {
		return err
	}
	users := make([]scimUser, 0, len(list))
	for _, p := range list {
		users = append(users, showUser(p))
	}
	return page(x, users, func(u scimUser, attribute string) (string, bool) {
		switch strings.ToLower(attribute) {
		case "username":
			return u.UserName, true
		case "externalid":
			return u.ExternalID, true
		case "id":
			return u.ID, true
		}
		return "", false
	})
}

func (x *scim) user(id string) error {
	p, err := x.find(id)
	if err != nil {
		return err
	}
	return x.write(http.StatusOK, showUser(p))
}

// named is what a user is called: the first of what was sent.
func (u scimUser) named() string {
	for _, n := range []string{u.DisplayName, u.Name.Formatted, u.UserName} {
		if n != "" {
			return n
		}
	}
	return ""
}

func (x *scim) addUser(string) error {
	var u scimUser
	if err := x.read(&u); err != nil {
		return err
	}
	p := hearth.Person{Login: u.UserName, Name: u.named(), Tenant: x.by.Tenant}
	if u.Active != nil && !*u.Active {
		p.Disabled = time.Now().UTC().Truncate(time.Second)
	}
	out, err := x.Access.Import(x.r.Context(), p, u.ExternalID)
	if err != nil {
		return err
	}
	x.w.Header().Set("Location", SCIMPrefix+"/Users/"+out.ID)
	return x.write(http.StatusCreated, showUser(out))
}

// change changes somebody, and shows them.
func (x *scim) change(id string, change func(*hearth.Person) error) error {
	if _, err := x.find(id); err != nil {
		return err
	}
	var wrong error
	if _, err := x.Access.ChangePerson(x.r.Context(), x.by, id, func(p *hearth.Person) { wrong = change(p) }); err != nil || wrong != nil {
		return errors.Join(wrong, err)
	}
	return x.user(id)
}

func setActive(p *hearth.Person, active bool) {
	switch {
	case active:
		p.Disabled = time.Time{}
	case p.Disabled.IsZero():
		p.Disabled = time.Now().UTC().Truncate(time.Second)
	}
}

func (x *scim) putUser(id string) error {
	var u scimUser
	if err := x.read(&u); err != nil {
		return err
	}
	return x.change(id, func(p *hearth.Person) error {
		p.Login, p.Name = strings.TrimSpace(u.UserName), u.named()
		setActive(p, u.Active == nil || *u.Active)
		return nil
	})
}

func (x *scim) patchUser(id string) error {
	var patch scimPatch
	if err := x.readPatch(&patch); err != nil {
		return err
	}
	changes := []func(*hearth.Person){}
	for _, o := range patch.Operations {
		values := map[string]json.RawMessage{o.Path: o.Value}
		if o.Path == "" {
			values = nil
			if err := json.Unmarshal(o.Value, &values); err != nil {
				return wrongValue()
			}
		}
		for path, value := range values {
			change, err := userChange(strings.TrimPrefix(path, scimUserSchema+":"), value)
			if err != nil {
				return err
			}
			if change != nil && !strings.EqualFold(o.Op, "remove") {
				changes = append(changes, change)
			}
		}
	}
	return x.change(id, func(p *hearth.Person) error {
		for _, f := range changes {
			f(p)
		}
		return nil
	})
}

// readPatch reads what is to be changed, in the order that it is.
func (x *scim) readPatch(patch *scimPatch) error {
	if err := x.read(patch); err != nil {
		return err
	}
	if len(patch.Operations) == 0 || len(patch.Operations) > scimOpsMax {
		return hearth.NewError(hearth.OutOfRange, "field", "the number of Operations", "min", 1, "max", scimOpsMax)
	}
	for _, o := range patch.Operations {
		if op := strings.ToLower(o.Op); op != "add" && op != "replace" && op != "remove" {
			return hearth.NewError(hearth.NotOneOf, "field", "op", "choices", "add, replace, remove")
		}
	}
	return nil
}

func wrongValue() error {
	return hearth.NewError(hearth.InvalidValue, "field", "value", "detail", hearth.Words{"it is not of the kind that the attribute has", "与属性类型不符"})
}

// userChange is the change of one attribute; nil: it is not kept.
func userChange(path string, value json.RawMessage) (func(*hearth.Person), error) {
	var text string
	switch strings.ToLower(path) {
	case "active":
		var active bool
		if json.Unmarshal(value, &active) != nil {
			var err error
			if json.Unmarshal(value, &text) != nil { // "False", as some send it
				return nil, wrongValue()
			}
			if active, err = strconv.ParseBool(strings.ToLower(text)); err != nil {
				return nil, wrongValue()
			}
		}
		return func(p *hearth.Person) { setActive(p, active) }, nil
	case "username", "displayname", "name.formatted":
		if json.Unmarshal(value, &text) != nil {
			return nil, wrongValue()
		}
		if strings.EqualFold(path, "username") {
			return func(p *hearth.Person) { p.Login = strings.TrimSpace(text) }, nil
		}
		return func(p *hearth.Person) { p.Name = text }, nil
	}
	return nil, nil
}

func (x *scim) removeUser(id string) error {
	if _, err := x.find(id); err != nil {
		return err
	}
	if err := x.Access.RemovePerson(x.r.Context(), x.by, id); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// Groups are the departments of the tenant. Somebody is in one at a time: who is added to
// another leaves the one before.

func (x *scim) showGroups() ([]scimGroup, error) {
	all, err := x.Access.Departments(x.r.Context())
	if err != nil {
		return nil, err
	}
	people, err := x.all()
	if err != nil {
		return nil, err
	}
	groups := []scimGroup{}
	for _, d := range all {
		if d.Tenant != x.by.Tenant {
			continue
		}
		g := scimGroup{Schemas: []string{scimGroupSchema}, ID: d.ID, DisplayName: d.Name, Meta: scimMeta{"Group", moment(d.Created), SCIMPrefix + "/Groups/" + d.ID}}
		for _, p := range people {
			if p.Department == d.ID {
				g.Members = append(g.Members, scimMember{p.ID, p.Name})
			}
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func (x *scim) groups(string) error {
	groups, err := x.showGroups()
	if err != nil {
		return err
	}
	return page(x, groups, func(g scimGroup, attribute string) (string, bool) {
		switch strings.ToLower(attribute) {
		case "displayname":
			return g.DisplayName, true
		case "id":
			return g.ID, true
		}
		return "", false
	})
}

func (x *scim) findGroup(id string) (scimGroup, error) {
	groups, err := x.showGroups()
	if err != nil {
		return scimGroup{}, err
	}
	i := slices.IndexFunc(groups, func(g scimGroup) bool { return g.ID == id })
	if i < 0 {
		return scimGroup{}, hearth.NewError(hearth.NoSuchDepartment, "department", id)
	}
	return groups[i], nil
}

func (x *scim) group(id string) error {
	g, err := x.findGroup(id)
	if err != nil {
		return err
	}
	return x.write(http.StatusOK, g)
}

func (x *scim) addGroup(string) error {
	var g scimGroup
	if err := x.read(&g); err != nil {
		return err
	}
	d, err := x.Access.AddDepartment(x.r.Context(), x.by.Tenant, g.DisplayName)
	if err != nil {
		return err
	}
	if err := x.place(g.Members, d.ID); err != nil {
		return err
	}
	shown, err := x.findGroup(d.ID)
	if err != nil {
		return err
	}
	x.w.Header().Set("Location", shown.Meta.Location)
	return x.write(http.StatusCreated, shown)
}

// place puts people into a department; empty: into none.
func (x *scim) place(members []scimMember, department string) error {
	for _, m := range members {
		p, err := x.find(m.Value)
		if err != nil {
			return err
		}
		if p.Department == department {
			continue
		}
		if _, err := x.Access.ChangePerson(x.r.Context(), x.by, p.ID, func(p *hearth.Person) { p.Department = department }); err != nil {
			return err
		}
	}
	return nil
}

// members makes a group have these members and no other.
func (x *scim) members(g scimGroup, members []scimMember) error {
	gone := slices.DeleteFunc(slices.Clone(g.Members), func(m scimMember) bool {
		return slices.ContainsFunc(members, func(n scimMember) bool { return n.Value == m.Value })
	})
	return errors.Join(x.place(gone, ""), x.place(members, g.ID))
}

func (x *scim) putGroup(id string) error {
	was, err := x.findGroup(id)
	if err != nil {
		return err
	}
	var g scimGroup
	if err := x.read(&g); err != nil {
		return err
	}
	if err := x.Access.RenameDepartment(x.r.Context(), id, g.DisplayName); err != nil {
		return err
	}
	if err := x.members(was, g.Members); err != nil {
		return err
	}
	return x.group(id)
}

var scimMemberPath = regexp.MustCompile(`^members\[value [eE][qQ] "([^"\\]+)"\]$`)

func (x *scim) patchGroup(id string) error {
	if _, err := x.findGroup(id); err != nil {
		return err
	}
	var patch scimPatch
	if err := x.readPatch(&patch); err != nil {
		return err
	}
	for _, o := range patch.Operations {
		g, err := x.findGroup(id)
		if err != nil {
			return err
		}
		if err := x.changeGroup(g, strings.ToLower(o.Op), o.Path, o.Value); err != nil {
			return err
		}
	}
	return x.group(id)
}

func (x *scim) changeGroup(g scimGroup, op, path string, value json.RawMessage) error {
	if m := scimMemberPath.FindStringSubmatch(path); m != nil && op == "remove" {
		return x.place([]scimMember{{Value: m[1]}}, "")
	}
	if path == "" {
		var v struct {
			DisplayName *string       `json:"displayName"`
			Members     *[]scimMember `json:"members"`
		}
		if json.Unmarshal(value, &v) != nil {
			return wrongValue()
		}
		if v.DisplayName != nil {
			if err := x.Access.RenameDepartment(x.r.Context(), g.ID, *v.DisplayName); err != nil {
				return err
			}
		}
		if v.Members == nil {
			return nil
		}
		return x.changeMembers(g, op, *v.Members)
	}
	switch strings.ToLower(path) {
	case "displayname":
		var name string
		if json.Unmarshal(value, &name) != nil {
			return wrongValue()
		}
		return x.Access.RenameDepartment(x.r.Context(), g.ID, name)
	case "members":
		var members []scimMember
		if len(value) > 0 && json.Unmarshal(value, &members) != nil {
			return wrongValue()
		}
		if op == "remove" && len(value) == 0 {
			members = g.Members
		}
		return x.changeMembers(g, op, members)
	}
	return hearth.NewError(hearth.InvalidValue, "field", "path", "detail", hearth.Words{"a group has displayName and members", "用户组只有 displayName 与 members"})
}

func (x *scim) changeMembers(g scimGroup, op string, members []scimMember) error {
	switch op {
	case "add":
		return x.place(members, g.ID)
	case "remove":
		return x.place(members, "")
	}
	return x.members(g, members)
}

func (x *scim) removeGroup(id string) error {
	g, err := x.findGroup(id)
	if err != nil {
		return err
	}
	if err := x.place(g.Members, ""); err != nil {
		return err
	}
	if err := x.Access.RemoveDepartment(x.r.Context(), id); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
