package bench

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"
)

// Machine is where a report was made. Of a server elsewhere it is the asking side.
type Machine struct {
	CPU      string   `json:"cpu" en:"model of the processor, empty where the system does not tell" zh:"处理器型号，系统未提供时为空"`
	Cores    int      `json:"cores" en:"processors that this process may use" zh:"本进程可用的处理器数"`
	Features []string `json:"features" en:"instruction sets that matter for arithmetic" zh:"与计算有关的指令集"`
	Platform string   `json:"platform" en:"operating system and architecture" zh:"操作系统与架构"`
}

// ThisMachine looks at the machine it runs on.
func ThisMachine() Machine {
	text, _ := os.ReadFile("/proc/cpuinfo") // absent elsewhere than on Linux
	return Machine{CPU: cpuModel(string(text)), Cores: runtime.GOMAXPROCS(0), Features: features(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

// cpuModel finds the name of the first processor in /proc/cpuinfo. ARM's have parts
// instead of names.
func cpuModel(cpuinfo string) string {
	fields := map[string]string{}
	for line := range strings.Lines(cpuinfo) {
		name, value, _ := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if _, ok := fields[name]; !ok {
			fields[name] = strings.TrimSpace(value)
		}
	}
	if fields["model name"] != "" {
		return fields["model name"]
	}
	if part := fields["CPU part"]; part != "" {
		return "ARM " + fields["CPU implementer"] + " " + part
	}
	return ""
}

func features() []string {
	list := []string{}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"f16c", cpu.X86.HasF16C}, {"avxvnni", cpu.X86.HasAVXVNNI},
		{"avx512f", cpu.X86.HasAVX512F}, {"avx512bw", cpu.X86.HasAVX512BW}, {"avx512vl", cpu.X86.HasAVX512VL},
		{"avx512vnni", cpu.X86.HasAVX512VNNI}, {"avx512bf16", cpu.X86.HasAVX512BF16},
		{"amxint8", cpu.X86.HasAMXInt8}, {"amxbf16", cpu.X86.HasAMXBF16},
		{"asimd", cpu.ARM64.HasASIMD}, {"asimdhp", cpu.ARM64.HasASIMDHP}, {"asimddp", cpu.ARM64.HasASIMDDP},
		{"i8mm", cpu.ARM64.HasI8MM}, {"sve", cpu.ARM64.HasSVE}, {"sve2", cpu.ARM64.HasSVE2},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}

// ResidentBytes is the memory this process holds, mapped files included; 0 where the
// system does not tell.
func ResidentBytes() int64 {
	text, _ := os.ReadFile("/proc/self/status")
	return resident(string(text))
}

// resident reads VmRSS, which is in kB (proc(5)).
func resident(status string) int64 {
	for line := range strings.Lines(status) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}
