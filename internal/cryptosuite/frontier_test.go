package cryptosuite

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestFrontier holds the growing tree against the one that sees all leaves at once,
// at every size, also where it was put down and taken up again.
func TestFrontier(t *testing.T) {
	for i, f := range []HashFunction{HashSHA256, HashSM3} {
		tree, err := NewFrontier(f, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		var leaves []Digest
		for n := range 300 {
			if want := root(functions[i].make, slices.Clone(leaves)); tree.Root() != want {
				t.Fatalf("%s, %d leaves: %s, want %s", f, n, tree.Root(), want)
			}
			if tree, err = NewFrontier(f, tree.Size(), tree.Nodes()); err != nil {
				t.Fatal(err)
			}
			leaf := f.Leaf(fmt.Append(nil, n))
			leaves = append(leaves, leaf)
			before := tree.Clone()
			tree.Add(leaf)
			if before.Size() != uint64(n) || tree.Size() != uint64(n)+1 {
				t.Fatal("a clone grows with the tree")
			}
		}
	}
	for _, c := range []struct {
		f     HashFunction
		size  uint64
		nodes int
	}{{HashSHA256, 3, 1}, {HashSHA256, 0, 1}, {"md5", 0, 0}} {
		if _, err := NewFrontier(c.f, c.size, make([]Digest, c.nodes)); err == nil {
			t.Errorf("%v is a tree", c)
		}
	}
}

// TestCiphers opens what was sealed, and nothing else.
func TestCiphers(t *testing.T) {
	for _, c := range []Cipher{AES256GCM, SM4GCM} {
		key := c.NewKey()
		for _, text := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("密"), 1000)} {
			sealed, err := c.Seal(key, text, []byte("7"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Open(key, sealed, []byte("7")); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s: %q %v", c, got, err)
			}
			other := slices.Clone(sealed)
			other[len(other)/2] ^= 1
			for _, wrong := range []struct{ key, sealed, context []byte }{
				{key, other, []byte("7")}, {key, sealed, []byte("8")}, {c.NewKey(), sealed, []byte("7")}, {key, sealed[:20], []byte("7")},
			} {
				if _, err := c.Open(wrong.key, wrong.sealed, wrong.context); !errors.Is(err, ErrSealed) {
					t.Errorf("%s: %v", c, err)
				}
			}
		}
		if _, err := c.Seal(key[1:], nil, nil); err == nil {
			t.Errorf("%s takes a short key", c)
		}
	}
	if _, err := Cipher("rot13").Seal(make([]byte, 32), nil, nil); err == nil {
		t.Error("there is a cipher rot13")
	}
}

// TestSM4Vector is the example of RFC 8998, appendix A.1.
func TestSM4Vector(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key, nonce := unhex("0123456789abcdeffedcba9876543210"), unhex("00001234567800000000abcd")
	aad := unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
	text := unhex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")
	sealed := unhex("17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec")
	got, err := SM4GCM.Open(key, append(nonce, sealed...), aad)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%x %v", got, err)
	}
}
