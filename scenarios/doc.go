// Package scenarios tests hearth from outside: it builds the real binary and uses
// it as people and programs do, by command line, HTTP and official SDKs. It holds
// nothing but tests.
//
// testdata/*.txt are scripts of commands and what they print (the format of
// github.com/rogpeppe/go-internal/testscript). The other tests need more than a
// script can say: streams that are cut, processes that are killed, peers.
package scenarios
