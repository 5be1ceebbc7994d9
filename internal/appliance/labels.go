package appliance

import (
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/label"
)

// LabelsConfig is about marking what models made as that (GB 45438-2025).
type LabelsConfig struct {
	Mode     string   `yaml:"mode" en:"how answers are marked as made by a model (GB 45438-2025): off; metadata, beside the text for programs; visible, with a notice at its end as well" zh:"按 GB 45438-2025 标识模型生成内容：off 不标识；metadata 仅在正文之外添加元数据；visible 同时在正文末尾添加可见提示"`
	Producer string   `yaml:"producer" en:"code of whoever offers the service, as the standard has it; needed unless mode is off" zh:"服务提供者编码（按标准填写）；启用标识时必填"`
	Tenants  []string `yaml:"tenants" en:"only for these tenants; empty is for all" zh:"仅对这些租户标识；留空为全部"`
}

// The modes.
const (
	labelsOff      = "off"
	labelsMetadata = "metadata"
	labelsVisible  = "visible"
)

func (c LabelsConfig) check() error {
	if modes := []string{labelsOff, labelsMetadata, labelsVisible}; !slices.Contains(modes, c.Mode) {
		return invalidConfig(say("labels.mode must be one of %s", "labels.mode 只能是 %s 之一", strings.Join(modes, ", ")))
	}
	if c.Mode != labelsOff && (c.Producer == "" || label.New("", c.Producer).ProduceID != c.Producer) {
		return invalidConfig(say("labels.producer: %q is not a code of visible ASCII characters without quotation marks and backslashes", "labels.producer：%q 不是由可见 ASCII 字符组成的编码（不含引号与反斜杠）", c.Producer))
	}
	return nil
}

// of is the label of what is answered to a request; nil if it has none. Its number is
// the request's, under which the audit record has it.
func (c LabelsConfig) of(r *hearth.Request) *hearth.ContentLabel {
	if c.Mode == labelsOff || len(c.Tenants) > 0 && !slices.Contains(c.Tenants, r.By.Tenant) {
		return nil
	}
	l := label.New(c.Producer, r.ID)
	return &l
}

// shown says whether people are to see it in the text.
func (c LabelsConfig) shown(r *hearth.Request) bool { return c.Mode == labelsVisible && c.of(r) != nil }
