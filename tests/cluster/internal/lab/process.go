package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process identifies one started process for good: a recycled pid has another start time.
type process struct {
	Name      string `json:"name"`
	Pid       int    `json:"pid"`
	StartTime uint64 `json:"startTime"`
	BootID    string `json:"bootId"`
}

// launcher starts detached processes and records each of them.
type launcher struct {
	layout  layout
	binDir  string
	mutex   sync.Mutex
	started []process
	exited  map[string]error
}

func newLauncher(l layout) (*launcher, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &launcher{layout: l, binDir: filepath.Dir(self), exited: map[string]error{}}, nil
}

// component starts a subcommand of this very binary.
func (s *launcher) component(name string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return s.start(name, self, append([]string{name}, args...)...)
}

func (s *launcher) start(name, program string, args ...string) error {
	log, err := os.OpenFile(s.layout.log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(program, args...)
	command.Dir = s.layout.at("run")
	command.Stdout, command.Stderr = log, log
	command.Env = append(os.Environ(), "PATH="+s.binDir+":"+systemPath)
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}

	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	ticks, _ := startTime(command.Process.Pid)
	s.started = append(s.started, process{name, command.Process.Pid, ticks, bootID()})
	go func() {
		err := command.Wait()
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.exited[name] = fmt.Errorf("%s ended (%v): %s", name, err, lastLines(s.layout.log(name), 3))
	}()
	return writeJSON(s.layout.pidFile(), s.started)
}

// failure tells of the first of the named processes that has ended by itself.
func (s *launcher) failure(names ...string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, name := range names {
		if err := s.exited[name]; err != nil {
			return err
		}
	}
	return nil
}

func (s *launcher) stopNamed(names ...string) {
	s.mutex.Lock()
	var chosen []process
	for _, p := range s.started {
		for _, name := range names {
			if p.Name == name {
				chosen = append(chosen, p)
			}
		}
	}
	s.mutex.Unlock()
	stopAll(chosen, 3*time.Second)
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (p process) alive() bool {
	ticks, state := startTime(p.Pid)
	return ticks != 0 && ticks == p.StartTime && p.BootID == bootID() && state != "Z"
}

func (p process) signal(signal syscall.Signal) {
	if p.alive() {
		_ = syscall.Kill(p.Pid, signal)
	}
}

// stopAll asks, waits for the grace period, then kills.
func stopAll(processes []process, grace time.Duration) {
	for _, p := range processes {
		p.signal(syscall.SIGTERM)
	}
	if waitGone(processes, grace) {
		return
	}
	for _, p := range processes {
		p.signal(syscall.SIGKILL)
	}
	waitGone(processes, 5*time.Second)
}

func waitGone(processes []process, limit time.Duration) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		left := 0
		for _, p := range processes {
			if p.alive() {
				left++
			}
		}
		if left == 0 || time.Now().After(deadline) {
			return left == 0
		}
	}
}

func recordedProcesses(l layout) []process {
	var found []process
	text, err := os.ReadFile(l.pidFile())
	if err == nil {
		_ = json.Unmarshal(text, &found)
	}
	return found
}

func runningProcesses(l layout) []process {
	var running []process
	for _, p := range recordedProcesses(l) {
		if p.alive() {
			running = append(running, p)
		}
	}
	return running
}

// startTime reads field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets.
func startTime(pid int) (ticks uint64, state string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, ""
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 {
		return 0, ""
	}
	ticks, _ = strconv.ParseUint(fields[19], 10, 64)
	return ticks, fields[0]
}

func bootID() string {
	text, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text))
}

// lastLines quotes the end of a log, short enough for one message.
func lastLines(path string, count int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "no log"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines = lines[max(0, len(lines)-count):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), 240)]
	}
	return strings.Join(lines, " | ")
}
