package appliance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/guard"
)

// Limits of word lists as they are shown and sent.
const (
	wordListsMax       = 200
	wordListClassesMax = 20
)

// WordLists are the files of words, and whether words are looked for at all. A file that
// can't be used is among them, with the reason.
func (s *screening) WordLists(l hearth.Language) (on bool, lists []admin.WordList, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, _, err := s.words()
	for _, f := range files[:min(len(files), wordListsMax)] {
		lists = append(lists, wordList(f, l))
	}
	return s.config.Guard.Words, lists, err
}

func wordList(path string, lang hearth.Language) admin.WordList {
	l := admin.WordList{Name: filepath.Base(path), Classes: []string{}}
	if info, err := os.Stat(path); err == nil {
		l.Bytes, l.Changed = info.Size(), info.ModTime()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		l.Problem = hearth.FileError(l.Name, err).Message(lang)
		return l
	}
	words, err := guard.ParseWords(l.Name, text)
	if err != nil {
		l.Problem = hearth.NewError(hearth.WordsInvalid, "path", l.Name, "detail", err).Message(lang)
		return l
	}
	l.Words = len(words)
	for _, w := range words {
		if len(l.Classes) < wordListClassesMax && !slices.Contains(l.Classes, w.Class) {
			l.Classes = append(l.Classes, w.Class)
		}
	}
	return l
}

// PutWordList writes a list. One that can't be used, alone or beside the others, is
// refused, and what was there stays.
func (s *screening) PutWordList(name string, text []byte, lang hearth.Language) (l admin.WordList, err error) {
	if err := wordListName(name); err != nil {
		return l, err
	}
	if _, err := guard.ParseWords(name, text); err != nil {
		return l, hearth.NewError(hearth.WordsInvalid, "path", name, "detail", err).Because(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := filepath.Join(s.config.Data, "guard")
	path := filepath.Join(dir, name)
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, hearth.FileError(path, err)
	}
	files, _, err := s.words()
	if err != nil {
		return l, err
	}
	if len(files) >= wordListsMax && !slices.Contains(files, path) {
		return l, hearth.NewError(hearth.OutOfRange, "field", "the number of word lists", "min", 0, "max", wordListsMax)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return l, hearth.FileError(dir, err)
	}
	if err := replaceFile(path, text); err != nil {
		return l, hearth.FileError(path, err)
	}
	if err := s.use(); err != nil {
		return l, errors.Join(err, s.putBack(path, before))
	}
	return wordList(path, lang), nil
}

// RemoveWordList removes a list.
func (s *screening) RemoveWordList(name string) error {
	if err := wordListName(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := filepath.Join(s.config.Data, "guard", name)
	switch err := os.Remove(path); {
	case errors.Is(err, fs.ErrNotExist):
		return hearth.NewError(hearth.NoSuchWordList, "list", name)
	case err != nil:
		return hearth.FileError(path, err)
	}
	return s.use()
}

// use reads the lists, where words are looked for.
func (s *screening) use() error {
	if !s.config.Guard.Words {
		return nil
	}
	return s.readAll()
}

// putBack undoes what can't be used.
func (s *screening) putBack(path string, before []byte) error {
	if before == nil {
		return os.Remove(path)
	}
	return replaceFile(path, before)
}

// wordListName refuses what is no plain name of a list.
func wordListName(name string) error {
	plain := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._- ", r) }
	ending := strings.ToLower(filepath.Ext(name))
	if strings.HasPrefix(name, ".") || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) || !slices.Contains([]string{".txt", ".csv", ".json"}, ending) {
		return hearth.NewError(hearth.InvalidValue, "field", "name", "detail", hearth.Words{
			"a list is called by letters, digits, . _ - and blanks, and ends in .txt, .csv or .json",
			"名称由文字、数字、空格和 . _ - 组成，并以 .txt、.csv 或 .json 结尾"}).At("name")
	}
	return nil
}

// replaceFile writes a file in the place of another, whole or not at all.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
