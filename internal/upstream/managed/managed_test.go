package managed

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCommands is what each template starts: words that no shell reads, and the key in the
// environment alone.
func TestCommands(t *testing.T) {
	base := map[string]string{"PATH": "/bin"}
	for _, c := range []struct {
		spec Spec
		argv string
		env  []string
		not  string
	}{
		{Spec{Name: "big", Template: "vllm", Model: "/m/Qwen3; rm -rf $HOME", Devices: []string{"0", "3"}, Args: []string{"--max-model-len", "32768"}},
			"vllm|serve|/m/Qwen3; rm -rf $HOME|--host|127.0.0.1|--port|8123|--served-model-name|big|--max-model-len|32768",
			[]string{"CUDA_VISIBLE_DEVICES=0,3", "VLLM_API_KEY=k-secret", "VLLM_NO_USAGE_STATS=1", "HF_HUB_OFFLINE=1", "PATH=/bin"}, "k-secret"},
		{Spec{Name: "s", Template: "sglang", Model: "/m", DeviceEnv: "HIP_VISIBLE_DEVICES", Devices: []string{"1"}},
			"python3|-m|sglang.launch_server|--model-path|/m|--host|127.0.0.1|--port|8123|--served-model-name|s|--enable-metrics", []string{"HIP_VISIBLE_DEVICES=1"}, "k-secret"},
		{Spec{Name: "l", Template: "llama-server", Model: "/m.gguf", Env: map[string]string{"HF_HUB_OFFLINE": "0"}},
			"llama-server|--model|/m.gguf|--host|127.0.0.1|--port|8123|--alias|l|--jinja|--metrics", []string{"LLAMA_API_KEY=k-secret", "HF_HUB_OFFLINE=0"}, "k-secret"},
		{Spec{Name: "a", Template: "mindie", Model: "/etc/mindie.json", Port: 1025, Devices: []string{"0", "1"}},
			"mindieservice_daemon", []string{"ASCEND_RT_VISIBLE_DEVICES=0,1", "MIES_CONFIG_JSON_PATH=/etc/mindie.json", "MIES_SERVICE_MONITOR_MODE=1"}, "k-secret"},
		{Spec{Name: "own", Template: "command", Model: "x", Command: []string{"run", "{model}{port}", "{name}"}}, "run|x8123|own", []string{"API_KEY=k-secret"}, "k-secret"},
	} {
		if err := c.spec.Check(); err != nil {
			t.Errorf("%s: %v", c.spec.Template, err)
		}
		argv, env := c.spec.command(8123, "k-secret", base)
		if got := strings.Join(argv, "|"); got != c.argv || strings.Contains(got, c.not) {
			t.Errorf("%s starts\n%s\nwant\n%s", c.spec.Template, got, c.argv)
		}
		for _, v := range c.env {
			if !slices.Contains(env, v) {
				t.Errorf("%s: no %s in %v", c.spec.Template, v, env)
			}
		}
	}
}

func TestSpecsAreChecked(t *testing.T) {
	for _, s := range []Spec{{Name: "x"}, {Name: "x", Template: "nonesuch"}, {Name: "x", Template: "command"}, {Name: "x", Template: "vllm", Port: 70000},
		{Name: "x", Template: "mindie"}, {Template: "vllm"}, {Name: "../x", Template: "vllm"}, {Name: "x", Template: "vllm", Args: []string{"a\x00b"}}, {Name: "x", Template: "command", Command: []string{""}}} {
		if s.Check() == nil {
			t.Errorf("%+v is taken", s)
		}
	}
	a, b := Spec{Template: "vllm", Devices: []string{"0", "1"}}, Spec{Template: "sglang", Devices: []string{"1"}}
	if d, shared := Shared(&a, &b); !shared || d != "1" {
		t.Errorf("shared %s, %t", d, shared)
	}
	b.DeviceEnv = "HIP_VISIBLE_DEVICES"
	if _, shared := Shared(&a, &b); shared {
		t.Error("cards of different makers are taken for one")
	}
}

// TestLog: secrets do not reach the file, however the output is cut; and the file does not
// grow without end.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	l := newLogFile(path, []string{"HF_TOKEN=tok-12345", "PATH=/usr/bin", "MODE=plain"}, "key-67890")
	text := "path /usr/bin mode plain\nusing tok-12345 and key-67890\nAuthorization: Bearer abcdefghijk\napi_key='qwertyuiop' done\nsk-abcdefghijklmnop\nno secret: tokens=17 of 100\n"
	for i := range text { // one letter at a time
		_, _ = l.Write([]byte{text[i]})
	}
	_, _ = l.Write([]byte("without an end"))
	l.close()
	got, err := os.ReadFile(path)
	const want = "path /usr/bin mode plain\nusing *** and ***\nAuthorization: Bearer ***\napi_key='***' done\n***\nno secret: tokens=17 of 100\nwithout an end\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	line := []byte(strings.Repeat("x", 1<<20)) // without an end
	for range 40 {
		_, _ = l.Write(line)
	}
	l.close()
	for _, p := range []string{path, path + ".1"} {
		if info, err := os.Stat(p); err != nil || info.Size() > logBytesMax+2*lineBytesMax || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %+v", p, err, info)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("Bearer abc", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		path := filepath.Join(t.TempDir(), "x.log")
		l := newLogFile(path, nil, "hidden-key")
		whole := text + "hidden-key" + text + "\n"
		cut = max(0, min(len(whole), cut))
		_, _ = l.Write([]byte(whole[:cut]))
		_, _ = l.Write([]byte(whole[cut:]))
		l.close()
		if got, _ := os.ReadFile(path); strings.Contains(string(got), "hidden-key") && len(whole) < lineBytesMax {
			t.Errorf("%q", got)
		}
	})
}
