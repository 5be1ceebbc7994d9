package starter

import (
	"io/fs"
	"regexp"
	"strings"
)

// Passage is a paragraph of the manual, or a row of one of its lists.
type Passage struct {
	Section string `json:"section"` // page and heading or row: "operator:keys", "settings:engine.threads"
	Lang    string `json:"lang"`    // "zh" or "en"
	Title   string `json:"title"`   // the heading, for people
	Text    string `json:"text"`
}

var (
	links  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	breaks = regexp.MustCompile(`[ \t]*\n[ \t]*`)
	fence  = regexp.MustCompile("(?m)^```.*$")
	indent = regexp.MustCompile("(?m)^    ")
	hanGap = regexp.MustCompile(`([\p{Han}，。；：、（）“”]) ([\p{Han}，。；：、（）“”])`)
)

// passages reads the pages of a manual; one that is missing is an error of whoever
// embedded it.
func passages(manual fs.FS) ([]Passage, error) {
	var all []Passage
	for _, page := range []struct{ file, name, lang string }{
		{"about.zh-CN.md", "about", "zh"}, {"about.en.md", "about", "en"},
		{"operator.zh-CN.md", "operator", "zh"}, {"operator.en.md", "operator", "en"},
	} {
		text, err := fs.ReadFile(manual, page.file)
		if err != nil {
			return nil, err
		}
		all = append(all, prose(string(text), page.name, page.lang)...)
	}
	for _, page := range []struct {
		name string
		row  func(cells []string, lang int) string
	}{{"settings", setting}, {"errors", trouble}} {
		text, err := fs.ReadFile(manual, page.name+".md")
		if err != nil {
			return nil, err
		}
		all = append(all, rows(string(text), page.name, page.row)...)
	}
	return all, nil
}

// prose cuts a page at its headings and paragraphs. Code belongs to the paragraph
// before it; at the start of a section, to the one after it.
func prose(text, page, lang string) []Passage {
	var all []Passage
	for n, section := range strings.Split(text, "\n## ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		name := page + ":" + anchor(page, n)
		begun := false // the last passage is code that waits for its paragraph
		for _, block := range blocks(body) {
			code := strings.HasPrefix(block, "    ") || strings.HasPrefix(block, "```")
			block = plain(block, code)
			last := len(all) - 1
			if last >= 0 && all[last].Section == name && (code || begun) {
				all[last].Text += "\n" + block
				begun = false
				continue
			}
			all = append(all, Passage{name, lang, title, block})
			begun = code
		}
	}
	return all
}

// anchor names a section in both languages alike. Sections of a page stand in the
// same order in both; a test holds them to it.
func anchor(page string, n int) string {
	names := map[string]string{
		"about":    "what needs talking starter",
		"operator": "start models keys people usage console network upstreams engines routing guard forms batches memory measuring advertising audit backup trouble",
	}
	list := strings.Fields(names[page])
	if n < len(list) {
		return list[n]
	}
	return "more"
}

// blocks are what stands between empty lines, fenced code in one piece.
func blocks(body string) []string {
	var all []string
	open := false
	for block := range strings.SplitSeq(body, "\n\n") {
		block = strings.Trim(block, "\n")
		fences := strings.Count(block, "```")
		switch {
		case open:
			all[len(all)-1] += "\n" + block
		case block != "":
			all = append(all, block)
		}
		open = open != (fences%2 == 1)
	}
	return all
}

func plain(block string, code bool) string {
	switch {
	case code:
		if inside := fence.ReplaceAllString(block, ""); inside != block {
			return strings.Trim(inside, "\n") // whose indentation is its own, as YAML's is
		}
		return strings.Trim(indent.ReplaceAllString(block, ""), "\n")
	case strings.HasPrefix(block, "|"):
		return table(block)
	}
	block = strings.ReplaceAll(links.ReplaceAllString(block, "$1"), "**", "")
	block = breaks.ReplaceAllString(block, " ")
	return hanGap.ReplaceAllString(block, "$1$2")
}

// table writes a small table on one line: "0 done; 1 hearth's own fault".
func table(block string) string {
	var rows []string
	for n, line := range strings.Split(block, "\n") {
		if n != 1 {
			rows = append(rows, strings.Join(cells(line), " "))
		}
	}
	return strings.Join(rows, "; ")
}

func cells(line string) []string {
	parts := strings.Split(strings.Trim(line, "| "), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// rows makes a passage in each language of every row of a page's table.
func rows(text, page string, write func(cells []string, lang int) string) []Passage {
	var all []Passage
	for line := range strings.Lines(text) {
		c := cells(strings.ReplaceAll(strings.TrimSpace(line), "`", ""))
		if !strings.HasPrefix(line, "| `") || len(c) != 3 {
			continue
		}
		name := c[0]
		for i, lang := range []string{"en", "zh"} {
			all = append(all, Passage{page + ":" + name, lang, name, write(c, i)})
		}
	}
	return all
}

// half is the English or the Chinese half of a cell.
func half(cell string, lang int) string {
	parts := strings.SplitN(cell, "<br>", 2)
	return parts[min(lang, len(parts)-1)]
}

func setting(c []string, lang int) string {
	switch {
	case lang == 0 && c[1] != "":
		return "Setting " + c[0] + ", default " + c[1] + ": " + half(c[2], lang) + "."
	case lang == 0:
		return "Setting " + c[0] + ": " + half(c[2], lang) + "."
	case c[1] != "":
		return "设置项 " + c[0] + "，默认值 " + c[1] + "：" + half(c[2], lang) + "。"
	}
	return "设置项 " + c[0] + "：" + half(c[2], lang) + "。"
}

func trouble(c []string, lang int) string {
	if lang == 0 {
		return "Error " + c[0] + ": " + half(c[1], lang) + ". Remedy: " + half(c[2], lang) + "."
	}
	return "错误码 " + c[0] + "：" + half(c[1], lang) + "。解决办法：" + half(c[2], lang) + "。"
}
