package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSCIM brings people here and takes them away as a directory does: with a key that may
// do nothing else, people it did not bring are not there for it, and who is deactivated is
// out within a second, in the middle of an answer.
func TestSCIM(t *testing.T) {
	up := httptest.NewServer(&talker{})
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: far, url: %s/v1}\n", up.URL)))
	s := start(t, home)
	first := caller{s, "Authorization", s.key}
	var k struct{ Key string }
	if err := json.Unmarshal([]byte(does(t, hearth(home, "key", "create", "--import", "--name", "corp", "--json"))), &k); err != nil {
		t.Fatal(err)
	}
	scim := caller{s, "Authorization", k.Key}
	for _, path := range []string{"/v1/models", "/admin/v1/people", "/admin/v1/status"} {
		if status, body := scim.call("GET", path, ""); status != 403 {
			t.Errorf("the key at %s: %d %s", path, status, body)
		}
	}
	boss, session := s.somebody(first, "boss", "user", "")
	if status, _ := session.call("GET", "/scim/v2/Users", ""); status != 403 {
		t.Errorf("a user imports: %d", status)
	}
	if status, _ := (caller{s: s}).call("GET", "/scim/v2/Users", ""); status != 401 {
		t.Errorf("a stranger imports: %d", status)
	}

	var li, wang struct {
		ID, UserName, ExternalID string
		Active                   bool
		Groups                   []struct{ Value string }
	}
	scim.must("POST", "/scim/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"li","externalId":"e-1","name":{"formatted":"Li Lei"},"emails":[{"value":"li@bank.example"}],"active":true}`, 201, &li)
	scim.must("POST", "/scim/v2/Users", `{"userName":"wang","displayName":"Wang"}`, 201, &wang)
	for body, want := range map[string]int{`{"userName":"LI"}`: 409, `{"userName":"a b"}`: 400, `{"userName":""}`: 400, `{`: 400, `{"userName":7}`: 400} {
		if status, text := scim.call("POST", "/scim/v2/Users", body); status != want || !strings.Contains(text, "messages:2.0:Error") {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	var list struct {
		TotalResults, ItemsPerPage int
		Resources                  []struct{ ID string }
	}
	for query, want := range map[string]string{"": "2 2", "?count=1": "2 1", "?startIndex=3": "2 0", "?filter=userName%20eq%20%22Li%22": "1 1", "?filter=externalId%20Eq%20%22e-1%22": "1 1",
		"?filter=userName%20eq%20%22boss%22": "0 0", "?count=99999999999999999999": "2 2", "?startIndex=-5": "2 2"} {
		list.Resources = nil
		scim.must("GET", "/scim/v2/Users"+query, "", 200, &list)
		if got := fmt.Sprint(list.TotalResults, " ", list.ItemsPerPage); got != want || len(list.Resources) != list.ItemsPerPage {
			t.Errorf("%s: %s, %d", query, got, len(list.Resources))
		}
	}
	for _, filter := range []string{"userName%20co%20%22l%22", "emails%20eq%20%22x%22", "x"} {
		if status, text := scim.call("GET", "/scim/v2/Users?filter="+filter, ""); status != 400 || !strings.Contains(text, "invalidFilter") {
			t.Errorf("%s: %d %s", filter, status, text)
		}
	}
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		if status, body := scim.call(method, "/scim/v2/Users/"+boss, `{"userName":"boss","Operations":[{"op":"replace","path":"active","value":false}]}`); status != 404 {
			t.Errorf("%s of somebody it did not bring: %d %s", method, status, body)
		}
	}

	var group struct {
		ID, DisplayName string
		Members         []struct{ Value string }
	}
	scim.must("POST", "/scim/v2/Groups", fmt.Sprintf(`{"displayName":"信贷部","members":[{"value":%q}]}`, li.ID), 201, &group)
	members := func(patch string) int {
		t.Helper()
		group.Members = nil
		scim.must("PATCH", "/scim/v2/Groups/"+group.ID, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+patch+`]}`, 200, &group)
		return len(group.Members)
	}
	if n := members(fmt.Sprintf(`{"op":"Add","path":"members","value":[{"value":%q}]}`, wang.ID)); n != 2 {
		t.Errorf("%d members", n)
	}
	if n := members(fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, wang.ID)); n != 1 || group.Members[0].Value != li.ID {
		t.Errorf("%+v", group)
	}
	if n := members(`{"op":"replace","value":{"displayName":"零售部"}}`); n != 1 || group.DisplayName != "零售部" {
		t.Errorf("%+v", group)
	}
	if scim.must("GET", "/scim/v2/Users/"+li.ID, "", 200, &li); len(li.Groups) != 1 || li.Groups[0].Value != group.ID || li.ExternalID != "e-1" {
		t.Errorf("%+v", li)
	}
	if status, body := scim.call("PATCH", "/scim/v2/Groups/"+group.ID, fmt.Sprintf(`{"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, boss)); status != 404 {
		t.Errorf("somebody it did not bring, into a group: %d %s", status, body)
	}

	// Who was brought is invited too, as an officer may do with anybody, and at work.
	var again struct{ Invitation string }
	first.must("POST", "/admin/v1/people/"+li.ID+"/reset", "", 200, &again)
	s.accept(again.Invitation)
	at, status, answer := s.signIn(fmt.Sprintf(`{"login":"li","password":%q}`, goodPassword))
	if status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	var key struct{ Key string }
	at.must("POST", "/admin/v1/me/keys", `{"name":"script"}`, 201, &key)
	stream := begin(t, s, caller{s, "Authorization", key.Key}, "/v1/chat/completions", `{"model":"far","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	if !stream.until("word") {
		t.Fatal("it did not begin")
	}
	began := time.Now()
	scim.must("PATCH", "/scim/v2/Users/"+li.ID, `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, 200, &li)
	if !stream.until(`"code":"`) || li.Active {
		t.Error("the stream of somebody who was deactivated goes on")
	}
	t.Logf("it ended after %v", time.Since(began).Round(time.Millisecond))
	for _, c := range []caller{at, {s, "Authorization", key.Key}} {
		if status, _ := c.call("GET", "/v1/models", ""); status != 401 {
			t.Errorf("a deactivated user: %d", status)
		}
	}
	if _, status, _ := s.signIn(fmt.Sprintf(`{"login":"li","password":%q}`, goodPassword)); status != 401 {
		t.Errorf("a deactivated user signs in: %d", status)
	}
	scim.must("PUT", "/scim/v2/Users/"+li.ID, `{"userName":"li","displayName":"Li","active":true}`, 200, &li)
	if _, status, _ := s.signIn(fmt.Sprintf(`{"login":"li","password":%q}`, goodPassword)); status != 200 {
		t.Errorf("a user who is active again: %d", status)
	}
	if status, _ := scim.call("DELETE", "/scim/v2/Users/"+li.ID, ""); status != 204 {
		t.Errorf("%d", status)
	}
	if status, _ := scim.call("DELETE", "/scim/v2/Groups/"+group.ID, ""); status != 204 {
		t.Errorf("%d", status)
	}
	if status, _ := scim.call("GET", "/scim/v2/Users/"+li.ID, ""); status != 404 {
		t.Errorf("%d", status)
	}
	acts := map[string]bool{}
	for _, r := range auditRecords(t, home) {
		acts[r.Act] = true
	}
	for _, act := range []string{"import-post", "import-patch", "import-put", "import-delete"} {
		if !acts[act] {
			t.Errorf("%s is not on record", act)
		}
	}
}
