package cryptosuite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/emmansun/gmsm/sm3"
)

// TestHashVectors holds the digests against FIPS 180-4's and GB/T 32905's examples.
func TestHashVectors(t *testing.T) {
	abc, four := "abc", strings.Repeat("abcd", 16)
	for _, c := range []struct{ text, sha256, sm3 string }{
		{abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
		{four, "", "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", ""},
	} {
		sums, err := NewHasher(2).Sum(t.Context(), strings.NewReader(c.text), WantWhole)
		if err != nil {
			t.Fatal(err)
		}
		if c.sha256 != "" && sums.SHA256.String() != c.sha256 || c.sm3 != "" && sums.SM3.String() != c.sm3 {
			t.Errorf("%q: got %s and %s", c.text, sums.SHA256, sums.SM3)
		}
		if sums.SHA256 != SHA256([]byte(c.text)) || sums.SM3 != SM3([]byte(c.text)) {
			t.Errorf("%q: a stream and a slice hash differently", c.text)
		}
	}
}

// TestTreeVectors holds the shape of the tree against the Merkle tree vectors of
// RFC 6962's reference implementation, whose leaves are shorter than ours.
func TestTreeVectors(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	for n, want := range roots {
		var level []Digest
		for _, l := range leaves[:n] {
			data, _ := hex.DecodeString(l)
			level = append(level, leafHash(sha256.New, data))
		}
		if got := root(sha256.New, level).String(); got != want {
			t.Errorf("%d leaves: got %s, want %s", n, got, want)
		}
	}
}

// recursive is RFC 6962's definition, word for word.
func recursive(i int, data []byte) Digest {
	f := functions[i]
	n := (len(data) + leafBytes - 1) / leafBytes
	switch n {
	case 0:
		return Digest(f.make().Sum(nil))
	case 1:
		return leafHash(f.make, data)
	}
	k := 1
	for 2*k < n {
		k *= 2
	}
	return nodeHash(f.make, recursive(i, data[:k*leafBytes]), recursive(i, data[k*leafBytes:]))
}

func TestSumsAreTheDefinitionWhateverTheCores(t *testing.T) {
	data := make([]byte, 7*leafBytes+12345)
	fill(data)
	for _, size := range []int{0, 1, leafBytes - 1, leafBytes, leafBytes + 1, 2 * leafBytes, 3*leafBytes + 5, len(data)} {
		part := data[:size]
		want := Sums{int64(size), SHA256(part), SM3(part), recursive(0, part), recursive(1, part)}
		for _, cores := range []int{1, 3, 0} {
			got, err := NewHasher(cores).Sum(t.Context(), iotest.HalfReader(bytes.NewReader(part)), WantWhole|WantTrees)
			if err != nil || got != want {
				t.Errorf("%d bytes, %d cores: %v\n got %v\nwant %v", size, cores, err, got, want)
			}
		}
	}
}

func TestOnlyWhatIsWantedIsComputed(t *testing.T) {
	for want := range WantWhole + WantTrees + 1 {
		s, err := NewHasher(1).Sum(t.Context(), strings.NewReader("x"), want)
		got := [...]Digest{s.SHA256, s.SM3, s.TreeSHA256, s.TreeSM3}
		for i, d := range got {
			if (d != Digest{}) != (want&(1<<i) != 0) || err != nil {
				t.Errorf("want %04b: digest %d is %s (%v)", want, i, d, err)
			}
		}
	}
}

// TestStreamsShareAHasher runs more streams than there are blocks.
func TestStreamsShareAHasher(t *testing.T) {
	h := NewHasher(1)
	data := make([]byte, 3*leafBytes)
	fill(data)
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			got, err := h.Sum(t.Context(), bytes.NewReader(data), WantWhole|WantTrees)
			if err != nil || got.SM3 != SM3(data) || got.TreeSM3 != recursive(1, data) {
				t.Errorf("%v %v", got, err)
			}
		})
	}
	work.Wait()
	if len(h.blocks) != cap(h.blocks) {
		t.Errorf("%d of %d blocks came back", len(h.blocks), cap(h.blocks))
	}
}

func TestSumStops(t *testing.T) {
	h := NewHasher(2)
	broken := errors.New("the disk broke")
	r := io.MultiReader(bytes.NewReader(make([]byte, leafBytes+7)), iotest.ErrReader(broken))
	if _, err := h.Sum(t.Context(), r, WantWhole|WantTrees); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	cut := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := h.Sum(t.Context(), cut, WantTrees); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut stream was taken for a whole one: %v", err)
	}
	idle := readerFunc(func([]byte) (int, error) { return 0, nil })
	if _, err := h.Sum(t.Context(), idle, WantTrees); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endless := readerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil })
	if _, err := h.Sum(ctx, endless, WantTrees); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(h.blocks) != cap(h.blocks) {
		t.Error("a stopped sum kept blocks")
	}
}

func TestDigestHasOneSpelling(t *testing.T) {
	var d Digest
	good := strings.Repeat("0a", 32)
	if err := d.UnmarshalText([]byte(good)); err != nil || d.String() != good {
		t.Errorf("%s: %v", d, err)
	}
	for _, bad := range []string{"", good[2:], good + "00", strings.ToUpper(good), strings.Repeat("zz", 32)} {
		if d.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func fill(b []byte) {
	var seed [32]byte
	_, _ = rand.NewChaCha8(seed).Read(b)
}

func BenchmarkSum(b *testing.B) {
	data := make([]byte, 64*leafBytes)
	fill(data)
	for name, want := range map[string]Want{"SHA256": WantSHA256, "SM3": WantSM3, "TreeSHA256": WantTreeSHA256,
		"TreeSM3": WantTreeSM3, "Trees": WantTrees, "All": WantWhole | WantTrees} {
		b.Run(name, func(b *testing.B) {
			h := NewHasher(0)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := h.Sum(b.Context(), bytes.NewReader(data), want); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("PlainSM3", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			_ = sm3.Sum(data)
		}
	})
}

func ExampleHasher_Sum() {
	sums, _ := NewHasher(0).Sum(context.Background(), strings.NewReader("abc"), WantSM3)
	fmt.Println(sums.Bytes, sums.SM3)
	// Output: 3 66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0
}
