package appliance

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
)

// secrets are texts in files of their own, each encrypted with a key of its own, which is
// sealed with the keyring: who removes one destroys that key with it.
type secrets struct {
	ring   *keyring.Ring
	folder string
}

// Limits of secrets.
const (
	secretBytesMax = 64 << 10
	secretPurpose  = "secret"
	secretSuffix   = ".sealed"
	ownSecret      = "hearth." // begins the names of the appliance's own
	sealedPrefix   = "sealed:" // begins what stands for a secret in the configuration
)

var secretName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// sealedSecret is a secret as it lies on the disk.
type sealedSecret struct {
	Suite cryptosuite.Suite `json:"suite"`
	Key   []byte            `json:"key"` // sealed with the keyring
	Text  []byte            `json:"text"`
}

func (s *secrets) path(name string) string { return filepath.Join(s.folder, name+secretSuffix) }

func secretContext(name string) []byte { return []byte("secret " + name) }

// get reads a secret; one that is not there is an error of kind [fs.ErrNotExist].
func (s *secrets) get(name string) ([]byte, error) {
	x, err := s.read(name)
	if err != nil {
		return nil, err
	}
	key, err := s.ring.Open(secretPurpose, x.Key, secretContext(name))
	if err != nil {
		return nil, ringError(fmt.Errorf("the secret %s: %w", name, err))
	}
	text, err := x.Suite.Cipher().Open(key, x.Text, secretContext(name))
	if err != nil {
		return nil, ringError(fmt.Errorf("the secret %s: %w", name, err))
	}
	return text, nil
}

func (s *secrets) read(name string) (x sealedSecret, err error) {
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		return x, err
	}
	if json.Unmarshal(text, &x) != nil || !slices.Contains(cryptosuite.Suites(), x.Suite) {
		return x, ringError(fmt.Errorf("the secret %s: its file is damaged", name))
	}
	return x, nil
}

// put writes a secret: over what there was, or with fresh only where there was none, or it
// is an error of kind [fs.ErrExist].
func (s *secrets) put(name string, text []byte, fresh bool) error {
	info, err := s.ring.Info()
	if err != nil {
		return ringError(err)
	}
	x := sealedSecret{Suite: info.Suite}
	key := x.Suite.Cipher().NewKey()
	if x.Key, err = s.ring.Seal(secretPurpose, key, secretContext(name)); err != nil {
		return ringError(err)
	}
	if x.Text, err = x.Suite.Cipher().Seal(key, text, secretContext(name)); err != nil {
		return ringError(err)
	}
	return s.write(name, x, fresh)
}

func (s *secrets) write(name string, x sealedSecret, fresh bool) error {
	text, err := json.Marshal(x)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return hearth.FileError(s.folder, err)
	}
	if fresh {
		return linkWhole(s.path(name), append(text, '\n'))
	}
	next := s.path(name) + "." + rand.Text()
	defer os.Remove(next)
	if err := linkWhole(next, append(text, '\n')); err != nil {
		return hearth.FileError(s.path(name), err)
	}
	return os.Rename(next, s.path(name))
}

// remove destroys a secret.
func (s *secrets) remove(name string) error { return wipe(s.path(name)) }

// names lists those that are the operator's.
func (s *secrets) names() ([]string, error) {
	all, err := s.all()
	return slices.DeleteFunc(all, func(n string) bool { return strings.HasPrefix(n, ownSecret) }), err
}

func (s *secrets) all() ([]string, error) {
	files, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), secretSuffix); ok {
			names = append(names, name)
		}
	}
	return names, err
}

// renew seals the keys of all secrets with the newest key.
func (s *secrets) renew() (renewed int, err error) {
	names, err := s.all()
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		x, err := s.read(name)
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			continue
		}
		if err != nil {
			return renewed, err
		}
		key, did, err := s.ring.Renew(secretPurpose, x.Key, secretContext(name))
		if err != nil {
			return renewed, ringError(fmt.Errorf("the secret %s: %w", name, err))
		}
		if !did {
			continue
		}
		x.Key = key
		if err := s.write(name, x, false); err != nil {
			return renewed, err
		}
		renewed++
	}
	return renewed, nil
}

// own is a secret of the appliance's own: as it is kept, or as an earlier hearth left it in
// a file, or as it is made now. plain is that file, which the caller wipes; empty: there is none.
func (s *secrets) own(name, file string, make func() ([]byte, error)) (text []byte, plain string, err error) {
	name = ownSecret + name
	old, err := os.ReadFile(file)
	if err == nil {
		plain = file
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	for range 2 {
		text, err = s.get(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return text, plain, err
		}
		if text = old; plain == "" {
			if text, err = make(); err != nil {
				return nil, "", err
			}
		}
		if err = s.put(name, text, true); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, "", err
		}
	}
	return nil, "", fmt.Errorf("%s can't be made", name)
}

// reveal is what a setting stands for: itself, or a secret.
func (s *secrets) reveal(setting string) (string, error) {
	name, ok := strings.CutPrefix(setting, sealedPrefix)
	if !ok {
		return setting, nil
	}
	if !secretName.MatchString(name) || strings.HasPrefix(name, ownSecret) {
		return "", hearth.NewError(hearth.NoSuchSecret, "secret", name)
	}
	text, err := s.get(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", hearth.NewError(hearth.NoSuchSecret, "secret", name)
	}
	return string(text), err
}

// revealed is a configuration with its secrets in their places.
func (s *secrets) revealed(c Config) (Config, error) {
	c.Upstreams = slices.Clone(c.Upstreams)
	for i := range c.Upstreams {
		u := &c.Upstreams[i]
		key, err := s.reveal(u.Key)
		if err != nil {
			return c, err
		}
		u.Key = key
		for name, value := range u.Headers {
			text, err := s.reveal(value)
			if err != nil {
				return c, err
			}
			if text != value {
				headers := map[string]string{}
				for n, v := range u.Headers {
					headers[n] = v
				}
				headers[name] = text
				u.Headers = headers
			}
		}
	}
	c.Webhooks = slices.Clone(c.Webhooks)
	for i := range c.Webhooks {
		secret, err := s.reveal(c.Webhooks[i].Secret)
		if err != nil {
			return c, err
		}
		c.Webhooks[i].Secret = secret
	}
	c.OIDC = slices.Clone(c.OIDC)
	for i := range c.OIDC {
		secret, err := s.reveal(c.OIDC[i].ClientSecret)
		if err != nil {
			return c, err
		}
		c.OIDC[i].ClientSecret = secret
	}
	password, err := s.reveal(c.LDAP.BindPassword)
	c.LDAP.BindPassword = password
	return c, err
}

// inPlainText lists the settings that would better be sealed.
func (c Config) inPlainText() (list []string) {
	for _, u := range c.Upstreams {
		if u.Key != "" && u.KeyFile == "" && !strings.HasPrefix(u.Key, sealedPrefix) {
			list = append(list, "upstreams["+u.Name+"].key")
		}
	}
	for _, o := range c.OIDC {
		if o.ClientSecret != "" && !strings.HasPrefix(o.ClientSecret, sealedPrefix) {
			list = append(list, "oidc["+o.Name+"].client_secret")
		}
	}
	if p := c.LDAP.BindPassword; p != "" && !strings.HasPrefix(p, sealedPrefix) {
		list = append(list, "ldap.bind_password")
	}
	return list
}

// SetSecret keeps a secret for the configuration to refer to as sealed:NAME.
func (d *Data) SetSecret(name string, text []byte) error {
	if !secretName.MatchString(name) || strings.HasPrefix(name, ownSecret) {
		return hearth.NewError(hearth.InvalidValue, "field", "name", "detail",
			hearth.Words{"it must have 1 to 64 small letters, digits, dots, dashes, underscores, and not begin with hearth.", "应为 1 至 64 个小写字母、数字或 . - _，且不以 hearth. 开头"}).At("name")
	}
	if len(text) == 0 || len(text) > secretBytesMax {
		return hearth.NewError(hearth.OutOfRange, "field", "the length of the secret", "min", 1, "max", secretBytesMax)
	}
	return d.secrets.put(name, text, false)
}

// Secrets lists the names of secrets.
func (d *Data) Secrets() ([]string, error) { return d.secrets.names() }

// RemoveSecret destroys a secret.
func (d *Data) RemoveSecret(name string) error {
	err := fs.ErrNotExist
	if secretName.MatchString(name) && !strings.HasPrefix(name, ownSecret) {
		err = d.secrets.remove(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return hearth.NewError(hearth.NoSuchSecret, "secret", name)
	}
	return err
}

// wipe overwrites a file and removes it.
func wipe(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Remove(path)
}

// pepper reads the appliance's own secret, which keys are hashed with, or makes it.
func (s *secrets) pepper(file string) (pepper []byte, plain string, err error) {
	text, plain, err := s.own("pepper", file, func() ([]byte, error) {
		b := make([]byte, 32)
		_, _ = rand.Read(b) // does not fail
		return []byte(hex.EncodeToString(b)), nil
	})
	if err != nil {
		return nil, "", err
	}
	pepper, err = hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(pepper) != 32 {
		return nil, "", errors.New("the appliance's own secret is damaged")
	}
	return pepper, plain, nil
}
