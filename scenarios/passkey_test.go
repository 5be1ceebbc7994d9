package scenarios

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// token is an authenticator in software: a key for one site, its counter, and whose it is.
type token struct {
	t       *testing.T
	site    string
	id      []byte
	key     *ecdsa.PrivateKey
	counter uint32
	holder  []byte
}

var b64 = base64.RawURLEncoding

// question is what a browser is asked.
type question struct {
	State   string
	Options struct {
		Challenge string
		RP        struct{ ID string }
		RPID      string `json:"rpId"`
		User      struct{ ID string }
	}
}

// data is what the token says and signs: the site, whether somebody was there and who they
// are was checked (flags), and its counter.
func (k *token) data(flags byte) []byte {
	k.counter++
	site := sha256.Sum256([]byte(k.site))
	return binary.BigEndian.AppendUint32(append(site[:], flags), k.counter)
}

// client is what the browser adds: what was asked, and by whom.
func client(what, challenge, origin string) []byte {
	text, _ := json.Marshal(map[string]any{"type": what, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return text
}

// create makes a key and says so, as navigator.credentials.create does (W3C WebAuthn, 6.5).
func create(t *testing.T, q question, origin string) (*token, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := b64.DecodeString(q.Options.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	k := &token{t: t, site: q.Options.RP.ID, id: make([]byte, 32), key: key, holder: holder}
	_, _ = rand.Read(k.id)
	point, err := key.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	xy := point.Bytes()[1:]
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: xy[:32], -3: xy[32:]}) // RFC 9053, EC2
	if err != nil {
		t.Fatal(err)
	}
	data := append(k.data(0x45), make([]byte, 16)...)
	data = append(append(binary.BigEndian.AppendUint16(data, uint16(len(k.id))), k.id...), public...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		t.Fatal(err)
	}
	return k, k.credential(map[string]string{"attestationObject": b64.EncodeToString(object),
		"clientDataJSON": b64.EncodeToString(client("webauthn.create", q.Options.Challenge, origin))})
}

// get answers a question, as navigator.credentials.get does.
func (k *token) get(q question, origin string, flags byte) string {
	k.t.Helper()
	data, said := k.data(flags), client("webauthn.get", q.Options.Challenge, origin)
	sum := sha256.Sum256(said)
	hash := sha256.Sum256(append(append([]byte(nil), data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, hash[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.credential(map[string]string{"authenticatorData": b64.EncodeToString(data), "clientDataJSON": b64.EncodeToString(said),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(k.holder)})
}

func (k *token) credential(response map[string]string) string {
	text, _ := json.Marshal(map[string]any{"id": b64.EncodeToString(k.id), "rawId": b64.EncodeToString(k.id), "type": "public-key",
		"response": response, "clientExtensionResults": map[string]any{}})
	return string(text)
}

// TestPasskeys signs in without a password, and tries what a thief would.
func TestPasskeys(t *testing.T) {
	s := start(t, newHome(t))
	s.url = strings.Replace(s.url, "127.0.0.1", "localhost", 1) // a passkey is for a name
	first := caller{s, "Authorization", s.key}
	_, officer := s.somebody(first, "officer", "system", "")
	_, other := s.somebody(first, "other", "user", "")
	var q question
	begin := func(c caller) question {
		t.Helper()
		c.must("POST", "/admin/v1/me/passkeys/begin", `{}`, 200, &q)
		return q
	}
	add := func(c caller, q question, made string) (int, string) {
		return c.call("POST", "/admin/v1/me/passkeys", fmt.Sprintf(`{"name":"phone","state":%q,"passkey":%s}`, q.State, made))
	}
	q = begin(officer)
	if _, made := create(t, q, "https://evil.example"); true {
		if status, body := add(officer, q, made); status != 401 || !strings.Contains(body, "passkey_refused") {
			t.Errorf("made for another site: %d %s", status, body)
		}
	}
	k, made := create(t, q, s.url)
	if status, body := add(other, q, made); status != 401 {
		t.Errorf("taken by somebody else: %d %s", status, body)
	}
	if status, body := add(officer, q, made); status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := add(officer, q, made); status != 401 {
		t.Errorf("the same answer again: %d %s", status, body)
	}
	officer.must("GET", "/admin/v1/keys", "", 200, nil) // with a factor beyond the password the session is worth what the standing is
	if _, status, body := s.signIn(fmt.Sprintf(`{"login":"officer","password":%q}`, goodPassword)); status != 401 || !strings.Contains(body, "passkey_required") {
		t.Errorf("with a password alone: %d %s", status, body)
	}

	ask := func() (q question) {
		t.Helper()
		caller{s, "X-Hearth-Console", "1"}.must("POST", "/console/passkey", "", 200, &q)
		return q
	}
	enter := func(q question, answer string) (caller, int, string) {
		t.Helper()
		return s.signIn(fmt.Sprintf(`{"state":%q,"passkey":%s}`, q.State, answer))
	}
	good := ask()
	answer := k.get(good, s.url, 0x05)
	session, status, body := enter(good, answer)
	if status != 200 || !strings.Contains(body, `"standing":"system"`) {
		t.Fatalf("%d %s", status, body)
	}
	session.must("GET", "/admin/v1/keys", "", 200, nil)
	thief, _ := create(t, question{}, s.url)
	thief.site, thief.id, thief.holder = k.site, k.id, k.holder
	for what, try := range map[string]func() (question, string){
		"the same answer again":              func() (question, string) { return good, answer },
		"an answer to another question":      func() (question, string) { return ask(), k.get(ask(), s.url, 0x05) },
		"another site's":                     func() (question, string) { q := ask(); return q, k.get(q, "https://evil.example", 0x05) },
		"without a look at who it is":        func() (question, string) { q := ask(); return q, k.get(q, s.url, 0x01) },
		"another key of the same name":       func() (question, string) { q := ask(); return q, thief.get(q, s.url, 0x05) },
		"a question that was never asked":    func() (question, string) { return question{State: "AAAA"}, k.get(q, s.url, 0x05) },
		"a counter that goes back":           func() (question, string) { q := ask(); k.counter = 0; return q, k.get(q, s.url, 0x05) },
		"an answer that is none":             func() (question, string) { return ask(), `{"id":1}` },
		"a question about making, not using": func() (question, string) { q := begin(other); return q, k.get(q, s.url, 0x05) },
	} {
		q, answer := try()
		if _, status, body := enter(q, answer); status != 401 || !strings.Contains(body, "passkey_refused") {
			t.Errorf("%s: %d %s", what, status, body)
		}
		k.counter += 100
	}
	var list struct {
		Passkeys []struct{ ID, Name, Used string }
	}
	session.must("GET", "/admin/v1/me/passkeys", "", 200, &list)
	if len(list.Passkeys) != 1 || list.Passkeys[0].Name != "phone" || list.Passkeys[0].Used == "" {
		t.Errorf("%+v", list)
	}
	if status, _ := other.call("DELETE", "/admin/v1/me/passkeys/"+list.Passkeys[0].ID, ""); status != 404 {
		t.Errorf("removed by somebody else: %d", status)
	}
	session.must("DELETE", "/admin/v1/me/passkeys/"+list.Passkeys[0].ID, "", 204, nil)
	if _, status, _ := enter(ask(), k.get(ask(), s.url, 0x05)); status != 401 {
		t.Errorf("a passkey that was removed: %d", status)
	}
	if status, _ := session.call("GET", "/admin/v1/keys", ""); status != 403 {
		t.Errorf("an administrator whose last factor is gone: %d", status)
	}
}
