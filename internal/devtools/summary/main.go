// Command summary reads what `go test -json` prints and tells it in brief: what
// failed, with its output, what was skipped and why, and at the end how many tests
// passed and failed. A package that can't be built or crashes counts as one failure.
// Its exit code is 1 if anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

type tally struct {
	passed, failed, skipped int
	output                  map[string][]string // of tests not yet ended
	failedIn                map[string]int      // tests, by package
}

func main() {
	t := &tally{output: map[string][]string{}, failedIn: map[string]int{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // the go command itself
			continue
		}
		t.event(e)
	}
	if err := lines.Err(); err != nil {
		fmt.Println(err)
		t.failed++
	}
	fmt.Printf("\n%d skipped\n%d passed, %d failed\n", t.skipped, t.passed, t.failed)
	if t.failed > 0 || t.passed == 0 {
		os.Exit(1)
	}
}

func (t *tally) event(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		t.output[key] = append(t.output[key], e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	if e.Test == "" {
		t.endPackage(e, key)
	} else {
		t.endTest(e, key)
	}
	delete(t.output, key)
}

func (t *tally) endTest(e event, key string) {
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		fmt.Printf("skip %s %s: %s\n", e.Package, e.Test, reason(t.output[key]))
	case "fail":
		t.failed++
		t.failedIn[e.Package]++
		fmt.Printf("FAIL %s\n%s", key, strings.Join(t.output[key], ""))
	}
}

func (t *tally) endPackage(e event, key string) {
	if e.Action == "fail" && t.failedIn[e.Package] == 0 {
		t.failed++
		fmt.Printf("FAIL %s\n%s", e.Package, strings.Join(t.output[key], ""))
		return
	}
	fmt.Printf("%-4s %s (%.1f s)\n", e.Action, e.Package, e.Elapsed)
}

// reason is what a test said when it skipped itself.
func reason(output []string) string {
	for _, line := range output {
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				return strings.TrimSpace(text)
			}
		}
	}
	return "no reason given"
}
