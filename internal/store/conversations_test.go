package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

func talk(id, text string, revision int64) hearth.Conversation {
	return hearth.Conversation{ID: id, Title: text, Revision: revision, Created: time.UnixMilli(1_800_000_000_000), Updated: time.UnixMilli(1_800_000_000_000 + revision),
		Body: []byte(`{"text":"` + text + `"}`), Said: text}
}

// TestConversations: each is its owner's alone, whatever else is asked.
func TestConversations(t *testing.T) {
	ctx := t.Context()
	s := open(t, filepath.Join(t.TempDir(), "hearth.db"))
	for _, id := range []string{"k1", "k2"} {
		if err := s.AddKey(ctx, key(id, hearth.StandingUser)); err != nil {
			t.Fatal(err)
		}
	}
	me, other := hearth.Principal{KeyID: "k1", Tenant: "main"}, hearth.Principal{KeyID: "k2", Tenant: "main"}
	elsewhere := hearth.Principal{KeyID: "k2", Tenant: "else"}
	if n, err := s.PutConversation(ctx, me, talk("a", "Fruit 苹果", 0)); err != nil || n != 1 {
		t.Fatalf("revision %d (%v)", n, err)
	}
	if n, err := s.PutConversation(ctx, me, talk("a", "Fruit 香蕉", 1)); err != nil || n != 2 {
		t.Fatalf("revision %d (%v)", n, err)
	}
	code := func(err error) hearth.Code {
		if err == nil {
			return ""
		}
		return hearth.AsError(err).Code
	}
	put := func(by hearth.Principal, revision int64) error {
		_, err := s.PutConversation(ctx, by, talk("a", "x", revision))
		return err
	}
	read := func(by hearth.Principal) error {
		_, err := s.Conversation(ctx, by, "a")
		return err
	}
	f := hearth.Feedback{Conversation: "a", Turn: "t", Model: "m", Reason: "wrong", At: time.Unix(5, 0).UTC()}
	for what, c := range map[string]struct {
		err  error
		want hearth.Code
	}{
		"stale":                 {put(me, 1), hearth.ConversationChanged},
		"anew":                  {put(me, 0), hearth.ConversationChanged},
		"somebody else's":       {put(other, 2), hearth.NoSuchConversation},
		"not there":             {func() error { _, err := s.PutConversation(ctx, me, talk("b", "x", 3)); return err }(), hearth.NoSuchConversation},
		"read by another":       {read(other), hearth.NoSuchConversation},
		"removed by another":    {s.RemoveConversation(ctx, other, "a"), hearth.NoSuchConversation},
		"shared by another":     {s.ShareConversation(ctx, other, "a", true), hearth.NoSuchConversation},
		"feedback by another":   {s.PutFeedback(ctx, other, f), hearth.NoSuchConversation},
		"feedback by its owner": {s.PutFeedback(ctx, me, f), ""},
		"again":                 {s.PutFeedback(ctx, me, f), ""},
		"read by its owner":     {read(me), ""},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s: %q, want %q (%v)", what, got, c.want, c.err)
		}
	}
	found := func(by hearth.Principal, q hearth.ConversationQuery) int {
		q.Limit = 10
		list, err := s.Conversations(ctx, by, q)
		if err != nil {
			t.Error(err)
		}
		return len(list)
	}
	if err := s.ShareConversation(ctx, me, "a", true); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		by   hearth.Principal
		q    hearth.ConversationQuery
		want int
	}{
		{me, hearth.ConversationQuery{}, 1}, {me, hearth.ConversationQuery{Text: "fruit 香"}, 1}, {me, hearth.ConversationQuery{Text: "苹果"}, 0},
		{me, hearth.ConversationQuery{Text: "100%"}, 0}, {me, hearth.ConversationQuery{Shared: true}, 0},
		{other, hearth.ConversationQuery{}, 0}, {other, hearth.ConversationQuery{Shared: true}, 1}, {elsewhere, hearth.ConversationQuery{Shared: true}, 0},
		{me, hearth.ConversationQuery{Before: time.UnixMilli(1_800_000_000_001)}, 0},
	} {
		if n := found(c.by, c.q); n != c.want {
			t.Errorf("%+v of %s: %d, want %d", c.q, c.by.KeyID, n, c.want)
		}
	}
	if err := read(other); err != nil {
		t.Errorf("shared, and not to be read: %v", err)
	}
	if code(read(elsewhere)) != hearth.NoSuchConversation || code(put(other, 2)) != hearth.NoSuchConversation {
		t.Error("sharing gives it to another tenant, or to be written")
	}
	if list, err := s.Feedback(ctx, 10); err != nil || len(list) != 1 || list[0] != f {
		t.Errorf("%v (%v)", list, err)
	}
	if err := s.RemoveKey(ctx, "k1", ""); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Feedback(ctx, 10); err != nil || len(list)+found(other, hearth.ConversationQuery{Shared: true}) != 0 {
		t.Errorf("what was a revoked key's is still there: %v (%v)", list, err)
	}
}
