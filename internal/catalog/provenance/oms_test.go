package provenance_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// The goldens were made by the model-signing package: tools/oracle/signing/models.py.
const goldens = "testdata/oms"

// then is when the goldens' certificates are valid, but for one.
var then = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func omsTrust(t *testing.T, keys ...string) provenance.OMSTrust {
	t.Helper()
	trust := provenance.OMSTrust{At: then}
	for _, name := range keys {
		key, err := cryptosuite.ParsePublicKey(read(t, filepath.Join(goldens, name+".pub")))
		if err != nil {
			t.Fatal(err)
		}
		trust.Keys = append(trust.Keys, key)
	}
	return trust
}

func roots(t *testing.T, name string) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(read(t, filepath.Join(goldens, name+".pem"))) {
		t.Fatal("no certificate in " + name)
	}
	return pool
}

// verify checks a bundle against a folder, all the way.
func verify(t *testing.T, bundle []byte, trust provenance.OMSTrust, dir string) ([]provenance.Difference, error) {
	t.Helper()
	o, err := provenance.ParseOMS(bundle)
	if err != nil {
		return nil, err
	}
	s, err := o.Verify(trust)
	if err != nil {
		return nil, err
	}
	return s.Check(t.Context(), dir, provenance.Options{Ignore: []string{"model.sig"}})
}

func TestSignaturesOfModelSigningVerify(t *testing.T) {
	all := omsTrust(t, "p256", "p384", "p521")
	all.Roots = roots(t, "root")
	for _, name := range []string{"p256", "p384", "p521", "shards", "shards-spec", "ignored", "cert", "cert-p384", "cert-code"} {
		t.Run(name, func(t *testing.T) {
			bundle := read(t, filepath.Join(goldens, name+".sig"))
			dir := copyOf(t, filepath.Join(goldens, "toy"))
			if diffs, err := verify(t, bundle, all, dir); err != nil || len(diffs) != 0 {
				t.Fatalf("%v, %v", diffs, err)
			}
			spoil(t, dir)
			diffs, err := verify(t, bundle, all, dir)
			want := []string{"a.b is missing", "config.json is changed", "extra.txt should not be there", "sub/link is no regular file"}
			if name == "ignored" { // and sub is what it ignores
				want = want[:3]
			}
			if err != nil || !slices.Equal(words(diffs), want) {
				t.Errorf("got %v, %v", words(diffs), err)
			}
		})
	}
}

// spoil changes a folder in every way that leaves lengths alone.
func spoil(t *testing.T, dir string) {
	t.Helper()
	text := read(t, filepath.Join(dir, "config.json"))
	text[3] ^= 1
	write(t, filepath.Join(dir, "config.json"), text)
	write(t, filepath.Join(dir, "extra.txt"), []byte("extra"))
	if err := errors.Join(os.Remove(filepath.Join(dir, "a.b")), os.Symlink("deep/er.txt", filepath.Join(dir, "sub/link"))); err != nil {
		t.Fatal(err)
	}
}

func TestLengthsOfShardsAreSigned(t *testing.T) {
	dir := copyOf(t, filepath.Join(goldens, "toy"))
	weights := read(t, filepath.Join(dir, "weights.bin"))
	write(t, filepath.Join(dir, "weights.bin"), weights[:2000])
	diffs, err := verify(t, read(t, filepath.Join(goldens, "shards.sig")), omsTrust(t, "p256"), dir)
	if err != nil || !slices.Equal(words(diffs), []string{"weights.bin has 2000 bytes instead of 2500"}) {
		t.Errorf("got %v, %v", words(diffs), err)
	}
}

// TestSignaturesThatDoNotHold are bundles by people who could sign, and by people who
// could not.
func TestSignaturesThatDoNotHold(t *testing.T) {
	p256 := omsTrust(t, "p256")
	certified := func(root string) provenance.OMSTrust { return provenance.OMSTrust{Roots: roots(t, root), At: then} }
	early := certified("root")
	early.At = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		trust provenance.OMSTrust
		want  string
	}{
		"p384":                 {p256, "no trusted key"},
		"p256":                 {provenance.OMSTrust{}, "no trusted key"},
		"cert":                 {p256, "no root is trusted"},
		"cert-p384":            {certified("other-root"), "unknown authority"},
		"cert-code":            {early, "not yet valid"},
		"cert-expired":         {certified("root"), "expired"},
		"cert-usage":           {certified("root"), "not one for signing"},
		"bad-predicate":        {p256, "predicate is of type"},
		"bad-statement":        {p256, "statement is of type"},
		"bad-symlinks":         {p256, "symbolic links"},
		"bad-hash":             {p256, "blake3"},
		"bad-method":           {p256, "tensors"},
		"bad-ignore":           {p256, "../other"},
		"bad-ignored-resource": {p256, "both lists and ignores"},
		"bad-root":             {p256, "resources hash to"},
		"bad-empty":            {p256, "0 resources"},
		"bad-traversal":        {p256, "../config.json"},
		"bad-twice":            {p256, "is listed after"},
		"bad-unknown":          {p256, "extra"},
		"bad-media":            {p256, "media type"},
		"bad-type":             {p256, "text/plain"},
		"bad-shard-gap":        {p256, "not the shard that should follow"},
		"bad-shard-short":      {p256, "not the last shard and not whole"},
		"bad-shard-name":       {p256, "is not PATH:START:END"},
		"bad-shard-size":       {p256, "no whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verify(t, read(t, filepath.Join(goldens, name+".sig")), c.trust, filepath.Join(goldens, "toy"))
			refused(t, err, hearth.SignatureInvalid, c.want)
		})
	}
}

// TestEveryBitOfASignedStatementCounts turns each bit of payload and signature.
func TestEveryBitOfASignedStatementCounts(t *testing.T) {
	bundle := read(t, filepath.Join(goldens, "p256.sig"))
	trust := omsTrust(t, "p256")
	var b struct {
		DSSEEnvelope struct {
			Payload    string
			Signatures []struct{ Sig string }
		}
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{b.DSSEEnvelope.Payload, b.DSSEEnvelope.Signatures[0].Sig} {
		raw, err := base64.StdEncoding.DecodeString(field)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(raw)*8; i += 1 + len(raw)/64 { // some hundreds of them
			raw[i/8] ^= 1 << (i % 8)
			bad := bytes.Replace(bundle, []byte(field), []byte(base64.StdEncoding.EncodeToString(raw)), 1)
			raw[i/8] ^= 1 << (i % 8)
			o, err := provenance.ParseOMS(bad)
			if err == nil {
				_, err = o.Verify(trust)
			}
			refused(t, err, hearth.SignatureInvalid, "")
		}
	}
}

func TestBundlesThatAreNone(t *testing.T) {
	good := string(read(t, filepath.Join(goldens, "p256.sig")))
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in the golden", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", "EOF"},
		"an array":            {"[]", "cannot unmarshal"},
		"cut":                 {good[:len(good)/2], "unexpected EOF"},
		"two values":          {good + "{}", "more follows"},
		"a field twice":       {swap(`"dsseEnvelope"`, `"mediatype": "", "dsseEnvelope"`), "twice"},
		"an unknown field":    {swap(`"dsseEnvelope"`, `"messageSignature": {}, "dsseEnvelope"`), "unknown field"},
		"no key":              {swap(`"publicKey"`, `"privateKey"`), "neither"},
		"keyless":             {swap(`"publicKey"`, `"certificate": {"rawBytes": ""}, "publicKey"`), "keyless"},
		"key and chain":       {swap(`"publicKey"`, `"x509CertificateChain": {"certificates": []}, "publicKey"`), "neither a key"},
		"no base64":           {swap(`"payload":"`, `"payload":"*`), "base64"},
		"no signature":        {swap(`"sig":"`, `"sig":"","x":"`), ""},
		"too deep":            {strings.Repeat("[", 100), "nests"},
		"too long":            {strings.Repeat(" ", 65<<20), "may have"},
		"not UTF-8":           {"{\"\xff\": 1}", "UTF-8"},
		"an object for a key": {swap(`"hint"`, `"hint": {}, "h"`), "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := provenance.ParseOMS([]byte(c.text))
			refused(t, err, hearth.SignatureInvalid, c.want)
		})
	}
}

func TestSignOMS(t *testing.T) {
	dir := copyOf(t, filepath.Join(goldens, "toy"))
	for _, a := range []cryptosuite.Algorithm{cryptosuite.ECDSAP256, cryptosuite.ECDSAP384, cryptosuite.ECDSAP521} {
		key := newKey(t, a)
		bundle, err := provenance.SignOMS(t.Context(), dir, key, provenance.Options{Ignore: []string{"model.sig"}})
		if err != nil {
			t.Fatal(err)
		}
		trust := provenance.OMSTrust{Keys: []cryptosuite.PublicKey{newKey(t, a).Public(), key.Public()}}
		if diffs, err := verify(t, bundle, trust, dir); err != nil || len(diffs) != 0 {
			t.Errorf("%s: %v, %v", a, diffs, err)
		}
	}
	for name, c := range map[string]struct {
		dir  string
		key  cryptosuite.Signer
		code hearth.Code
	}{
		"Ed25519": {dir, newKey(t, cryptosuite.Ed25519), hearth.SignatureInvalid},
		"SM2":     {dir, newKey(t, cryptosuite.SM2), hearth.SignatureInvalid},
		"empty":   {t.TempDir(), newKey(t, cryptosuite.ECDSAP256), hearth.FileFailed},
		"nowhere": {filepath.Join(dir, "none"), newKey(t, cryptosuite.ECDSAP256), hearth.FileFailed},
	} {
		_, err := provenance.SignOMS(t.Context(), c.dir, c.key, provenance.Options{})
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, "") })
	}
}

// TestModelSigningAgrees has the model-signing package verify what is signed here, and
// the other way about.
func TestModelSigningAgrees(t *testing.T) {
	python, err := filepath.Abs("../../../build/signing/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		t.Skip("there is no build/signing: tools/venv.sh build/signing tools/oracle/signing/requirements.txt")
	}
	peer := func(ctx context.Context, args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, python, append([]string{"-m", "model_signing"}, args...)...).CombinedOutput()
		return string(out), err
	}
	work := t.TempDir()
	key := newKey(t, cryptosuite.ECDSAP384)
	secret, _ := key.PEM()
	public, _ := key.Public().PEM()
	write(t, filepath.Join(work, "key.pem"), secret)
	write(t, filepath.Join(work, "key.pub"), public)
	t.Run("theirs verifies ours", func(t *testing.T) {
		dir := copyOf(t, filepath.Join(goldens, "toy"))
		sig := filepath.Join(dir, "model.sig")
		bundle, err := provenance.SignOMS(t.Context(), dir, key, provenance.Options{Ignore: []string{"model.sig"}})
		if err != nil {
			t.Fatal(err)
		}
		write(t, sig, bundle)
		verify := []string{"verify", "key", "--signature", sig, "--public_key", filepath.Join(work, "key.pub"), dir}
		if out, err := peer(t.Context(), verify...); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		write(t, filepath.Join(dir, "config.json"), []byte("{}"))
		if out, err := peer(t.Context(), verify...); err == nil {
			t.Errorf("a changed model verifies: %s", out)
		}
	})
	t.Run("ours verifies theirs", func(t *testing.T) {
		dir := copyOf(t, filepath.Join(goldens, "toy"))
		sig := filepath.Join(dir, "model.sig")
		if out, err := peer(t.Context(), "sign", "key", "--signature", sig, "--private_key", filepath.Join(work, "key.pem"), dir); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		diffs, err := verify(t, read(t, sig), provenance.OMSTrust{Keys: []cryptosuite.PublicKey{key.Public()}}, dir)
		if err != nil || len(diffs) != 0 {
			t.Errorf("%v, %v", diffs, err)
		}
	})
}

func words(diffs []provenance.Difference) []string {
	var list []string
	for _, d := range diffs {
		list = append(list, d.String())
	}
	return list
}

func refused(t *testing.T, err error, code hearth.Code, want string) {
	t.Helper()
	if err == nil || hearth.AsError(err).Code != code || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s with %q", err, code, want)
	}
}

func newKey(t testing.TB, a cryptosuite.Algorithm) cryptosuite.PrivateKey {
	t.Helper()
	key, err := cryptosuite.GenerateKey(a)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// copyOf is a folder's copy that may be changed.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "toy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
