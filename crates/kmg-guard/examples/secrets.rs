//! A development tool: how well the secret rules do on files of examples.
//!
//! `--eval FILE` reads JSON lines with `kind`, `text`, `secrets` and `keep`, and prints recall for each kind, what
//! was missed and what of `keep` is gone. `--fp` reads JSON lines with `corpus`, `label` and `text` from the standard input, and prints what is
//! redacted in rows of label 0. `--speed` reads the same and prints MB/s. `--worst` measures hostile texts.
//! `--check FILE` proves a rule file.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::collections::BTreeMap;
use std::io::BufRead as _;

use kmg_guard::{check_secret_rules, explain_secrets};
use serde_json::Value;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--eval", file] => eval(&std::fs::read_to_string(file)?),
        ["--fp"] => false_positives(),
        ["--speed"] => speed(),
        ["--worst"] => worst(&[]),
        ["--worst", units @ ..] => worst(units),
        ["--check", file] => check(file),
        _ => Err("usage: secrets --eval FILE | --fp | --speed | --worst | --check FILE".into()),
    }
}

fn strings<'v>(row: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    row.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn text_of<'v>(row: &'v Value, key: &str) -> &'v str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Seconds that this process has run on a processor: other work on the machine does not count.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = line.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(std::time::Duration::from_nanos(nanoseconds).as_secs_f64())
}

fn eval(rows: &str) -> Outcome {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut taken = 0;
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        let (canonical, spans, redacted) = explain_secrets(text_of(&row, "text"));
        let kind = kinds.entry(text_of(&row, "kind").to_owned()).or_default();
        for kept in strings(&row, "keep").filter(|kept| !redacted.contains(kept)) {
            taken += 1;
            println!("TAKEN {} {kept:?}\n    {redacted:.300?}", text_of(&row, "kind"));
        }
        for secret in strings(&row, "secrets") {
            kind.1 += 1;
            if redacted.contains(secret) {
                let rules: Vec<&str> = spans.iter().map(|span| span.rule.as_str()).collect();
                println!("MISSED {} {secret:?} rules {rules:?}\n    {canonical:.300?}", text_of(&row, "kind"));
            } else {
                kind.0 += 1;
            }
        }
    }
    println!("{taken} replaced that are to be kept");
    let (mut gone, mut all) = (0, 0);
    for (kind, (found, total)) in &kinds {
        println!("{kind:28} {found:5} of {total:5}");
        gone += found;
        all += total;
    }
    println!("{:28} {gone:5} of {all:5}", "all");
    Ok(())
}

fn benign_rows() -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
    let mut rows = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        if row.get("label").and_then(Value::as_i64) == Some(0) {
            rows.push((text_of(&row, "corpus").to_owned(), text_of(&row, "text").to_owned()));
        }
    }
    Ok(rows)
}

fn false_positives() -> Outcome {
    let mut sets: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (corpus, text) in benign_rows()? {
        let (canonical, spans, _) = explain_secrets(&text);
        let set = sets.entry(corpus.clone()).or_default();
        set.1 += 1;
        set.0 += usize::from(!spans.is_empty());
        for span in spans {
            let from = canonical.floor_char_boundary(span.span.start.saturating_sub(60));
            let to = canonical.ceil_char_boundary((span.span.end + 20).min(canonical.len()));
            let before = &canonical[from..span.span.start];
            println!("{corpus} {} {before:?} >>{:.120?}<< {:?}", span.rule, &canonical[span.span.clone()], &canonical[span.span.end..to]);
        }
    }
    for (corpus, (hit, all)) in sets {
        println!("SET {corpus:24} {hit:5} of {all:5} documents");
    }
    Ok(())
}

fn speed() -> Outcome {
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (corpus, text) in benign_rows()? {
        sets.entry(corpus).or_default().push(text);
    }
    let _warm = explain_secrets("password=example");
    for (corpus, texts) in sets {
        let bytes: usize = texts.iter().map(String::len).sum();
        let mut best = f64::INFINITY;
        for _round in 0..5 {
            let start = cpu_seconds()?;
            let found: usize = texts.iter().map(|text| kmg_guard::count_secrets(text)).sum();
            best = best.min(cpu_seconds()? - start);
            std::hint::black_box(found);
        }
        println!("{corpus:24} {:8.1} MB/s", f64::from(u32::try_from(bytes)?) / 1e6 / best);
    }
    Ok(())
}

/// What is put behind each literal.
const JOINTS: [&str; 16] =
    ["", " ", "=", ": ", "a1B2c3D4e5F6g7H8", "\":\"", "\n", "=\"", "-", "_", ".", " token=", "=${", "@x.test:", " -p ", "\\\":\\\""];
/// Shapes that are no literal of any rule.
const SHAPES: [&str; 24] = [
    "\"=",
    "eyJhbGciOiJI.",
    "a://",
    "\"",
    "'",
    "=",
    "{\"",
    "{\"a\":",
    "\\\"",
    "\\",
    "- ",
    "-",
    "\n",
    "[redacted:",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----\n",
    "{\"kind\":\"Secret\",\"data\":{",
    "kind: Secret\ndata:\n  a: b\n",
    "password: |\n ",
    "a1B2c3D4",
    "0fa4e7c2",
    "a:b@",
    "\"name\":\"x_token\",",
    "\\n",
];

/// The rate of counting the secrets in `unit` repeated to `bytes`, in MB/s: the best of `rounds`.
fn rate(unit: &str, bytes: usize, rounds: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let text = unit.repeat(bytes / unit.len());
    let mut best = f64::INFINITY;
    for _round in 0..rounds {
        let start = cpu_seconds()?;
        std::hint::black_box(kmg_guard::count_secrets(&text));
        best = best.min(cpu_seconds()? - start);
    }
    Ok(f64::from(u32::try_from(text.len())?) / 1e6 / best)
}

/// Repeats each literal behind and before the joints, and the shapes: those that are slow at 16 KiB again at 1 MiB.
fn worst(given: &[&str]) -> Outcome {
    let mut units: Vec<String> = SHAPES.map(str::to_owned).to_vec();
    for literal in kmg_guard::secret_literals() {
        units.extend(JOINTS.iter().map(|joint| format!("{literal}{joint}")));
    }
    units.sort();
    units.dedup();
    if !given.is_empty() {
        units = given.iter().map(|unit| (*unit).to_owned()).collect();
    }
    let mut slow: Vec<(f64, String)> = Vec::new();
    for unit in units {
        slow.push((rate(&unit, 1 << 14, 1)?, unit));
    }
    slow.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{} units", slow.len());
    slow.truncate(80);
    for (at, unit) in &mut slow {
        *at = rate(unit, 1 << 20, 2)?;
    }
    slow.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (at, unit) in slow.iter().take(10) {
        // Twice the text, at half the rate, would be quadratic.
        let (quarter, half) = (rate(unit, 1 << 18, 3)?, rate(unit, 1 << 19, 3)?);
        println!("{at:8.1} MB/s; {half:.1} of 512 KiB, {quarter:.1} of 256 KiB: {unit:?}");
    }
    Ok(())
}

fn check(file: &str) -> Outcome {
    match check_secret_rules(file, &std::fs::read_to_string(file)?) {
        Ok(rules) => println!("{file}: {rules} rules"),
        Err(reasons) => return Err(reasons.join("\n").into()),
    }
    Ok(())
}
