package appliance

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
	"github.com/hearthbox/hearth/internal/egress"
)

// KeyringConfig is about the keyring, which all that is secret in the data folder is sealed with. How
// it is sealed itself is said once, by `hearth keyring seal`; here is what opens it.
type KeyringConfig struct {
	Suite          string `yaml:"suite" en:"algorithms of a keyring that begins: international (AES-256-GCM, SHA-256) or gm (SM4-GCM, SM3)" zh:"新建密钥环使用的算法套件：international（AES-256-GCM、SHA-256）或 gm（SM4-GCM、SM3）"`
	KeyFile        string `yaml:"key_file" en:"file of the key that opens it; keyring.key in the data folder if not given, and best elsewhere" zh:"开启密钥环的密钥文件；不填则用 keyring.key（与 hearth.db 同目录），宜另存于其他磁盘"`
	PassphraseFile string `yaml:"passphrase_file" en:"file of the passphrase that opens it, such as a service manager hands over; without it, a server waits for hearth keyring unseal" zh:"保存开启口令的文件（例如由服务管理器提供）；不填则服务启动后等待 hearth keyring unseal"`
	Transit        struct {
		URL       string `yaml:"url" en:"address of an OpenBao or Vault whose transit engine opens it" zh:"以 transit 引擎开启密钥环的 OpenBao 或 Vault 地址"`
		Mount     string `yaml:"mount" en:"where the engine is mounted; transit if not given" zh:"引擎挂载路径；不填为 transit"`
		Key       string `yaml:"key" en:"name of the key there" zh:"其中的密钥名称"`
		TokenFile string `yaml:"token_file" en:"file of the token that may use it" zh:"保存访问令牌的文件"`
		Namespace string `yaml:"namespace" en:"of the key, where there are several" zh:"命名空间（如有）"`
		CA        string `yaml:"ca" en:"PEM file of the authorities it is trusted under, instead of the system's" zh:"信任的 CA 证书 PEM 文件，替代系统自带的"`
	} `yaml:"transit"`
	Program []string `yaml:"program" en:"program, and its arguments, that opens it with a card or a module (PKCS #11, SDF); docs/access.md says what it is asked" zh:"借助密码卡或密码模块（PKCS #11、SDF）开启密钥环的程序及其参数；约定见 docs/access.md"`
}

// Asking says how to ask somebody at a terminal for what opens the keyring: its kind, and
// for shares which of how many. Without it nobody is asked.
func (c Config) Asking(ask func(kind string, n, of int) (string, error)) Config {
	c.ask = ask
	return c
}

// Waiting makes a server wait for `hearth keyring unseal`, and tell that it does.
func (c Config) Waiting(tell func(socket string)) Config {
	c.wait = tell
	return c
}

func (c Config) ringPath() string { return filepath.Join(c.Data, "keyring.json") }

func (c Config) keyFile() string {
	if c.Keyring.KeyFile != "" {
		return c.Keyring.KeyFile
	}
	return filepath.Join(c.Data, "keyring.key")
}

// openRing opens the keyring, or makes one that a key file opens.
func (c Config) openRing(ctx context.Context) (*keyring.Ring, *unsealing, error) {
	info, err := keyring.Look(c.ringPath())
	if errors.Is(err, fs.ErrNotExist) {
		r, err := keyring.Create(ctx, c.ringPath(), cryptosuite.Suite(c.Keyring.Suite), keyring.KeyFile{Path: c.keyFile()})
		if !errors.Is(err, fs.ErrExist) {
			return r, nil, ringError(err)
		}
		info, err = keyring.Look(c.ringPath()) // another process was first
		if err != nil {
			return nil, nil, ringError(err)
		}
	} else if err != nil {
		return nil, nil, ringError(err)
	}
	if info.Seal == keyring.KindShares || info.Seal == keyring.KindPassphrase && c.Keyring.PassphraseFile == "" {
		return c.openByPeople(ctx, info)
	}
	seal, err := c.seal(info.Seal)
	if err != nil {
		return nil, nil, err
	}
	r, err := keyring.Open(ctx, c.ringPath(), seal)
	return r, nil, ringError(err)
}

// openByPeople opens it as a server that has it open does, or by asking at the terminal,
// or by waiting for those who open it.
func (c Config) openByPeople(ctx context.Context, info keyring.Info) (*keyring.Ring, *unsealing, error) {
	if root, err := askRoot(c); err == nil {
		r, err := keyring.OpenRoot(c.ringPath(), root)
		return r, nil, ringError(err)
	}
	switch {
	case c.ask != nil:
		r, err := c.askPeople(ctx, info)
		return r, nil, ringError(err)
	case c.wait != nil:
		u, err := newUnsealing(c, info.Seal)
		if err != nil {
			return nil, nil, err
		}
		c.wait(u.path)
		r, err := u.opened(ctx)
		if err != nil {
			return nil, nil, errors.Join(err, u.close())
		}
		return r, u, nil
	}
	return nil, nil, hearth.NewError(hearth.KeyringSealed)
}

func (c Config) askPeople(ctx context.Context, info keyring.Info) (*keyring.Ring, error) {
	if info.Seal == keyring.KindPassphrase {
		text, err := c.ask(info.Seal, 1, 1)
		if err != nil {
			return nil, err
		}
		return keyring.Open(ctx, c.ringPath(), keyring.Passphrase{Text: []byte(text)})
	}
	var given []string
	need := keyring.SharesNeeded(c.ringPath())
	for len(given) < need {
		text, err := c.ask(info.Seal, len(given)+1, need)
		if err != nil {
			return nil, err
		}
		if _, _, err := keyring.CheckShare(c.ringPath(), text); err != nil {
			return nil, err
		}
		given = append(given, text)
	}
	return keyring.Open(ctx, c.ringPath(), &keyring.Shares{Given: given})
}

// seal is what opens a keyring without anybody being there.
func (c Config) seal(kind string) (keyring.Seal, error) {
	k := c.Keyring
	switch kind {
	case keyring.KindKeyFile:
		return keyring.KeyFile{Path: c.keyFile()}, nil
	case keyring.KindPassphrase:
		text, err := firstLine(k.PassphraseFile)
		return keyring.Passphrase{Text: []byte(text)}, err
	case keyring.KindTransit:
		return c.transit()
	case keyring.KindProgram:
		if len(k.Program) == 0 {
			return nil, invalidConfig(hearth.Words{"the keyring is sealed by a program, and keyring.program names none", "密钥环由外部程序封存，但未配置 keyring.program"})
		}
		return keyring.Program{Command: k.Program}, nil
	}
	return nil, ringError(keyring.ErrDamaged)
}

func (c Config) transit() (keyring.Seal, error) {
	k := c.Keyring.Transit
	if k.URL == "" || k.Key == "" || k.TokenFile == "" {
		return nil, invalidConfig(hearth.Words{"keyring.transit needs url, key and token_file", "keyring.transit 需要填写 url、key 和 token_file"})
	}
	token, err := firstLine(k.TokenFile)
	if err != nil {
		return nil, err
	}
	door, err := egress.New(egress.Journal(c.egressJournal())).Door("keyring", k.URL)
	if err != nil {
		return nil, invalidConfig(hearth.Words{"keyring.transit.url is no address", "keyring.transit.url 不是有效地址"}).Because(err)
	}
	transport := &http.Transport{DialContext: door.DialContext, DisableKeepAlives: true}
	t := &keyring.Transit{URL: k.URL, Mount: k.Mount, Key: k.Key, Token: token, Namespace: k.Namespace, Client: &http.Client{Transport: transport}}
	if k.CA != "" {
		trust, err := trustedBy(k.CA)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = trust
	}
	return t, nil
}

// firstLine is what a file holds for a secret: its text without the space around it.
func firstLine(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", hearth.FileError(path, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// ringError puts what the keyring says in hearth's words.
func ringError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrWrong):
		return hearth.NewError(hearth.KeyringRefused).Because(err)
	case errors.Is(err, keyring.ErrPassphrase):
		return hearth.NewError(hearth.InvalidValue, "field", "passphrase", "detail", hearth.Words{"it has 12 to 1024 bytes", "应为 12 至 1024 字节"}).At("passphrase")
	}
	if _, ok := errors.AsType[*hearth.Error](err); ok {
		return err
	}
	return hearth.NewError(hearth.KeyringFailed, "detail", err).Because(err)
}

// KeyringStatus is what may be known of the keyring without opening it.
type KeyringStatus struct {
	ID     string           `json:"id"`
	Suite  string           `json:"suite"`
	Seal   string           `json:"seal"`
	Keys   []KeyringKey     `json:"keys"`
	Server *UnsealingStatus `json:"server,omitempty"` // that waits, or has it open, where people open it
}

// KeyringKey is what may be known of a purpose's keys.
type KeyringKey struct {
	Purpose string `json:"purpose"`
	Version uint32 `json:"version"` // the newest
	Suite   string `json:"suite"`
	Created string `json:"created"`
	Kept    int    `json:"versions_kept"`
}

// KeyringStatusOf looks at the keyring of a data folder.
func KeyringStatusOf(c Config) (s KeyringStatus, err error) {
	info, err := keyring.Look(c.ringPath())
	if err != nil {
		return s, ringError(err)
	}
	s = KeyringStatus{ID: info.ID, Suite: string(info.Suite), Seal: info.Seal, Keys: []KeyringKey{}}
	at := map[string]int{}
	for _, k := range info.Keys {
		i, ok := at[k.Purpose]
		if !ok {
			i = len(s.Keys)
			at[k.Purpose] = i
			s.Keys = append(s.Keys, KeyringKey{Purpose: k.Purpose})
		}
		x := &s.Keys[i]
		if x.Kept++; k.Version > x.Version {
			x.Version, x.Suite, x.Created = k.Version, string(k.Suite), k.Created.Format("2006-01-02")
		}
	}
	if u, err := askUnsealing(c, unsealRequest{}); err == nil {
		s.Server = &u.UnsealingStatus
	}
	return s, nil
}

// Sealing says how a keyring is to be sealed.
type Sealing struct {
	Kind       string
	Suite      string // empty: as it is
	Passphrase string
	Shares     int
	Need       int
}

// SealKeyring seals the keyring in another way, with a new root key, and returns the shares
// where that is by shares. A server that runs would lose it and must be stopped before.
func (d *Data) SealKeyring(ctx context.Context, s Sealing) (shares []string, err error) {
	if running, ok := Running(d.config); ok {
		return nil, hearth.NewError(hearth.DataLocked, "pid", running.PID, "path", d.config.Data)
	}
	info, err := d.ring.Info()
	if err != nil {
		return nil, ringError(err)
	}
	suite := info.Suite
	if s.Suite != "" {
		suite = cryptosuite.Suite(s.Suite)
	}
	var seal keyring.Seal
	split := &keyring.Shares{Of: s.Shares, Need: s.Need}
	switch s.Kind {
	case keyring.KindPassphrase:
		seal = keyring.Passphrase{Text: []byte(s.Passphrase)}
	case keyring.KindShares:
		seal = split
	default:
		if seal, err = d.config.seal(s.Kind); err != nil {
			return nil, err
		}
	}
	if err := d.ring.Reseal(ctx, suite, seal); err != nil {
		return nil, ringError(err)
	}
	if s.Kind != keyring.KindKeyFile && d.config.Keyring.KeyFile == "" {
		// It opens nothing any more; a copy of the folder from before still has both.
		if err := wipe(d.config.keyFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return split.Made, hearth.FileError(d.config.keyFile(), err)
		}
	}
	return split.Made, nil
}

// Rotated is what a rotation has sealed anew.
type Rotated struct {
	Secrets     int `json:"secrets"`
	Factors     int `json:"second_factors"`
	ContentKeys int `json:"content_keys"`
	Forgotten   int `json:"versions_forgotten"`
}

// RotateKeys makes new keys and seals everything with them anew, while it is in use. The
// old ones but the latest are forgotten once nothing is sealed with them.
func (d *Data) RotateKeys(ctx context.Context) (r Rotated, err error) {
	if err := d.ring.Rotate(); err != nil {
		return r, ringError(err)
	}
	return d.renew(ctx)
}

// renew seals everything with the newest keys.
func (d *Data) renew(ctx context.Context) (r Rotated, err error) {
	if r.Secrets, err = d.secrets.renew(); err != nil {
		return r, err
	}
	if r.Factors, err = d.Access.RenewSeals(ctx); err != nil {
		return r, err
	}
	if _, err := os.Stat(d.auditFolder()); err == nil {
		if r.ContentKeys, err = d.Audit.RenewKeys(ctx); err != nil {
			return r, err
		}
	}
	r.Forgotten, err = d.ring.Retire()
	return r, ringError(err)
}
