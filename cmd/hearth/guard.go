package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/guard"
)

// scanLineMax is the longest line of JSON that is read, in bytes.
const scanLineMax = 16 << 20

func guardCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "guard", Short: t.say("Screen texts", "内容筛查")}
	cmd.AddCommand(guardScanCommand(t))
	return cmd
}

func guardScanCommand(t *terminal) *cobra.Command {
	var lists []string
	var viewNames string
	var private bool
	cmd := &cobra.Command{
		Use: "scan --words FILE", Args: cobra.NoArgs,
		Short: t.say("Find words and personal data in texts from standard input", "在标准输入的文本中查找敏感词与个人信息"),
		Long: t.say(`Reads JSON lines with a field text, and writes for each a line with its matches: the
word and its class, the view in which it was recognised, the action its entry names,
and where it is, in characters. Other fields named id are repeated.

    echo '{"text":"去 du bo"}' | hearth guard scan --words words.txt

Word lists are .txt (a word a line; class and action may follow after tabs), .csv
(word, class, action) or .json; UTF-8 or GB18030. Views: surface, leet, phonetic,
fuzzy, initials, parts, shape, shuffle; "all" is all, "streaming" what answers can be
screened with as they come.`,
			`从标准输入逐行读取含 text 字段的 JSON，并逐行输出匹配结果：词语及其类别、识别方式、词条指定
的处置，以及以字符计的位置。名为 id 的字段会原样带回。

    echo '{"text":"去 du bo"}' | hearth guard scan --words words.txt

词库可为 .txt（每行一词，制表符后可写类别与处置）、.csv（word, class, action）或 .json；
UTF-8 或 GB18030。识别方式：surface 字面、leet 变形字母、phonetic 谐音、fuzzy 模糊音、
initials 拼音首字母、parts 拆字、shape 形近字、shuffle 乱序；all 为全部，streaming 为可随流筛查的全部。`),
		RunE: func(cmd *cobra.Command, _ []string) error {
			views, err := guard.ParseViews(viewNames)
			if err != nil {
				return err
			}
			if len(lists) == 0 && !private {
				return usageError(errors.New("--words or --private is needed"))
			}
			library, err := readLibrary(lists)
			if err != nil {
				return err
			}
			return scan(t.in, t.out, library.NewFinder(views), library.Words, private)
		},
	}
	cmd.Flags().StringArrayVar(&lists, "words", nil, t.say("word list; may be given several times", "词库文件，可多次指定"))
	cmd.Flags().StringVar(&viewNames, "views", "all", t.say("how words are recognised, joined by commas", "识别方式，以逗号分隔"))
	cmd.Flags().BoolVar(&private, "private", false, t.say("look for personal data and secrets too", "同时查找个人信息与密钥"))
	return cmd
}

func readLibrary(lists []string) (*guard.Library, error) {
	var words []guard.Word
	for _, path := range lists {
		more, err := guard.ReadWords(path)
		if err != nil {
			return nil, err
		}
		words = append(words, more...)
	}
	tables, err := guard.LoadTables()
	if err != nil {
		return nil, err
	}
	return guard.NewLibrary(tables, words)
}

// scanned is a match as it is written.
type scanned struct {
	Word   string       `json:"word,omitempty"`
	Class  string       `json:"class"`
	View   string       `json:"view"`
	Start  int          `json:"start"`
	End    int          `json:"end"`
	Span   string       `json:"span"`
	Action guard.Action `json:"action,omitempty"`
}

// scan goes through lines of JSON.
func scan(in io.Reader, out io.Writer, f *guard.Finder, words []guard.Word, private bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, scanLineMax)
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var x struct {
			ID   json.RawMessage `json:"id"`
			Text *string         `json:"text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil || x.Text == nil {
			return errors.Join(w.Flush(), scanError(n))
		}
		err := enc.Encode(struct {
			Line    int             `json:"line"`
			ID      json.RawMessage `json:"id,omitempty"`
			Matches []scanned       `json:"matches"`
		}{n, x.ID, matches(*x.Text, f, words, private)})
		if err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return errors.Join(w.Flush(), hearth.NewError(hearth.BodyTooLarge, "limit_bytes", scanLineMax).Because(err))
	}
	return w.Flush()
}

func scanError(line int) error {
	return hearth.NewError(hearth.InvalidJSON, "detail", hearth.Words{
		"line " + strconv.Itoa(line) + " is not an object with a text", "第 " + strconv.Itoa(line) + " 行不是含 text 的对象"})
}

func matches(text string, f *guard.Finder, words []guard.Word, private bool) []scanned {
	list := []scanned{}
	ended, count := 0, 0 // matches are in the order of their ends
	for _, m := range f.Find(text) {
		w := words[m.Word]
		count += guard.Runes(text[ended:], m.End-ended)
		ended = m.End
		if w.Action == "" {
			w.Action = guard.Mask // as in the settings
		}
		list = append(list, scanned{w.Text, w.Class, m.View.String(), count - guard.Runes(text[m.Start:], m.End-m.Start), count, text[m.Start:m.End], w.Action})
	}
	if !private {
		return list
	}
	for _, p := range guard.FindPrivate(text) {
		list = append(list, scanned{Class: string(p.Kind), View: "private", Start: guard.Runes(text, p.Start), End: guard.Runes(text, p.End), Span: text[p.Start:p.End]})
	}
	return list
}
