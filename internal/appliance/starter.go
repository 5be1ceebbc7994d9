package appliance

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/starter"
)

func (c *Config) starterFolder() string { return filepath.Join(c.Data, "starter") }
func (c *Config) starterPath() string   { return filepath.Join(c.starterFolder(), starter.ModelFile) }

// verifyStarter holds the file against the binary.
func (c *Config) verifyStarter() error {
	f, err := os.Open(c.starterPath())
	if err != nil {
		return hearth.FileError(c.starterPath(), err)
	}
	defer f.Close()
	have := make([]byte, 64<<10)
	for rest := starter.Model; ; {
		n, err := f.Read(have)
		if n > len(rest) || !bytes.Equal(have[:n], rest[:n]) || errors.Is(err, io.EOF) && n < len(rest) {
			return hearth.NewError(hearth.ModelTampered, "model", c.starterPath(), "detail", say("it is not what the binary holds", "与程序自带的不一致"))
		}
		rest = rest[n:]
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return hearth.FileError(c.starterPath(), err)
		}
	}
}

// starterTemplate is the chat template of our own model, which no family mirrors.
func starterTemplate() string {
	f, err := gguf.Parse(starter.Model)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, _ := provenance.TemplateOf(f)
	return text
}

const unpacking = ".unpacking-"

// unpackStarter lays the starter model beside the data, so that it is a model file like
// any other: listed, mapped and shown by the same code. Only its size is looked at, so that
// a start does not read it; it is held against the binary when it is loaded.
func (c *Config) unpackStarter() error {
	if !c.Starter {
		return nil
	}
	if info, err := os.Stat(c.starterPath()); err == nil && info.Size() == int64(len(starter.Model)) {
		return nil
	}
	return c.writeStarter()
}

// mendStarter replaces a file that is not what the binary has: an older version's, or one
// that somebody changed.
func (c *Config) mendStarter() error {
	if c.verifyStarter() == nil {
		return nil
	}
	return c.writeStarter()
}

func (c *Config) writeStarter() error {
	path := c.starterPath()
	if err := os.MkdirAll(c.starterFolder(), 0o700); err != nil {
		return hearth.FileError(path, err)
	}
	left, _ := filepath.Glob(filepath.Join(c.starterFolder(), unpacking+"*"))
	for _, name := range left { // by who was killed; another process may be at work just now
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Minute {
			_ = os.Remove(name)
		}
	}
	fresh, err := os.CreateTemp(c.starterFolder(), unpacking)
	if err != nil {
		return hearth.FileError(path, err)
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.Write(starter.Model)
	if closing := fresh.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return hearth.FileError(path, err)
	}
	return nil
}
