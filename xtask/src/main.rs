//! The project's own tasks. `cargo xtask` without words lists them.

mod bench;
mod cluster;
mod guard_eval;
mod pictures;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask TASK
  test                       everything ./test runs: format, lints, tidy, every suite on real parts
  tidy                       the layers, bans and size limits of ARCHITECTURE.md
  pictures                   docs/pictures, in real Chromium
  bench [--quick] [--record] the numbers of docs/benchmarks.md, measured
  bench reads [--record]     of them only the bytes and tokens that the reading tools answer
  guard-eval [--quick] [--record] [--corpora DIR]
                             how well and how fast the guard finds attacks and secrets in the development corpora
  cluster build|up|down      the real test cluster (see tests/cluster/README.md)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first().map(|(task, rest)| (task.as_str(), rest)) {
        Some(("test", rest)) => test::run(rest),
        Some(("tidy", [])) => tidy::run(),
        Some(("bench", rest)) => bench::run(rest),
        Some(("guard-eval", rest)) => guard_eval::run(rest),
        Some(("cluster", rest)) => cluster::run(rest),
        Some(("pictures", [])) => pictures::run(),
        _ => Err(anyhow::anyhow!("{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
