// Command tokenize prints the tokens that hearth makes of texts, for parity.py: it
// reads a JSON string on each line of standard input and prints a list of ids for each.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	"github.com/hearthbox/hearth/internal/engine"
)

const lineMax = 16 << 20 // bytes of one text

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: tokenize MODEL.gguf")
	}
	_, tok, err := engine.OpenTemplate(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	write := json.NewEncoder(out)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineMax)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			log.Fatal(err)
		}
		_ = write.Encode(tok.Append([]int32{}, text, true))
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
