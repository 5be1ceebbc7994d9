package appliance

import (
	"os"
	"strconv"
	"strings"
)

// memoryBytes is how much memory this process may use in all: the machine's, or the
// container's where that is less.
func memoryBytes() int64 {
	total := int64(8 << 30) // where nothing can be read, a small machine
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
				if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
					total = kb << 10
				}
			}
		}
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				total = min(total, n)
			}
		}
	}
	return total
}
