package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
)

func peopleCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "people", Short: t.say("Manage people, departments, tenants and who may what", "管理用户、部门、租户与权限"),
		Long: t.say("Manage people, departments, tenants and who may what.\n\nUntil the setting up is finished this may do everything; after that, what the system administrator may.",
			"管理用户、部门、租户与权限。\n\n初始设置完成之前可执行全部操作；之后仅限系统管理员的权限。")}
	cmd.AddCommand(peopleListCommand(t), personAddCommand(t), personStandingCommand(t), personResetCommand(t), personUnlockCommand(t),
		personBarCommand(t, true), personBarCommand(t, false), personRemoveCommand(t),
		tenantsCommand(t), tenantAddCommand(t), tenantModelsCommand(t), departmentsCommand(t), departmentAddCommand(t),
		setupCommand(t), finishSetupCommand(t))
	return cmd
}

func peopleListCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: t.say("Show everybody", "查看所有用户"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			people, err := d.Access.People(cmd.Context())
			if err != nil {
				return err
			}
			list := []admin.Person{}
			rows := [][]string{{t.say("LOGIN", "登录名"), t.say("NAME", "姓名"), t.say("STANDING", "身份"), t.say("TENANT", "租户"), t.say("STATE", "状态")}}
			for _, p := range people {
				shown := admin.NewPerson(p)
				list = append(list, shown)
				rows = append(rows, []string{p.Login, p.Name, t.standing(p.Standing), p.Tenant, t.state(shown)})
			}
			return t.show(map[string]any{"people": list}, func() { t.table(rows) })
		}),
	}
}

// state is how somebody stands with signing in.
func (t *terminal) state(p admin.Person) string {
	switch {
	case p.Disabled != nil:
		return t.say("disabled", "已停用")
	case p.Locked != nil:
		return t.say("locked until ", "已锁定至 ") + day(*p.Locked)
	case !p.HasPassword && p.Invited != nil:
		return t.say("invited until ", "已邀请，有效期至 ") + day(*p.Invited)
	case !p.HasPassword:
		return t.say("no password", "尚无密码")
	case !p.SecondFactor:
		return t.say("password alone", "仅密码")
	}
	return t.say("password and code", "密码与验证码")
}

func personAddCommand(t *terminal) *cobra.Command {
	var p hearth.Person
	var standing string
	cmd := &cobra.Command{
		Use: "add LOGIN --name NAME", Args: cobra.ExactArgs(1),
		Short: t.say("Add somebody; the invitation is shown this once", "添加用户，邀请码仅显示这一次"),
		RunE: t.managing(hearth.RightPeople, "add-person", func(cmd *cobra.Command, args []string, d *appliance.Data, by hearth.Principal) error {
			p.Login, p.Standing = args[0], hearth.Standing(standing)
			made, invitation, err := d.Access.AddPerson(cmd.Context(), by, p)
			if err != nil {
				return err
			}
			return t.invited(made.ID, made.Login, invitation)
		}),
	}
	cmd.Flags().StringVar(&p.Name, "name", "", t.say("as people know them", "姓名"))
	cmd.Flags().StringVar(&p.Tenant, "tenant", "", t.say("id of their tenant; the main one if not given", "所属租户编号；不填则为主租户"))
	cmd.Flags().StringVar(&p.Department, "department", "", t.say("id of their department", "所属部门编号"))
	cmd.Flags().StringVar(&standing, "standing", "", t.say("user, system, security or audit; user if not given", "身份：user、system、security 或 audit；不填则为 user"))
	return cmd
}

// invited shows an invitation.
func (t *terminal) invited(id, login, invitation string) error {
	return t.show(map[string]string{"id": id, "login": login, "invitation": invitation}, func() {
		t.printf(t.say("Invitation for %s, with which they choose a password in the console. It holds three days and is shown this once:\n\n    %s\n",
			"%s 的邀请码，用于在控制台设置密码，三天内有效，仅显示这一次：\n\n    %s\n"), login, invitation)
	})
}

func personStandingCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "standing LOGIN user|system|security|audit", Args: cobra.ExactArgs(2),
		Short: t.say("Give somebody another standing", "变更用户身份"),
		RunE: t.managing(hearth.RightGrant, "set-standing", func(cmd *cobra.Command, args []string, d *appliance.Data, by hearth.Principal) error {
			p, err := d.Access.Person(cmd.Context(), args[0])
			if err == nil {
				p, err = d.Access.SetStanding(cmd.Context(), by, p.ID, hearth.Standing(args[1]))
			}
			if err != nil {
				return err
			}
			return t.show(map[string]string{"id": p.ID, "standing": string(p.Standing)}, func() {
				t.printf(t.say("%s is %s\n", "%s 现为%s\n"), p.Login, t.standing(p.Standing))
			})
		}),
	}
}

func personResetCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "reset LOGIN", Args: cobra.ExactArgs(1),
		Short: t.say("Take somebody's password and second factor away, and invite them anew", "清除用户的密码与双因素认证并重新邀请"),
		Long: t.say("Take somebody's password and second factor away, and invite them anew. This is also the way back in when no administrator can sign in any more: whoever may write the data folder can do it, and it is on record.",
			"清除用户的密码与双因素认证并重新邀请。所有管理员都无法登录时，也由此恢复：有权写入数据目录的人可执行，且会留下审计记录。"),
		RunE: t.managing(hearth.RightPeople, "reset-person", func(cmd *cobra.Command, args []string, d *appliance.Data, by hearth.Principal) error {
			p, err := d.Access.Person(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			by.Standing = hearth.StandingAdmin
			invitation, err := d.Access.Reset(cmd.Context(), by, p.ID)
			if err != nil {
				return err
			}
			return t.invited(p.ID, p.Login, invitation)
		}),
	}
}

func personUnlockCommand(t *terminal) *cobra.Command {
	return t.personCommand("unlock", t.say("Let somebody try again who was wrong too often", "解除用户锁定"), hearth.RightGrant, "unlock-person",
		t.say("%s may try again\n", "%s 已解锁\n"), func(ctx context.Context, d *appliance.Data, _ hearth.Principal, p hearth.Person) error {
			return d.Access.Unlock(ctx, p.ID)
		})
}

func personBarCommand(t *terminal, bar bool) *cobra.Command {
	use, short, done := "enable", t.say("Let somebody in again", "启用用户"), t.say("%s is let in again\n", "%s 已启用\n")
	if bar {
		use, short, done = "disable", t.say("Let somebody in no more, and end what is under way for them", "停用用户，并终止其进行中的请求"), t.say("%s is not let in any more\n", "%s 已停用\n")
	}
	return t.personCommand(use, short, hearth.RightPeople, "change-person", done, func(ctx context.Context, d *appliance.Data, by hearth.Principal, p hearth.Person) error {
		_, err := d.Access.ChangePerson(ctx, by, p.ID, func(p *hearth.Person) {
			switch {
			case !bar:
				p.Disabled = time.Time{}
			case p.Disabled.IsZero():
				p.Disabled = time.Now().UTC().Truncate(time.Second)
			}
		})
		return err
	})
}

func personRemoveCommand(t *terminal) *cobra.Command {
	return t.personCommand("remove", t.say("Forget somebody, with their keys and sessions", "删除用户及其密钥与会话"), hearth.RightPeople, "remove-person",
		t.say("%s is removed\n", "%s 已删除\n"), func(ctx context.Context, d *appliance.Data, by hearth.Principal, p hearth.Person) error {
			return d.Access.RemovePerson(ctx, by, p.ID)
		})
}

// personCommand is a command that does something to somebody and has nothing to show.
func (t *terminal) personCommand(use, short string, may hearth.Rights, act, done string, do func(context.Context, *appliance.Data, hearth.Principal, hearth.Person) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " LOGIN", Args: cobra.ExactArgs(1), Short: short,
		RunE: t.managing(may, act, func(cmd *cobra.Command, args []string, d *appliance.Data, by hearth.Principal) error {
			p, err := d.Access.Person(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := do(cmd.Context(), d, by, p); err != nil {
				return err
			}
			return t.show(map[string]string{"id": p.ID, "login": p.Login}, func() { t.printf(done, p.Login) })
		}),
	}
}

func tenantsCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "tenants", Args: cobra.NoArgs,
		Short: t.say("Show the tenants", "查看租户"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			tenants, err := d.Access.Tenants(cmd.Context())
			if err != nil {
				return err
			}
			list := []admin.Tenant{}
			rows := [][]string{{t.say("ID", "编号"), t.say("NAME", "名称"), t.say("MODELS", "可用模型"), t.say("DISABLED", "停用于")}}
			for _, x := range tenants {
				list = append(list, admin.NewTenant(x))
				models := t.say("all", "全部")
				if x.Models != "" {
					models = strings.Join(x.Models.Names(), " ")
				}
				rows = append(rows, []string{x.ID, x.Name, models, day(x.Disabled)})
			}
			return t.show(map[string]any{"tenants": list}, func() { t.table(rows) })
		}),
	}
}

func tenantAddCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "add-tenant NAME", Args: cobra.ExactArgs(1),
		Short: t.say("Add a tenant", "添加租户"),
		RunE: t.managing(hearth.RightPeople, "add-tenant", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			x, err := d.Access.AddTenant(cmd.Context(), args[0], "")
			if err != nil {
				return err
			}
			return t.show(admin.NewTenant(x), func() { t.printf("%s\n", x.ID) })
		}),
	}
}

func tenantModelsCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "tenant-models TENANT [MODEL…]", Args: cobra.MinimumNArgs(1),
		Short: t.say("Say which models a tenant may use; without any, all", "限定租户可用的模型；不填模型则为全部"),
		RunE: t.managing(hearth.RightGrant, "set-tenant-models", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			models, err := hearth.ParseModelList(args[1:])
			if err != nil {
				return err
			}
			x, err := d.Access.ChangeTenant(cmd.Context(), args[0], func(x *hearth.Tenant) { x.Models = models })
			if err != nil {
				return err
			}
			return t.show(admin.NewTenant(x), func() {
				t.printf(t.say("%s may use: %s\n", "%s 可用模型：%s\n"), x.ID, strings.Join(x.Models.Names(), " "))
			})
		}),
	}
}

func departmentsCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "departments", Args: cobra.NoArgs,
		Short: t.say("Show the departments", "查看部门"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			departments, err := d.Access.Departments(cmd.Context())
			if err != nil {
				return err
			}
			list := []admin.Department{}
			rows := [][]string{{t.say("ID", "编号"), t.say("TENANT", "租户"), t.say("NAME", "名称")}}
			for _, x := range departments {
				list = append(list, admin.NewDepartment(x))
				rows = append(rows, []string{x.ID, x.Tenant, x.Name})
			}
			return t.show(map[string]any{"departments": list}, func() { t.table(rows) })
		}),
	}
}

func departmentAddCommand(t *terminal) *cobra.Command {
	var tenant string
	cmd := &cobra.Command{
		Use: "add-department NAME", Args: cobra.ExactArgs(1),
		Short: t.say("Add a department to a tenant", "为租户添加部门"),
		RunE: t.managing(hearth.RightPeople, "add-department", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			x, err := d.Access.AddDepartment(cmd.Context(), tenant, args[0])
			if err != nil {
				return err
			}
			return t.show(admin.NewDepartment(x), func() { t.printf("%s\n", x.ID) })
		}),
	}
	cmd.Flags().StringVar(&tenant, "tenant", hearth.TenantMain, t.say("id of the tenant", "租户编号"))
	return cmd
}

func setupCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "setup", Args: cobra.NoArgs,
		Short: t.say("Show how far the setting up is", "查看初始设置进度"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			s, err := d.Access.State(cmd.Context())
			if err != nil {
				return err
			}
			duties := map[string]int{}
			rows := [][]string{{t.say("STANDING", "身份"), t.say("CAN SIGN IN", "可登录人数")}}
			for _, duty := range hearth.PersonStandings() {
				if duty.IsDuty() {
					duties[string(duty)] = s.Duties[duty]
					rows = append(rows, []string{t.standing(duty), strconv.Itoa(s.Duties[duty])})
				}
			}
			return t.show(map[string]any{"finished": !s.Finished.IsZero(), "duties": duties}, func() {
				t.table(rows)
				if s.Finished.IsZero() {
					t.text(t.say("\nNot finished: keys of administrators may do everything.\n", "\n尚未完成：管理员密钥拥有全部权限。\n"))
				} else {
					t.printf(t.say("\nFinished %s.\n", "\n已于 %s 完成。\n"), day(s.Finished))
				}
			})
		}),
	}
}

func finishSetupCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "finish-setup", Args: cobra.NoArgs,
		Short: t.say("End the setting up for good: keys for everything end, and the three administrators take over", "完成初始设置，不可撤销：全权密钥失效，由三员接管"),
		RunE: t.managing(hearth.RightSetup, "finish-setup", func(cmd *cobra.Command, _ []string, d *appliance.Data, _ hearth.Principal) error {
			if err := d.Access.FinishSetup(cmd.Context()); err != nil {
				return err
			}
			return t.show(map[string]bool{"finished": true}, func() {
				t.text(t.say("The setting up is finished.\n", "初始设置已完成。\n"))
			})
		}),
	}
}
