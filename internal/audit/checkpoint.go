package audit

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// checkpointsFile is the appliance's own copy of what the witnesses get.
const checkpointsFile = "checkpoints.jsonl"

// checkpointBytesMax bounds a line of it: the fingerprints of so many records, and
// the signatures.
const (
	checkpointBytesMax = 1 << 20
	printsMax          = 64 << 10
)

// Checkpoint is a signed statement: the log of this name had so many records, and its
// Merkle tree this root.
type Checkpoint struct {
	Log  string                   `json:"log"`
	Hash cryptosuite.HashFunction `json:"hash"`
	Size uint64                   `json:"size"`
	Root cryptosuite.Digest       `json:"root"`
	Time string                   `json:"time"`

	// Prints are 8 bytes of each record since the checkpoint before, up to Size: with
	// them a verifier says which record was touched.
	Prints []byte `json:"prints,omitempty"`

	Signatures []Signature `json:"signatures"`
}

// Signature is one signature of a checkpoint.
type Signature struct {
	Algorithm cryptosuite.Algorithm `json:"algorithm"`
	Key       string                `json:"key"` // SHA-256 of its PEM text
	Signature []byte                `json:"signature"`
}

// message is the text that is signed.
func (c *Checkpoint) message() []byte {
	return []byte(strings.Join([]string{"hearth audit checkpoint 1", c.Log, string(c.Hash), strconv.FormatUint(c.Size, 10),
		c.Root.String(), c.Time, base64.StdEncoding.EncodeToString(c.Prints)}, "\n") + "\n")
}

func (c *Checkpoint) sign(signers []cryptosuite.Signer) error {
	c.Signatures = []Signature{}
	for _, s := range signers {
		sum, err := s.Sign(c.message())
		if err != nil {
			return err
		}
		public := s.Public()
		c.Signatures = append(c.Signatures, Signature{public.Algorithm(), public.ID(), sum})
	}
	return nil
}

// Verify returns nil if all keys have signed it.
func (c *Checkpoint) Verify(keys []cryptosuite.PublicKey) error {
	for _, k := range keys {
		if err := c.verify(k); err != nil {
			return fmt.Errorf("key %.16s…: %w", k.ID(), err)
		}
	}
	return nil
}

func (c *Checkpoint) verify(k cryptosuite.PublicKey) error {
	for _, s := range c.Signatures {
		if s.Key == k.ID() {
			return k.Verify(c.message(), s.Signature)
		}
	}
	return errors.New("it has not signed")
}

// ReadCheckpoints reads a file of checkpoints, one a line. A last line without an end
// is left out: it is still being written.
func ReadCheckpoints(r io.Reader) ([]Checkpoint, error) {
	var list []Checkpoint
	err := eachLine(r, checkpointBytesMax, func(text []byte, _ int64) error {
		var c Checkpoint
		if err := json.Unmarshal(text, &c); err != nil {
			return fmt.Errorf("checkpoint %d: %w", len(list)+1, err)
		}
		list = append(list, c)
		return nil
	})
	return list, err
}

// eachLine calls f with each whole line and where it begins.
func eachLine(r io.Reader, limit int, f func(text []byte, at int64) error) error {
	b := bufio.NewReaderSize(r, limit+1)
	for at := int64(0); ; {
		text, err := b.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("a line has more than %d bytes", limit)
		case err != nil:
			return err
		}
		if err := f(text[:len(text)-1], at); err != nil {
			return err
		}
		at += int64(len(text))
	}
}

// lastCheckpoint finds the last whole checkpoint of the folder and how long the file is
// up to there.
func (l *Log) lastCheckpoint() (c Checkpoint, size int64, err error) {
	text, err := readEnd(l.path(checkpointsFile), 2*checkpointBytesMax)
	if errors.Is(err, os.ErrNotExist) {
		return c, 0, nil
	}
	if err != nil {
		return c, 0, err
	}
	end := bytes.LastIndexByte(text.data, '\n')
	if end < 0 {
		return c, 0, nil
	}
	start := bytes.LastIndexByte(text.data[:end], '\n') + 1
	if err := json.Unmarshal(text.data[start:end], &c); err != nil {
		return c, 0, damaged("the last line of " + checkpointsFile + " is no checkpoint")
	}
	return c, text.from + int64(end) + 1, nil
}

// ending is the last part of a file.
type ending struct {
	data []byte
	from int64
}

func readEnd(path string, limit int64) (e ending, err error) {
	f, err := os.Open(path)
	if err != nil {
		return e, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return e, err
	}
	e.from = max(0, info.Size()-limit)
	e.data = make([]byte, info.Size()-e.from)
	_, err = f.ReadAt(e.data, e.from)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return e, err
}

// checkpoint signs the tree as it is, keeps that, and hands it to the witnesses. The
// folder's lock is held.
func (l *Log) checkpoint(t *tail) error {
	c := Checkpoint{Log: t.log, Hash: t.tree.Function(), Size: t.tree.Size(), Root: t.tree.Root(),
		Time: time.Now().UTC().Format(timeLayout), Prints: t.prints}
	if err := c.sign(l.Signers); err != nil {
		return err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f, err := l.open(l.path(checkpointsFile))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := writeEnd(f, append(text, '\n'), t.checkpointsBytes); err != nil {
		return err
	}
	t.checkpointsBytes += int64(len(text)) + 1
	t.checked, t.checkedAt, t.prints = c.Size, time.Now(), nil
	l.toWitnesses()
	return nil
}

// writeEnd writes a text at the end of a file that has size bytes, for good, or leaves
// the file as long as it was. What a crash has left after them goes.
func writeEnd(f file, text []byte, size int64) error {
	if err := f.Truncate(size); err != nil {
		return err
	}
	_, err := f.WriteAt(text, size)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}

// toWitnesses copies what each witness lacks. A witness that can't be written is told
// of in the log and gets everything later: what is missing there is seen by its length.
func (l *Log) toWitnesses() {
	for _, path := range l.Witnesses {
		if err := l.toWitness(path); err != nil {
			l.Log.Error("checkpoints of the audit record can't be written to a witness", "witness", path, "error", err)
		}
	}
}

func (l *Log) toWitness(path string) error {
	own, err := os.Open(l.path(checkpointsFile))
	if err != nil {
		return err
	}
	defer own.Close()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer w.Close()
	info, err := w.Stat()
	if err != nil {
		return err
	}
	ours, err := own.Stat()
	if err != nil {
		return err
	}
	if info.Size() > ours.Size() {
		return errors.New("it has checkpoints that this log has not")
	}
	// A copy that was cut short goes on where it broke off: bytes, not lines.
	if _, err := own.Seek(info.Size(), io.SeekStart); err != nil {
		return err
	}
	if _, err := w.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	if _, err := io.Copy(w, own); err != nil {
		return err
	}
	return w.Sync()
}

// checkWitnesses holds the own checkpoints against those of the witnesses that can be
// read: of one that has more, or others, this log is an old or a different version.
func (l *Log) checkWitnesses(size int64) error {
	for _, path := range l.Witnesses {
		end, err := readEnd(path, 2*checkpointBytesMax)
		if err != nil {
			continue // absent so far, or out of reach: told when a checkpoint is due
		}
		if end.from+int64(len(end.data)) > size {
			return damaged("the witness " + path + " has seen a later state of it")
		}
		own, err := os.Open(l.path(checkpointsFile))
		if err != nil && len(end.data) > 0 {
			return err
		}
		if len(end.data) == 0 {
			continue
		}
		same := make([]byte, len(end.data))
		_, err = own.ReadAt(same, end.from)
		_ = own.Close()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !bytes.Equal(same, end.data) {
			return damaged("the witness " + path + " has seen another version of it")
		}
	}
	return nil
}
