package appliance

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/guard"
)

// GuardConfig is about screening what goes to models and what comes back.
type GuardConfig struct {
	Words        bool              `yaml:"words" en:"look for the words in the files of guard/ in the data folder (.txt, .csv, .json; UTF-8 or GB18030); they are read anew when they change" zh:"是否按数据目录 guard/ 中的词库文件（.txt、.csv、.json；UTF-8 或 GB18030）筛查敏感词；文件更新后自动重新读取"`
	Action       string            `yaml:"action" en:"what is done about a word whose file, class and entry say nothing: label, mask, replace, stop" zh:"词条、类别均未指定时的处置：label 记录、mask 掩码、replace 替换、stop 终止"`
	Classes      map[string]string `yaml:"classes" en:"actions for classes of words; for the file only" zh:"各类别词语的处置；仅可写在配置文件中"`
	Replacement  string            `yaml:"replacement" en:"stands for words that are replaced" zh:"替换敏感词所用的文字"`
	RequestViews string            `yaml:"request_views" en:"how words are recognised in requests: surface, leet, phonetic, fuzzy, initials, parts, shape, shuffle, or all" zh:"请求中识别敏感词的方式：surface 字面、leet 变形字母、phonetic 谐音、fuzzy 模糊音、initials 拼音首字母、parts 拆字、shape 形近字、shuffle 乱序，或 all 全部"`
	AnswerViews  string            `yaml:"answer_views" en:"the same for answers; shape and shuffle need whole texts and are left out" zh:"回答中识别敏感词的方式；shape 与 shuffle 需要完整文本，不用于回答"`
	Private      struct {
		Here    map[string]string `yaml:"here" en:"what is done about personal data and secrets in requests to models on this machine or network, by kind or for all: allow, label, mask, replace, stop; for the file only" zh:"发往本机或内网模型的请求中，个人信息与密钥的处置，可按种类或用 all 指定：allow、label、mask、replace、stop；仅可写在配置文件中"`
		Cloud   map[string]string `yaml:"cloud" en:"the same in requests to models elsewhere; by default all is replaced by placeholders, which the answer has back; for the file only" zh:"发往外部模型的请求中的处置；默认全部替换为占位符，并在回答中还原；仅可写在配置文件中"`
		Answers map[string]string `yaml:"answers" en:"the same in answers; for the file only" zh:"回答中的处置；仅可写在配置文件中"`
	} `yaml:"private"`
}

// defaultGuard looks for no words, and keeps personal data from leaving the house.
func defaultGuard() GuardConfig {
	c := GuardConfig{Action: string(guard.Mask), Replacement: "***", RequestViews: "all", AnswerViews: guard.DefaultAnswerViews.String()}
	c.Private.Cloud = map[string]string{"all": string(guard.Replace)}
	return c
}

// policy is what the settings say, checked.
func (c GuardConfig) policy() (guard.Policy, error) {
	p := guard.Policy{Replacement: c.Replacement, Words: map[string]guard.Action{}}
	var err error
	if p.RequestViews, err = guard.ParseViews(c.RequestViews); err != nil {
		return p, guardSetting("request_views", err)
	}
	if p.AnswerViews, err = guard.ParseViews(c.AnswerViews); err != nil {
		return p, guardSetting("answer_views", err)
	}
	if p.WordsElse, err = action("action", c.Action); err != nil {
		return p, err
	}
	for class, a := range c.Classes {
		if p.Words[class], err = action("classes."+class, a); err != nil {
			return p, err
		}
	}
	for _, x := range []struct {
		name string
		from map[string]string
		to   *map[guard.Kind]guard.Action
	}{{"here", c.Private.Here, &p.Here}, {"cloud", c.Private.Cloud, &p.Cloud}, {"answers", c.Private.Answers, &p.Answer}} {
		if *x.to, err = kinds("private."+x.name, x.from); err != nil {
			return p, err
		}
	}
	return p, nil
}

func guardSetting(name string, err error) error {
	return invalidConfig(say("guard.%s: %s", "guard.%s：%s", name, err)).Because(err)
}

func action(name, text string) (guard.Action, error) {
	if a := guard.Action(text); slices.Contains(guard.Actions(), a) {
		return a, nil
	}
	return "", invalidConfig(say("guard.%s: %q is not an action: allow, label, mask, replace, stop", "guard.%s：%q 不是处置方式（allow、label、mask、replace、stop）", name, text))
}

// kinds reads actions by kind; "all" is of the kinds that are not named.
func kinds(name string, from map[string]string) (map[guard.Kind]guard.Action, error) {
	to := guard.AllKinds(guard.Allow)
	if text, ok := from["all"]; ok {
		a, err := action(name+".all", text)
		if err != nil {
			return nil, err
		}
		to = guard.AllKinds(a)
	}
	for kind, text := range from {
		if kind == "all" {
			continue
		}
		if !slices.Contains(guard.Kinds(), guard.Kind(kind)) {
			return nil, invalidConfig(say("guard.%s: there is no kind %q", "guard.%s：没有种类 %q", name, kind))
		}
		a, err := action(name+"."+kind, text)
		if err != nil {
			return nil, err
		}
		to[guard.Kind(kind)] = a
	}
	return to, nil
}

// watchEvery is how often word lists are looked at for changes.
const watchEvery = 2 * time.Second

// screening is the guard with the files its words come from.
type screening struct {
	*guard.Guard
	config Config
	policy guard.Policy
	log    *slog.Logger
	tables *guard.Tables

	mu    sync.Mutex // held while files are read or changed
	stamp string     // of the files that were read last
}

var _ admin.Guard = (*screening)(nil)

// newScreening reads the word lists. A list that can't be used is an error at the
// start; later, it leaves the words as they were.
func newScreening(c Config, log *slog.Logger) (*screening, error) {
	p, err := c.Guard.policy()
	if err != nil {
		return nil, err
	}
	s := &screening{Guard: guard.New(nil, p), config: c, policy: p, log: log}
	if !c.Guard.Words {
		return s, nil
	}
	if s.tables, err = guard.LoadTables(); err != nil {
		return nil, err
	}
	return s, s.read()
}

// words are the files of the word lists, and a stamp that changes with them.
func (s *screening) words() (files []string, stamp string, err error) {
	dir := filepath.Join(s.config.Data, "guard")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", hearth.FileError(dir, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.IsDir() || !slices.Contains([]string{".txt", ".csv", ".json"}, strings.ToLower(filepath.Ext(e.Name()))) {
			continue
		}
		files = append(files, filepath.Join(dir, e.Name()))
		stamp += e.Name() + info.ModTime().String() + info.Mode().String() + " " + time.Duration(info.Size()).String()
	}
	return files, stamp, nil
}

// read takes the word lists into use.
func (s *screening) read() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readAll()
}

func (s *screening) readAll() error {
	files, stamp, err := s.words()
	if err != nil {
		return err
	}
	s.stamp = stamp
	var words []guard.Word
	for _, f := range files {
		more, err := guard.ReadWords(f)
		if err != nil {
			return err
		}
		words = append(words, more...)
	}
	if len(words) == 0 {
		s.Use(nil, s.policy)
		return nil
	}
	library, err := guard.NewLibrary(s.tables, words)
	if err != nil {
		return err
	}
	s.Use(library, s.policy)
	s.log.Info("word lists are in use", "files", len(files), "words", len(words))
	return nil
}

// watch reads the word lists anew when they change, until ctx ends.
func (s *screening) watch(ctx context.Context) {
	if !s.config.Guard.Words {
		return
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.readChanged(); err != nil {
			s.log.Warn("a word list can't be used; the words stay as they were", "error", err)
		}
	}
}

// readChanged reads the word lists if they are not those that were read last.
func (s *screening) readChanged() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, stamp, err := s.words(); err != nil || stamp == s.stamp {
		return nil
	}
	return s.readAll()
}

// around is the guard as a wrapper.
func (s *screening) around(m *models) wrapper {
	return func(next hearth.Generator) hearth.Generator { return s.Wrap(next, m.elsewhere, s.log) }
}

// elsewhere says whether what is asked of a model may leave this machine and network: one
// of several upstreams that offer it is enough.
func (m *models) elsewhere(ctx context.Context, id string) bool {
	return slices.ContainsFunc(m.reach(ctx, id), func(s *server) bool { return !inHouse(s.URL) })
}

// inHouse reports whether an address is of this machine or a private network, as far
// as it says so itself: nothing is looked up.
func inHouse(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	for _, ending := range []string{".local", ".lan", ".internal", ".localhost", ".home.arpa"} {
		if strings.HasSuffix(host, ending) {
			return true
		}
	}
	return !strings.Contains(host, ".")
}
