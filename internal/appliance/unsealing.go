package appliance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
)

// unsealing is the place where people open the keyring of a server that has nothing to open
// it with by itself: a socket in the data folder, which the folder's owner alone can
// reach. Afterwards other commands of the owner's get the root key there, so that nobody
// is asked twice.
type unsealing struct {
	config   Config
	kind     string
	path     string
	listener net.Listener

	mu   sync.Mutex
	ring *keyring.Ring
	need int
	have map[int]string // shares, by their place
	done chan struct{}  // closed once the ring is open
	work sync.WaitGroup
}

// Limits of the socket.
const (
	unsealBytesMax = 8 << 10
	unsealTime     = 30 * time.Second // argon2id on a slow machine among it
	unsealPathMax  = 100              // what the system allows an address to have, about
)

// unsealRequest is what comes in, one line of JSON; an empty one asks how things stand.
type unsealRequest struct {
	Passphrase string `json:"passphrase,omitempty"`
	Share      string `json:"share,omitempty"`
	Root       bool   `json:"root,omitempty"`
}

// unsealAnswer is what goes out.
type unsealAnswer struct {
	UnsealingStatus
	Root  []byte      `json:"root,omitempty"`
	Error hearth.Code `json:"error,omitempty"`
	About string      `json:"about,omitempty"`
}

// UnsealingStatus says how far the opening is.
type UnsealingStatus struct {
	Sealed bool   `json:"sealed"`
	Kind   string `json:"kind"`
	Have   int    `json:"shares_given,omitempty"`
	Need   int    `json:"shares_needed,omitempty"`
}

func newUnsealing(c Config, kind string) (*unsealing, error) {
	u := &unsealing{config: c, kind: kind, path: unsealPath(c), have: map[int]string{}, done: make(chan struct{})}
	if len(u.path) > unsealPathMax {
		return nil, hearth.NewError(hearth.KeyringFailed, "detail", say("the path of the data folder is too long for a socket; name a passphrase_file", "数据目录路径过长，无法创建套接字；请配置 passphrase_file"))
	}
	if kind == keyring.KindShares {
		u.need = keyring.SharesNeeded(c.ringPath())
	}
	_ = os.Remove(u.path) // nobody answered there
	var err error
	if u.listener, err = net.Listen("unix", u.path); err != nil {
		return nil, dataError(c, err)
	}
	if err := os.Chmod(u.path, 0o600); err != nil {
		return nil, errors.Join(dataError(c, err), u.listener.Close())
	}
	u.work.Go(u.serve)
	return u, nil
}

func unsealPath(c Config) string { return filepath.Join(c.Data, "keyring.sock") }

// opened waits until the ring is open.
func (u *unsealing) opened(ctx context.Context) (*keyring.Ring, error) {
	select {
	case <-u.done:
		return u.ring, nil
	case <-ctx.Done():
		return nil, hearth.NewError(hearth.Canceled).Because(ctx.Err())
	}
}

// close ends it.
func (u *unsealing) close() error {
	err := u.listener.Close()
	u.work.Wait()
	return err
}

// serve answers one after the other: those who come are few.
func (u *unsealing) serve() {
	for {
		conn, err := u.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(100 * time.Millisecond) // out of descriptors, perhaps
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(unsealTime))
		var in unsealRequest
		var out unsealAnswer
		line, err := bufio.NewReader(io.LimitReader(conn, unsealBytesMax)).ReadBytes('\n')
		if err == nil && json.Unmarshal(line, &in) == nil {
			out = u.answer(in)
		} else {
			out.Error = hearth.InvalidJSON
		}
		_ = json.NewEncoder(conn).Encode(out)
		_ = conn.Close()
	}
}

func (u *unsealing) answer(in unsealRequest) (out unsealAnswer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var err error
	switch {
	case in.Root && u.ring != nil:
		out.Root = u.ring.Root()
	case in.Root:
		err = hearth.NewError(hearth.KeyringSealed)
	case u.ring == nil && in.Passphrase != "" && u.kind == keyring.KindPassphrase:
		err = u.try(keyring.Passphrase{Text: []byte(in.Passphrase)})
	case u.ring == nil && in.Share != "" && u.kind == keyring.KindShares:
		err = u.take(in.Share)
	}
	if err = ringError(err); err != nil {
		e := hearth.AsError(err)
		out.Error, out.About = e.Code, e.Message(hearth.English)
	}
	out.UnsealingStatus = UnsealingStatus{Sealed: u.ring == nil, Kind: u.kind, Have: len(u.have), Need: u.need}
	return out
}

// take takes a share, and tries once there are enough. If they do not fit together, all are
// forgotten: which is wrong can't be seen.
func (u *unsealing) take(text string) error {
	at, _, err := keyring.CheckShare(u.config.ringPath(), text)
	if err != nil {
		return err
	}
	u.have[at] = text
	if len(u.have) < u.need {
		return nil
	}
	s := &keyring.Shares{}
	for _, x := range u.have {
		s.Given = append(s.Given, x)
	}
	u.have = map[int]string{}
	return u.try(s)
}

func (u *unsealing) try(s keyring.Seal) error {
	ctx, cancel := context.WithTimeout(context.Background(), unsealTime)
	defer cancel()
	r, err := keyring.Open(ctx, u.config.ringPath(), s)
	if err != nil {
		return err
	}
	u.ring = r
	close(u.done)
	return nil
}

// askUnsealing asks the server of a data folder.
func askUnsealing(c Config, in unsealRequest) (out unsealAnswer, err error) {
	conn, err := net.DialTimeout("unix", unsealPath(c), time.Second)
	if err != nil {
		return out, hearth.NewError(hearth.NoServer).Because(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(unsealTime))
	if err := json.NewEncoder(conn).Encode(in); err != nil {
		return out, err
	}
	if err := json.NewDecoder(io.LimitReader(conn, unsealBytesMax)).Decode(&out); err != nil {
		return out, err
	}
	switch out.Error {
	case "":
		return out, nil
	case hearth.KeyringFailed:
		return out, hearth.NewError(hearth.KeyringFailed, "detail", out.About)
	}
	return out, hearth.NewError(out.Error)
}

// askRoot is the root key of a server that has it.
func askRoot(c Config) ([]byte, error) {
	out, err := askUnsealing(c, unsealRequest{Root: true})
	return out.Root, err
}

// Unseal gives the server that waits a passphrase or a share.
func Unseal(c Config, passphrase, share string) (UnsealingStatus, error) {
	out, err := askUnsealing(c, unsealRequest{Passphrase: passphrase, Share: share})
	return out.UnsealingStatus, err
}
