package appliance

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
	"github.com/hearthbox/hearth/internal/catalog/library"
)

// Models that are not here yet: what the library tells of them, and bringing them here.
// Nothing of this runs unless somebody asks for it.

// ModelMemory is what models may take here, in bytes: as configured, or four fifths of
// the memory.
func (c Config) ModelMemory() int64 {
	return cmp.Or(int64(c.Engine.MemoryBytes), memoryBytes()/5*4)
}

// Wanted is a model to download.
type Wanted struct {
	Name  string // to offer it under
	Files []fetch.File
}

// FromLibrary says what to download for a model of the library: ID or ID:QUANTIZATION.
// Without a quantisation it is the one that suits this machine's memory.
func (d *Data) FromLibrary(model, name, mirror string) (Wanted, error) {
	l, err := Library()
	if err != nil {
		return Wanted{}, err
	}
	id, quantization, chosen := strings.Cut(model, ":")
	m, err := l.Find(id)
	if err != nil {
		return Wanted{}, hearth.NewError(hearth.NotInLibrary, "model", id)
	}
	f, ok := library.Best(m, d.config.ModelMemory())
	if chosen {
		f, ok = m.File(quantization)
	}
	if !ok {
		return Wanted{}, hearth.NewError(hearth.NotInLibrary, "model", model)
	}
	if name == "" {
		name = m.ID
		if chosen {
			name += "-" + strings.ToLower(f.Quantization)
		}
	}
	mirror = cmp.Or(mirror, d.config.Download.Mirror)
	w := Wanted{Name: name}
	parts := f.Parts()
	for _, p := range parts {
		urls, err := l.URLs(p, mirror)
		if err != nil {
			return Wanted{}, err
		}
		if strings.Contains(mirror, "://") {
			urls = urls[:1] // who has a mirror of their own may not want others asked
		}
		file := fetch.File{Path: path.Base(p.Path), SHA256: p.SHA256, Mirrors: urls}
		if len(parts) == 1 && !f.Estimated {
			file.Bytes = f.Bytes
		}
		w.Files = append(w.Files, file)
	}
	return w, nil
}

// FromURL says what to download from an address of a GGUF file.
func FromURL(address, name, sha256 string) (Wanted, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Wanted{}, hearth.NewError(hearth.InvalidValue, "field", "URL", "detail",
			say("%q is not an http(s) address", "%q 不是 http(s) 地址", address))
	}
	file := path.Base(u.Path)
	if !strings.EqualFold(path.Ext(file), ".gguf") {
		file = "model.gguf"
	}
	if name == "" {
		name = strings.ToLower(strings.TrimSuffix(file, path.Ext(file)))
	}
	return Wanted{Name: name, Files: []fetch.File{{Path: file, SHA256: strings.ToLower(sha256), Mirrors: []string{address}}}}, nil
}

// Download brings a model here, or goes on where an earlier call stopped.
// bytesPerSecond limits it, 0 as configured. The results say which files were held
// against a known checksum.
func (d *Data) Download(ctx context.Context, w Wanted, bytesPerSecond int64, progress func(fetch.Progress)) (m hearth.Model, got []fetch.Result, err error) {
	m, err = d.Catalog.Receive(ctx, w.Name, func(dir string) error {
		files := append([]fetch.File(nil), w.Files...)
		for i := range files {
			files[i].Path = filepath.Join(dir, files[i].Path)
		}
		o := fetch.Options{BytesPerSecond: cmp.Or(bytesPerSecond, int64(d.config.Download.BytesPerSecond)), Progress: progress}
		if o.Client, err = d.downloader(files); err != nil {
			return err
		}
		if got, err = fetch.Fetch(ctx, files, o); err != nil {
			return err
		}
		return tidy(dir, files)
	})
	return m, got, err
}

// tidy deletes what an earlier download of another file under the same name has left.
func tidy(dir string, files []fetch.File) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return hearth.FileError(dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		wanted := slices.ContainsFunc(files, func(f fetch.File) bool { return f.Path == path })
		if wanted || e.Name() == disk.LockName {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return hearth.FileError(path, err)
		}
	}
	return nil
}

// downloader is a client that is let out to where the files are, or to the proxy if one is
// configured, and to where these redirect.
func (d *Data) downloader(files []fetch.File) (*http.Client, error) {
	var proxy func(*http.Request) (*url.URL, error)
	var places []string
	if p := d.config.Download.Proxy; p != "" {
		u, err := url.Parse(p)
		if err != nil {
			return nil, err
		}
		proxy, places = http.ProxyURL(u), []string{p}
	} else {
		for _, f := range files {
			places = append(places, f.Mirrors...)
		}
	}
	door, err := d.gate.Door("download", places...)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: proxy, DialContext: door.DialContext, TLSHandshakeTimeout: connectMax, MaxIdleConnsPerHost: 64, MaxResponseHeaderBytes: 1 << 20, ReadBufferSize: 64 << 10, IdleConnTimeout: 90 * time.Second}
	return &http.Client{Transport: door.Following(transport)}, nil
}

// connectMax is how long a mirror may take to agree on a connection.
const connectMax = 10 * time.Second
