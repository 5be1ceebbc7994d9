package library

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// The hubs that repositories are named after.
const (
	HubHuggingFace = "huggingface"
	HubModelScope  = "modelscope"
)

// Mirror is a place to fetch files from.
type Mirror struct {
	ID   string
	Name Text
	Hub  string // whose repositories it serves
	URL  string // with {repository} and {path}
}

// mirrorMax bounds a mirror's address, in bytes.
const mirrorMax = 2048

// Part is one file to fetch; a model has one or, when it is split, several.
type Part struct {
	HuggingFace, ModelScope string // repositories, as in [File]
	Path                    string
	SHA256                  string // "" if not established
}

// Parts lists what has to be fetched for the file, in order.
func (f File) Parts() []Part {
	parts := make([]Part, max(f.PartCount, 1))
	for i := range parts {
		number := fmt.Sprintf("%05d-of-%05d", i+1, len(parts))
		parts[i] = Part{f.HuggingFace, f.ModelScope, strings.ReplaceAll(f.Path, "{part}", number), ""}
		if len(f.SHA256) == len(parts) {
			parts[i].SHA256 = f.SHA256[i]
		}
	}
	return parts
}

// URLs lists the addresses of a part, in the order to try them. prefer puts one
// first: the id of a mirror, or the address of an own one, for example
// "http://files.example/models" (repositories are folders below it) or
// "http://files.example/get?repo={repository}&file={path}". The error is
// [hearth.InvalidValue].
func (l *Library) URLs(p Part, prefer string) ([]string, error) {
	mirrors := l.mirrors
	i := slices.IndexFunc(mirrors, func(m Mirror) bool { return m.ID == prefer })
	switch {
	case i >= 0:
		mirrors = slices.Concat(mirrors[i:i+1], mirrors[:i], mirrors[i+1:])
	case prefer != "":
		own, err := ownMirror(prefer)
		if err != nil {
			return nil, hearth.NewError(hearth.InvalidValue, "field", "mirror", "detail", err)
		}
		mirrors = append(own, mirrors...)
	}
	var urls []string
	for _, m := range mirrors {
		if address := m.address(p); address != "" {
			urls = append(urls, address)
		}
	}
	return urls, nil
}

// ownMirror reads the address of a mirror that is not in the table. Repositories are
// called there as on Hugging Face.
func ownMirror(address string) ([]Mirror, error) {
	if len(address) > mirrorMax {
		return nil, fmt.Errorf("it is longer than %d bytes", mirrorMax)
	}
	if !strings.Contains(address, "{") {
		address = strings.TrimRight(address, "/") + "/{repository}/{path}"
	}
	u, err := url.Parse(fill(address, "r", "p"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is not an address")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("it has to begin with http:// or https:// and a host")
	case u.User != nil:
		return nil, fmt.Errorf("it may not hold a password, which would reach logs")
	case !strings.Contains(address, "{path}") || strings.ContainsAny(fill(address, "", ""), "{}"):
		return nil, fmt.Errorf("it needs {path}, may have {repository}, and nothing else in braces")
	}
	return []Mirror{{Hub: HubHuggingFace, URL: address}}, nil
}

// address is where a mirror has a part, "" if it does not.
func (m Mirror) address(p Part) string {
	repository := p.HuggingFace
	if m.Hub == HubModelScope {
		repository = p.ModelScope
	}
	if repository == "" {
		return ""
	}
	return fill(m.URL, repository, p.Path)
}

func fill(address, repository, path string) string {
	return strings.NewReplacer("{repository}", escape(repository), "{path}", escape(path)).Replace(address)
}

func escape(path string) string {
	steps := strings.Split(path, "/")
	for i, s := range steps {
		steps[i] = url.PathEscape(s)
	}
	return strings.Join(steps, "/")
}
