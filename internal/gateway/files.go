package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hearthbox/hearth"
)

// Files keeps files for those who put them here. What is not there is an error of code
// [hearth.NoSuchFile].
type Files interface {
	// Receive takes a file in; about adds what is known of it only when all was read.
	Receive(ctx context.Context, owner string, from io.Reader, about func(*hearth.File) error) (hearth.File, error)
	File(ctx context.Context, owner, id string) (hearth.File, error)
	Files(ctx context.Context, owner, purpose, after string, most int) ([]hearth.File, error)
	OpenFile(ctx context.Context, owner, id string) (io.Reader, error)
	DeleteFile(ctx context.Context, owner, id string) error
}

var fileRoutes = []route{
	{http.MethodPost, "/v1/files", hearth.RightAsk, (*exchange).upload},
	{http.MethodGet, "/v1/files", hearth.RightAsk, (*exchange).listFiles},
	{http.MethodGet, "/v1/files/*/content", hearth.RightAsk, (*exchange).download},
	{http.MethodGet, "/v1/files/*", hearth.RightAsk, (*exchange).showFile},
	{http.MethodDelete, "/v1/files/*", hearth.RightAsk, (*exchange).deleteFile},
}

// Purposes of files.
const (
	purposeBatch = "batch"
	purposeUser  = "user_data"
)

// Limits of an upload, beside that of its size.
const (
	fieldsMax     = 16
	fieldBytesMax = 1 << 10
	pieceMax      = time.Minute // for a piece of it to arrive
	fileListMax   = 10_000
)

// fileObject is a file as OpenAI writes it.
type fileObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Bytes   int64  `json:"bytes"`
	Created int64  `json:"created_at"`
	Expires int64  `json:"expires_at"`
	Name    string `json:"filename"`
	Purpose string `json:"purpose"`
	Status  string `json:"status"` // OpenAI's clients want one
}

func fileOf(f hearth.File) fileObject {
	return fileObject{f.ID, "file", f.Bytes, f.Created.Unix(), f.Expires.Unix(), f.Name, f.Purpose, "processed"}
}

// filing reports that there are no files for this client. Anthropic's have another shape.
func (x *exchange) filing() error {
	if x.Files == nil || x.dialect == &anthropic {
		return hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	}
	return nil
}

// filed does something with files or batches, on record.
func (x *exchange) filed(act, object string, do func(*hearth.Record) error) error {
	return x.recorded(x.r.Context(), hearth.Record{Kind: hearth.RecordRequest, Act: act, Object: object}, do)
}

// upload answers POST /v1/files. The file is kept as it comes and never held as a whole;
// its purpose may come before it or after.
func (x *exchange) upload() error {
	if err := x.filing(); err != nil {
		return err
	}
	kind, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return hearth.NewError(hearth.InvalidValue, "field", "Content-Type", "detail",
			hearth.Words{"a file is uploaded as multipart/form-data", "上传文件应使用 multipart/form-data"}).At("Content-Type")
	}
	body := &patient{x.r.Body, http.NewResponseController(x.w)}
	defer func() { _ = body.rc.SetReadDeadline(time.Time{}) }()
	form := &form{parts: multipart.NewReader(body, params["boundary"]), fields: map[string]string{}}
	file, err := form.until("file")
	if err != nil {
		return err
	}
	if file == nil {
		return missing("file")
	}
	var f hearth.File
	err = x.filed("upload-file", "", func(r *hearth.Record) (err error) {
		f, err = x.Files.Receive(x.r.Context(), x.by.KeyID, file, func(f *hearth.File) error {
			if _, err := form.until(""); err != nil {
				return err
			}
			f.Name = fileName(file.FileName())
			return form.about(f)
		})
		r.Object = f.ID
		return err
	})
	if err != nil {
		if _, ours := errors.AsType[*hearth.Error](err); !ours && x.r.Context().Err() == nil {
			return hearth.NewError(hearth.InvalidValue, "field", "file", "detail", hearth.Words{"it did not arrive whole", "没有完整收到"}).At("file").Because(err)
		}
		return err
	}
	x.writeJSON(http.StatusOK, fileOf(f))
	return nil
}

// patient reads a body, each piece of which may take a while.
type patient struct {
	io.Reader
	rc *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.rc.SetReadDeadline(time.Now().Add(pieceMax))
	return p.Reader.Read(b)
}

// form reads the parts of an upload.
type form struct {
	parts  *multipart.Reader
	fields map[string]string
	seen   int
}

// until reads fields up to the file of that name, or all; nil is the end.
func (f *form) until(name string) (*multipart.Part, error) {
	broken := func(err error) error {
		return hearth.NewError(hearth.InvalidValue, "field", "the request", "detail", hearth.Words{"it is not a form that arrived whole", "表单不完整"}).Because(err)
	}
	for {
		p, err := f.parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, broken(err)
		}
		if f.seen++; f.seen > fieldsMax {
			return nil, outOfRangeIn("", "the number of fields", 1, fieldsMax)
		}
		if p.FormName() == "file" {
			if name == "" {
				return nil, hearth.NewError(hearth.InvalidValue, "field", "file", "detail", hearth.Words{"there are two", "出现了两次"}).At("file")
			}
			return p, nil
		}
		text, err := io.ReadAll(io.LimitReader(p, fieldBytesMax+1))
		if err != nil {
			return nil, broken(err)
		}
		if len(text) > fieldBytesMax {
			return nil, outOfRangeIn(p.FormName(), "the length of a field", 0, fieldBytesMax)
		}
		f.fields[p.FormName()] = string(text)
	}
}

// about fills in what the fields say of the file.
func (f *form) about(to *hearth.File) error {
	to.Purpose = f.fields["purpose"]
	switch to.Purpose {
	case purposeBatch, purposeUser:
	case "":
		return missing("purpose")
	default:
		return hearth.NewError(hearth.NotOneOf, "field", "purpose", "choices", purposeBatch+", "+purposeUser).At("purpose")
	}
	if text := f.fields["expires_after[seconds]"]; text != "" {
		s, err := strconv.Atoi(text)
		if err != nil || s < keepLeast || s > keepMost {
			return outOfRange("expires_after[seconds]", keepLeast, keepMost)
		}
		if at := to.Created.Add(time.Duration(s) * time.Second); at.Before(to.Expires) {
			to.Expires = at
		}
	}
	return nil
}

// fileName is a name that a client gave, without folders and what does not show.
func fileName(name string) string {
	name = path.Base("/" + strings.ReplaceAll(name, "\\", "/"))
	name = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, name), "")
	if name == "/" || name == "." {
		return ""
	}
	return name[:min(len(name), modelBytesMax)]
}

// file finds the file that the path names.
func (x *exchange) file() (hearth.File, error) {
	if err := x.filing(); err != nil {
		return hearth.File{}, err
	}
	if len(x.id) > modelBytesMax {
		return hearth.File{}, hearth.NewError(hearth.NoSuchFile, "file", x.id[:modelBytesMax])
	}
	return x.Files.File(x.r.Context(), x.by.KeyID, x.id)
}

// showFile answers GET /v1/files/ID.
func (x *exchange) showFile() error {
	f, err := x.file()
	if err == nil {
		x.writeJSON(http.StatusOK, fileOf(f))
	}
	return err
}

// deleteFile answers DELETE /v1/files/ID.
func (x *exchange) deleteFile() error {
	f, err := x.file()
	if err == nil {
		err = x.filed("delete-file", f.ID, func(*hearth.Record) error { return x.Files.DeleteFile(x.r.Context(), x.by.KeyID, f.ID) })
	}
	if err == nil {
		x.writeJSON(http.StatusOK, deleted{f.ID, "file", true})
	}
	return err
}

// listFiles answers GET /v1/files, the newest first.
func (x *exchange) listFiles() error {
	if err := x.filing(); err != nil {
		return err
	}
	limit, after, err := x.paged(fileListMax, fileListMax)
	if err != nil {
		return err
	}
	list, err := x.Files.Files(x.r.Context(), x.by.KeyID, x.r.URL.Query().Get("purpose"), after, limit+1)
	if err != nil {
		return err
	}
	var all []fileObject
	for _, f := range list {
		all = append(all, fileOf(f))
	}
	x.writeJSON(http.StatusOK, pageOf(all, limit, func(f fileObject) string { return f.ID }))
	return nil
}

// download answers GET /v1/files/ID/content.
func (x *exchange) download() error {
	f, err := x.file()
	if err != nil {
		return err
	}
	return x.filed("download-file", f.ID, func(*hearth.Record) error { return x.handOut(f) })
}

// handOut sends a file.
func (x *exchange) handOut(f hearth.File) error {
	from, err := x.Files.OpenFile(x.r.Context(), x.by.KeyID, f.ID)
	if err != nil {
		return err
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	if x.r.Method == http.MethodHead {
		return nil
	}
	rc := http.NewResponseController(x.w)
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		_ = rc.SetWriteDeadline(time.Now().Add(x.WriteMax))
		if _, err := x.w.Write(piece[:n]); err != nil {
			return &begunError{hearth.NewError(hearth.Canceled).Because(err)}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &begunError{err}
		}
	}
}
