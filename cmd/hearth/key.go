package main

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
)

func keyCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "key", Aliases: []string{"keys"}, Short: t.say("Manage API keys", "管理 API 密钥")}
	cmd.AddCommand(keyCreateCommand(t), keyListCommand(t), keyLimitCommand(t), keyRevokeCommand(t))
	return cmd
}

func keyCreateCommand(t *terminal) *cobra.Command {
	var want hearth.Key
	var limits keyLimits
	var isAdmin, imports bool
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "create --name NAME", Args: cobra.NoArgs,
		Short: t.say("Make a key; it is shown this once", "创建密钥，仅显示这一次"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			want.Standing = hearth.StandingUser
			if isAdmin {
				want.Standing = hearth.StandingAdmin
			}
			if imports {
				want.Standing = hearth.StandingImport
			}
			if err := limits.put(&want); err != nil {
				return err
			}
			var secret string
			var k hearth.Key
			if err := d.Act(cmd.Context(), "create-key", want.Name, func(r *hearth.Record) (err error) {
				secret, k, err = d.Access.Issue(cmd.Context(), want, ttl)
				r.Object = cmp.Or(k.ID, want.Name)
				return err
			}); err != nil {
				return err
			}
			return t.show(struct {
				admin.Key
				Secret string `json:"key"`
			}{admin.NewKey(k), secret}, func() { t.printf("%s\n", secret) })
		}),
	}
	cmd.Flags().StringVar(&want.Name, "name", "", t.say("who or what it is for", "用途或使用者"))
	cmd.Flags().BoolVar(&isAdmin, "admin", false, t.say("may manage the appliance; until the setting up is finished", "可管理一体机；初始设置完成后不可用"))
	cmd.Flags().BoolVar(&imports, "import", false, t.say("is for a directory that brings people here by SCIM, and for nothing else", "仅供身份目录通过 SCIM 同步人员"))
	cmd.MarkFlagsMutuallyExclusive("admin", "import")
	cmd.Flags().StringVar(&want.Tenant, "tenant", "", t.say("id of its tenant; the main one if not given", "所属租户编号；不填则为主租户"))
	cmd.Flags().StringVar(&want.Department, "department", "", t.say("id of its department", "所属部门编号"))
	limits.flags(t, cmd)
	cmd.Flags().DurationVar(&ttl, "ttl", 0, t.say("how long it lives, for example 720h; until revoked if not given", "有效期，例如 720h；不填则直到吊销"))
	return cmd
}

func keyListCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: t.say("Show the keys that exist", "查看现有密钥"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			keys, err := d.Access.List(cmd.Context())
			if err != nil {
				return err
			}
			list := []admin.Key{}
			rows := [][]string{{t.say("ID", "编号"), t.say("NAME", "名称"), t.say("STANDING", "身份"), t.say("CREATED", "创建于"), t.say("EXPIRES", "到期")}}
			for _, k := range keys {
				list = append(list, admin.NewKey(k))
				rows = append(rows, []string{k.ID, k.Name, t.standing(k.Standing), day(k.Created), day(k.Expires)})
			}
			return t.show(map[string]any{"keys": list}, func() { t.table(rows) })
		}),
	}
}

// keyLimits are what a key may be used for.
type keyLimits struct{ rights, models []string }

func (l *keyLimits) flags(t *terminal, cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&l.rights, "rights", nil, t.say("what it may be used for, of what its standing may: ask, watch, …; all if not given", "可用于哪些操作：ask、watch 等，须在其身份的权限之内；不填则为全部"))
	cmd.Flags().StringSliceVar(&l.models, "models", nil, t.say("models it may use; * stands for anything; all if not given", "可用的模型，* 代表任意字符；不填则为全部"))
}

func (l *keyLimits) put(k *hearth.Key) (err error) {
	if k.Only, err = hearth.ParseRights(l.rights); err != nil {
		return err
	}
	k.Models, err = hearth.ParseModelList(l.models)
	return err
}

func keyLimitCommand(t *terminal) *cobra.Command {
	var limits keyLimits
	cmd := &cobra.Command{
		Use: "limit ID", Args: cobra.ExactArgs(1),
		Short: t.say("Say what a key may be used for", "限定密钥的用途"),
		RunE: t.managing(hearth.RightGrant, "limit-key", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			var k hearth.Key
			if err := limits.put(&k); err != nil {
				return err
			}
			if err := d.Access.Limit(cmd.Context(), args[0], k.Only, k.Models); err != nil {
				return err
			}
			return t.show(map[string]any{"limited": args[0], "rights": k.Only.Names(), "models": k.Models.Names()}, func() {
				t.printf(t.say("%s is limited\n", "已限定 %s\n"), args[0])
			})
		}),
	}
	limits.flags(t, cmd)
	return cmd
}

func keyRevokeCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Args: cobra.ExactArgs(1),
		Short: t.say("End a key at once", "立即吊销密钥"),
		RunE: t.acting("revoke-key", func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			if err := d.Access.Revoke(cmd.Context(), args[0]); err != nil {
				return err
			}
			return t.show(map[string]string{"revoked": args[0]}, func() {
				t.printf(t.say("%s no longer works\n", "%s 已失效\n"), args[0])
			})
		}),
	}
}

func (t *terminal) standing(s hearth.Standing) string {
	switch s {
	case hearth.StandingAdmin:
		return t.say("admin", "管理员")
	case hearth.StandingSystem:
		return t.say("system", "系统管理员")
	case hearth.StandingSecurity:
		return t.say("security", "安全管理员")
	case hearth.StandingAudit:
		return t.say("audit", "审计管理员")
	case hearth.StandingImport:
		return t.say("import", "身份同步")
	}
	return t.say("user", "用户")
}

func day(when time.Time) string {
	if when.IsZero() {
		return "-"
	}
	return when.Local().Format("2006-01-02 15:04")
}
