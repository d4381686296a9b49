package lab

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

//go:embed stages.yaml
var stages string

const kwokKey = "kwok.x-k8s.io/node"

// startKwok adds simulated nodes. Beside a real node they are tainted, so that only Pods that ask for them land there.
func startKwok(ctx context.Context, plane *controlPlane, count int, tainted bool) error {
	l := plane.layout
	credentials := l.at("conf", "kwok.kubeconfig")
	if err := plane.writeKubeconfig(credentials, "kwok-controller", "system:masters"); err != nil {
		return err
	}
	config := l.at("conf", "kwok.yaml")
	if err := os.WriteFile(config, []byte(stages), 0o600); err != nil {
		return err
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	err = plane.launcher.start("kwok", filepath.Join(plane.launcher.binDir, "kwok"),
		"--kubeconfig", credentials, "--config", config,
		"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector", kwokKey+"=fake",
		"--cidr", "10.128.0.0/12", "--node-ip", loopback, "--node-port", fmt.Sprint(ports[0]),
		"--server-address", fmt.Sprintf("%s:%d", loopback, ports[0]),
		"--tls-cert-file", l.at("pki", "apiserver.crt"), "--tls-private-key-file", l.at("pki", "apiserver.key"),
		"--node-lease-duration-seconds", "40")
	if err != nil {
		return err
	}
	for i := range count {
		if err := plane.admin.call(ctx, http.MethodPost, "/api/v1/nodes", simulatedNode(i, tainted), nil); err != nil {
			return err
		}
	}
	failure := func() error { return plane.launcher.failure("kwok", "kube-apiserver") }
	return waitUntil(ctx, 30*time.Second, "the simulated nodes to be ready", failure, func(ctx context.Context) bool {
		return plane.usableNodes(ctx, "?labelSelector=type%3Dkwok") == count
	})
}

func simulatedNode(index int, tainted bool) map[string]any {
	name := fmt.Sprintf("kwok-%d", index)
	spec := map[string]any{}
	if tainted {
		spec["taints"] = []any{map[string]string{"key": kwokKey, "value": "fake", "effect": "NoSchedule"}}
	}
	return map[string]any{
		"apiVersion": "v1",
		"kind":       "Node",
		"metadata": map[string]any{
			"name":        name,
			"annotations": map[string]string{kwokKey: "fake"},
			"labels": map[string]string{
				"type":                   "kwok",
				kwokKey:                  "fake",
				"kubernetes.io/arch":     "amd64",
				"kubernetes.io/hostname": name,
				"kubernetes.io/os":       "linux",
			},
		},
		"spec": spec,
	}
}
