package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// statement is the in-toto statement of an OMS bundle. Subjects and resources may have
// fields nobody here knows; nothing else may.
type statement struct {
	Type          string          `json:"_type"`
	Subject       []open[subject] `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     predicate       `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type predicate struct {
	Resources     []open[descriptor] `json:"resources"`
	Serialization serialization      `json:"serialization"`
}

type descriptor struct {
	Name      string `json:"name"`
	Digest    string `json:"digest"`
	Algorithm string `json:"algorithm"`
}

type serialization struct {
	Method        string   `json:"method"`
	HashType      string   `json:"hash_type"`
	ShardSize     *whole   `json:"shard_size,omitempty"`
	AllowSymlinks *bool    `json:"allow_symlinks"`
	IgnorePaths   []string `json:"ignore_paths,omitempty"`
}

// whole is a whole number. Writers that go by protobuf write 1000 as 1000.0.
type whole int64

// UnmarshalJSON takes what a float64 holds exactly.
func (w *whole) UnmarshalJSON(data []byte) error {
	const exact = 1 << 53
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return fmt.Errorf("%.40s is no whole number up to %d", data, int64(exact))
	}
	*w = whole(f)
	return nil
}

// resource is a file, or the part of one from start to before end; a whole file has
// the end -1.
type resource struct {
	path       string
	start, end int64
	digest     cryptosuite.Digest
}

func parseStatement(payload []byte) (*Statement, error) {
	var s statement
	if err := decode(payload, omsMax, &s); err != nil {
		return nil, err
	}
	switch {
	case s.Type != omsStatement:
		return nil, fmt.Errorf("its statement is of type %q, not %q", s.Type, omsStatement)
	case s.PredicateType != omsPredicate:
		return nil, fmt.Errorf("its predicate is of type %q, not %q", s.PredicateType, omsPredicate)
	case len(s.Subject) != 1 || s.Subject[0].value.Name == "":
		return nil, errors.New("it is not about one named model")
	}
	out := &Statement{Name: s.Subject[0].value.Name}
	if err := out.serialized(s.Predicate.Serialization); err != nil {
		return nil, err
	}
	if err := out.list(s.Predicate.Resources); err != nil {
		return nil, err
	}
	if want, got := s.Subject[0].value.Digest["sha256"], rootOf(out.resources); want != got {
		return nil, fmt.Errorf("its resources hash to %s, not to %q", got, want)
	}
	return out, nil
}

// serialized takes in how the model was hashed.
func (s *Statement) serialized(x serialization) error {
	switch {
	case x.HashType != "sha256":
		return fmt.Errorf("it hashes with %q; only sha256 is supported", x.HashType)
	case x.AllowSymlinks == nil || *x.AllowSymlinks:
		return errors.New("it follows symbolic links, which is refused here")
	case x.Method == "files" && x.ShardSize == nil:
	case x.Method == "shards" && x.ShardSize != nil && *x.ShardSize > 0:
		s.shardBytes = int64(*x.ShardSize)
	default:
		return fmt.Errorf("its method %q is unknown, or does not go with its shard size", x.Method)
	}
	if len(x.IgnorePaths) > ignoredMax {
		return fmt.Errorf("it ignores more than %d paths", ignoredMax)
	}
	for _, p := range x.IgnorePaths {
		if err := checkPath(p); err != nil {
			return err
		}
		if strings.ContainsAny(p, "*?[") {
			return fmt.Errorf("it ignores by a pattern, %q", p)
		}
	}
	s.Ignored = slices.Compact(slices.Sorted(slices.Values(slices.Concat(x.IgnorePaths, omsIgnored))))
	return nil
}

// list takes in the resources, in whatever order they come: model-signing sorts them
// by the parts of their paths, the specification by the bytes.
func (s *Statement) list(all []open[descriptor]) error {
	if len(all) == 0 || len(all) > resourcesMax {
		return fmt.Errorf("it has %d resources, not 1 to %d", len(all), resourcesMax)
	}
	var paths []string
	for _, x := range all {
		r, err := s.resource(x.value)
		if err != nil {
			return err
		}
		if covered(s.Ignored, r.path) {
			return fmt.Errorf("it both lists and ignores %q", r.path)
		}
		if r.start == 0 {
			paths = append(paths, r.path)
		}
		s.resources = append(s.resources, r)
	}
	slices.Sort(paths)
	if err := checkPaths(paths); err != nil {
		return err
	}
	return s.complete()
}

func (s *Statement) resource(x descriptor) (r resource, err error) {
	// The specification has sha256 for shards too; model-signing 1.1.1 writes this.
	sharded := fmt.Sprintf("sha256-sharded-%d", s.shardBytes)
	if x.Algorithm != "sha256" && (s.shardBytes == 0 || x.Algorithm != sharded) {
		return r, fmt.Errorf("%q is hashed with %q, not sha256", x.Name, x.Algorithm)
	}
	r = resource{path: x.Name, end: -1}
	if s.shardBytes > 0 {
		if r, err = shardOf(x.Name); err != nil {
			return r, err
		}
	}
	if err := checkPath(r.path); err != nil {
		return r, err
	}
	return r, r.digest.UnmarshalText([]byte(x.Digest))
}

// shardOf reads PATH:START:END. The path may have colons of its own.
func shardOf(name string) (resource, error) {
	bad := fmt.Errorf("%q is not PATH:START:END", name)
	path, end, ok := cutLast(name)
	path, start, ok2 := cutLast(path)
	if !ok || !ok2 {
		return resource{}, bad
	}
	r := resource{path: path}
	var err error
	if r.start, err = strconv.ParseInt(start, 10, 64); err != nil {
		return r, bad
	}
	if r.end, err = strconv.ParseInt(end, 10, 64); err != nil || r.start < 0 || r.end <= r.start || r.end > fileMax {
		return r, bad
	}
	if name != shardName(r) {
		return r, bad // signs, or zeros before a number
	}
	return r, nil
}

func shardName(r resource) string { return fmt.Sprintf("%s:%d:%d", r.path, r.start, r.end) }

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// complete makes sure that the shards of each file follow one another without a gap,
// each but the last of full size.
func (s *Statement) complete() error {
	if s.shardBytes == 0 {
		return nil
	}
	shards := slices.SortedFunc(slices.Values(s.resources), func(a, b resource) int {
		if c := strings.Compare(a.path, b.path); c != 0 {
			return c
		}
		return int(min(1, max(-1, a.start-b.start)))
	})
	for i, r := range shards {
		expected := int64(0)
		if i > 0 && shards[i-1].path == r.path {
			expected = shards[i-1].start + s.shardBytes
			if shards[i-1].end != expected {
				return fmt.Errorf("%s is not the last shard and not whole", shardName(shards[i-1]))
			}
		}
		if r.start != expected || r.end-r.start > s.shardBytes {
			return fmt.Errorf("%s is not the shard that should follow", shardName(r))
		}
	}
	return nil
}

// rootOf is the digest of a model as a whole: SHA-256 of its resources' digests in the
// order they are listed in.
func rootOf(resources []resource) string {
	h := sha256.New()
	for _, r := range resources {
		h.Write(r.digest[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
