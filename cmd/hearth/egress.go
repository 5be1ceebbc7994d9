package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/egress"
)

// proofMax is the largest proof that is read.
const proofMax = 256 << 20

func egressCommand(t *terminal) *cobra.Command {
	var duration time.Duration
	var out string
	cmd := &cobra.Command{
		Use: "egress-proof --for DURATION", Args: cobra.NoArgs,
		Short: t.say("Watch where the server connects to, and sign what was seen", "观察服务的对外连接，并生成签名证明"),
		Long: t.say(`Looks ten times a second at all network sockets of the running server and of what it
started, holds them against the record of its own connections, and writes a report that is
signed with the appliance's key. It fails if a socket leads to a place that is not on record.
Linux only; it has to run as the server's user, or as root.`,
			`每秒十次查看正在运行的服务及其子进程的全部网络套接字，与服务自身的外联记录核对，生成用本机密钥签名
的报告。发现没有记录的对外连接时以错误结束。仅支持 Linux，须以服务的用户或 root 运行。`),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if duration <= 0 || duration > proofLongest {
				return usageError(fmt.Errorf("--for must be between 1ns and %s", proofLongest))
			}
			return t.proveEgress(cmd, duration, out)
		},
	}
	cmd.Flags().DurationVar(&duration, "for", 0, t.say("how long, for example 1h", "观察多久，例如 1h"))
	cmd.Flags().StringVar(&out, "out", "egress-proof.json", t.say("file to write", "输出文件"))
	cmd.AddCommand(egressVerifyCommand(t))
	return cmd
}

// proofLongest is the longest watch.
const proofLongest = 31 * 24 * time.Hour

func (t *terminal) proveEgress(cmd *cobra.Command, duration time.Duration, out string) error {
	c, err := t.config()
	if err != nil {
		return err
	}
	data, err := appliance.OpenData(cmd.Context(), c)
	if err != nil {
		return err
	}
	defer data.Close()
	proof, report, err := data.ProveEgress(cmd.Context(), version, duration)
	if err != nil {
		return err
	}
	b, err := json.Marshal(proof)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, append(b, '\n'), 0o600); err != nil {
		return hearth.FileError(out, err)
	}
	return t.showEgress(out, report)
}

func egressVerifyCommand(t *terminal) *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "verify FILE", Args: cobra.ExactArgs(1),
		Short: t.say("Check the signature of a report, and what it says", "校验报告的签名与结论"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := readUpTo(t.in, args[0], proofMax)
			if err != nil {
				return hearth.FileError(args[0], err)
			}
			var pem []byte
			if key != "" {
				if pem, err = os.ReadFile(key); err != nil { //nolint:gosec // it is what the command was asked to read
					return hearth.FileError(key, err)
				}
			}
			report, err := appliance.CheckEgressProof(text, pem)
			if err != nil {
				return err
			}
			return t.showEgress(args[0], report)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", t.say("PEM file of the public key that must have signed; without it the report's own is taken", "应为其签名的公钥（PEM 文件）；不指定时采用报告自带的公钥"))
	return cmd
}

// showEgress tells what a report came to.
func (t *terminal) showEgress(file string, r *egress.Report) error {
	kinds := map[string]int{}
	for _, s := range r.Sockets {
		kinds[s.What]++
	}
	if t.json {
		if err := json.NewEncoder(t.out).Encode(struct {
			File    string         `json:"file"`
			Passed  bool           `json:"passed"`
			Looks   int            `json:"looks"`
			Sockets map[string]int `json:"sockets"`
			Denied  int            `json:"denied"`
		}{file, r.Passed(), r.Looks, kinds, r.Denied}); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(t.out, t.say(fmt.Sprintf("%s: %s to %s, %d looks, sockets %v, %d refused", file, r.Begin.Format(time.RFC3339), r.End.Format(time.RFC3339), r.Looks, kinds, r.Denied),
			fmt.Sprintf("%s：%s 至 %s，查看 %d 次，套接字 %v，拒绝 %d 次", file, r.Begin.Format(time.RFC3339), r.End.Format(time.RFC3339), r.Looks, kinds, r.Denied)))
	}
	if !r.Passed() {
		return errors.New(t.say("the report does not prove it: there are sockets that nothing accounts for, or the server ended meanwhile", "报告不足以证明：存在无法说明来源的套接字，或期间服务已停止"))
	}
	return nil
}

// clientOf is a client that is let out to one server. What a person asks of their own is
// no traffic of the appliance's, and not in its record.
func clientOf(url string, trust *tls.Config) (*http.Client, error) {
	var gate *egress.Gate
	door, err := gate.Door("hearth", url)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{DialContext: door.DialContext, TLSClientConfig: trust}}, nil
}
