// Command models writes the models of random weights that nn's goldens are made
// from, with the tokens to feed them, into a folder.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth/internal/nn/nntest"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: models FOLDER")
	}
	type entry struct {
		Name      string
		Tokens    []int
		Positions []int
		Pooled    bool // what is compared is the vector of the text
		Adapted   bool // by the adapter beside the model
	}
	var index []entry
	for _, c := range nntest.Cases() {
		index = append(index, entry{c.Name, c.Tokens(), c.Positions(), c.Pooling != 0, c.Adapter != nil})
		write(filepath.Join(os.Args[1], c.Name+".gguf"), nntest.Make(c.Shape))
		if c.Adapter != nil {
			write(filepath.Join(os.Args[1], c.Name+".adapter.gguf"), nntest.MakeAdapter(c.Shape, *c.Adapter))
		}
	}
	text, err := json.Marshal(index)
	if err != nil {
		log.Fatal(err)
	}
	write(filepath.Join(os.Args[1], "index.json"), text)
}

func write(path string, data []byte) {
	if err := os.WriteFile(path, data, 0o644); err != nil {
		log.Fatal(err)
	}
}
