//! `kmg-guard-eval --corpora DIR [--quick]`: measures the guard and prints the tables in Markdown. With `--quick` no
//! model is trained, so there are no columns on what was held out.

use std::path::PathBuf;
use std::process::ExitCode;

use kmg_guard_train::eval::held::Trainer;
use kmg_guard_train::eval::report::{self, Apart};
use kmg_guard_train::eval::{Corpora, Found, hostile, speed};
use kmg_guard_train::learn::Settings;

const USAGE: &str = "usage: kmg-guard-eval --corpora DIR [--quick]";
const METHOD: &str = include_str!("../eval/method.md");
/// How often the core sets are looked at for their speed.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            tell(&problem);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the report")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a command line tells a person what it does")]
fn tell(text: &str) {
    eprintln!("{text}");
}

fn run() -> Result<String, String> {
    let (mut folder, mut quick) = (None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--corpora" => folder = arguments.next().map(PathBuf::from),
            "--quick" => quick = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let (pack, start) = speed::start()?;
    let corpora = Corpora::read(&folder.ok_or(USAGE)?)?;
    tell("looking at every row");
    let found = Found::new(&pack, &corpora);
    tell("measuring the speed");
    let calls = speed::calls(&pack, &corpora.rows, ROUNDS);
    let slowed = hostile::measure(&pack);
    let apart = if quick { Apart::default() } else { apart(&corpora)? };
    let held = apart.held.as_ref();
    let trained = |family: &str| report::trained(&corpora, family);
    let stays = match found.never.0.as_slice() {
        [] => format!("Of {} texts that are never redacted, none was.", found.never.1),
        changed => format!("Of {} texts that are never redacted, {} were: {changed:?}.", found.never.1, changed.len()),
    };
    let parts = [
        METHOD.trim().to_owned(),
        report::floors(&found).markdown(),
        format!("### Attacks\n\n{}", report::attacks(&found.seen, &apart, trained).markdown()),
        format!("### Attacks in real Kubernetes outputs, by form\n\n{}", report::forms(&found.seen, held).markdown()),
        format!(
            "### Ordinary texts\n\nSecrets in them were not judged one by one: some are real.\n\n{}",
            report::ordinary(&found.seen, held).markdown()
        ),
        format!("### Secrets\n\nA span is gone when it stands nowhere in what is left. {stays}\n\n{}", report::secrets(&found).markdown()),
        format!(
            "### Speed\n\nOne thread, its own processor time; the four core sets, {ROUNDS} times. The interface looks for both at once, so instructions alone are not measured. {}\n\n{}",
            start.told(),
            speed::table(&calls).markdown()
        ),
        format!(
            "### Hostile texts\n\nThe best of three looks each, or the only one where it takes more than a second; the slowest first.\n\n{}",
            hostile::table(&slowed).markdown()
        ),
    ];
    Ok(parts.join("\n\n"))
}

fn apart(corpora: &Corpora) -> Result<Apart, String> {
    tell("training without each quarter of the groups");
    let trainer = Trainer::new(&corpora.rows, Settings::default());
    let held = trainer.held_groups()?;
    tell("training without one family after the other");
    Ok(Apart { held: Some(held), left_out: Some(trainer.left_out()?) })
}
