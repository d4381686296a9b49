package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Down stops whatever a cluster directory records and removes the directory. Doing it twice is fine.
func Down(dir string) error {
	dir, err := resolve(dir)
	if err != nil {
		return err
	}
	l := layout(dir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.pidFile()); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s holds no cluster of ours: left as it is", dir)
	}
	stopEverything(l)
	if left := runningProcesses(l); len(left) > 0 {
		return fmt.Errorf("still running: %v", left)
	}
	return os.RemoveAll(dir)
}

// resolve follows symbolic links: mounts and command lines show real paths only.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
		if err != nil {
			return dir, nil
		}
		return filepath.Join(parent, filepath.Base(dir)), nil
	}
	return real, err
}

// stopEverything goes from the outside in: nobody may restart what has just been stopped.
func stopEverything(l layout) {
	byName := func(names ...string) {
		var chosen []process
		for _, p := range recordedProcesses(l) {
			for _, name := range names {
				if p.Name == name {
					chosen = append(chosen, p)
				}
			}
		}
		stopAll(chosen, time.Second)
	}
	byName("kwok", "kube-scheduler", "kube-controller-manager")
	stopNode(l, byName)
	byName("kube-apiserver")
	byName("etcd")
	stopAll(recordedProcesses(l), time.Second)
}

// stopNode removes every trace of the real node: processes, mounts, control groups and files outside the directory.
func stopNode(l layout, stopNamed func(...string)) {
	stopNamed("kubelet")
	killContainers(l)
	sockets := shimSockets(l)
	killShims(l)
	stopNamed("containerd", "registry")
	unmountBelow(string(l))
	for _, socket := range sockets {
		_ = os.Remove(socket)
	}
	network := networkOf(l)
	removeControlGroups(network.cgroup)
	removeStrayFiles(l, network)
}
