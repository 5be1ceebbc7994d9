package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
)

// terminal is where a command reads and writes, and in which language.
type terminal struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	lang hearth.Language
	json bool

	program string // how this program was called, for commands to copy
	color   bool   // whether out takes escape codes
	data    string
	source  appliance.Source
}

func newTerminal(in io.Reader, out, errs io.Writer, env []string) *terminal {
	vars := map[string]string{}
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		vars[name] = value
	}
	t := &terminal{in: in, out: out, err: errs, program: "hearth", source: appliance.Source{Env: vars}}
	for _, name := range []string{"HEARTH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if vars[name] != "" {
			t.lang = hearth.ParseLanguage(vars[name])
			break
		}
	}
	t.color = isTerminal(out) && vars["NO_COLOR"] == "" && vars["TERM"] != "dumb"
	t.source.Warn = func(text string) { fmt.Fprintln(errs, t.say("warning: ", "警告：")+text) }
	return t
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// say chooses the text in the reader's language. Texts stand beside each other in
// the code, so that neither is forgotten.
func (t *terminal) say(english, chinese string) string {
	if t.lang == hearth.Chinese {
		return chinese
	}
	return english
}

// config loads the configuration.
func (t *terminal) config() (appliance.Config, error) {
	s := t.source
	if t.data != "" {
		s.Set = append([]string{"data=" + t.data}, s.Set...)
	}
	c, err := appliance.Load(s)
	if isTerminal(t.in) {
		c = c.Asking(t.askKeyring)
	}
	return c, err
}

// open opens the data folder.
func (t *terminal) open(cmd *cobra.Command) (*appliance.Data, error) {
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	return appliance.OpenData(cmd.Context(), c)
}

// withData is a command that works on the data folder, which is open meanwhile.
func (t *terminal) withData(run func(cmd *cobra.Command, args []string, d *appliance.Data) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		d, err := t.open(cmd)
		if err != nil {
			return err
		}
		defer d.Close()
		return run(cmd, args, d)
	}
}

// acting is a command that changes something: it is recorded, as done to what its
// arguments name.
func (t *terminal) acting(act string, run func(cmd *cobra.Command, args []string, d *appliance.Data) error) func(*cobra.Command, []string) error {
	return t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) error {
		return d.Act(cmd.Context(), act, strings.Join(args, " "), func(*hearth.Record) error { return run(cmd, args, d) })
	})
}

// managing is acting for what somebody needs a right for.
func (t *terminal) managing(may hearth.Rights, act string, run func(cmd *cobra.Command, args []string, d *appliance.Data, by hearth.Principal) error) func(*cobra.Command, []string) error {
	return t.acting(act, func(cmd *cobra.Command, args []string, d *appliance.Data) error {
		by, err := d.Local(cmd.Context())
		if err != nil {
			return err
		}
		if !by.May(may) { // the command line has every right until then
			return hearth.NewError(hearth.SetupFinished)
		}
		return run(cmd, args, d, by)
	})
}

// show prints a result: as JSON, or as human writes it.
func (t *terminal) show(v any, human func()) error {
	if !t.json {
		human()
		return nil
	}
	enc := json.NewEncoder(t.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (t *terminal) text(s string) { _, _ = io.WriteString(t.out, s) }

func (t *terminal) printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

// warnUpstream tells of an upstream that can't be listed.
func (t *terminal) warnUpstream(name string, err error) {
	fmt.Fprintf(t.err, "%s%s: %v\n", t.say("warning: upstream ", "警告：上游 "), name, err)
}

// fail prints an error and returns the exit code.
func (t *terminal) fail(err error) int {
	e := hearth.AsError(err)
	if t.json {
		_ = json.NewEncoder(t.err).Encode(map[string]any{"error": map[string]string{
			"code": string(e.Code), "message": e.Message(t.lang), "remedy": e.Remedy(t.lang)}})
		return exitCode(e)
	}
	if e.Kind() == hearth.KindCanceled {
		return exitCode(e)
	}
	fmt.Fprintf(t.err, "%s%s\n", t.say("error: ", "错误："), e.Message(t.lang))
	if e.Kind() == hearth.KindInternal {
		fmt.Fprintf(t.err, "  %v\n", err)
	}
	fmt.Fprintf(t.err, "  → %s\n", e.Remedy(t.lang))
	return exitCode(e)
}

func exitCode(e *hearth.Error) int {
	switch e.Kind() {
	case hearth.KindInvalid, hearth.KindTooLarge:
		return 2
	case hearth.KindNotFound:
		return 3
	case hearth.KindUnauthenticated, hearth.KindForbidden:
		return 4
	case hearth.KindConflict, hearth.KindStale:
		return 5
	case hearth.KindUnavailable:
		return 6
	case hearth.KindExhausted:
		return 7
	case hearth.KindCanceled:
		return 130
	}
	return 1
}

// usageError is wrong use of the command line.
func usageError(err error) error {
	if _, ok := errors.AsType[*hearth.Error](err); ok {
		return err
	}
	return hearth.NewError(hearth.WrongUse, "detail", err)
}

// table prints rows in columns, however wide their characters are.
func (t *terminal) table(rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell)+2))
			}
		}
		t.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// bar draws how much of a whole is done.
func bar(done, total int64) string {
	percent := min(100, max(0, done*100/max(1, total)))
	return strings.Repeat("█", int(percent/4)) + strings.Repeat("░", 25-int(percent/4)) + " " + strconv.FormatInt(percent, 10) + "%"
}

// bytes is a size for people.
func bytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

func translateHelpFlags(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Usage = "查看说明"
	for _, sub := range cmd.Commands() {
		translateHelpFlags(sub)
	}
}

// localize puts cobra's own words into the reader's language.
func (t *terminal) localize(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Hidden, c.Short = true, t.say("Help about a command", "查看命令的说明")
		}
	}
	if t.lang != hearth.Chinese {
		return
	}
	translateHelpFlags(root)
	root.SetUsageTemplate(`用法：{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [命令]{{end}}{{if .HasExample}}

示例：
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

命令：{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

选项：
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

通用选项：
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

用 "{{.CommandPath}} [命令] --help" 查看某个命令的说明。{{end}}
`)
}
