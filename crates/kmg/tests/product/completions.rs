//! Completions, taken by a real shell.

use std::path::Path;

use crate::support::Process;

/// Runs `bash -c SCRIPT` with `file` as its first argument.
fn bash(script: &str, file: &Path) -> String {
    let out = Process::command("bash").args(["--norc", "-c", script, "bash"]).arg(file).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn bash_takes_the_script_and_completes_by_it() {
    let out = Process::command(env!("CARGO_BIN_EXE_kmg")).args(["completions", "bash"]).output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kmg.bash");
    std::fs::write(&file, out.stdout).unwrap();
    bash("bash -n \"$1\"", &file);
    let complete = "source \"$1\"; COMP_WORDS=(kmg audit ver); COMP_CWORD=2; _kmg kmg ver audit; echo \"${COMPREPLY[*]}\"; complete -p kmg";
    let said = bash(complete, &file);
    assert!(said.starts_with("verify\n") && said.contains("_kmg"), "{said}");
}

/// `kmg completions bash | head -1` is no failure; a full disk is one.
#[test]
fn a_reader_may_leave_and_a_full_disk_is_told() {
    let script = "\"$1\" completions bash | head -1; echo \"${PIPESTATUS[0]}\"; \"$1\" config reference 2>&1 > /dev/full; echo \"$?\"";
    let said = bash(script, Path::new(env!("CARGO_BIN_EXE_kmg")));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines.len(), lines[1], lines[3]), (4, "0", "1"), "{said}");
    assert!(lines[2].starts_with("kmg: standard output: "), "{said}");
}

#[test]
fn a_wrong_command_line_is_not_a_failure_of_the_work() {
    for (words, status) in
        [(&["no-such-command"][..], 2), (&["config", "check"], 2), (&["config", "check", "/nonexistent"], 1), (&["help"], 0)]
    {
        let out = Process::command(env!("CARGO_BIN_EXE_kmg")).args(words).output().unwrap();
        assert_eq!(out.status.code(), Some(status), "{words:?}");
        assert_eq!(out.stderr.is_empty(), status == 0, "{words:?}");
    }
}
