package appliance

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/webhook"
)

// WebhookConfig is a place that is told what is done.
type WebhookConfig struct {
	URL        string   `yaml:"url" en:"where messages are sent" zh:"接收消息的地址"`
	Secret     string   `yaml:"secret" en:"sealed:NAME of the secret that they are signed with, as hearth secret set has it" zh:"签名密钥，写作 sealed:名称，由 hearth secret set 保存"`
	SecretFile string   `yaml:"secret_file" en:"or a file of it: whsec_ and base64" zh:"或签名密钥文件，内容为 whsec_ 加 base64"`
	Events     []string `yaml:"events" en:"what is told: batch.completed, batch.failed, batch.expired, batch.cancelled, response.completed, response.failed, response.incomplete, response.cancelled; all if not given" zh:"通知哪些事件：batch.completed、batch.failed、batch.expired、batch.cancelled、response.completed、response.failed、response.incomplete、response.cancelled；不填表示全部"`
	Key        string   `yaml:"key" en:"id of the key whose batches and responses are told of; all if not given" zh:"只通知该编号密钥的任务；不填表示全部"`
}

// hooks are those of the settings, checked.
func (c *Config) hooks() ([]webhook.Hook, error) {
	var list []webhook.Hook
	for i, w := range c.Webhooks {
		wrong := func(en, zh string, about ...any) error {
			return invalidConfig(say("webhooks[%d]: "+en, "webhooks[%d]："+zh, append([]any{i}, about...)...))
		}
		u, err := url.Parse(w.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, wrong("%q is not an http(s) address", "%q 不是 http(s) 地址", w.URL)
		}
		if slices.ContainsFunc(list, func(h webhook.Hook) bool { return h.URL == w.URL }) {
			return nil, wrong("%s is there twice", "%s 出现了两次", w.URL)
		}
		for _, e := range w.Events {
			if !slices.Contains(webhook.Events(), e) {
				return nil, wrong("%q is not one of %s", "%q 不在 %s 之中", e, strings.Join(webhook.Events(), ", "))
			}
		}
		text := w.Secret
		if w.Secret == "" {
			if text, err = firstLine(w.SecretFile); err != nil {
				return nil, err
			}
		}
		secret, err := webhook.ParseSecret(text)
		if err != nil {
			return nil, wrong("there is no secret: whsec_ and 24 to 64 bytes in base64", "没有签名密钥：应为 whsec_ 加 24 至 64 字节的 base64")
		}
		list = append(list, webhook.Hook{URL: w.URL, Secret: secret, Events: w.Events, Key: w.Key})
	}
	return list, nil
}

// worker does every kind of job.
type worker struct {
	*gateway.Gateway
	messages *webhook.Sender
}

// Work does a job.
func (w *worker) Work(ctx context.Context, j hearth.Job) hearth.Outcome {
	if j.Kind == hearth.JobMessage {
		return w.messages.Work(ctx, j)
	}
	return w.Gateway.Work(ctx, j)
}

// Messages are the jobs of telling that something has happened.
func (w *worker) Messages(event, owner, id string) []hearth.Job {
	return w.messages.Messages(event, owner, id)
}
