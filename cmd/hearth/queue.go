package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
)

func queueCommand(t *terminal) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use: "queue", Args: cobra.NoArgs,
		Short: t.say("Show who waits for an answer, and for how long", "查看哪些请求在排队、预计等待多久"),
		Long: t.say(`Shows the requests that are being answered and those that wait, in the order in which
they will run. In a terminal the table is kept up to date until Ctrl-C; elsewhere, with
--once or with --json, it is printed once.`,
			`显示正在回答和排队等待的请求，按将要运行的先后排列。在终端中持续刷新，按 Ctrl-C 结束；输出到其他位置、
使用 --once 或 --json 时只显示一次。`),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.queue(cmd.Context(), !once && !t.json && isTerminal(t.out))
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, t.say("print it once", "只显示一次"))
	return cmd
}

// queue asks the running server with a key of its own, for looking on.
func (t *terminal) queue(ctx context.Context, live bool) error {
	server, err := t.manage(ctx, "hearth queue", hearth.RightWatch)
	if err != nil {
		return err
	}
	defer server.close()
	path := "/v1/queue"
	if live {
		path += "?stream=true"
	}
	body, err := server.open(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer body.Close()
	if live {
		return t.watchQueue(ctx, body)
	}
	var q gateway.QueueAnswer
	if err := json.NewDecoder(body).Decode(&q); err != nil {
		return err
	}
	return t.show(q, func() { t.showQueue(q, len(q.Requests)) })
}

// watchQueue shows every change until it ends, which is no trouble if the user ended it.
func (t *terminal) watchQueue(ctx context.Context, body io.Reader) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var q gateway.QueueAnswer
		if err := json.Unmarshal([]byte(data), &q); err != nil {
			return err
		}
		t.text("\x1b[H\x1b[J")
		t.showQueue(q, t.height()-4)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := lines.Err(); err != nil {
		return hearth.NewError(hearth.UpstreamUnreachable, "upstream", "hearth").Because(err)
	}
	return hearth.NewError(hearth.ServerStop)
}

// height is how many lines the terminal has.
func (t *terminal) height() int {
	if f, ok := t.out.(*os.File); ok {
		if _, lines, err := term.GetSize(int(f.Fd())); err == nil {
			return lines
		}
	}
	return 24
}

// showQueue prints the first so many requests.
func (t *terminal) showQueue(q gateway.QueueAnswer, most int) {
	t.printf(t.say("%d running, %d waiting\n", "正在回答 %d，等待 %d\n"), q.Running, q.Waiting)
	if len(q.Requests) == 0 {
		return
	}
	rows := [][]string{{t.say("PLACE", "位置"), t.say("BEGINS IN", "预计开始"), t.say("MODEL", "模型"), t.say("CLASS", "类别"), t.say("KEY", "密钥"), t.say("SINCE", "已过")}}
	most = max(1, most)
	for _, r := range q.Requests[:min(most, len(q.Requests))] {
		place, eta := fmt.Sprint(r.Position), "?"
		switch {
		case r.State == "running":
			place, eta = "→", r.ServedBy
		case r.Position == 0:
			place, eta = "–", t.say("kept", "保留中")
		case r.ETA > 0:
			eta = (time.Duration(r.ETA) * time.Second).String()
		}
		rows = append(rows, []string{place, eta, r.Model, r.Class, r.KeyName, time.Since(time.Unix(r.Since, 0)).Round(time.Second).String()})
	}
	t.table(rows)
	if more := q.Running + q.Waiting - len(rows) + 1; more > 0 {
		t.printf(t.say("and %d more\n", "另有 %d 个\n"), more)
	}
}
