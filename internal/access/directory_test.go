package access_test

import (
	"context"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
)

// house is a directory in which li has a password.
type house struct{ down bool }

func (h *house) Name() string { return "house" }

func (h *house) Check(_ context.Context, login, password string) (o access.Outsider, err error) {
	switch {
	case h.down:
		return o, hearth.NewError(hearth.DirectoryFailed, "directory", "house")
	case login != "li" || password != "of the house":
		return o, hearth.NewError(hearth.SignInRefused)
	}
	return access.Outsider{Directory: "house", Subject: "s-1", Login: "li", Name: "Li Lei", Department: "信贷部"}, nil
}

// TestPasswordsOfADirectory: who has no password here is asked for there; who comes first
// that way becomes a user; wrong ones count; whoever has a password here is not asked for
// there; administrators need their code all the same.
func TestPasswordsOfADirectory(t *testing.T) {
	ctx, a, h := t.Context(), open(t), &house{}
	a.Directory = h
	d, err := a.AddDepartment(ctx, hearth.TenantMain, "信贷部")
	if err != nil {
		t.Fatal(err)
	}
	try := func(login, password, code string) (hearth.Principal, error) {
		_, _, by, err := a.SignInPerson(ctx, hearth.Proof{Login: login, Password: password, Code: code})
		return by, err
	}
	for _, x := range [][2]string{{"li", "wrong"}, {"nobody", "of the house"}, {"li", ""}} {
		_, err := try(x[0], x[1], "")
		is(t, "wrong", err, hearth.SignInRefused)
	}
	if people, err := a.People(ctx); err != nil || len(people) != 0 {
		t.Errorf("somebody was added: %+v %v", people, err)
	}
	by, err := try("li", "of the house", "")
	if err != nil || by.Standing != hearth.StandingUser || by.Department != d.ID || by.Name != "Li Lei" {
		t.Fatalf("%+v %v", by, err)
	}
	for range 5 {
		_, err := try("li", "wrong", "")
		is(t, "wrong", err, hearth.SignInRefused)
	}
	_, err = try("li", "of the house", "")
	is(t, "locked", err, hearth.SignInRefused)
	is(t, "unlocking", a.Unlock(ctx, by.Person), "")
	h.down = true
	_, err = try("li", "of the house", "")
	is(t, "the directory is away", err, hearth.DirectoryFailed)
	h.down = false

	enrol(t, a, by)
	if _, err := a.SetStanding(ctx, hearth.Principal{Standing: hearth.StandingAdmin}, by.Person, hearth.StandingSystem); err != nil {
		t.Fatal(err)
	}
	_, err = try("li", "of the house", "")
	is(t, "an administrator without a code", err, hearth.CodeRequired)

	// Another one of the same name, who is here by a password.
	b := open(t)
	b.Directory = h
	member(t, b, "li", hearth.StandingUser)
	_, _, _, err = b.SignInPerson(ctx, hearth.Proof{Login: "li", Password: "of the house"})
	is(t, "who has a password here", err, hearth.SignInRefused)
	_, _, _, err = b.SignInOutsider(ctx, access.Outsider{Directory: "other", Subject: "s-2", Login: "li"})
	is(t, "another house's li", err, hearth.NameTaken)
	// And one who was invited and has none yet.
	c := open(t)
	c.Directory = h
	if _, _, err := c.AddPerson(ctx, hearth.Principal{Standing: hearth.StandingAdmin}, hearth.Person{Login: "li", Name: "Li"}); err != nil {
		t.Fatal(err)
	}
	_, _, _, err = c.SignInPerson(ctx, hearth.Proof{Login: "li", Password: "of the house"})
	is(t, "who was invited, and is another one", err, hearth.SignInRefused)
}
