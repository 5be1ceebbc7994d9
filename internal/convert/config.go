package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// jsonMax bounds configurations and vocabularies, in bytes.
const jsonMax = 256 << 20

// ErrUnsupported is wrapped by errors about folders that hold a model which can't be
// converted.
var ErrUnsupported = errors.New("can't be converted")

// config is an object of config.json. It remembers the first error, so that a list of
// settings reads as a list.
type config struct {
	values map[string]any
	file   string
	err    *error
}

func readConfig(dir, file string) (config, error) {
	c := config{file: file, err: new(error)}
	err := readJSON(filepath.Join(dir, file), &c.values)
	return c, err
}

// readJSON reads a file of JSON.
func readJSON(path string, v any) error {
	text, err := readSmall(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, jsonMax+1))
	if err != nil {
		return nil, err
	}
	if len(text) > jsonMax {
		return nil, fmt.Errorf("%s: has more than %d bytes", path, jsonMax)
	}
	return text, nil
}

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func (c config) fail(format string, args ...any) {
	if *c.err == nil {
		*c.err = fmt.Errorf("%s: %w", c.file, fmt.Errorf(format, args...))
	}
}

// has reports whether a setting is there and not null.
func (c config) has(key string) bool { return c.values[key] != nil }

// integer is a setting from 0 to most.
func (c config) integer(key string, most int) int {
	v, ok := c.values[key].(float64)
	if !ok || v != math.Trunc(v) || v < 0 || v > float64(most) {
		c.fail("%s is %v, not a whole number up to %d", key, c.values[key], most)
		return 0
	}
	return int(v)
}

func (c config) integerOr(key string, most, otherwise int) int {
	if !c.has(key) {
		return otherwise
	}
	return c.integer(key, most)
}

func (c config) real(key string) float64 {
	v, ok := c.values[key].(float64)
	if !ok {
		c.fail("%s is %v, not a number", key, c.values[key])
	}
	return v
}

func (c config) realOr(key string, otherwise float64) float64 {
	if !c.has(key) {
		return otherwise
	}
	return c.real(key)
}

func (c config) flag(key string) bool {
	v, ok := c.values[key].(bool)
	if c.has(key) && !ok {
		c.fail("%s is %v, neither true nor false", key, c.values[key])
	}
	return v
}

func (c config) text(key string) string {
	v, ok := c.values[key].(string)
	if c.has(key) && !ok {
		c.fail("%s is %v, not a text", key, c.values[key])
	}
	return v
}

// object is a setting with settings; empty if it is not there.
func (c config) object(key string) config {
	v, ok := c.values[key].(map[string]any)
	if c.has(key) && !ok {
		c.fail("%s is no object", key)
	}
	return config{values: v, file: c.file + ": " + key, err: c.err}
}
