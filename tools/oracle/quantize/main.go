// Command quantize writes the models of random weights that quantize's goldens are made
// from into a folder.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth/internal/nn/nntest"
	"github.com/hearthbox/hearth/internal/quantize/quantizetest"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: quantize FOLDER")
	}
	for _, c := range quantizetest.Cases() {
		if err := os.WriteFile(filepath.Join(os.Args[1], c.Name+".gguf"), nntest.Make(c.Shape), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
