package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
)

func tlsCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "tls", Short: t.say("A certificate authority and a certificate of the appliance's own", "管理一体机自建的证书颁发机构与证书")}
	cmd.AddCommand(tlsInitCommand(t), tlsIssueCommand(t), tlsShowCommand(t), tlsTrustCommand(t))
	return cmd
}

func tlsInitCommand(t *terminal) *cobra.Command {
	var list []string
	var anew bool
	cmd := &cobra.Command{
		Use: "init --name HOST [--name HOST…]", Args: cobra.NoArgs,
		Short: t.say("Make an authority for these names, and the first certificate", "为这些名称建立证书颁发机构，并签发首张证书"),
		RunE: t.managing(hearth.RightServe, "init-tls", func(_ *cobra.Command, _ []string, d *appliance.Data, _ hearth.Principal) error {
			own, err := d.InitTLS(list, anew)
			if err != nil {
				return err
			}
			return t.ownTLS(own)
		}),
	}
	cmd.Flags().StringArrayVar(&list, "name", nil, t.say("name or address that clients reach the appliance by", "客户端访问一体机所用的主机名或地址"))
	cmd.Flags().BoolVar(&anew, "replace", false, t.say("replace the authority that is there; clients have to trust the new one", "替换现有机构；客户端需重新信任"))
	return cmd
}

func tlsIssueCommand(t *terminal) *cobra.Command {
	var list []string
	cmd := &cobra.Command{
		Use: "issue [--name HOST…]", Args: cobra.NoArgs,
		Short: t.say("Issue the certificate anew, for some of the authority's names or names below them; a running server takes it at once", "重新签发证书（限机构建立时的名称或其子域名）；运行中的服务立即启用"),
		RunE: t.managing(hearth.RightServe, "issue-tls", func(_ *cobra.Command, _ []string, d *appliance.Data, _ hearth.Principal) error {
			own, err := d.IssueTLS(list)
			if err != nil {
				return err
			}
			return t.ownTLS(own)
		}),
	}
	cmd.Flags().StringArrayVar(&list, "name", nil, t.say("name or address; those of the last certificate if not given", "主机名或地址；不填则与上一张证书相同"))
	return cmd
}

func tlsShowCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "show", Args: cobra.NoArgs, Short: t.say("Show names, ends and fingerprints", "查看名称、到期时间与指纹"),
		RunE: t.withData(func(_ *cobra.Command, _ []string, d *appliance.Data) error {
			own, err := d.OwnTLS()
			if err != nil {
				return err
			}
			return t.ownTLS(own)
		}),
	}
}

func (t *terminal) ownTLS(own appliance.OwnTLS) error {
	return t.show(own, func() {
		rows := [][]string{{"", t.say("ENDS", "到期"), t.say("NAMES", "名称"), "SHA-256"}}
		rows = append(rows, []string{t.say("authority", "颁发机构"), day(own.Authority.Ends), "", own.Authority.Fingerprint})
		rows = append(rows, []string{t.say("server", "服务证书"), day(own.Server.Ends), strings.Join(own.Server.Names, " "), own.Server.Fingerprint})
		t.table(rows)
		t.printf(t.say("\nClients trust the authority: %s tls trust\n", "\n客户端需信任该机构：%s tls trust\n"), t.program)
	})
}

func tlsTrustCommand(t *terminal) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "trust", Args: cobra.NoArgs, Short: t.say("Say how clients come to trust the authority, or write its certificate", "说明如何让客户端信任该机构，或导出其证书"),
		RunE: t.withData(func(_ *cobra.Command, _ []string, d *appliance.Data) error {
			own, err := d.OwnTLS()
			if err != nil {
				return err
			}
			if out != "" {
				text, err := os.ReadFile(own.File)
				if err == nil {
					err = os.WriteFile(out, text, 0o600)
				}
				if err != nil {
					return hearth.FileError(out, err)
				}
			}
			return t.show(own, func() {
				t.printf(t.say(`Copy %s to the clients and compare the fingerprint there:

    %s

    Debian, Ubuntu   /usr/local/share/ca-certificates/hearth.crt, then update-ca-certificates
    RHEL, openEuler  /etc/pki/ca-trust/source/anchors/, then update-ca-trust
    Windows          certutil -addstore Root ca.pem
    macOS            security add-trusted-cert -k ~/Library/Keychains/login.keychain-db ca.pem
    Python           SSL_CERT_FILE=ca.pem
    Node             NODE_EXTRA_CA_CERTS=ca.pem
    curl             --cacert ca.pem
`, `请将 %s 复制到客户端，并在那里核对指纹：

    %s

    Debian、Ubuntu   /usr/local/share/ca-certificates/hearth.crt，然后 update-ca-certificates
    RHEL、openEuler  /etc/pki/ca-trust/source/anchors/，然后 update-ca-trust
    Windows          certutil -addstore Root ca.pem
    macOS            security add-trusted-cert -k ~/Library/Keychains/login.keychain-db ca.pem
    Python           SSL_CERT_FILE=ca.pem
    Node             NODE_EXTRA_CA_CERTS=ca.pem
    curl             --cacert ca.pem
`), own.File, own.Authority.Fingerprint)
			})
		}),
	}
	cmd.Flags().StringVar(&out, "out", "", t.say("file to write the certificate to", "将证书写入该文件"))
	return cmd
}
