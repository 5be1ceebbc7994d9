package hearth_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/hearthbox/hearth"
)

func TestEveryCodeSpeaksEveryLanguage(t *testing.T) {
	braces := regexp.MustCompile(`\{\w+\}`)
	for _, code := range hearth.Codes() {
		e := hearth.NewError(code)
		for _, l := range []hearth.Language{hearth.English, hearth.Chinese} {
			if e.Message(l) == "" || e.Remedy(l) == "" {
				t.Errorf("%s has no text in %s", code, l)
			}
		}
		en := braces.FindAllString(e.Message(hearth.English), -1)
		zh := braces.FindAllString(e.Message(hearth.Chinese), -1)
		slices.Sort(en)
		slices.Sort(zh)
		if !slices.Equal(en, zh) {
			t.Errorf("%s names %v in English and %v in Chinese", code, en, zh)
		}
	}
}

func TestErrorKeepsCauseFromClients(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7:22: refused")
	err := fmt.Errorf("asking: %w", hearth.NewError(hearth.UpstreamUnreachable, "upstream", "gpu").Because(secret))
	e := hearth.AsError(err)
	if got, want := e.Message(hearth.English), "upstream gpu can't be reached"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if !errors.Is(err, secret) || !errors.Is(err, hearth.NewError(hearth.UpstreamUnreachable)) {
		t.Error("the chain lost the cause or the code")
	}
	if got := hearth.AsError(secret); got.Code != hearth.InternalError || got.Kind() != hearth.KindInternal {
		t.Errorf("an unforeseen error became %s", got.Code)
	}
}

func TestParametersAreNotExpandedTwice(t *testing.T) {
	e := hearth.NewError(hearth.UpstreamRefused, "upstream", "{detail}", "detail", "no")
	if got, want := e.Message(hearth.English), "upstream {detail} refused the request: no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseLanguage(t *testing.T) {
	for in, want := range map[string]hearth.Language{
		"": hearth.English, "C": hearth.English, "zh_CN.UTF-8": hearth.Chinese,
		"zh-CN,zh;q=0.9,en;q=0.8": hearth.Chinese, "fr-FR,en;q=0.5,zh;q=0.3": hearth.English,
	} {
		if got := hearth.ParseLanguage(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
