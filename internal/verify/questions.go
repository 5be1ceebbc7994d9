package verify

import "encoding/json"

// What is asked. A change of any word makes another [Set].

// counted are texts of kinds that tokenizers treat differently.
var counted = []string{
	"The quick brown fox jumps over the lazy dog, as it has done for a hundred years.",
	"人工智能一体机部署在企业内部，数据不出门，所有请求都有记录可查。",
	"func main() {\n\tfor i := 0; i < 10; i++ {\n\t\tfmt.Println(i * i)\n\t}\n}",
	"3.14159265358979 2718281828459045 0x1F2E3D4C 1,234,567,890.00",
	"Öffentlichkeitsarbeit, naïveté, żółć, ﷺ, 🙂👩‍🔬🇨🇳, \u200b\u00a0",
}

// questions have answers that a model gives in the same words when chance has no part.
var questions = []string{
	"List the first ten prime numbers, separated by commas.",
	"Write one sentence about a lighthouse in winter.",
	"请用一句话介绍长江。",
	"Translate into French: The meeting was moved to Thursday because of the storm.",
	"Name five animals that live in the desert, one a line.",
	"What comes next: red, orange, yellow, green, ?",
	"用三个词形容一座图书馆。",
	"Write a Python function that reverses a string.",
}

const tableSchema = `{"type":"object","properties":{"name":{"type":"string"},"people":{"type":"integer"},"day":{"type":"string","enum":["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]},"outside":{"type":"boolean"}},"required":["name","people","day"],"additionalProperties":false}`

// callings are wishes for a call, and whether one is as its schema asks.
var callings = []struct {
	words string
	as    func(arguments string) bool
}{
	{"Use the tool to book a table for four people on Friday for Ms Wei.", table},
	{"Use the tool to book a table outside for two on Sunday, under the name Baker.", table},
	{"请使用工具为王先生预订周二的六人桌。", table},
	{"Use the tool: table for one, Monday, inside, name O'Neil.", table},
}

// table holds arguments against the schema.
func table(arguments string) bool {
	var fields map[string]any
	if json.Unmarshal([]byte(arguments), &fields) != nil {
		return false
	}
	days := map[string]bool{"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true}
	name, named := fields["name"].(string)
	people, counted := fields["people"].(float64)
	day, dated := fields["day"].(string)
	outside, said := fields["outside"]
	_, truth := outside.(bool)
	known := 3
	if said {
		known++
	}
	return named && name != "" && counted && people == float64(int(people)) && people > 0 && dated && days[day] && (!said || truth) && len(fields) == known
}

// Of the long prompts.
const (
	codeWord = "heliotrope"
	filler   = "Line %d of the report says that %d crates were counted in the northern hall.\n"
)

var lengths = []int{2 << 10, 8 << 10, 32 << 10, 96 << 10} // letters; about four make a token
