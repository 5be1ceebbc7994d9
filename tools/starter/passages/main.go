// Command passages shows the starter model's retrieval to the scripts beside it:
// without arguments it prints all passages of the manual; given a number k, it reads
// questions from standard input, a JSON string on each line, and prints for each the
// k passages and the prompt that is made of them.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"strconv"

	"github.com/hearthbox/hearth/docs"
	"github.com/hearthbox/hearth/internal/starter"
)

func main() {
	log.SetFlags(0)
	guide, err := starter.New(docs.Manual)
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	write := json.NewEncoder(out)
	write.SetEscapeHTML(false)
	if len(os.Args) < 2 {
		for _, p := range guide.All() {
			_ = write.Encode(p)
		}
		return
	}
	k, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var question string
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			log.Fatal(err)
		}
		system, user := guide.Prompt(question, k)
		_ = write.Encode(map[string]any{"system": system, "user": user, "passages": guide.Passages(question, k)})
	}
}
