//! `kmg-guard-train --corpus FILE.jsonl.gz --out DIR`: writes the model and its card. With `--check` it compares
//! what it would write with what stands there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kmg_guard_train::{card, corpus};

const USAGE: &str = "usage: kmg-guard-train --corpus FILE.jsonl.gz --out DIR [--check]";

fn main() -> ExitCode {
    match run() {
        Ok(told) => {
            tell(&told);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            tell(&problem);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command line tells a person what it did")]
fn tell(text: &str) {
    eprintln!("{text}");
}

fn run() -> Result<String, String> {
    let (mut corpus, mut out, mut check) = (None, None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--corpus" => corpus = arguments.next().map(PathBuf::from),
            "--out" => out = arguments.next().map(PathBuf::from),
            "--check" => check = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let (corpus, out) = corpus.zip(out).ok_or(USAGE)?;
    let file = fs::File::open(&corpus).map_err(|problem| format!("{}: {problem}", corpus.display()))?;
    let files = card::build(&corpus::read(file)?)?;
    for (name, bytes) in [("linear.bin", files.model.as_slice()), ("linear.card.json", files.card.as_bytes())] {
        let path = out.join(name);
        if check { same(&path, bytes)? } else { fs::write(&path, bytes).map_err(|problem| format!("{}: {problem}", path.display()))? }
    }
    Ok(if check { "the model is what its corpus gives".to_owned() } else { format!("written to {}", out.display()) })
}

fn same(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let stands = fs::read(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
    if stands == bytes { Ok(()) } else { Err(format!("{}: another model than the corpus gives", path.display())) }
}
