package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// dials are the names of the standard library that connect to somewhere, or do when they
// are used as they are.
var dials = map[string][]string{
	"net":    {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer"},
	"tls":    {"Dial", "DialWithDialer", "Dialer"},
	"http":   {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
	"smtp":   {"Dial", "SendMail"},
	"rpc":    {"Dial", "DialHTTP"},
	"syslog": {"Dial", "New"},
}

// apart are files that may connect otherwise, and why.
var apart = map[string]string{
	"internal/appliance/unsealing.go": "a socket in the data folder, which leads nowhere else",
	"cmd/hearth/conformance.go":       "a person points it at a server, through a proxy if they like; it is no part of the server",
}

// TestNobodyElseDials holds the product to going out through internal/egress alone: no
// other package dials, uses a client that does, or makes a transport or a client that
// does not say how.
func TestNobodyElseDials(t *testing.T) {
	for _, root := range []string{"../../internal", "../../cmd", "../../console"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "egress" || d.Name() == "devtools" || d.Name() == "gen"):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			if apart[strings.TrimPrefix(filepath.ToSlash(path), "../../")] != "" {
				return nil
			}
			for _, found := range dialsIn(t, path, nil) {
				t.Errorf("%s: %s; connections go through a door of internal/egress", path, found)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// dialsIn is what a file connects with. Source, if not nil, stands for what is in it.
func dialsIn(t *testing.T, path string, source any) (found []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if p, ok := n.X.(*ast.Ident); ok && p.Obj == nil {
				for _, name := range dials[p.Name] {
					if n.Sel.Name == name {
						found = append(found, p.Name+"."+name)
					}
				}
			}
		case *ast.CompositeLit:
			s, ok := n.Type.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			p, ok := s.X.(*ast.Ident)
			if !ok || p.Name != "http" {
				return true
			}
			if needed := map[string]string{"Transport": "DialContext", "Client": "Transport"}[s.Sel.Name]; needed != "" && !sets(n, needed) {
				found = append(found, "http."+s.Sel.Name+" without "+needed)
			}
		}
		return true
	})
	return found
}

func sets(n *ast.CompositeLit, field string) bool {
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if k, ok := kv.Key.(*ast.Ident); ok && k.Name == field {
				return true
			}
		}
	}
	return false
}

// TestDialsAreSeen shows the test what it has to find.
func TestDialsAreSeen(t *testing.T) {
	const source = `package x
import ("net"; "net/http")
var a = http.Client{Timeout: 1}
var b = &http.Transport{Proxy: nil}
var c = http.DefaultClient
func f() { net.Dial("tcp", "x:1"); _ = net.Dialer{} }
var fine = http.Client{Transport: &http.Transport{DialContext: nil}}
`
	if found := dialsIn(t, "x.go", source); len(found) != 5 {
		t.Errorf("found %q", found)
	}
}
