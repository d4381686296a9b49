// Package lab starts and stops a whole Kubernetes cluster on this machine's loopback.
package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Options says which cluster is wanted.
type Options struct {
	Dir  string
	Node bool
	Kwok int
}

// Info is what cluster.json tells the users of a cluster.
type Info struct {
	Kubeconfig        string   `json:"kubeconfig"`
	Server            string   `json:"server"`
	CAFile            string   `json:"caFile"`
	AuditLog          string   `json:"auditLog"`
	Node              NodeInfo `json:"node"`
	KwokNodes         int      `json:"kwokNodes"`
	KubernetesVersion string   `json:"kubernetesVersion"`
	Images            []string `json:"images"`
}

// NodeInfo tells whether the real node runs, and why not if it doesn't.
type NodeInfo struct {
	Ready  bool   `json:"ready"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// layout names every path below a cluster's directory.
type layout string

func (l layout) at(parts ...string) string {
	return filepath.Join(append([]string{string(l)}, parts...)...)
}

func (l layout) infoFile() string         { return l.at("cluster.json") }
func (l layout) pidFile() string          { return l.at("pids.json") }
func (l layout) auditLog() string         { return l.at("audit.log") }
func (l layout) adminKubeconfig() string  { return l.at("admin.kubeconfig") }
func (l layout) caFile() string           { return l.at("pki", "ca.crt") }
func (l layout) log(name string) string   { return l.at("logs", name+".log") }
func (l layout) containerdSocket() string { return l.at("run", "containerd.sock") }
func (l layout) containerdState() string  { return l.at("run", "containerd") }
func (l layout) runcRoot() string         { return l.at("run", "runc") }

// prepare makes a fresh directory. Only what an earlier cluster left is ever removed.
func (l layout) prepare() error {
	entries, err := os.ReadDir(string(l))
	if err == nil && len(entries) > 0 {
		if len(runningProcesses(l)) > 0 {
			return fmt.Errorf("a cluster runs in %s already: take it down first", string(l))
		}
		if err := Down(string(l)); err != nil {
			return err
		}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, sub := range []string{"pki", "logs", "run", "conf"} {
		if err := os.MkdirAll(l.at(sub), 0o700); err != nil {
			return err
		}
	}
	return writeJSON(l.pidFile(), []process{})
}

func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomically(path, append(text, '\n'))
}

func writeAtomically(path string, text []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

func writeFiles(files map[string]string) error {
	for path, text := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
