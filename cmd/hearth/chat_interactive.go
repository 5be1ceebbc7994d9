package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/peterh/liner"

	"github.com/hearthbox/hearth"
)

// interact is the conversation at a terminal.
func (c *conversation) interact(ctx context.Context) error {
	calm, err := liner.TerminalMode()
	if err != nil {
		return err
	}
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetMultiLineMode(true)
	raw, err := liner.TerminalMode()
	if err != nil {
		return err
	}
	c.printf(c.say("%s — Ctrl-D ends, /help shows more\n", "%s — Ctrl-D 退出，/help 查看更多\n"), c.request.Model)
	for ctx.Err() == nil {
		text, err := c.readText(line)
		if errors.Is(err, io.EOF) {
			c.text("\n")
			return nil
		}
		if errors.Is(err, liner.ErrPromptAborted) {
			continue // Ctrl-C forgets what was being typed
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		line.AppendHistory(text)
		if strings.HasPrefix(text, "/") {
			if c.command(text) {
				return nil
			}
			continue
		}
		_ = calm.ApplyMode() // so that Ctrl-C is a signal while the model speaks
		c.turn(ctx, text)
		_ = raw.ApplyMode()
	}
	return nil
}

// readText reads a line, or several: those that end in a backslash, or what stands
// between two """.
func (c *conversation) readText(line *liner.State) (string, error) {
	text, err := line.Prompt(">>> ")
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(text, `"""`); ok {
		for !strings.HasSuffix(rest, `"""`) {
			more, err := line.Prompt("... ")
			if err != nil {
				return "", err
			}
			rest += "\n" + more
		}
		return strings.Trim(strings.TrimSuffix(rest, `"""`), "\n"), nil
	}
	for strings.HasSuffix(text, `\`) {
		more, err := line.Prompt("... ")
		if err != nil {
			return "", err
		}
		text = strings.TrimSuffix(text, `\`) + "\n" + more
	}
	return text, nil
}

// turn asks and prints; Ctrl-C stops the answer and keeps what has come of it.
func (c *conversation) turn(ctx context.Context, text string) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	before := c.request.Messages
	c.request.Messages = append(before, hearth.Message{Role: hearth.RoleUser, Text: text})
	a, err := c.answer(ctx)
	c.text("\n\n")
	switch {
	case err != nil && !interrupted(err):
		c.fail(err)
		if hearth.AsError(err).Code == hearth.ContextOverflow {
			fmt.Fprintln(c.err, c.say("  → or begin anew with /clear", "  → 或输入 /clear 重新开始"))
		}
		c.request.Messages = before // as if it had not been asked
	case a.text == "" && err != nil:
		c.request.Messages = before
	default:
		c.request.Messages = append(c.request.Messages, hearth.Message{Role: hearth.RoleAssistant, Text: a.text})
	}
}

// command does what a line that begins with a slash says, and reports whether the
// conversation is over.
func (c *conversation) command(text string) (over bool) {
	name, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch name {
	case "/exit", "/quit", "/bye":
		return true
	case "/clear":
		c.request.Messages = slices.DeleteFunc(c.request.Messages, func(m hearth.Message) bool { return m.Role != hearth.RoleSystem })
		c.text(c.say("The conversation begins anew.\n", "已开始新的对话。\n"))
	case "/model":
		if rest != "" {
			c.request.Model = rest
		}
		c.printf("%s\n", c.request.Model)
	case "/system":
		c.request.Messages = []hearth.Message{{Role: hearth.RoleSystem, Text: rest}}
		c.text(c.say("The conversation begins anew with these instructions.\n", "已按新的系统提示开始对话。\n"))
	case "/think":
		c.request.Thinking = map[string]hearth.Thinking{"on": hearth.ThinkingOn, "off": hearth.ThinkingOff}[rest]
	default:
		c.text(c.say(`/model NAME    talk to another model
/system TEXT   begin anew with instructions
/think on|off  let the model think first, or not; without on or off, as it likes
/clear         begin anew
/exit          end
A line ending in \ goes on in the next; """ begins and ends a text of many lines.
`, `/model 名称     换一个模型
/system 文本    用新的系统提示重新开始
/think on|off  是否先思考；不写 on 或 off 则由模型决定
/clear         重新开始
/exit          退出
行末的 \ 表示续行；""" 开始和结束多行文本。
`))
	}
	return false
}
