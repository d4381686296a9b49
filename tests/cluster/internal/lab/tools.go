package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// Status is what `status` prints.
type Status struct {
	Running   bool            `json:"running"`
	Processes map[string]bool `json:"processes"`
	Cluster   *Info           `json:"cluster,omitempty"`
}

// ReadStatus looks at the recorded processes and, if they run, at the API server.
func ReadStatus(ctx context.Context, dir string) (*Status, error) {
	dir, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	l := layout(dir)
	status := &Status{Processes: map[string]bool{}}
	for _, p := range recordedProcesses(l) {
		status.Processes[p.Name] = p.alive()
	}
	info, err := readInfo(l)
	if err != nil {
		return status, nil
	}
	status.Cluster = info
	admin, err := adminClient(l, info.Server)
	if err != nil {
		return nil, err
	}
	status.Running = admin.succeeds(ctx, "/readyz")
	return status, nil
}

// Raw sends one request as kubernetes-admin and returns status and answer.
func Raw(ctx context.Context, dir, method, path, contentType string, body []byte) (int, []byte, error) {
	l, info, err := open(dir)
	if err != nil {
		return 0, nil, err
	}
	c, err := identityClient(l, info.Server, "kubernetes-admin", "system:masters")
	if err != nil {
		return 0, nil, err
	}
	if contentType == "" {
		contentType = "application/json"
		if method == http.MethodPatch {
			contentType = "application/merge-patch+json"
		}
	}
	return c.send(ctx, method, path, contentType, body)
}

// Kubeconfig mints a client certificate for any user and groups: an identity that RBAC alone limits.
func Kubeconfig(dir, user string, groups []string) (string, error) {
	l, info, err := open(dir)
	if err != nil {
		return "", err
	}
	pair, caPEM, err := mint(l, user, groups...)
	if err != nil {
		return "", err
	}
	return kubeconfig(info.Server, caPEM, user, pair), nil
}

func open(dir string) (layout, *Info, error) {
	dir, err := resolve(dir)
	if err != nil {
		return "", nil, err
	}
	info, err := readInfo(layout(dir))
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("no cluster is up in %s", dir)
	}
	return layout(dir), info, err
}

func readInfo(l layout) (*Info, error) {
	text, err := os.ReadFile(l.infoFile())
	if err != nil {
		return nil, err
	}
	info := &Info{}
	return info, json.Unmarshal(text, info)
}
