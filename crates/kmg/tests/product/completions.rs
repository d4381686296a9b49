//! Completions, taken by a real shell.

use crate::support::Process;

/// Runs `bash -c SCRIPT` with `file` as its first argument.
fn bash(script: &str, file: &std::path::Path) -> String {
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
