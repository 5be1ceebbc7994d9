package appliance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// The appliance seals the models it takes in with a key of its own, so that who can
// write to a model's folder, and not read the data folder's secrets, can't change a
// model unnoticed. Bundles it writes are signed with it too.

// SigningKey reads the appliance's own key, or makes it.
func (d *Data) SigningKey() (cryptosuite.PrivateKey, error) {
	path := filepath.Join(d.config.Data, "signing.pem")
	for range 2 {
		text, err := os.ReadFile(path)
		if err == nil {
			k, err := cryptosuite.ParsePrivateKey(text)
			if err != nil {
				return k, dataError(d.config, err)
			}
			return k, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return cryptosuite.PrivateKey{}, dataError(d.config, err)
		}
		if err := makeSigningKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return cryptosuite.PrivateKey{}, dataError(d.config, err)
		}
	}
	return cryptosuite.PrivateKey{}, dataError(d.config, errors.New("signing.pem can't be made"))
}

func makeSigningKey(path string) error {
	k, err := cryptosuite.GenerateKey(cryptosuite.Ed25519)
	if err != nil {
		return err
	}
	text, err := k.PEM()
	if err != nil {
		return err
	}
	return linkWhole(path, text)
}

// Trust is whose signatures count here: the appliance's own, and those whose keys the
// operator has named.
func (d *Data) Trust(keyFiles ...string) (provenance.Trust, error) {
	own, err := d.SigningKey()
	if err != nil {
		return provenance.Trust{}, err
	}
	t := provenance.Trust{Keys: []cryptosuite.PublicKey{own.Public()}}
	for _, path := range append(append([]string(nil), d.config.TrustedKeys...), keyFiles...) {
		text, err := os.ReadFile(path)
		if err != nil {
			return t, hearth.FileError(path, err)
		}
		k, err := cryptosuite.ParsePublicKey(text)
		if err != nil {
			return t, hearth.NewError(hearth.FileFailed, "path", path, "detail", err).Because(err)
		}
		t.Keys = append(t.Keys, k)
	}
	return t, nil
}
