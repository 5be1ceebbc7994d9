package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/store"
)

// answers opens a store with two keys in it.
func answers(t *testing.T, b store.AnswerBounds) (*store.Store, *store.Answers) {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "hearth.db"))
	for _, id := range []string{"k1", "k2"} {
		if err := s.AddKey(t.Context(), key(id, hearth.StandingAdmin)); err != nil {
			t.Fatal(err)
		}
	}
	return s, s.Answers(b)
}

// kept is an answer and those before it, joined; "gone" if there is none.
func kept(t *testing.T, a *store.Answers, owner, id string) string {
	t.Helper()
	bodies, err := a.Conversation(t.Context(), owner, id, 100)
	if errors.Is(err, hearth.NewError(hearth.NoSuchResponse)) {
		return "gone"
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, b := range bodies {
		list = append(list, string(b))
	}
	return strings.Join(list, ",")
}

func keep(t *testing.T, a *store.Answers, owner, id, parent, body string) {
	t.Helper()
	if ok, err := a.Keep(t.Context(), owner, id, parent, []byte(body)); err != nil || !ok {
		t.Fatalf("%s: %v %v", id, ok, err)
	}
}

func TestAnswersAreTheirOwnersAlone(t *testing.T) {
	s, a := answers(t, store.AnswerBounds{Age: time.Hour, Bytes: 100})
	keep(t, a, "k1", "r1", "", "one")
	keep(t, a, "k1", "r2", "r1", "two")
	keep(t, a, "k1", "r2", "r1", "two!")
	if got := kept(t, a, "k1", "r2"); got != "two!,one" {
		t.Errorf("got %s", got)
	}
	if got := kept(t, a, "k2", "r2"); got != "gone" {
		t.Errorf("somebody else got %s", got)
	}
	keep(t, a, "k2", "r2", "", "stolen") // which is nobody's to write over
	if got := kept(t, a, "k1", "r2"); got != "two!,one" {
		t.Errorf("after somebody else wrote: %s", got)
	}
	if err := a.Forget(t.Context(), "k2", "r1"); !errors.Is(err, hearth.NewError(hearth.NoSuchResponse)) {
		t.Errorf("somebody else forgot it: %v", err)
	}
	if err := a.Forget(t.Context(), "k1", "r1"); err != nil {
		t.Error(err)
	}
	if got := kept(t, a, "k1", "r2"); got != "gone" {
		t.Errorf("a conversation without its beginning: %s", got)
	}
	if err := s.RemoveKey(t.Context(), "k1", ""); err != nil {
		t.Error(err)
	}
	if err := a.Forget(t.Context(), "k1", "r2"); err == nil {
		t.Error("the answers of a revoked key are kept")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	_, a := answers(t, store.AnswerBounds{Age: time.Hour, Bytes: 10})
	if ok, err := a.Keep(t.Context(), "k1", "large", "", make([]byte, 11)); ok || err != nil {
		t.Errorf("too large a one: %v %v", ok, err)
	}
	keep(t, a, "k2", "other", "", "0123456789")
	for i := range 5 {
		keep(t, a, "k1", fmt.Sprint("r", i), "", "0123")
	}
	var left []string
	for i := range 5 {
		if kept(t, a, "k1", fmt.Sprint("r", i)) != "gone" {
			left = append(left, fmt.Sprint("r", i))
		}
	}
	if got := strings.Join(left, " "); got != "r3 r4" {
		t.Errorf("left are %s", got)
	}
	if kept(t, a, "k2", "other") == "gone" {
		t.Error("one key's answers cost another one's")
	}
}

func TestOldAnswersAreGone(t *testing.T) {
	s, a := answers(t, store.AnswerBounds{Age: time.Hour, Bytes: 100})
	keep(t, a, "k1", "r1", "", "one")
	if body, err := a.Kept(t.Context(), "k1", "r1"); err != nil || string(body) != "one" {
		t.Errorf("%s %v", body, err)
	}
	later := s.Answers(store.AnswerBounds{Age: -time.Hour, Bytes: 100}) // for which everything is too old
	if got := kept(t, later, "k1", "r1"); got != "gone" {
		t.Errorf("an old one: %s", got)
	}
	if _, err := later.Kept(t.Context(), "k1", "r1"); !errors.Is(err, hearth.NewError(hearth.NoSuchResponse)) {
		t.Errorf("an old one: %v", err)
	}
	if ok, err := later.Keep(t.Context(), "k1", "r2", "", nil); ok || err != nil {
		t.Errorf("where nothing is kept: %v %v", ok, err)
	}
}

func TestConversationsHaveABound(t *testing.T) {
	_, a := answers(t, store.AnswerBounds{Age: time.Hour, Bytes: 100})
	parent := ""
	for i := range 4 {
		id := fmt.Sprint("r", i)
		keep(t, a, "k1", id, parent, id)
		parent = id
	}
	if _, err := a.Conversation(t.Context(), "k1", "r3", 3); !errors.Is(err, hearth.NewError(hearth.OutOfRange)) {
		t.Errorf("a longer one: %v", err)
	}
	if got := kept(t, a, "k1", "r3"); got != "r3,r2,r1,r0" {
		t.Errorf("got %s", got)
	}
}
