// Package docs holds the manual as files, so that the binary can show it and
// answer from it without a network. It is not a renderer: what is in the pages is
// for people to read as it stands.
package docs

import "embed"

// Manual is the pages for operators, in English and Chinese. Settings, errors and
// what measurements report are one page each, in both languages.
//
//go:embed about.en.md about.zh-CN.md operator.en.md operator.zh-CN.md settings.md errors.md bench.md
var Manual embed.FS
