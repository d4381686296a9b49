package lab

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"
)

//go:embed audit-policy.yaml
var auditPolicy string

const (
	loopback       = "127.0.0.1"
	serviceRange   = "10.96.0.0/16"
	firstServiceIP = "10.96.0.1"
	issuer         = "https://kubernetes.default.svc"
)

// controlPlane holds the addresses and the CA of a cluster that is being started.
type controlPlane struct {
	layout   layout
	launcher *launcher
	ca       *authority
	caPEM    []byte
	etcd     string
	server   string
	port     int
	admin    *client
}

func newControlPlane(l layout, launcher *launcher) (*controlPlane, error) {
	c := &controlPlane{layout: l, launcher: launcher}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	c.port = ports[0]
	c.server = fmt.Sprintf("https://%s:%d", loopback, c.port)
	c.etcd = fmt.Sprintf("http://%s:%d", loopback, ports[1])
	if c.ca, err = newAuthority(l.at("pki")); err != nil {
		return nil, err
	}
	if c.caPEM, err = os.ReadFile(l.caFile()); err != nil {
		return nil, err
	}
	if err := c.writeCredentials(); err != nil {
		return nil, err
	}
	c.admin, err = adminClient(l, c.server)
	return c, err
}

func (c *controlPlane) writeCredentials() error {
	pki := c.layout.at("pki")
	if err := writeServiceAccountKeys(pki); err != nil {
		return err
	}
	serving, err := c.ca.serverPair([]string{loopback, "localhost", firstServiceIP,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"})
	if err != nil {
		return err
	}
	if err := serving.write(pki, "apiserver"); err != nil {
		return err
	}
	toKubelet, err := c.ca.clientPair("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return err
	}
	if err := toKubelet.write(pki, "kubelet-client"); err != nil {
		return err
	}
	if err := c.writeKubeconfig(c.layout.adminKubeconfig(), "kubernetes-admin", "system:masters"); err != nil {
		return err
	}
	for _, user := range []string{"kube-controller-manager", "kube-scheduler"} {
		if err := c.writeKubeconfig(c.layout.at("conf", user+".kubeconfig"), "system:"+user); err != nil {
			return err
		}
	}
	return os.WriteFile(c.layout.at("conf", "audit-policy.yaml"), []byte(auditPolicy), 0o600)
}

func (c *controlPlane) writeKubeconfig(path, user string, groups ...string) error {
	pair, err := c.ca.clientPair(user, groups...)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(kubeconfig(c.server, c.caPEM, user, pair)), 0o600)
}

func (c *controlPlane) startStorageAndServer(ctx context.Context) error {
	peers, err := freePorts(1)
	if err != nil {
		return err
	}
	peer := fmt.Sprintf("http://%s:%d", loopback, peers[0])
	err = c.launcher.component("etcd", "--name", "kmg", "--data-dir", c.layout.at("etcd"),
		"--listen-client-urls", c.etcd, "--advertise-client-urls", c.etcd,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
		"--initial-cluster", "kmg="+peer, "--unsafe-no-fsync", "--log-level", "warn",
		"--heartbeat-interval", "20", "--election-timeout", "200")
	if err != nil {
		return err
	}
	if err := c.waitForStorage(ctx); err != nil {
		return err
	}
	pki := func(name string) string { return c.layout.at("pki", name) }
	return c.launcher.component("kube-apiserver",
		"--etcd-servers", c.etcd, "--bind-address", loopback, "--advertise-address", loopback,
		"--secure-port", fmt.Sprint(c.port), "--endpoint-reconciler-type", "none",
		"--tls-cert-file", pki("apiserver.crt"), "--tls-private-key-file", pki("apiserver.key"),
		"--client-ca-file", pki("ca.crt"), "--authorization-mode", "Node,RBAC",
		"--enable-admission-plugins", "NodeRestriction", "--allow-privileged",
		"--service-account-issuer", issuer, "--service-account-key-file", pki("sa.pub"),
		"--service-account-signing-key-file", pki("sa.key"),
		"--service-cluster-ip-range", serviceRange,
		"--kubelet-client-certificate", pki("kubelet-client.crt"),
		"--kubelet-client-key", pki("kubelet-client.key"),
		"--kubelet-preferred-address-types", "InternalIP",
		"--audit-policy-file", c.layout.at("conf", "audit-policy.yaml"),
		"--audit-log-path", c.layout.auditLog(), "--audit-log-mode", "blocking",
		"--audit-log-maxsize", "2000")
}

// waitForStorage comes first: an API server that finds no etcd tries again only a second later.
func (c *controlPlane) waitForStorage(ctx context.Context) error {
	failure := func() error { return c.launcher.failure("etcd") }
	return waitUntil(ctx, 30*time.Second, "etcd to be ready", failure, func(context.Context) bool {
		response, err := http.Get(c.etcd + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

func (c *controlPlane) startControllers() error {
	pki := func(name string) string { return c.layout.at("pki", name) }
	err := c.launcher.component("kube-controller-manager",
		"--kubeconfig", c.layout.at("conf", "kube-controller-manager.kubeconfig"),
		"--leader-elect=false", "--secure-port", "0", "--use-service-account-credentials",
		"--service-account-private-key-file", pki("sa.key"), "--root-ca-file", pki("ca.crt"),
		"--cluster-signing-cert-file", pki("ca.crt"), "--cluster-signing-key-file", pki("ca.key"),
		"--horizontal-pod-autoscaler-sync-period", "2s",
		"--kube-api-qps", "300", "--kube-api-burst", "600")
	if err != nil {
		return err
	}
	return c.launcher.component("kube-scheduler",
		"--kubeconfig", c.layout.at("conf", "kube-scheduler.kubeconfig"),
		"--leader-elect=false", "--secure-port", "0",
		"--kube-api-qps", "300", "--kube-api-burst", "600")
}

func (c *controlPlane) waitForServer(ctx context.Context) error {
	failure := func() error { return c.launcher.failure("etcd", "kube-apiserver") }
	return waitUntil(ctx, 90*time.Second, "the API server to be ready", failure, func(ctx context.Context) bool {
		return c.admin.succeeds(ctx, "/readyz")
	})
}

// waitForNamespaceContents returns once Pods can be created: that needs the default service account.
func (c *controlPlane) waitForNamespaceContents(ctx context.Context) error {
	failure := func() error { return c.launcher.failure("etcd", "kube-apiserver", "kube-controller-manager") }
	return waitUntil(ctx, 60*time.Second, "the controllers to fill the default namespace", failure, func(ctx context.Context) bool {
		return c.admin.succeeds(ctx, "/api/v1/namespaces/default/serviceaccounts/default") &&
			c.admin.succeeds(ctx, "/api/v1/namespaces/default/configmaps/kube-root-ca.crt")
	})
}

func (c *controlPlane) version(ctx context.Context) (string, error) {
	var answer struct {
		GitVersion string `json:"gitVersion"`
	}
	err := c.admin.call(ctx, http.MethodGet, "/version", nil, &answer)
	return answer.GitVersion, err
}

// freePorts stays below the ephemeral range, so that no outgoing connection takes a port in between.
func freePorts(count int) ([]int, error) {
	var ports []int
	for attempt := 0; attempt < 500 && len(ports) < count; attempt++ {
		port := 15000 + rand.IntN(15000)
		listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", loopback, port))
		if err != nil {
			continue
		}
		defer listener.Close()
		ports = append(ports, port)
	}
	if len(ports) < count {
		return nil, fmt.Errorf("no free port on %s", loopback)
	}
	return ports, nil
}
