package provenance

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of an envelope.
const (
	signaturesMax     = 16
	signatureBytesMax = 4096
)

// envelope is a DSSE envelope: a payload with its type and signatures over both.
type envelope struct {
	Payload     []byte      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"` // a hint; nothing depends on it
	Sig   []byte `json:"sig"`
}

// authenticated is what an envelope's signatures are made over: type and payload, so
// that one can't be passed off as another (DSSE v1, Pre-Authentication Encoding).
func (e envelope) authenticated() []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.Payload), e.Payload)
}

// seal signs a payload with every signer.
func seal(kind string, payload []byte, signers []cryptosuite.Signer) (envelope, error) {
	e := envelope{Payload: payload, PayloadType: kind}
	if len(signers) == 0 || len(signers) > signaturesMax {
		return e, fmt.Errorf("there are %d signers, not 1 to %d", len(signers), signaturesMax)
	}
	for _, s := range signers {
		sig, err := s.Sign(e.authenticated())
		if err != nil {
			return e, err
		}
		e.Signatures = append(e.Signatures, signature{s.Public().ID(), sig})
	}
	return e, nil
}

// check holds an envelope against its limits.
func (e envelope) check(kind string) error {
	switch {
	case e.PayloadType != kind:
		return fmt.Errorf("it holds %q, not %q", e.PayloadType, kind)
	case len(e.Signatures) == 0 || len(e.Signatures) > signaturesMax:
		return fmt.Errorf("it has %d signatures, not 1 to %d", len(e.Signatures), signaturesMax)
	}
	for _, s := range e.Signatures {
		if len(s.Sig) == 0 || len(s.Sig) > signatureBytesMax {
			return fmt.Errorf("a signature has %d bytes, not 1 to %d", len(s.Sig), signatureBytesMax)
		}
	}
	return nil
}

// Trust says whose signatures count.
type Trust struct {
	Keys []cryptosuite.PublicKey

	// Need lists the algorithms of which there must be a trusted signature each, so
	// that none of several can be taken away unnoticed. One of any is needed anyway.
	Need []cryptosuite.Algorithm
}

// verify returns the trusted keys that signed. A signature that claims to be a
// trusted key's and is not fails it all; those of strangers are passed over.
func (t Trust) verify(e envelope) ([]cryptosuite.PublicKey, error) {
	var signed []cryptosuite.PublicKey
	for _, s := range e.Signatures {
		i := slices.IndexFunc(t.Keys, func(k cryptosuite.PublicKey) bool { return k.ID() == s.KeyID && s.KeyID != "" })
		if i < 0 {
			continue
		}
		if err := t.Keys[i].Verify(e.authenticated(), s.Sig); err != nil {
			return nil, fmt.Errorf("key %.12s…: %w", s.KeyID, err)
		}
		signed = append(signed, t.Keys[i])
	}
	if len(signed) == 0 {
		return nil, errors.New("no trusted key has signed it")
	}
	for _, a := range t.Need {
		if !slices.ContainsFunc(signed, func(k cryptosuite.PublicKey) bool { return k.Algorithm() == a }) {
			return nil, fmt.Errorf("no trusted key has signed it with %s", a)
		}
	}
	return signed, nil
}

// openEnvelope reads a signed text and returns its payload once it is verified.
func openEnvelope(what, kind string, data []byte, limit int, t Trust) ([]byte, []cryptosuite.PublicKey, error) {
	var e envelope
	err := decode(data, limit, &e)
	if err == nil {
		err = e.check(kind)
	}
	var signed []cryptosuite.PublicKey
	if err == nil {
		signed, err = t.verify(e)
	}
	if err != nil {
		return nil, nil, unsigned(what, err)
	}
	return e.Payload, signed, nil
}

func unsigned(what string, err error) error {
	return hearth.NewError(hearth.SignatureInvalid, "what", what, "detail", err).Because(err)
}
