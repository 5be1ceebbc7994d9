package appliance

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/egress"
)

// egressJournal is where connections to elsewhere are on record.
func (c Config) egressJournal() string { return filepath.Join(c.Data, "egress.jsonl") }

// EgressProof is a report on the sockets of a server, signed with its own key.
type EgressProof struct {
	Report    json.RawMessage `json:"report"`
	Key       string          `json:"key"` // PEM
	Signature []byte          `json:"signature"`
}

// proofContext stands before what is signed, so that no other signature of the key fits.
const proofContext = "hearth egress proof 1\n"

// ProveEgress watches the sockets of the running server and of what it started, and signs
// what it saw.
func (d *Data) ProveEgress(ctx context.Context, version string, duration time.Duration) (*EgressProof, *egress.Report, error) {
	s, running := Running(d.config)
	if !running {
		return nil, nil, hearth.NewError(hearth.NoServer, "path", d.config.Data)
	}
	r, err := egress.Watch(ctx, "/proc", s.PID, duration)
	if err != nil {
		return nil, nil, err
	}
	journal, err := egress.ReadJournal(d.config.egressJournal(), r.Begin.Add(-connectionAge), r.End)
	if err != nil {
		return nil, nil, err
	}
	r.Version = version
	r.Host, _ = os.Hostname()
	r.Account(journal)
	report, err := json.Marshal(r)
	if err != nil {
		return nil, nil, err
	}
	key, err := d.SigningKey()
	if err != nil {
		return nil, nil, err
	}
	pem, err := key.Public().PEM()
	if err != nil {
		return nil, nil, err
	}
	signature, err := key.Sign(append([]byte(proofContext), report...))
	return &EgressProof{report, string(pem), signature}, r, err
}

// connectionAge is how long before a report begins a connection may have been made that
// is still open: what an hour's silence has not ended. It only widens the journal.
const connectionAge = 24 * time.Hour

// CheckEgressProof holds a proof against its signature, and against the key it must be
// of; an empty one takes the proof's own word for whose it is.
func CheckEgressProof(text, key []byte) (*egress.Report, error) {
	bad := func(en, zh string) error {
		return hearth.NewError(hearth.InvalidValue, "field", "proof", "detail", hearth.Words{en, zh})
	}
	var p EgressProof
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, bad("it is no proof", "不是外联证明文件")
	}
	own, err := cryptosuite.ParsePublicKey([]byte(p.Key))
	if err != nil {
		return nil, bad("its key can't be read", "其公钥无法读取")
	}
	if len(key) > 0 {
		want, err := cryptosuite.ParsePublicKey(key)
		if err != nil || want.ID() != own.ID() {
			return nil, bad("it is signed with another key", "签名所用的密钥不符")
		}
	}
	var report bytes.Buffer
	if err := json.Compact(&report, p.Report); err != nil {
		return nil, bad("it is no proof", "不是外联证明文件")
	}
	if own.Verify(append([]byte(proofContext), report.Bytes()...), p.Signature) != nil {
		return nil, bad("the signature is not of this report", "签名与内容不符")
	}
	r := &egress.Report{}
	if err := json.Unmarshal(report.Bytes(), r); err != nil {
		return nil, bad("the report can't be read", "报告无法读取")
	}
	return r, nil
}
