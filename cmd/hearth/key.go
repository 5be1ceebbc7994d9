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
	cmd := &cobra.Command{Use: "key", Short: t.say("Manage API keys", "管理 API 密钥")}
	cmd.AddCommand(keyCreateCommand(t), keyListCommand(t), keyRevokeCommand(t))
	return cmd
}

func keyCreateCommand(t *terminal) *cobra.Command {
	var name string
	var isAdmin bool
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "create --name NAME", Args: cobra.NoArgs,
		Short: t.say("Make a key; it is shown this once", "创建密钥，仅显示这一次"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			standing := hearth.StandingUser
			if isAdmin {
				standing = hearth.StandingAdmin
			}
			var secret string
			var k hearth.Key
			if err := d.Act(cmd.Context(), "create-key", name, func(r *hearth.Record) (err error) {
				secret, k, err = d.Access.Create(cmd.Context(), name, standing, ttl)
				r.Object = cmp.Or(k.ID, name)
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
	cmd.Flags().StringVar(&name, "name", "", t.say("who or what it is for", "用途或使用者"))
	cmd.Flags().BoolVar(&isAdmin, "admin", false, t.say("may manage the appliance", "可管理一体机"))
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
	if s == hearth.StandingAdmin {
		return t.say("admin", "管理员")
	}
	return t.say("user", "用户")
}

func day(when time.Time) string {
	if when.IsZero() {
		return "-"
	}
	return when.Local().Format("2006-01-02 15:04")
}
