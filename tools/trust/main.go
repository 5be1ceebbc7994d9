// Command trust trains the classifier of advertising that is in the binary, and measures
// it: go run ./tools/trust train, and go run ./tools/trust measure, by cross-validation; go
// run ./tools/trust probe tries the one in the binary on the hard negatives and on what was
// written not to be found. All are reproducible from the seed; docs/trust.md says what the
// figures mean.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
	"github.com/hearthbox/hearth/internal/trust/learn"
)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "../shared/data/trust", "folder of webis-ads-validation.jsonl and safegeo-lines.jsonl")
	zh := flag.String("zh", "build/zh-ads.jsonl", "the Chinese set, as tools/trust/zh writes it")
	out := flag.String("out", "internal/trust/ads.model", "where the model goes")
	hard := flag.String("hard", "tools/trust/hard.jsonl", "the hard negatives, as tools/trust/hard writes them")
	red := flag.String("redteam", "tools/trust/redteam.jsonl", "advertisements that were written not to be found")
	seed := flag.Uint64("seed", 1, "of the order of lessons")
	only := flag.String("only", "", "measure only brand, topic, vertical, wording or lines")
	flag.Parse()
	files := []string{filepath.Join(*data, "webis-ads-validation.jsonl"), *zh, filepath.Join(*data, "safegeo-lines.jsonl")}
	english, chinese, lines, err := read(files)
	if err != nil {
		log.Fatal(err)
	}
	switch flag.Arg(0) {
	case "train":
		err = train(english, chinese, lines, files, *seed, *out)
	case "probe":
		err = shown(*hard, *red)
	case "measure":
		measure(english, chinese, *seed, *only)
		if *only == "" || *only == "lines" {
			measureLines(lines, learn.PlainLines(english), *seed)
		}
	default:
		err = fmt.Errorf("say train, measure or probe")
	}
	if err != nil {
		log.Fatal(err)
	}
}

func read(files []string) (english []trust.Example, chinese []learn.Chinese, lines []trust.PageLine, err error) {
	if english, err = from(files[0], learn.Webis); err != nil {
		return nil, nil, nil, err
	}
	if chinese, err = from(files[1], learn.ChineseSet); err != nil {
		return nil, nil, nil, err
	}
	lines, err = from(files[2], learn.SafeGEO)
	return english, chinese, lines, err
}

func from[T any](path string, parse func(io.Reader) ([]T, error)) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	set, err := parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}

func train(english []trust.Example, chinese []learn.Chinese, lines []trust.PageLine, files []string, seed uint64, out string) error {
	examples := english
	for _, c := range chinese {
		examples = append(examples, c.Example)
	}
	m := trust.Train(examples, append(lines, learn.PlainLines(english)...), seed)
	m.Card.Name, m.Card.Licence, m.Card.Sources = "hearth-ads-1", "Apache-2.0", map[string]string{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		m.Card.Sources[filepath.Base(path)] = hex.EncodeToString(sum[:])
	}
	file, err := m.Encode()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(file)
	log.Printf("%s: %d bytes, sha256 %x, heads %+v", out, len(file), sum, m.Card.Heads)
	return os.WriteFile(out, file, 0o644)
}

func measure(english []trust.Example, chinese []learn.Chinese, seed uint64, only string) {
	fmt.Println("| split | answers | ads | precision | recall | F1 | false alarms | right sentence | f1_gran | restored | same as twin | ROUGE-L | ECE | ms |")
	fmt.Println("|---|" + strings.Repeat("--:|", 13))
	for _, s := range []struct {
		key, name string
		folds     []learn.Fold
	}{
		{"brand", "English, unseen brands and questions", learn.ByBrand(english, 5)},
		{"topic", "English, unseen topics", learn.ByTopic(english)},
		{"vertical", "Chinese, unseen verticals and brands", learn.ByVertical(chinese, 4, false)},
		{"wording", "Chinese, unseen wordings as well", learn.ByVertical(chinese, 7, true)},
	} {
		if only != "" && only != s.key {
			continue
		}
		macro, lowest := 0.0, 1.0
		f := learn.CrossValidate(s.folds, seed, func(fold learn.Fold, f learn.Figures) {
			macro, lowest = macro+f.F1/float64(len(s.folds)), min(lowest, f.F1)
			row("· "+fold.Name, f)
		})
		row("**"+s.name+"**", f)
		fmt.Printf("| macro F1 %.3f, lowest %.3f |%s\n", macro, lowest, strings.Repeat(" |", 13))
	}
}

func row(name string, f learn.Figures) {
	fmt.Printf("| %s | %d | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.2f |\n", name, f.Answers, f.Advertising,
		f.Precision, f.Recall, f.F1, f.FalseAlarms, f.Located, f.Granular, f.Restored, f.Exact, f.RougeL, f.CalibrationError, f.MillisecondsPerAnswer)
}

func measureLines(annotated, plain []trust.PageLine, seed uint64) {
	fmt.Println("\n| vertical left out | lines | manipulated | AUROC | recall | false alarms | false alarms in plain sentences | manipulated pages | quarantined | truthful pages | quarantined |")
	fmt.Println("|---|" + strings.Repeat("--:|", 10))
	for _, f := range learn.MeasureLines(annotated, plain, seed) {
		fmt.Printf("| %s | %d | %d | %.4f | %.3f | %.4f | %.4f | %d | %.3f | %d | %.4f |\n", f.Topic, f.Lines, f.Manipulated, f.AUROC, f.Recall, f.FalseAlarms, f.PlainAlarms, f.Pages, f.Quarantined, f.Truthful, f.Withheld)
	}
}

// shown tries the model in the binary on answers that it did not learn from.
func shown(hard, red string) error {
	fmt.Println("| answers | kind | flagged | unclear | of |")
	fmt.Println("|---|---|--:|--:|--:|")
	for _, set := range []struct{ name, path string }{{"hard negatives", hard}, {"red team", red}} {
		rows, err := from(set.path, learn.Rows)
		if err != nil {
			return err
		}
		var kinds []string
		flagged, unclear, all := map[string]int{}, map[string]int{}, map[string]int{}
		for _, r := range rows {
			kind := strings.TrimSpace(r.Language + " " + r.Style)
			if all[kind]++; all[kind] == 1 {
				kinds = append(kinds, kind)
			}
			switch trust.Shipped().Inspect(trust.Case{Question: r.Question, Answer: r.Answer}, hearth.English).Verdict {
			case trust.Advertising:
				flagged[kind]++
			case trust.Unclear:
				unclear[kind]++
			}
		}
		for _, k := range kinds {
			fmt.Printf("| %s | %s | %d | %d | %d |\n", set.name, k, flagged[k], unclear[k], all[k])
		}
	}
	return nil
}
