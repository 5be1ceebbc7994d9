package console

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist is what `make console` builds: index.html as it is, and below assets/ files whose
// names change with what is in them. Texts are there compressed only, NAME.gz and NAME.br.
//
//go:embed all:dist
var dist embed.FS

// noncePlace is what index.html has in place of the nonce.
const noncePlace = "__NONCE__"

// file is one file, in the codings it is kept in.
type file struct {
	mime            string
	plain, gzip, br []byte
}

// types are those that the console has; a system's own table of them may be wrong.
var types = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".woff": "font/woff", ".ttf": "font/ttf", ".txt": "text/plain; charset=utf-8"}

// load finds the files. That they are in the binary is a promise of the build.
func load() (files map[string]file, index string) {
	files = map[string]file{}
	err := fs.WalkDir(dist, "dist", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := dist.ReadFile(p)
		name, coding := strings.TrimPrefix(p, "dist/"), path.Ext(p)
		if name == "index.html" {
			index = string(b)
			return err
		}
		if coding == ".gz" || coding == ".br" {
			name = strings.TrimSuffix(name, coding)
		}
		f := files[name]
		f.mime = types[path.Ext(name)]
		if f.mime == "" {
			f.mime = mime.TypeByExtension(path.Ext(name))
		}
		switch coding {
		case ".gz":
			f.gzip = b
		case ".br":
			f.br = b
		default:
			f.plain = b
		}
		files[name] = f
		return err
	})
	if err != nil {
		panic(err)
	}
	return files, index
}

// page serves a file. What is missing is missing: only the console's own address shows
// the page, which finds its way from what follows the # there.
func (c *Console) page(w http.ResponseWriter, r *http.Request, name string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	if name == "" {
		c.front(w)
		return
	}
	f, ok := c.files[name]
	if !ok {
		w.Header().Set("Cache-Control", "no-cache")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

// front is the page itself, asked for anew each time, with a nonce of its own.
func (c *Console) front(w http.ResponseWriter) {
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Security-Policy", policy(nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, strings.ReplaceAll(c.index, noncePlace, nonce))
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if f.plain == nil {
		h.Set("Vary", "Accept-Encoding")
	}
	body, coding := f.coded(r.Header.Get("Accept-Encoding"))
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the server sends none of it to HEAD
}

// coded chooses the smallest form that the client takes.
func (f file) coded(accept string) (body []byte, coding string) {
	switch {
	case f.plain != nil:
		return f.plain, ""
	case f.br != nil && accepts(accept, "br"):
		return f.br, "br"
	case accepts(accept, "gzip"):
		return f.gzip, "gzip"
	}
	z, err := gzip.NewReader(bytes.NewReader(f.gzip))
	if err != nil {
		panic(err)
	}
	body, err = io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return body, ""
}

// accepts reports whether an Accept-Encoding names a coding, and not with q=0.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, coding) {
			weight, err := strconv.ParseFloat(strings.TrimPrefix(q, "q="), 64)
			return err != nil || weight > 0
		}
	}
	return false
}
