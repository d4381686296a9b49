// kmg-testcluster is a whole Kubernetes cluster in one program, for tests.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"kmg-testcluster/internal/lab"
)

const usage = `usage:
  kmg-testcluster up [--dir D] [--node] [--kwok N]
  kmg-testcluster down [--dir D]
  kmg-testcluster status [--dir D]
  kmg-testcluster raw [--dir D] [--type CONTENT-TYPE] METHOD PATH [BODYFILE|-]
  kmg-testcluster kubeconfig [--dir D] USER [GROUP...]
The parts of the cluster are subcommands too: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet.
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	runComponent(os.Args[1], os.Args[2:])
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "kmg-testcluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command string, args []string) error {
	var options lab.Options
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	flags.StringVar(&options.Dir, "dir", filepath.Join(os.TempDir(), "kmg-cluster"), "")
	flags.BoolVar(&options.Node, "node", false, "")
	flags.IntVar(&options.Kwok, "kwok", 0, "")
	contentType := flags.String("type", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch command {
	case "up":
		info, err := lab.Up(ctx, options)
		return printed(info, err)
	case "down":
		return lab.Down(options.Dir)
	case "status":
		status, err := lab.ReadStatus(ctx, options.Dir)
		return printed(status, err)
	case "raw":
		return raw(ctx, options.Dir, *contentType, flags.Args())
	case "kubeconfig":
		if flags.NArg() == 0 {
			return fmt.Errorf("whose?\n%s", usage)
		}
		text, err := lab.Kubeconfig(options.Dir, flags.Arg(0), flags.Args()[1:])
		fmt.Print(text)
		return err
	case "registry":
		return lab.ServeRegistry(flags.Arg(0))
	}
	return fmt.Errorf("no such command: %s\n%s", command, usage)
}

func printed(value any, err error) error {
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func raw(ctx context.Context, dir, contentType string, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("METHOD and PATH are wanted\n%s", usage)
	}
	var body []byte
	if len(args) > 2 {
		var err error
		if body, err = readBody(args[2]); err != nil {
			return err
		}
	}
	method := strings.ToUpper(args[0])
	status, answer, err := lab.Raw(ctx, dir, method, args[1], contentType, body)
	if err != nil {
		return err
	}
	_, _ = os.Stdout.Write(answer)
	if status >= 300 {
		return fmt.Errorf("%s %s: %d", method, args[1], status)
	}
	return nil
}

func readBody(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}
