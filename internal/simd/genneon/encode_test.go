package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEncodings compares every form of instruction with what GNU's assembler makes of
// it: tools/oracle/encodings.sh.
func TestEncodings(t *testing.T) {
	golden, err := os.ReadFile("testdata/encodings.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(golden)) {
		word, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[text] = word
	}
	var a assembly
	everyForm(&a)
	for line := range strings.Lines(a.body.String()) {
		var got string
		fmt.Sscanf(line, "\tWORD $0x%s", &got)
		_, text, _ := strings.Cut(strings.TrimSpace(line), "// ")
		if want[text] != got {
			t.Errorf("%s is %q, want %q", text, got, want[text])
		}
		delete(want, text)
	}
	for text := range want {
		t.Errorf("%s is written by nothing", text)
	}
}

// everyForm writes all there is, with registers and numbers at both ends.
func everyForm(a *assembly) {
	for _, key := range slices.Sorted(maps.Keys(three)) {
		a.v3(key, 0, 15, 31)
		a.v3(key, 31, 16, 5)
	}
	for _, key := range slices.Sorted(maps.Keys(two)) {
		a.v2(key, 0, 31)
		a.v2(key, 31, 10)
	}
	for _, key := range slices.Sorted(maps.Keys(shifts)) {
		a.shift(key, 3, 28, 1)
		a.shift(key, 28, 3, shifts[key].width-1)
	}
	for _, key := range slices.Sorted(maps.Keys(lanes)) {
		for e := range 4 {
			a.lane(key, 17, 18, 13, e)
		}
	}
	a.lane("sdot", 1, 2, 31, 3)
	a.lane("fmla.4s", 1, 2, 31, 2)
	a.lane("smlal.4s", 1, 2, 15, 7)
	a.lane("smlal2.4s", 1, 2, 0, 4)
	a.mov(1, 30)
	a.zero(17)
	a.bytes(18, 0xff)
	a.bytes(1, 0x30)
	a.dup(7, 21, 0)
	a.dup(21, 7, 3)
	a.fill(9, 22)
	a.tbl(6, 9, 31)
	for _, s := range []size{quad, double, single, half} {
		for _, offset := range []int{0, s.bytes, 17 * s.bytes, -1, 255, -256, 4095 * s.bytes} {
			a.load(s, 27, 14, offset)
			a.store(s, 4, 22, offset)
		}
	}
	a.loadNext(31, 10)
	for _, offset := range []int{0, 16, 1008} {
		a.loadPair(1, 30, 7, offset)
		a.storePair(30, 2, 21, offset)
	}
}

// TestGenerated holds the assembly in the tree against what is written now.
func TestGenerated(t *testing.T) {
	for name, write := range files {
		s, stubs := file(write)
		for suffix, want := range map[string][]byte{".s": s, ".go": stubs} {
			got, err := os.ReadFile("../" + name + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s%s is out of date: go generate ./internal/simd", name, suffix)
			}
		}
	}
}
