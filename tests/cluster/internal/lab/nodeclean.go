package lab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// killContainers ends every container of this cluster; runc kills the whole control group of each.
func killContainers(l layout) {
	root := filepath.Join(l.runcRoot(), "k8s.io")
	entries, _ := os.ReadDir(root)
	runc := findProgram("runc", strings.Split(systemPath, ":"))
	if runc == "" {
		return
	}
	var group sync.WaitGroup
	for _, entry := range entries {
		group.Go(func() {
			_ = exec.Command(runc, "--root", root, "delete", "--force", entry.Name()).Run()
		})
	}
	group.Wait()
}

// shimSockets lists the sockets that shims keep outside the cluster's directory.
func shimSockets(l layout) []string {
	pattern := filepath.Join(l.containerdState(), "io.containerd.runtime.v2.task", "k8s.io", "*", "bootstrap.json")
	bundles, _ := filepath.Glob(pattern)
	var sockets []string
	for _, path := range bundles {
		var bootstrap struct{ Address string }
		text, err := os.ReadFile(path)
		if err == nil && json.Unmarshal(text, &bootstrap) == nil {
			sockets = append(sockets, strings.TrimPrefix(bootstrap.Address, "unix://"))
		}
	}
	return sockets
}

// killShims finds shims by the socket they serve: they outlive containerd and are recorded nowhere.
func killShims(l layout) {
	var shims []process
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		ticks, _ := startTime(pid)
		commandLine, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if ticks != 0 && isShimOf(l, bytes.Split(commandLine, []byte{0})) {
			shims = append(shims, process{"shim", pid, ticks, bootID()})
		}
	}
	stopAll(shims, 100*time.Millisecond)
}

func isShimOf(l layout, words [][]byte) bool {
	if len(words) == 0 || !strings.HasPrefix(filepath.Base(string(words[0])), "containerd-shim") {
		return false
	}
	for i, word := range words[1:] {
		if string(word) == l.containerdSocket() && string(words[i]) == "-address" {
			return true
		}
	}
	return false
}

// unmountBelow takes off all mounts below dir, the innermost first.
func unmountBelow(dir string) {
	var points []string
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return
	}
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		fields := strings.Fields(scanner.Text())
		if len(fields) < 5 {
			continue
		}
		point := strings.ReplaceAll(fields[4], `\040`, " ")
		if strings.HasPrefix(point, dir+"/") {
			points = append(points, point)
		}
	}
	slices.Reverse(points)
	for _, point := range points {
		_ = syscall.Unmount(point, syscall.MNT_DETACH)
	}
}

// cgroupHierarchies lists the roots under which control groups are made: one with version 2, one per controller with version 1.
func cgroupHierarchies() []string {
	const root = "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		return []string{root}
	}
	var roots []string
	matches, _ := filepath.Glob(filepath.Join(root, "*", "cgroup.procs"))
	for _, match := range matches {
		roots = append(roots, filepath.Dir(match))
	}
	return roots
}

func makeControlGroups(name string) error {
	for _, root := range cgroupHierarchies() {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// removeControlGroups works from the leaves up, and again while the kernel still counts a dying process.
func removeControlGroups(name string) {
	for range 25 {
		left := false
		for _, root := range cgroupHierarchies() {
			var dirs []string
			_ = filepath.WalkDir(filepath.Join(root, name), func(path string, entry os.DirEntry, err error) error {
				if err == nil && entry.IsDir() {
					dirs = append(dirs, path)
				}
				return nil
			})
			slices.Reverse(dirs)
			for _, dir := range dirs {
				if syscall.Rmdir(dir) != nil {
					left = true
				}
			}
		}
		if !left {
			return
		}
		time.Sleep(40 * time.Millisecond)
	}
}

// The kubelet listens here wherever its other files are.
const devicePluginSocket = "/var/lib/kubelet/device-plugins/kubelet.sock"

// removeStrayFiles deletes what libcni and the kubelet write to places that cannot be configured.
func removeStrayFiles(l layout, network nodeNetwork) {
	connection, err := net.Dial("unix", devicePluginSocket)
	if err == nil {
		connection.Close()
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		_ = os.Remove(devicePluginSocket)
	}
	results, _ := filepath.Glob("/var/lib/cni/results/" + network.name + "-*")
	for _, path := range results {
		_ = os.Remove(path)
	}
	links, _ := filepath.Glob("/var/log/containers/*.log")
	for _, path := range links {
		target, err := os.Readlink(path)
		if err == nil && strings.HasPrefix(target, string(l)+"/") {
			_ = os.Remove(path)
		}
	}
}
