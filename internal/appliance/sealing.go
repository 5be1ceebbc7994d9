package appliance

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// The appliance seals the models it takes in with a key of its own, so that who can
// write to a model's folder, and not read the data folder's secrets, can't change a
// model unnoticed. Bundles it writes are signed with it too.

// SigningKey reads the appliance's own key, or makes it.
func (d *Data) SigningKey() (cryptosuite.PrivateKey, error) {
	return d.signingKey("signing.pem", cryptosuite.Ed25519)
}

// signingKeys are that, and one of the Chinese national standard.
func (d *Data) signingKeys() (keys [2]cryptosuite.PrivateKey, err error) {
	if keys[0], err = d.SigningKey(); err == nil {
		keys[1], err = d.signingKey("signing-sm2.pem", cryptosuite.SM2)
	}
	return keys, err
}

func (d *Data) signingKey(name string, a cryptosuite.Algorithm) (cryptosuite.PrivateKey, error) {
	text, plain, err := d.secrets.own(name, filepath.Join(d.config.Data, name), func() ([]byte, error) {
		k, err := cryptosuite.GenerateKey(a)
		if err != nil {
			return nil, err
		}
		return k.PEM()
	})
	if err != nil {
		return cryptosuite.PrivateKey{}, dataError(d.config, err)
	}
	k, err := cryptosuite.ParsePrivateKey(text)
	if err == nil && plain != "" {
		err = wipe(plain)
	}
	if err != nil {
		return k, dataError(d.config, err)
	}
	return k, nil
}

// Trust is whose signatures count here: the appliance's own, and those whose keys the
// operator has named.
func (d *Data) Trust(keyFiles ...string) (provenance.Trust, error) {
	own, err := d.SigningKey()
	if err != nil {
		return provenance.Trust{}, err
	}
	others, err := publicKeys(append(append([]string(nil), d.config.TrustedKeys...), keyFiles...))
	return provenance.Trust{Keys: append([]cryptosuite.PublicKey{own.Public()}, others...)}, err
}

// VerifyPublisher holds a folder, or an imported model, against its publisher's
// signature, made with one of the keys or under one of the certificates.
func (d *Data) VerifyPublisher(ctx context.Context, target, signature string, keyFiles, rootFiles []string, progress func(done, total int64)) (by catalog.SignedBy, err error) {
	t := provenance.OMSTrust{}
	if t.Keys, err = publicKeys(keyFiles); err != nil {
		return by, err
	}
	for _, path := range rootFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return by, hearth.FileError(path, err)
		}
		if t.Roots == nil {
			t.Roots = x509.NewCertPool()
		}
		if !t.Roots.AppendCertsFromPEM(text) {
			return by, hearth.NewError(hearth.FileFailed, "path", path, "detail", say("there is no certificate in it", "其中没有证书"))
		}
	}
	return d.Catalog.VerifyPublisher(ctx, target, signature, t, progress)
}

func publicKeys(files []string) (keys []cryptosuite.PublicKey, err error) {
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, hearth.FileError(path, err)
		}
		some, err := cryptosuite.ParsePublicKeys(text)
		if err != nil {
			return nil, hearth.NewError(hearth.FileFailed, "path", path, "detail", err).Because(err)
		}
		keys = append(keys, some...)
	}
	return keys, nil
}
