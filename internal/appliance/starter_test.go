package appliance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/starter"
)

// TestStarterIsPutRight: missing, cut, longer or changed, the file becomes what the
// binary holds, and nothing else is left beside it.
func TestStarterIsPutRight(t *testing.T) {
	c := Config{Data: t.TempDir(), Starter: true}
	if err := c.unpackStarter(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"as it was": func(b []byte) []byte { return b },
		"cut":       func(b []byte) []byte { return b[:len(b)-1] },
		"longer":    func(b []byte) []byte { return append(b, 0) },
		"changed":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"empty":     func([]byte) []byte { return nil },
	} {
		if err := os.WriteFile(c.starterPath(), change(bytes.Clone(starter.Model)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.verifyStarter(); (err == nil) != (name == "as it was") || err != nil && hearth.AsError(err).Code != hearth.ModelTampered {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.mendStarter(); err != nil || c.verifyStarter() != nil {
			t.Errorf("%s is not mended: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(c.starterPath())); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	c = Config{Data: t.TempDir()}
	if err := c.unpackStarter(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(c.Data); len(left) != 0 {
		t.Errorf("without the setting: %v", left)
	}
}
