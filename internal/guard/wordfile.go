package guard

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/hearthbox/hearth"
)

// WordFileMax is the largest word list that is read, in bytes.
const WordFileMax = 64 << 20

// ReadWords reads a word list by the ending of its name: .txt has a word a line,
// .csv a header or the columns word, class, action, .json a list of words or of
// objects with word, class and action. In .txt, class and action may follow after
// tabs, and lines that begin with # are comments. Text is UTF-8 or GB18030. Words
// without a class have the name of the file for one. Words that appear twice are
// taken once.
func ReadWords(path string) ([]Word, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hearth.FileError(path, err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, WordFileMax+1))
	if err != nil {
		return nil, hearth.FileError(path, err)
	}
	words, err := ParseWords(filepath.Base(path), text)
	if err != nil {
		return nil, hearth.NewError(hearth.WordsInvalid, "path", path, "detail", err).Because(err)
	}
	return words, nil
}

// ParseWords reads the text of a word list that is called name.
func ParseWords(name string, text []byte) ([]Word, error) {
	if len(text) > WordFileMax {
		return nil, fmt.Errorf("it is larger than %d bytes", WordFileMax)
	}
	text, err := toUTF8(text)
	if err != nil {
		return nil, err
	}
	ending := strings.ToLower(filepath.Ext(name))
	var words []Word
	switch ending {
	case ".json":
		words, err = wordsOfJSON(text)
	case ".csv":
		words, err = wordsOfCSV(text)
	default:
		words = wordsOfLines(string(text))
	}
	if err != nil {
		return nil, err
	}
	return tidy(words, strings.TrimSuffix(name, filepath.Ext(name)))
}

// tidy fills in classes, drops what is there twice and refuses what is no action.
func tidy(words []Word, class string) ([]Word, error) {
	seen := map[string]bool{}
	var list []Word
	for i, w := range words {
		w.Text, w.Class, w.Action = strings.TrimSpace(w.Text), strings.TrimSpace(w.Class), Action(strings.ToLower(strings.TrimSpace(string(w.Action))))
		if w.Text == "" || seen[w.Text] {
			continue
		}
		seen[w.Text] = true
		if w.Class == "" {
			w.Class = class
		}
		if w.Action != "" && !slices.Contains(Actions(), w.Action) {
			return nil, fmt.Errorf("entry %d: there is no action %q", i+1, w.Action)
		}
		list = append(list, w)
	}
	if len(list) > WordsMax {
		return nil, fmt.Errorf("there are more than %d words", WordsMax)
	}
	return list, nil
}

func toUTF8(text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if utf8.Valid(text) {
		return text, nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(text)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return nil, errors.New("it is neither UTF-8 nor GB18030")
	}
	return out, nil
}

func wordsOfLines(text string) []Word {
	var words []Word
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := append(strings.Split(line, "\t"), "", "")
		words = append(words, Word{f[0], f[1], Action(f[2])})
	}
	return words
}

func wordsOfCSV(text []byte) ([]Word, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	columns := []string{"word", "class", "action"}
	if len(records) > 0 {
		header := slices.Clone(records[0])
		for i := range header {
			header[i] = strings.ToLower(strings.TrimSpace(header[i]))
		}
		if slices.Contains(header, "word") || slices.Contains(header, "text") {
			columns, records = header, records[1:]
		}
	}
	var words []Word
	for _, rec := range records {
		var w Word
		for i, v := range rec {
			if i >= len(columns) {
				break
			}
			switch columns[i] {
			case "word", "text":
				w.Text = v
			case "class":
				w.Class = v
			case "action":
				w.Action = Action(v)
			}
		}
		words = append(words, w)
	}
	return words, nil
}

func wordsOfJSON(text []byte) ([]Word, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("it is not a list in JSON: %w", err)
	}
	var words []Word
	for i, e := range entries {
		var w Word
		if json.Unmarshal(e, &w.Text) == nil {
			words = append(words, w)
			continue
		}
		var o struct{ Word, Text, Class, Action string }
		if err := json.Unmarshal(e, &o); err != nil {
			return nil, fmt.Errorf("entry %d is neither a word nor an object", i+1)
		}
		if o.Word == "" {
			o.Word = o.Text
		}
		words = append(words, Word{o.Word, o.Class, Action(o.Action)})
	}
	return words, nil
}
