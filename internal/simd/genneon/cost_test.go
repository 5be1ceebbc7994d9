package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestInstructionsOfDecoding counts those of the loop over the blocks of four rows, for
// one token: the figures per weight in docs/performance.md.
func TestInstructionsOfDecoding(t *testing.T) {
	s, _ := file(products)
	for name, want := range map[string]int{
		"Q8_0DotProd": 65, "Q8_0NEON": 97, "Q4_0DotProd": 62, "Q4_0NEON": 82, "Q4_1DotProd": 74, "Q4_1NEON": 94,
		"Q5_0DotProd": 117, "Q5_0NEON": 137, "Q5_1DotProd": 129, "Q5_1NEON": 149, "IQ4NLDotProd": 68, "IQ4NLNEON": 100,
		"Q4KDotProd": 369, "Q4KNEON": 529, "Q5KDotProd": 516, "Q5KNEON": 676, "Q6KDotProd": 553, "Q6KNEON": 809,
		"F32NEON": 26, "F16NEON": 43, "BF16NEON": 39,
	} {
		if got := decoding(t, string(s), "mul"+name); got != want {
			t.Errorf("%s: %d instructions per block of four rows, not %d: docs/performance.md", name, got, want)
		}
	}
}

// decoding is how long the second loop of a function is: the first one clears sums.
func decoding(t *testing.T, s, name string) int {
	t.Helper()
	_, s, ok := strings.Cut(s, "TEXT ·"+name+"(SB)")
	loops := regexp.MustCompile(`(?m)^loop\d+:\n`).FindAllStringIndex(s, 2)
	if !ok || len(loops) < 2 {
		t.Fatalf("%s has no loops", name)
	}
	body, _, _ := strings.Cut(s[loops[1][1]:], "\tBNE "+strings.TrimSuffix(s[loops[1][0]:loops[1][1]], ":\n")+"\n")
	return strings.Count(body, "\n") + 1
}
