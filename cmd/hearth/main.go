// Command hearth is the appliance: its server, and the command line that manages it.
//
// main.go begins, one file per command follows; terminal.go is how they all speak.
// Exit codes are stable: 0 done, 1 hearth's own fault, 2 wrong use or input, 3 not
// found, 4 not allowed, 5 conflict, 6 something needed is not there, 7 a limit is
// reached, 130 interrupted.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
)

// version is set when a release is built.
var version = "0.1.0-dev"

func main() {
	t := newTerminal(os.Stdin, os.Stdout, os.Stderr, os.Environ())
	if strings.ContainsRune(os.Args[0], os.PathSeparator) {
		t.program = os.Args[0]
	}
	if len(os.Args) > 1 && os.Args[1] == appliance.KeeperCommand {
		os.Exit(appliance.KeepEngine(os.Args[2:]))
	}
	os.Exit(run(t, os.Args[1:]))
}

// run executes a command line and returns the exit code.
func run(t *terminal, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)             // asked twice, it ends at once
	t.json = slices.Contains(args, "--json") // also where the rest can't be parsed
	root := rootCommand(t)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[*hearth.Error](err); !ok {
		err = usageError(err) // cobra's own
	}
	return t.fail(err)
}

func rootCommand(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:           "hearth",
		Short:         t.say("A private LLM appliance in one file", "单文件私域大模型一体机"),
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	f := root.PersistentFlags()
	f.BoolVar(&t.json, "json", t.json, t.say("print JSON", "输出 JSON"))
	f.StringVar(&t.source.File, "config", "", t.say("configuration file", "配置文件"))
	f.StringArrayVar(&t.source.Set, "set", nil, t.say("override a setting, for example --set engine.threads=4", "覆盖一项设置，例如 --set engine.threads=4"))
	f.StringVar(&t.data, "data", "", t.say("data folder", "数据目录"))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err) })
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.AddCommand(upCommand(t), chatCommand(t), modelCommand(t), queueCommand(t), upstreamCommand(t), usageCommand(t), quotaCommand(t), trustCommand(t), benchCommand(t), conformanceCommand(t), keyCommand(t), peopleCommand(t), guardCommand(t), auditCommand(t), keyringCommand(t), secretCommand(t), tlsCommand(t), versionCommand(t))
	t.localize(root)
	return root
}
