//go:build !arm64

package simd_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestArm64 runs the tests of this package on an emulated arm64 that has all the
// instructions there are kernels for.
func TestArm64(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	qemu := emulator()
	if qemu == "" {
		t.Skip("arm64 kernels are not tested: no qemu-aarch64 here (Debian: qemu-user)")
	}
	cmd := exec.Command("go", "test", "-short", "-v", "-timeout", "3m", "-exec", qemu+" -cpu max", ".")
	cmd.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, ran := range []string{"TestMulIgnoresCompany/machine=dotprod", "TestMulIgnoresCompany/machine=neon", "TestSoften/NEON"} {
		if !strings.Contains(string(out), "--- PASS: "+ran+" ") {
			t.Errorf("%s did not run", ran)
		}
	}
}

// emulator is the command, "" if there is none.
func emulator() string {
	for _, name := range []string{"qemu-aarch64", "qemu-aarch64-static"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
