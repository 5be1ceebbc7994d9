package egress

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Socket is a network socket of a process, as Linux tells of it.
type Socket struct {
	Protocol string         `json:"protocol"` // tcp, udp, raw
	Local    netip.AddrPort `json:"local"`
	Remote   netip.AddrPort `json:"remote"`
	State    string         `json:"state"`
	Process  int            `json:"process"`
	Command  string         `json:"command"`
}

// states are those of TCP, by their number (include/net/tcp_states.h).
var states = []string{"", "established", "syn-sent", "syn-received", "fin-wait-1", "fin-wait-2", "time-wait", "closed", "close-wait", "last-ack", "listening", "closing"}

// Tree is a process and those it has started, and they in turn.
func Tree(proc string, root int) ([]int, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(proc, e.Name(), "stat")) //nolint:gosec // of the kernel
		if err != nil {
			continue // it has ended
		}
		// The command stands in brackets and may hold anything, brackets too.
		_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
		if f := strings.Fields(rest); len(f) > 1 {
			if parent, err := strconv.Atoi(f[1]); err == nil {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree, nil
}

// Sockets are the sockets of processes; one that has ended has none.
func Sockets(proc string, processes []int) ([]Socket, error) {
	var list []Socket
	for _, pid := range processes {
		dir := filepath.Join(proc, strconv.Itoa(pid))
		owned, err := inodes(filepath.Join(dir, "fd"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		command, _ := os.ReadFile(filepath.Join(dir, "comm")) //nolint:gosec // of the kernel
		for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6"} {
			found, err := readTable(filepath.Join(dir, "net", table), strings.TrimSuffix(table, "6"), owned)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for _, s := range found {
				s.Process, s.Command = pid, strings.TrimSpace(string(command))
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// inodes are those of the sockets among open files.
func inodes(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	owned := map[string]bool{}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(to, "socket:[") {
			owned[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	return owned, nil
}

// readTable reads a table of sockets as proc(5) describes it.
func readTable(path, protocol string, owned map[string]bool) ([]Socket, error) {
	f, err := os.Open(path) //nolint:gosec // of the kernel
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []Socket
	lines := bufio.NewScanner(f)
	lines.Scan() // the names of the columns
	for lines.Scan() {
		s, inode, err := parseSocket(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if s.Protocol = protocol; owned[inode] {
			list = append(list, s)
		}
	}
	return list, lines.Err()
}

var errTable = errors.New("the table can't be read")

func parseSocket(line string) (s Socket, inode string, err error) {
	c := strings.Fields(line)
	if len(c) < 10 {
		return s, "", errTable
	}
	if s.Local, err = parseAddress(c[1]); err != nil {
		return s, "", err
	}
	if s.Remote, err = parseAddress(c[2]); err != nil {
		return s, "", err
	}
	state, err := strconv.ParseUint(c[3], 16, 8)
	if err != nil {
		return s, "", errTable
	}
	if s.State = "other"; int(state) < len(states) {
		s.State = states[state]
	}
	return s, c[9], nil
}

// parseAddress reads an address in hexadecimal digits: words of four bytes, each the
// least significant first, as the machines that Linux runs hearth on have them.
func parseAddress(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(host)
	p, errPort := strconv.ParseUint(port, 16, 16)
	if err != nil || errPort != nil || len(b) != 4 && len(b) != 16 {
		return netip.AddrPort{}, errTable
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), nil
}
