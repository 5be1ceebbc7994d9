package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
)

// upstreamList is what the door for managing answers.
type upstreamList struct {
	Upstreams []admin.Upstream `json:"upstreams"`
}

func upstreamCommand(t *terminal) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error { return t.upstreams(cmd.Context()) }
	cmd := &cobra.Command{
		Use: "upstream", Aliases: []string{"upstreams"}, Args: cobra.NoArgs,
		Short: t.say("Show engines and services behind this one, and what can be done about them", "查看与管理上游引擎和服务"),
		Long: t.say(`Shows what stands behind the running server and how it is: up, down, starting, resting
(it wants to be left alone) or drained; answers it gives and requests that wait for it.`,
			`显示运行中的服务器背后的引擎与服务及其状态：up 正常、down 不可用、starting 启动中、resting 要求暂停、
drained 已暂停接收；以及正在回答和等待的请求数。`),
		RunE: list,
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Args: cobra.NoArgs, Short: t.say("Show how they are", "查看状态"), RunE: list},
		t.upstreamAction("drain", t.say("Give it nothing new; what it is giving goes on", "暂停向其发送新请求，进行中的回答不受影响"), t.say("drained", "已暂停")),
		t.upstreamAction("undrain", t.say("Let it be asked again", "恢复向其发送请求"), t.say("asked again", "已恢复")),
		t.upstreamAction("probe", t.say("Have it make one token, which a service may charge for", "令其生成一个词元（云服务可能计费）"), t.say("it made a token", "已生成一个词元")),
		t.upstreamAction("restart", t.say("Start an engine of this appliance again at once", "立即重启本机启动的引擎"), t.say("it is started again", "正在重启")),
	)
	return cmd
}

// upstreamAction is a command that does one thing to one of them.
func (t *terminal) upstreamAction(verb, short, done string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " NAME", Args: cobra.ExactArgs(1), Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := t.manage(cmd.Context(), "hearth upstream "+verb, hearth.RightServe)
			if err != nil {
				return err
			}
			defer server.close()
			if err := server.do(cmd.Context(), http.MethodPost, "/upstreams/"+verb, map[string]string{"upstream": args[0]}, nil); err != nil {
				return err
			}
			return t.show(map[string]string{"upstream": args[0], "done": verb}, func() { t.printf("%s: %s\n", args[0], done) })
		},
	}
}

func (t *terminal) upstreams(ctx context.Context) error {
	server, err := t.manage(ctx, "hearth upstream", hearth.RightWatch)
	if err != nil {
		return err
	}
	defer server.close()
	var list upstreamList
	if err := server.do(ctx, http.MethodGet, "/upstreams", nil, &list); err != nil {
		return err
	}
	return t.show(list, func() { t.showUpstreams(list.Upstreams) })
}

func (t *terminal) showUpstreams(list []admin.Upstream) {
	if len(list) == 0 {
		t.text(t.say("There are none. Settings upstreams and engines name them.\n", "没有上游。可在设置项 upstreams 与 engines 中添加。\n"))
		return
	}
	rows := [][]string{{t.say("NAME", "名称"), t.say("KIND", "种类"), t.say("STATE", "状态"), t.say("RUNNING", "进行中"), t.say("WAITING", "等待"), t.say("ANSWERS", "已回答"), t.say("TROUBLES", "失败"), t.say("MODELS", "模型")}}
	for _, u := range list {
		slots := fmt.Sprint(u.Running)
		if u.Slots > 0 {
			slots += "/" + fmt.Sprint(u.Slots)
		}
		rows = append(rows, []string{u.Name, u.Kind, u.State, slots, fmt.Sprint(u.Waiting), fmt.Sprint(u.Answers), fmt.Sprint(u.Troubles), dash(some(u.Models, 3))})
	}
	t.table(rows)
	for _, u := range list {
		if u.Engine != nil && u.Engine.State != "ready" {
			t.printf("%s: %s (%s)%s\n", u.Name, u.Engine.State, ago(t, u.Engine.Since), because(u.Engine.Why))
		}
		if u.State != "up" && u.Trouble != nil {
			t.printf("%s: %s (%s)\n  → %s\n", u.Name, u.Trouble.Message, ago(t, u.Trouble.At), u.Trouble.Remedy)
		}
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// ago is how long something has been.
func ago(t *terminal, at time.Time) string {
	return fmt.Sprintf(t.say("%s ago", "%s前"), cmp.Or(time.Since(at).Round(time.Second), time.Second))
}

// some are the first few of a list.
func some(list []string, most int) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + ", +" + fmt.Sprint(len(list)-most)
}
