package cryptosuite_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

var algorithms = []cryptosuite.Algorithm{cryptosuite.Ed25519, cryptosuite.ECDSAP256, cryptosuite.ECDSAP384,
	cryptosuite.ECDSAP521, cryptosuite.SM2}

// TestSignatureVectors verifies the standards' own signatures, and each of them with
// one bit of signature or message turned.
func TestSignatureVectors(t *testing.T) {
	for _, c := range []struct {
		source    string
		key       any
		message   string
		signature []byte
	}{
		{"RFC 8032, 7.1, test 1", ed25519.PublicKey(unhex(t, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")), "",
			unhex(t, "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")},
		{"RFC 8032, 7.1, test 3", ed25519.PublicKey(unhex(t, "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")), "\xaf\x82",
			unhex(t, "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")},
		{"RFC 6979, A.2.5, FIPS 186 P-256 with SHA-256", point(t, elliptic.P256(),
			"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
			"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"), "sample",
			der(t, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
				"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")},
		{"RFC 6979, A.2.6, FIPS 186 P-384 with SHA-384", point(t, elliptic.P384(),
			"ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
			"8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720"), "sample",
			der(t, "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
				"99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8")},
		{"GB/T 32918.5, A.2", point(t, sm2.P256(),
			"09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
			"ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"), "message digest",
			der(t, "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3",
				"b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")},
	} {
		t.Run(c.source, func(t *testing.T) {
			key, err := cryptosuite.NewPublicKey(c.key)
			if err != nil {
				t.Fatal(err)
			}
			if err := key.Verify([]byte(c.message), c.signature); err != nil {
				t.Error(err)
			}
			if key.Verify([]byte(c.message+"."), c.signature) == nil {
				t.Error("verifies another message")
			}
			refusesTurnedBits(t, key, []byte(c.message), c.signature)
		})
	}
}

func refusesTurnedBits(t *testing.T, key cryptosuite.PublicKey, message, signature []byte) {
	t.Helper()
	for i := range len(signature) * 8 {
		bad := append([]byte(nil), signature...)
		bad[i/8] ^= 1 << (i % 8)
		if err := key.Verify(message, bad); !errors.Is(err, cryptosuite.ErrSignature) {
			t.Fatalf("verifies with bit %d turned: %v", i, err)
		}
	}
	for _, bad := range [][]byte{nil, signature[:len(signature)-1], append(append([]byte(nil), signature...), 0)} {
		if key.Verify(message, bad) == nil {
			t.Errorf("verifies a signature of %d bytes", len(bad))
		}
	}
}

// TestKeysRoundTrip signs with a key that went through PEM, and verifies with its
// public half that did too; keys of other algorithms refuse.
func TestKeysRoundTrip(t *testing.T) {
	message := []byte("百炼")
	for _, a := range algorithms {
		key, err := cryptosuite.GenerateKey(a)
		if err != nil {
			t.Fatal(err)
		}
		key, public := throughPEM(t, key)
		if key.Public().Algorithm() != a || public.Algorithm() != a || public.ID() != key.Public().ID() || len(public.ID()) != 64 {
			t.Errorf("%s: the key came back as %s, %s", a, public.Algorithm(), public.ID())
		}
		signature, err := key.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		if err := public.Verify(message, signature); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		for _, b := range algorithms {
			other, _ := cryptosuite.GenerateKey(b)
			if other.Public().Verify(message, signature) == nil {
				t.Errorf("a key of %s verifies what another one of %s signed", b, a)
			}
		}
	}
}

func throughPEM(t *testing.T, key cryptosuite.PrivateKey) (cryptosuite.PrivateKey, cryptosuite.PublicKey) {
	t.Helper()
	secret, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	open, err := key.Public().PEM()
	if err != nil {
		t.Fatal(err)
	}
	key, err = cryptosuite.ParsePrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	public, err := cryptosuite.ParsePublicKey(open)
	if err != nil {
		t.Fatal(err)
	}
	return key, public
}

func TestKeysThatAreRefused(t *testing.T) {
	key, _ := cryptosuite.GenerateKey(cryptosuite.SM2)
	secret, _ := key.PEM()
	open, _ := key.Public().PEM()
	block := func(kind, body string) []byte {
		return fmt.Appendf(nil, "-----BEGIN %s-----\n%s\n-----END %[1]s-----\n", kind, body)
	}
	for name, text := range map[string][]byte{
		"empty": nil, "no PEM": []byte("hello"), "the other half": open,
		"encrypted": block("ENCRYPTED PRIVATE KEY", "AAAA"), "not DER": block("PRIVATE KEY", "AAAA"),
		"cut": secret[:len(secret)/2], "too long": append(secret, make([]byte, 1<<20)...),
	} {
		if _, err := cryptosuite.ParsePrivateKey(text); err == nil {
			t.Errorf("private key, %s: taken", name)
		}
	}
	for name, text := range map[string][]byte{"empty": nil, "the secret half": secret, "not DER": block("PUBLIC KEY", "AAAA")} {
		if _, err := cryptosuite.ParsePublicKey(text); err == nil {
			t.Errorf("public key, %s: taken", name)
		}
	}
	for name, key := range map[string]any{"RSA": &rsa.PublicKey{}, "P-224": &ecdsa.PublicKey{Curve: elliptic.P224()}, "nothing": nil} {
		if _, err := cryptosuite.NewPublicKey(key); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := cryptosuite.GenerateKey("rot13"); err == nil {
		t.Error("a key for rot13")
	}
	var none cryptosuite.PublicKey
	if none.Verify(nil, nil) == nil || none.ID() != "" {
		t.Error("the zero key verifies")
	}
	if _, err := (cryptosuite.PrivateKey{}).Sign(nil); err == nil {
		t.Error("the zero key signs")
	}
}

func TestPrivateKeysDoNotPrint(t *testing.T) {
	for _, a := range algorithms {
		key, _ := cryptosuite.GenerateKey(a)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			if got := fmt.Sprintf(verb, key); got != "private key, "+string(a) {
				t.Errorf("%s shows %s", verb, got)
			}
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func number(t *testing.T, s string) *big.Int {
	t.Helper()
	return new(big.Int).SetBytes(unhex(t, s))
}

func point(t *testing.T, curve elliptic.Curve, x, y string) *ecdsa.PublicKey {
	t.Helper()
	parse := func(b []byte) (*ecdsa.PublicKey, error) { return ecdsa.ParseUncompressedPublicKey(curve, b) }
	if curve == sm2.P256() {
		parse = sm2.NewPublicKey
	}
	key, err := parse(slices.Concat([]byte{4}, unhex(t, x), unhex(t, y)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func der(t *testing.T, r, s string) []byte {
	t.Helper()
	b, err := asn1.Marshal(struct{ R, S *big.Int }{number(t, r), number(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sm2Key is a key, and its halves as bare numbers in hexadecimal.
func sm2Key(t *testing.T) (key cryptosuite.PrivateKey, public, secret string) {
	t.Helper()
	raw, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := smx509.MarshalPKCS8PrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	key, err = cryptosuite.ParsePrivateKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	point, err := sm2.PublicKeyToECDH(&raw.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, hexOf(point.Bytes()[1:]), fmt.Sprintf("%064x", raw.D)
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// TestSeveralKeysOfAFile: each is read, and none is passed over.
func TestSeveralKeysOfAFile(t *testing.T) {
	var text []byte
	var ids []string
	for _, a := range []cryptosuite.Algorithm{cryptosuite.Ed25519, cryptosuite.SM2} {
		k, err := cryptosuite.GenerateKey(a)
		if err != nil {
			t.Fatal(err)
		}
		one, err := k.Public().PEM()
		if err != nil {
			t.Fatal(err)
		}
		text, ids = append(append(text, one...), '\n'), append(ids, k.Public().ID())
	}
	keys, err := cryptosuite.ParsePublicKeys(text)
	if err != nil || len(keys) != 2 || keys[0].ID() != ids[0] || keys[1].ID() != ids[1] {
		t.Errorf("%v, %v", keys, err)
	}
	for _, bad := range []string{"", "\n", string(text) + "junk", "junk"} {
		if keys, err := cryptosuite.ParsePublicKeys([]byte(bad)); err == nil {
			t.Errorf("%q is %v", bad, keys)
		}
	}
}
