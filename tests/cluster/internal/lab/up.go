package lab

import (
	"context"
	"fmt"
	"os"
	"time"
)

// Up starts a cluster in a fresh directory and returns once it can be used.
// Nothing it has started survives a failure; the logs do.
func Up(ctx context.Context, options Options) (*Info, error) {
	dir, err := resolve(options.Dir)
	if err != nil {
		return nil, err
	}
	options.Dir = dir
	l := layout(dir)
	if err := l.prepare(); err != nil {
		return nil, err
	}
	launcher, err := newLauncher(l)
	if err != nil {
		return nil, err
	}
	info, err := start(ctx, l, launcher, options)
	if err != nil {
		stopEverything(l)
		return nil, fmt.Errorf("%w (logs: %s)", err, l.at("logs"))
	}
	return info, nil
}

func start(ctx context.Context, l layout, launcher *launcher, options Options) (*Info, error) {
	progress := newProgress()
	plane, err := newControlPlane(l, launcher)
	if err != nil {
		return nil, err
	}
	if err := plane.startStorageAndServer(ctx); err != nil {
		return nil, err
	}
	progress("etcd and the API server started, %s", plane.server)
	var node *realNode
	info := &Info{Node: NodeInfo{Reason: "not asked for"}}
	if options.Node {
		node, info.Node = beginNode(ctx, plane)
	}
	if err := plane.waitForServer(ctx); err != nil {
		return nil, err
	}
	progress("the API server is ready")
	if err := plane.startControllers(); err != nil {
		return nil, err
	}
	if node != nil {
		info.Node = node.finish(ctx)
		progress("the real node: ready=%v %s", info.Node.Ready, info.Node.Reason)
	}
	if options.Kwok > 0 {
		if err := startKwok(ctx, plane, options.Kwok, info.Node.Ready); err != nil {
			return nil, err
		}
		progress("%d simulated nodes are ready", options.Kwok)
	}
	if err := plane.waitForNamespaceContents(ctx); err != nil {
		return nil, err
	}
	if err := describe(ctx, plane, options, info); err != nil {
		return nil, err
	}
	progress("ready")
	return info, nil
}

func describe(ctx context.Context, plane *controlPlane, options Options, info *Info) error {
	version, err := plane.version(ctx)
	if err != nil {
		return err
	}
	l := plane.layout
	info.Kubeconfig, info.CAFile, info.AuditLog = l.adminKubeconfig(), l.caFile(), l.auditLog()
	info.Server, info.KubernetesVersion, info.KwokNodes = plane.server, version, options.Kwok
	info.Images = []string{}
	if info.Node.Ready {
		info.Images = imageNames()
	}
	return writeJSON(l.infoFile(), info)
}

func newProgress() func(string, ...any) {
	began := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "cluster %5.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
}
