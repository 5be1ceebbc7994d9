package provenance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// SignOMS signs a folder with a key, so that any verifier of OpenSSF Model Signing
// v1.0 can tell. The options' ignored paths are left out and named in the signature;
// one of them should be the signature's own, if it will lie in the folder.
//
// Files are hashed whole. Shards are verified but not written: what the specification
// calls their algorithm and what model-signing 1.1.1 accepts are two things.
func SignOMS(ctx context.Context, dir string, signer cryptosuite.Signer, o Options) ([]byte, error) {
	if !omsAlgorithm(signer.Public()) {
		return nil, unsigned("the model", fmt.Errorf("the specification has no signatures of %s; use a key on P-256, P-384 or P-521", signer.Public().Algorithm()))
	}
	s, err := stateOMS(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	payload, err := encode(s)
	if err != nil {
		return nil, err
	}
	if _, err := parseStatement(payload); err != nil { // never sign what would be refused
		return nil, unsigned("the model", err)
	}
	e, err := seal(omsPayload, payload, []cryptosuite.Signer{signer})
	if err != nil {
		return nil, unsigned("the model", err)
	}
	e.Signatures[0].KeyID = "" // OMS names the key in the bundle
	type key struct {
		Hint string `json:"hint"`
	}
	type material struct {
		PublicKey key        `json:"publicKey"`
		TLog      []struct{} `json:"tlogEntries"`
	}
	return encode(struct {
		MediaType            string   `json:"mediaType"`
		VerificationMaterial material `json:"verificationMaterial"`
		DSSEEnvelope         envelope `json:"dsseEnvelope"`
	}{omsMedia, material{key{signer.Public().ID()}, []struct{}{}}, e})
}

// stateOMS hashes a folder into a statement.
func stateOMS(ctx context.Context, dir string, o Options) (statement, error) {
	ignored := slices.Concat(o.Ignore, omsIgnored, []string{SignedName})
	f, err := openFolder(dir, ignored)
	if err != nil {
		return statement{}, err
	}
	defer f.Close()
	if err := f.plain(); err != nil {
		return statement{}, err
	}
	if len(f.files) == 0 {
		return statement{}, disk.Error(dir, errors.New("it holds no files"))
	}
	resources := make([]resource, len(f.files))
	work := newReading(o, total(f.files))
	err = work.each(ctx, len(resources), func(ctx context.Context, i int) (err error) {
		resources[i] = resource{path: f.files[i].path, end: -1}
		resources[i].digest, err = work.part(ctx, f, f.files[i], resources[i])
		return err
	})
	if err != nil {
		return statement{}, disk.Error(dir, err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return statement{}, disk.Error(dir, err)
	}
	return describeOMS(filepath.Base(abs), resources, ignored), nil
}

// describeOMS is the statement about resources in the order of their names' bytes.
func describeOMS(name string, resources []resource, ignored []string) statement {
	follow := false
	s := statement{Type: omsStatement, PredicateType: omsPredicate}
	s.Predicate.Serialization = serialization{Method: "files", HashType: "sha256", AllowSymlinks: &follow,
		IgnorePaths: slices.Compact(slices.Sorted(slices.Values(ignored)))}
	s.Subject = []open[subject]{{subject{name, map[string]string{"sha256": rootOf(resources)}}}}
	for _, r := range resources {
		s.Predicate.Resources = append(s.Predicate.Resources, open[descriptor]{descriptor{r.path, r.digest.String(), "sha256"}})
	}
	return s
}
