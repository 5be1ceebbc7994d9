package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
)

func keyringCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "keyring", Short: t.say("The keys that all secrets of the appliance are sealed with", "管理封存一体机全部机密的密钥环")}
	cmd.AddCommand(keyringStatusCommand(t), keyringSealCommand(t), keyringSplitCommand(t), keyringUnsealCommand(t), keyringRotateCommand(t))
	return cmd
}

func keyringStatusCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "status", Args: cobra.NoArgs, Short: t.say("Show what the keyring is sealed by, and its keys' versions", "查看密钥环的封存方式与密钥版本"),
		RunE: func(*cobra.Command, []string) error {
			c, err := t.config()
			if err != nil {
				return err
			}
			s, err := appliance.KeyringStatusOf(c)
			if err != nil {
				return err
			}
			return t.show(s, func() {
				t.printf(t.say("%s, suite %s, opened by: %s\n", "%s，套件 %s，开启方式：%s\n"), s.ID, s.Suite, s.Seal)
				if s.Server != nil {
					t.unsealing(*s.Server)
				}
				rows := [][]string{{t.say("PURPOSE", "用途"), t.say("VERSION", "版本"), t.say("SUITE", "套件"), t.say("SINCE", "启用于"), t.say("KEPT", "保留版本数")}}
				for _, k := range s.Keys {
					rows = append(rows, []string{k.Purpose, strconv.Itoa(int(k.Version)), k.Suite, k.Created, strconv.Itoa(k.Kept)})
				}
				t.table(rows)
			})
		},
	}
}

// unsealing says how far the opening of a server's keyring is.
func (t *terminal) unsealing(s appliance.UnsealingStatus) {
	switch {
	case !s.Sealed:
		t.text(t.say("The server has it open.\n", "服务已开启密钥环。\n"))
	case s.Kind == keyring.KindShares:
		t.printf(t.say("The server waits: %d of %d shares are given.\n", "服务正在等待：已提供 %d 份，共需 %d 份。\n"), s.Have, s.Need)
	default:
		t.text(t.say("The server waits for the passphrase.\n", "服务正在等待口令。\n"))
	}
}

func keyringSealCommand(t *terminal) *cobra.Command {
	var by, suite string
	cmd := &cobra.Command{
		Use: "seal --by KIND", Args: cobra.NoArgs,
		Short: t.say("Seal the keyring in another way, with a new root key; the server must be stopped", "以另一种方式封存密钥环，并更换根密钥；需先停止服务"),
		Long: t.say("KIND is key-file, passphrase, transit or program; the settings keyring.… say which file, service or program. hearth keyring split seals by shares.",
			"KIND 可为 key-file、passphrase、transit、program，具体文件、服务或程序由 keyring.… 设置项指定。按份额封存请用 hearth keyring split。"),
		RunE: t.managing(hearth.RightServe, "seal-keyring", func(cmd *cobra.Command, _ []string, d *appliance.Data, _ hearth.Principal) error {
			s := appliance.Sealing{Kind: by, Suite: suite}
			switch by {
			case keyring.KindPassphrase:
				text, err := t.newSecret(t.say("New passphrase: ", "新口令："))
				if err != nil {
					return err
				}
				s.Passphrase = text
			case keyring.KindKeyFile, keyring.KindTransit, keyring.KindProgram:
			default:
				return hearth.NewError(hearth.NotOneOf, "field", "--by", "choices", "key-file, passphrase, transit, program")
			}
			if err := checkSuite(suite); err != nil {
				return err
			}
			if _, err := d.SealKeyring(cmd.Context(), s); err != nil {
				return err
			}
			return t.show(map[string]string{"seal": by}, func() {
				t.printf(t.say("The keyring is sealed by: %s\n", "密钥环已封存，开启方式：%s\n"), by)
			})
		}),
	}
	cmd.Flags().StringVar(&by, "by", "", t.say("key-file, passphrase, transit, program", "key-file、passphrase、transit、program"))
	cmd.Flags().StringVar(&suite, "suite", "", t.say("international or gm; as it is if not given", "international 或 gm；不填则不变"))
	return cmd
}

func checkSuite(suite string) error {
	if suite == "" || suite == "international" || suite == "gm" {
		return nil
	}
	return hearth.NewError(hearth.NotOneOf, "field", "--suite", "choices", "international, gm")
}

func keyringSplitCommand(t *terminal) *cobra.Command {
	s := appliance.Sealing{Kind: keyring.KindShares}
	cmd := &cobra.Command{
		Use: "split", Args: cobra.NoArgs,
		Short: t.say("Seal the keyring by shares for several people, shown this once; the server must be stopped", "将密钥环按份额分给多人保管，份额仅显示这一次；需先停止服务"),
		RunE: t.managing(hearth.RightServe, "split-keyring", func(cmd *cobra.Command, _ []string, d *appliance.Data, _ hearth.Principal) error {
			if err := checkSuite(s.Suite); err != nil {
				return err
			}
			if s.Need < 2 || s.Shares < s.Need || s.Shares > 16 {
				return hearth.NewError(hearth.InvalidValue, "field", "--need", "detail",
					hearth.Words{"there are at most 16 shares, of which at least 2 are needed, and not more than there are", "最多 16 份，至少需要其中 2 份，且不超过总份数"})
			}
			shares, err := d.SealKeyring(cmd.Context(), s)
			if err != nil {
				return err
			}
			return t.show(map[string]any{"shares": shares, "need": s.Need}, func() {
				t.printf(t.say("Give each to another person; any %d of them open the keyring. They are kept nowhere.\n\n", "请分别交给不同的人；任意 %d 份可开启密钥环。本机不保存。\n\n"), s.Need)
				for i, x := range shares {
					t.printf("%d  %s\n", i+1, x)
				}
			})
		}),
	}
	cmd.Flags().IntVar(&s.Shares, "shares", 5, t.say("how many there are", "总份数"))
	cmd.Flags().IntVar(&s.Need, "need", 3, t.say("how many of them open it", "开启所需份数"))
	cmd.Flags().StringVar(&s.Suite, "suite", "", t.say("international or gm; as it is if not given", "international 或 gm；不填则不变"))
	return cmd
}

func keyringUnsealCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "unseal", Args: cobra.NoArgs,
		Short: t.say("Give the server that waits the passphrase, or one share", "向等待中的服务提供口令或一个份额"),
		RunE: func(*cobra.Command, []string) error {
			c, err := t.config()
			if err != nil {
				return err
			}
			s, err := appliance.Unseal(c, "", "")
			if err == nil && s.Sealed {
				s, err = t.unseal(c, s.Kind)
			}
			if err != nil {
				return err
			}
			return t.show(s, func() { t.unsealing(s) })
		},
	}
}

func (t *terminal) unseal(c appliance.Config, kind string) (appliance.UnsealingStatus, error) {
	if kind == keyring.KindShares {
		text, err := t.secret(t.say("Share: ", "份额："))
		if err != nil {
			return appliance.UnsealingStatus{}, err
		}
		return appliance.Unseal(c, "", text)
	}
	text, err := t.secret(t.say("Passphrase: ", "口令："))
	if err != nil {
		return appliance.UnsealingStatus{}, err
	}
	return appliance.Unseal(c, text, "")
}

func keyringRotateCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Args: cobra.NoArgs,
		Short: t.say("Make new keys and seal everything with them anew, also while the server runs", "更换密钥并重新封存全部机密；服务可照常运行"),
		RunE: t.managing(hearth.RightServe, "rotate-keyring", func(cmd *cobra.Command, _ []string, d *appliance.Data, _ hearth.Principal) error {
			r, err := d.RotateKeys(cmd.Context())
			if err != nil {
				return err
			}
			return t.show(r, func() {
				t.printf(t.say("Sealed anew: %d secrets, %d second factors, %d keys of recorded content. Old keys forgotten: %d.\n",
					"已重新封存：机密 %d 项，双因素密钥 %d 项，审计内容密钥 %d 项；已销毁旧密钥 %d 个。\n"), r.Secrets, r.Factors, r.ContentKeys, r.Forgotten)
			})
		}),
	}
}

// secret reads a line that is not shown while it is typed, or the first line of what comes
// by a pipe.
func (t *terminal) secret(prompt string) (string, error) {
	if f, ok := t.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(t.err, prompt)
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(t.err)
		if err != nil {
			return "", hearth.NewError(hearth.WrongUse, "detail", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	line, err := t.line()
	return strings.TrimSpace(line), err
}

// newSecret reads one that is made up, twice where it is typed.
func (t *terminal) newSecret(prompt string) (string, error) {
	text, err := t.secret(prompt)
	if err != nil || !isTerminal(t.in) {
		return text, err
	}
	again, err := t.secret(t.say("Once more: ", "再次输入："))
	if err == nil && again != text {
		err = hearth.NewError(hearth.WrongUse, "detail", hearth.Words{"the two are not the same", "两次输入不一致"})
	}
	return text, err
}

// secretLineMax bounds a line that is read for a secret.
const secretLineMax = 64 << 10

// line reads up to the end of a line, and no more of what follows.
func (t *terminal) line() (string, error) {
	var b strings.Builder
	one := make([]byte, 1)
	for b.Len() < secretLineMax {
		n, err := t.in.Read(one)
		if n == 1 && one[0] == '\n' || err != nil && b.Len() > 0 {
			return b.String(), nil
		}
		if err != nil {
			return "", hearth.NewError(hearth.WrongUse, "detail", hearth.Words{"nothing came on standard input", "标准输入没有内容"})
		}
		b.Write(one[:n])
	}
	return "", hearth.NewError(hearth.OutOfRange, "field", "the length of the line", "min", 1, "max", secretLineMax)
}

// askKeyring asks at the terminal for what opens the keyring.
func (t *terminal) askKeyring(kind string, n, of int) (string, error) {
	if kind == keyring.KindShares {
		return t.secret(fmt.Sprintf(t.say("The keyring is sealed. Share %d of %d: ", "密钥环已封存。第 %d 份（共需 %d 份）："), n, of))
	}
	return t.secret(t.say("The keyring is sealed. Passphrase: ", "密钥环已封存。口令："))
}

func secretCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "secret", Aliases: []string{"secrets"}, Short: t.say("Keep secrets for the configuration, sealed", "为配置保存机密（封存）")}
	set := &cobra.Command{
		Use: "set NAME", Args: cobra.ExactArgs(1),
		Short: t.say("Keep a secret, from standard input; the configuration refers to it as sealed:NAME", "从标准输入读取并保存机密；配置中写作 sealed:NAME"),
		RunE: t.managing(hearth.RightServe, "set-secret", func(_ *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			text, err := t.newSecret(t.say("Secret: ", "机密："))
			if err != nil {
				return err
			}
			if err := d.SetSecret(args[0], []byte(text)); err != nil {
				return err
			}
			return t.show(map[string]string{"name": args[0], "setting": "sealed:" + args[0]}, func() {
				t.printf(t.say("Kept. In the configuration: sealed:%s\n", "已保存。在配置中写作：sealed:%s\n"), args[0])
			})
		}),
	}
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: t.say("Show the names of secrets", "列出机密的名称"),
		RunE: t.withData(func(_ *cobra.Command, _ []string, d *appliance.Data) error {
			names, err := d.Secrets()
			if err != nil {
				return err
			}
			return t.show(map[string]any{"secrets": append([]string{}, names...)}, func() {
				for _, n := range names {
					t.printf("%s\n", n)
				}
			})
		}),
	}
	remove := &cobra.Command{
		Use: "remove NAME", Args: cobra.ExactArgs(1), Short: t.say("Destroy a secret", "销毁机密"),
		RunE: t.managing(hearth.RightServe, "remove-secret", func(_ *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			if err := d.RemoveSecret(args[0]); err != nil {
				return err
			}
			return t.show(map[string]string{"name": args[0]}, func() { t.printf(t.say("%s is destroyed\n", "%s 已销毁\n"), args[0]) })
		}),
	}
	cmd.AddCommand(set, list, remove)
	return cmd
}
