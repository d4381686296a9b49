package lab

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Longer directories would not leave room for the sockets below them.
const longestNodeDirectory = 70

// prepareNode finds out whether this machine can run a node at all.
func prepareNode(plane *controlPlane) (*realNode, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("not root")
	}
	if len(plane.layout) > longestNodeDirectory {
		return nil, fmt.Errorf("the directory's path is longer than %d characters", longestNodeDirectory)
	}
	node := &realNode{plane: plane, network: networkOf(plane.layout)}
	if len(cgroupHierarchies()) == 0 {
		return nil, errors.New("no control groups under /sys/fs/cgroup")
	}
	if node.runc = findProgram("runc", strings.Split(systemPath, ":")); node.runc == "" {
		return nil, errors.New("no runc")
	}
	plugins := []string{"/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"}
	for _, plugin := range []string{"ptp", "host-local"} {
		found := findProgram(plugin, plugins)
		if found == "" {
			return nil, fmt.Errorf("no CNI plugin %s", plugin)
		}
		node.cniDir = filepath.Dir(found)
	}
	if node.busybox = findProgram("busybox", []string{"/bin", "/usr/bin"}); node.busybox == "" || !isStatic(node.busybox) {
		return nil, errors.New("no static busybox")
	}
	for _, helper := range []string{"containerd", "containerd-shim-runc-v2", "ctr"} {
		if findProgram(helper, []string{plane.launcher.binDir}) == "" {
			return nil, fmt.Errorf("no %s beside this program", helper)
		}
	}
	return node, nil
}

func findProgram(name string, dirs []string) string {
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

func isStatic(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

func (n *realNode) writeConfiguration(kubeletPort, registryPort int) error {
	l := n.plane.layout
	if err := makeControlGroups(n.network.cgroup); err != nil {
		return err
	}
	if err := os.MkdirAll(l.at("kubelet"), 0o755); err != nil {
		return err
	}
	registry := fmt.Sprintf("http://%s:%d", loopback, registryPort)
	return writeFiles(map[string]string{
		l.at("conf", "containerd.toml"): fmt.Sprintf(containerdConfig,
			l.at("containerd"), l.containerdState(), l.containerdSocket(), n.cniDir, l.at("conf", "cni"),
			n.runc, l.runcRoot(), pauseImage, l.at("conf", "registries")),
		l.at("conf", "cni", "10-kmg.conflist"): fmt.Sprintf(cniConfig,
			n.network.name, n.network.subnet, l.at("run", "cni")),
		l.at("conf", "kubelet.yaml"): fmt.Sprintf(kubeletConfig,
			kubeletPort, l.caFile(), l.containerdSocket(), n.network.cgroup,
			l.at("pod-logs"), l.at("kubelet", "volume-plugins"), l.at("conf", "resolv.conf")),
		l.at("conf", "resolv.conf"):                                  "nameserver " + loopback + "\n",
		l.at("conf", "registries", "_default", "hosts.toml"):         hostsFile(registry),
		l.at("conf", "registries", "unreachable.test", "hosts.toml"): hostsFile("http://" + loopback + ":1"),
		// The API server's certificate is of an authority that the node's system does not know.
		l.at("conf", "registries", "untrusted.test", "hosts.toml"): hostsFile(n.plane.server),
	})
}

// hostsFile names the server too: without it an unanswered pull would go on to the image's own host.
func hostsFile(url string) string {
	return fmt.Sprintf("server = %q\n[host.%q]\ncapabilities = [\"pull\", \"resolve\"]\n", url, url)
}

const containerdConfig = `version = 3
root = %q
state = %q
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.differ.v1.erofs"]
[grpc]
address = %q
[plugins."io.containerd.cri.v1.runtime"]
disable_apparmor = true
restrict_oom_score_adj = true
enable_cdi = false
netns_mounts_under_state_dir = true
[plugins."io.containerd.cri.v1.runtime".cni]
use_internal_loopback = true
bin_dirs = [%q]
conf_dir = %q
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = %q
Root = %q
SystemdCgroup = false
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = %q
[plugins."io.containerd.cri.v1.images".registry]
config_path = %q
[plugins."io.containerd.grpc.v1.cri"]
stream_server_address = "127.0.0.1"
stream_server_port = "0"
`

const cniConfig = `{"cniVersion": "1.0.0", "name": %q, "plugins": [
{"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local", "subnet": %q, "dataDir": %q, "routes": [{"dst": "0.0.0.0/0"}]}}
]}
`

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: %d
healthzPort: 0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %q}
authorization: {mode: Webhook}
containerRuntimeEndpoint: "unix://%s"
cgroupDriver: cgroupfs
cgroupRoot: %q
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: [none]
makeIPTablesUtilChains: false
podLogsDir: %q
volumePluginDir: %q
resolvConf: %q
clusterDomain: cluster.local
clusterDNS: [127.0.0.1]
serializeImagePulls: false
maxPods: 250
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: "0%%", nodefs.available: "0%%", imagefs.available: "0%%", nodefs.inodesFree: "0%%"}
`
