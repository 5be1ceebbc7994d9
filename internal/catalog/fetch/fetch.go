package fetch

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/egress"
	"golang.org/x/time/rate"
)

// Limits of what may be asked for.
const (
	filesMax   = 10_000
	mirrorsMax = 16

	parallelUsual, parallelMax = 8, 64
	retriesUsual, retriesMax   = 10, 1000
	stallUsual                 = 30 * time.Second
)

// File is something to bring here.
type File struct {
	Path    string   // where it shall lie; its folder must exist
	Bytes   int64    // 0 if unknown
	SHA256  string   // of the whole file, in hex; empty if unknown
	Mirrors []string // http(s) URLs, preferred first; at most 16
}

// Options say how. The zero value is sensible.
type Options struct {
	// Client sends the requests; how it follows redirects is decided here. Nil means
	// a client of this call's own, which speaks HTTP/1.1, so that connections don't
	// share one stream of packets, and uses no proxy.
	Client *http.Client

	// Authorize may add credentials to a request for a mirror. They are not sent
	// along when a mirror redirects to another host.
	Authorize func(*http.Request)

	Parallel       int           // connections at a time; 0 means 8, at most 64
	ChunkBytes     int64         // 0 means 32 MiB; from 1 KiB to 1 GiB, and more where a file would have too many chunks
	BytesPerSecond int64         // of all connections together; 0 means no limit
	Retries        int           // failures in a row after which a mirror is given up; 0 means 10
	StallTimeout   time.Duration // without a byte, after which a connection is cut; 0 means 30 seconds

	// Progress is told how far things are, twice a second and when the phase
	// changes, never by two goroutines at once.
	Progress func(Progress)
}

// Result is a file that has arrived.
type Result struct {
	Path     string
	Bytes    int64
	SHA256   string   // of what lies there, in hex
	Verified bool     // it is the SHA-256 that was asked for; false if none was
	Corrupt  []string // mirrors that served bytes which had to be replaced
}

// Fetch brings the files here, one after the other, each over several connections.
// A file that is there already and has the right SHA-256 is left alone. The results
// are those of the files that arrived, in order; the first file that does not
// arrive ends the call, and a later call continues with what has come of it.
//
// Errors: [hearth.InvalidValue] for files or options that make no sense,
// [hearth.DiskFull], [hearth.FileFailed], [hearth.DownloadBusy] if another process
// fetches the same file, [hearth.DownloadFailed] if no mirror delivers,
// [hearth.DownloadCorrupt] if none delivers the right bytes, and [hearth.Canceled].
func Fetch(ctx context.Context, files []File, o Options) ([]Result, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if len(files) > filesMax {
		return nil, invalid("files", "at most %d can be fetched at once", filesMax)
	}
	for i, f := range files {
		if err := f.check(); err != nil {
			return nil, err.At(fmt.Sprintf("files[%d]", i))
		}
	}
	if err := room(files); err != nil {
		return nil, err
	}
	var places []string
	for _, f := range files {
		places = append(places, f.Mirrors...)
	}
	var gate *egress.Gate
	door, err := gate.Door("download", places...)
	if err != nil {
		return nil, err
	}
	link := newLink(o, door)
	defer link.close()
	var results []Result
	for i, f := range files {
		m, stop := newMeter(f.Path, i, len(files), o.Progress)
		d := &download{File: f, Options: o, link: link, meter: m}
		r, err := d.deliver(ctx)
		stop()
		if err != nil {
			return results, d.told(ctx, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// filled puts usual values where none are given.
func (o Options) filled() (Options, error) {
	if o.Parallel == 0 {
		o.Parallel = parallelUsual
	}
	if o.ChunkBytes == 0 {
		o.ChunkBytes = chunkUsual
	}
	if o.Retries == 0 {
		o.Retries = retriesUsual
	}
	if o.StallTimeout == 0 {
		o.StallTimeout = stallUsual
	}
	switch {
	case o.Parallel < 1 || o.Parallel > parallelMax:
		return o, invalid("parallel", "it must be from 1 to %d", parallelMax)
	case o.ChunkBytes < chunkMin || o.ChunkBytes > chunkMax:
		return o, invalid("chunk_bytes", "it must be from %d to %d", chunkMin, chunkMax)
	case o.Retries < 1 || o.Retries > retriesMax:
		return o, invalid("retries", "it must be from 1 to %d", retriesMax)
	case o.BytesPerSecond < 0 || o.StallTimeout < 0:
		return o, invalid("bytes_per_second or stall_timeout", "it must not be negative")
	}
	return o, nil
}

func (o Options) limiter() *rate.Limiter {
	if o.BytesPerSecond == 0 {
		return rate.NewLimiter(rate.Inf, bufferBytes)
	}
	// Four helpings a second: fine enough for a small limit, cheap enough for a large one.
	return rate.NewLimiter(rate.Limit(o.BytesPerSecond), int(max(1, min(o.BytesPerSecond/4, bufferBytes))))
}

func (f File) check() *hearth.Error {
	switch digest, err := hex.DecodeString(f.SHA256); {
	case f.Path == "":
		return invalid("path", "it is empty")
	case f.Bytes < 0 || f.Bytes > bytesMax:
		return invalid("bytes", "it must be from 0 to %d", bytesMax)
	case f.SHA256 != "" && (err != nil || len(digest) != 32):
		return invalid("sha256", "it must be 64 hexadecimal digits")
	case len(f.Mirrors) == 0 || len(f.Mirrors) > mirrorsMax:
		return invalid("mirrors", "there must be from 1 to %d", mirrorsMax)
	}
	for _, m := range f.Mirrors {
		u, err := url.Parse(m)
		if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" {
			return invalid("mirrors", "each must be an http(s) address")
		}
	}
	return nil
}

func invalid(field, format string, args ...any) *hearth.Error {
	return hearth.NewError(hearth.InvalidValue, "field", field, "detail", fmt.Sprintf(format, args...)).At(field)
}
