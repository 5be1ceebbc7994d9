package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/upstream"
)

// chatFlags are what can be said of a chat on the command line.
type chatFlags struct {
	prompt     string
	system     string
	decoding   hearth.Decoding
	noThinking bool
	verbose    bool
}

func chatCommand(t *terminal) *cobra.Command {
	var f chatFlags
	var temperature float64
	var seed int64
	cmd := &cobra.Command{
		Use: "chat [MODEL]", Args: cobra.MaximumNArgs(1),
		Short: t.say("Talk to a model", "与模型对话"),
		Long: t.say(`Talk to a model, through the running server or, if there is none, through one of its own.
Text from standard input or --prompt is answered once. Otherwise it is a conversation:
Ctrl-C stops the answer, Ctrl-D ends; a line ending in \ goes on in the next, and """ begins and ends a text of many lines; /help shows more.`,
			`与模型对话：使用正在运行的服务；没有时自动启动一个。
来自标准输入或 --prompt 的文本只回答一次，否则进入对话：
Ctrl-C 停止回答，Ctrl-D 退出；行末的 \ 表示续行，""" 开始和结束多行文本；/help 查看更多。`),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("temperature") {
				f.decoding.Sampling.Temperature = &temperature
			}
			if cmd.Flags().Changed("seed") {
				f.decoding.Sampling.Seed = &seed
			}
			return t.chat(cmd, args, f)
		},
	}
	cmd.Flags().StringVarP(&f.prompt, "prompt", "p", "", t.say("what to ask, once", "只提问一次"))
	cmd.Flags().StringVar(&f.system, "system", "", t.say("what the model is told first", "系统提示"))
	cmd.Flags().IntVar(&f.decoding.MaxTokens, "max-tokens", 0, t.say("longest answer", "回答的最大词元数"))
	cmd.Flags().Float64Var(&temperature, "temperature", 0, t.say("0 is always the likeliest token", "采样温度，0 表示总取最可能的词元"))
	cmd.Flags().Int64Var(&seed, "seed", 0, t.say("makes an answer repeatable", "随机种子，使回答可复现"))
	cmd.Flags().BoolVar(&f.noThinking, "no-thinking", false, t.say("answer without thinking first", "不先思考，直接回答"))
	cmd.Flags().BoolVar(&f.verbose, "verbose", false, t.say("show speed after each answer", "每次回答后显示速度"))
	return cmd
}

// conversation is a chat in progress.
type conversation struct {
	*terminal
	generator hearth.Generator
	flags     chatFlags
	request   hearth.Request
}

// chat finds a server and a model, and talks.
func (t *terminal) chat(cmd *cobra.Command, args []string, f chatFlags) error {
	// Ctrl-C stops an answer here, not the command; SIGTERM still ends it.
	ctx, stop := signal.NotifyContext(context.WithoutCancel(cmd.Context()), syscall.SIGTERM)
	defer stop()
	s, err := t.session(cmd.Context(), "hearth chat")
	if err != nil {
		return err
	}
	defer s.close()
	model := ""
	if len(args) > 0 {
		model = args[0]
	}
	if model == "" {
		if model, err = firstModel(ctx, s.upstream); err != nil {
			return err
		}
	}
	c := &conversation{terminal: t, generator: s.upstream, flags: f, request: hearth.Request{Model: model, Decoding: f.decoding}}
	if f.noThinking {
		c.request.Thinking = hearth.ThinkingOff
	}
	if f.system != "" {
		c.request.Messages = []hearth.Message{{Role: hearth.RoleSystem, Text: f.system}}
	}
	if f.prompt != "" {
		return c.once(ctx, f.prompt)
	}
	if t.json || !isTerminal(t.in) {
		text, err := t.read(ctx)
		if err != nil {
			return err
		}
		return c.once(ctx, strings.TrimRight(string(text), "\n"))
	}
	return c.interact(ctx)
}

func firstModel(ctx context.Context, u *upstream.Server) (string, error) {
	models, err := u.Models(ctx)
	if err != nil {
		return "", err
	}
	if len(models) == 0 {
		return "", hearth.NewError(hearth.NoModels)
	}
	return models[0].ID, nil
}

// once asks one thing and prints the answer alone.
func (c *conversation) once(ctx context.Context, text string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	c.request.Messages = append(c.request.Messages, hearth.Message{Role: hearth.RoleUser, Text: text})
	a, err := c.answer(ctx)
	if err != nil {
		return err
	}
	return c.show(map[string]any{"model": c.request.Model, "answer": a.text, "reasoning": a.reasoning, "finish_reason": a.finish,
		"prompt_tokens": a.usage.PromptTokens, "completion_tokens": a.usage.CompletionTokens}, func() { c.text("\n") })
}

// answered is a whole answer.
type answered struct {
	text, reasoning string
	finish          hearth.FinishReason
	usage           hearth.Usage
	begun, ended    time.Time
}

// answer asks and prints what comes, thinking dimmed.
func (c *conversation) answer(ctx context.Context) (a answered, err error) {
	begin := time.Now()
	p := &printer{terminal: c.terminal, quiet: c.json}
	defer func() { p.thinking(false) }()
	for chunk, err := range c.generator.Generate(ctx, &c.request) {
		if err != nil {
			return a, err
		}
		if p.place(chunk.Place); chunk.Place != nil {
			continue
		}
		if a.begun.IsZero() {
			a.begun = time.Now()
		}
		a.reasoning += chunk.Reasoning
		a.text += chunk.Text
		p.print(chunk)
		if chunk.Finish != "" {
			a.finish = chunk.Finish
		}
		if chunk.Usage != nil {
			a.usage = *chunk.Usage
		}
	}
	a.ended = time.Now()
	if c.flags.verbose && !c.json {
		p.thinking(false)
		seconds := max(a.ended.Sub(a.begun).Seconds(), 1e-9)
		fmt.Fprintf(c.err, c.say("\n[first token after %.1f s, then %d tokens at %.1f per second]",
			"\n[首个词元 %.1f 秒，之后 %d 个词元，每秒 %.1f 个]"),
			a.begun.Sub(begin).Seconds(), a.usage.CompletionTokens, float64(max(0, a.usage.CompletionTokens-1))/seconds)
	}
	return a, nil
}

// printer writes an answer as it comes.
type printer struct {
	*terminal
	quiet bool
	dim   bool
	stood bool // a place in line is shown
}

// place shows where the request stands, where somebody watches; nil takes it away.
func (p *printer) place(at *hearth.Place) {
	if p.quiet || !p.stood && at == nil || !isTerminal(p.err) {
		return
	}
	fmt.Fprint(p.err, "\r\x1b[K")
	if p.stood = at != nil; !p.stood {
		return
	}
	fmt.Fprintf(p.err, p.say("[place %d in line", "【排队第 %d 位"), at.Position)
	if at.Wait > 0 {
		fmt.Fprintf(p.err, p.say(", about %s", "，约 %s"), at.Wait)
	}
	fmt.Fprint(p.err, p.say("]", "】"))
}

func (p *printer) print(c hearth.Chunk) {
	if p.quiet {
		return
	}
	if c.Reasoning != "" {
		p.thinking(true)
		p.text(c.Reasoning)
	}
	if c.Text != "" {
		p.thinking(false)
		p.text(c.Text)
	}
}

// thinking begins or ends a stretch of thinking.
func (p *printer) thinking(on bool) {
	if on == p.dim {
		return
	}
	p.dim = on
	switch {
	case on && p.color:
		p.text("\x1b[2m")
	case on:
		p.text(p.say("[thinking] ", "【思考】"))
	case p.color:
		p.text("\x1b[0m\n\n")
	default:
		p.text("\n\n")
	}
}

// interrupted reports whether an answer ended because the user stopped it.
func interrupted(err error) bool { return errors.Is(err, hearth.NewError(hearth.Canceled)) }
