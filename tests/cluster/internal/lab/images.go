package lab

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const pauseImage = "registry.test/pause:1"

// image is one test image: busybox, a shell script and a few files.
type image struct {
	name   string
	script string
	files  map[string]string
}

// A script ends at once on SIGTERM: as process 1 it would be immune to it without a trap.
const sleepForever = `trap 'exit 0' TERM INT; sleep 2147483647 & wait`

func testImages() []image {
	web := func(version string) image {
		return image{
			name:   "registry.test/web:" + version,
			script: `trap 'exit 0' TERM INT; echo "web ` + version + ` listens on 8080"; httpd -f -v -p 8080 -h /www & wait`,
			files:  map[string]string{"www/index.html": "web " + version + "\n", "www/healthz": "ok\n"},
		}
	}
	return []image{
		{name: pauseImage, script: sleepForever},
		web("1"), web("2"),
		{name: "registry.test/crash:1", script: `echo "fatal: no configuration at /etc/app/config.yaml"; exit 3`},
		{name: "registry.test/sleeper:1", script: `echo "sleeping"; ` + sleepForever},
	}
}

func imageNames() []string {
	var names []string
	for _, image := range testImages() {
		names = append(names, image.name)
	}
	return names
}

// importImages hands containerd a docker archive with every test image.
func importImages(ctx context.Context, plane *controlPlane, busybox string) error {
	archive := plane.layout.at("run", "images.tar")
	if err := writeImageArchive(archive, busybox); err != nil {
		return err
	}
	defer os.Remove(archive)
	command := exec.CommandContext(ctx, filepath.Join(plane.launcher.binDir, "ctr"),
		"--address", plane.layout.containerdSocket(), "--namespace", "k8s.io", "images", "import", archive)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("import images: %w: %s", err, output)
	}
	return nil
}

func writeImageArchive(path, busybox string) error {
	base, err := busyboxLayer(busybox)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	archive := tar.NewWriter(file)
	if err := addFile(archive, "base.tar", base, 0o644); err != nil {
		return err
	}
	var manifest []map[string]any
	for i, image := range testImages() {
		layer, err := filesLayer(image.files)
		if err != nil {
			return err
		}
		config, err := imageConfig(image, base, layer)
		if err != nil {
			return err
		}
		configName, layerName := fmt.Sprintf("config-%d.json", i), fmt.Sprintf("layer-%d.tar", i)
		if err := addFile(archive, configName, config, 0o644); err != nil {
			return err
		}
		if err := addFile(archive, layerName, layer, 0o644); err != nil {
			return err
		}
		manifest = append(manifest, map[string]any{
			"Config": configName, "RepoTags": []string{image.name}, "Layers": []string{"base.tar", layerName},
		})
	}
	text, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	if err := addFile(archive, "manifest.json", text, 0o644); err != nil {
		return err
	}
	return archive.Close()
}

func imageConfig(image image, layers ...[]byte) ([]byte, error) {
	var digests []string
	for _, layer := range layers {
		digests = append(digests, fmt.Sprintf("sha256:%x", sha256.Sum256(layer)))
	}
	return json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"created":      "2000-01-01T00:00:00Z",
		"config": map[string]any{
			"Env": []string{"PATH=/bin"},
			"Cmd": []string{"/bin/sh", "-c", image.script},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": digests},
	})
}

func busyboxLayer(busybox string) ([]byte, error) {
	program, err := os.ReadFile(busybox)
	if err != nil {
		return nil, err
	}
	var buffer bytes.Buffer
	layer := tar.NewWriter(&buffer)
	if err := addFile(layer, "bin/busybox", program, 0o755); err != nil {
		return nil, err
	}
	applets := []string{"sh", "cat", "date", "dd", "echo", "env", "false", "grep", "head", "httpd", "id", "kill",
		"ls", "mkdir", "nc", "ps", "rm", "sleep", "tail", "test", "touch", "true", "wget", "yes"}
	for _, applet := range applets {
		link := &tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + applet, Linkname: "busybox", Mode: 0o777}
		if err := layer.WriteHeader(link); err != nil {
			return nil, err
		}
	}
	if err := layer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
		return nil, err
	}
	err = addFile(layer, "etc/passwd", []byte("root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"), 0o644)
	if err != nil {
		return nil, err
	}
	err = layer.Close()
	return buffer.Bytes(), err
}

func filesLayer(files map[string]string) ([]byte, error) {
	var buffer bytes.Buffer
	layer := tar.NewWriter(&buffer)
	for name, text := range files {
		if err := addFile(layer, name, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	err := layer.Close()
	return buffer.Bytes(), err
}

func addFile(archive *tar.Writer, name string, content []byte, mode int64) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: mode}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}
