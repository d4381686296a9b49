package lab

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

const nodeName = "kmg-node"

// realNode is one containerd and one kubelet, wired to this machine's kernel.
type realNode struct {
	plane   *controlPlane
	network nodeNetwork
	runc    string
	cniDir  string
	busybox string
	images  chan error
}

// nodeNetwork differs from cluster to cluster, so that two of them can run side by side.
type nodeNetwork struct{ name, subnet, cgroup string }

func networkOf(l layout) nodeNetwork {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(l))
	sum := hash.Sum32()
	name := fmt.Sprintf("kmg-%08x", sum)
	return nodeNetwork{name, fmt.Sprintf("10.%d.%d.0/24", 200+sum%40, (sum>>8)%256), "/" + name}
}

// beginNode starts what does not need the API server. No node is not an error: the reason is recorded.
func beginNode(ctx context.Context, plane *controlPlane) (*realNode, NodeInfo) {
	node, err := prepareNode(plane)
	if err == nil {
		err = node.startRuntime(ctx)
	}
	if err != nil {
		stopNode(plane.layout, plane.launcher.stopNamed)
		return nil, NodeInfo{Reason: err.Error()}
	}
	return node, NodeInfo{}
}

func (n *realNode) startRuntime(ctx context.Context) error {
	l, launcher := n.plane.layout, n.plane.launcher
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	if err := n.writeConfiguration(ports[0], ports[1]); err != nil {
		return err
	}
	if err := n.plane.writeKubeconfig(l.at("conf", "kubelet.kubeconfig"), "system:node:"+nodeName, "system:nodes"); err != nil {
		return err
	}
	if err := launcher.component("registry", fmt.Sprintf("%s:%d", loopback, ports[1])); err != nil {
		return err
	}
	err = launcher.start("containerd", filepath.Join(launcher.binDir, "containerd"),
		"--config", l.at("conf", "containerd.toml"), "--log-level", "info")
	if err != nil {
		return err
	}
	n.images = make(chan error, 1)
	go func() { n.images <- n.loadImages(ctx) }()
	return nil
}

func (n *realNode) loadImages(ctx context.Context) error {
	failure := func() error { return n.plane.launcher.failure("containerd", "registry") }
	err := waitUntil(ctx, 30*time.Second, "containerd to answer", failure, func(context.Context) bool {
		connection, err := net.Dial("unix", n.plane.layout.containerdSocket())
		if err == nil {
			connection.Close()
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	return importImages(ctx, n.plane, n.busybox)
}

// finish starts the kubelet and waits for a node that takes Pods.
func (n *realNode) finish(ctx context.Context) NodeInfo {
	err := n.run(ctx)
	if err == nil {
		return NodeInfo{Ready: true, Name: nodeName}
	}
	stopNode(n.plane.layout, n.plane.launcher.stopNamed)
	_, _, _ = n.plane.admin.send(ctx, http.MethodDelete, "/api/v1/nodes/"+nodeName, "", nil)
	return NodeInfo{Reason: err.Error()}
}

func (n *realNode) run(ctx context.Context) error {
	l := n.plane.layout
	if err := <-n.images; err != nil {
		return err
	}
	err := n.plane.launcher.component("kubelet",
		"--config", l.at("conf", "kubelet.yaml"), "--kubeconfig", l.at("conf", "kubelet.kubeconfig"),
		"--root-dir", l.at("kubelet"), "--cert-dir", l.at("pki", "kubelet"),
		"--hostname-override", nodeName, "--cloud-provider", "external")
	if err != nil {
		return err
	}
	failure := func() error { return n.plane.launcher.failure("containerd", "kubelet", "kube-apiserver") }
	err = waitUntil(ctx, 45*time.Second, "the kubelet to register", failure, n.adopt)
	if err == nil {
		err = waitUntil(ctx, 45*time.Second, "the node to be ready", failure, func(ctx context.Context) bool {
			return n.plane.usableNodes(ctx, "?fieldSelector=metadata.name%3D"+nodeName) == 1
		})
	}
	if err != nil {
		return fmt.Errorf("%w; kubelet: %s", err, lastLines(l.log("kubelet"), 3))
	}
	return nil
}

// adopt does what a cloud provider would: it gives the node its address and removes the taint that waits for it.
// The kubelet itself refuses a loopback address.
func (n *realNode) adopt(ctx context.Context) bool {
	path := "/api/v1/nodes/" + nodeName
	addresses := map[string]any{"status": map[string]any{"addresses": []any{
		map[string]string{"type": "InternalIP", "address": loopback},
		map[string]string{"type": "Hostname", "address": nodeName},
	}}}
	if n.plane.admin.call(ctx, http.MethodPatch, path+"/status", addresses, nil) != nil {
		return false
	}
	var object nodeObject
	if n.plane.admin.call(ctx, http.MethodGet, path, nil, &object) != nil {
		return false
	}
	kept := []map[string]any{}
	for _, taint := range object.Spec.Taints {
		if taint["key"] != "node.cloudprovider.kubernetes.io/uninitialized" {
			kept = append(kept, taint)
		}
	}
	patch := map[string]any{
		"metadata": map[string]any{"resourceVersion": object.Metadata.ResourceVersion},
		"spec":     map[string]any{"taints": kept},
	}
	return n.plane.admin.call(ctx, http.MethodPatch, path, patch, nil) == nil
}

// usableNodes counts the nodes of a query that are Ready and carry no taint of the cluster's own.
func (c *controlPlane) usableNodes(ctx context.Context, query string) int {
	var nodes struct {
		Items []nodeObject `json:"items"`
	}
	if err := c.admin.call(ctx, http.MethodGet, "/api/v1/nodes"+query, nil, &nodes); err != nil {
		return 0
	}
	usable := 0
	for _, node := range nodes.Items {
		if node.usable() {
			usable++
		}
	}
	return usable
}

// nodeObject is the part of a Node that is looked at here.
type nodeObject struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Spec struct {
		Taints []map[string]any `json:"taints"`
	} `json:"spec"`
	Status struct {
		Conditions []struct{ Type, Status string } `json:"conditions"`
	} `json:"status"`
}

func (n nodeObject) usable() bool {
	for _, taint := range n.Spec.Taints {
		if key, _ := taint["key"].(string); strings.HasPrefix(key, "node.") {
			return false
		}
	}
	for _, condition := range n.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True"
		}
	}
	return false
}
