//! A report of fixed data.

use std::time::Duration;

use super::*;
use crate::measure::answers::{Answered, Size};
use crate::measure::memory::Memory;
use crate::measure::plans::Plans;
use crate::measure::reads::{DIRECT, DISK, GUARD, MANY, ToolReads};
use crate::measure::sizes::{Crowd, Sizes};
use crate::measure::start::Starts;
use crate::series::Series;

fn machine() -> Machine {
    Machine {
        date: "2026-01-02 03:04 UTC".to_owned(),
        commit: "abc".to_owned(),
        cpu: "Fast".to_owned(),
        cores: 2,
        memory: 24,
        kernel: "6.1".to_owned(),
        file_system: "ext4".to_owned(),
        load_before: "0.1 0.2 0.3".to_owned(),
        load_after: "1.1 1.2 1.3".to_owned(),
    }
}

/// 100 calls of `millis` each, in milliseconds.
fn series(name: &'static str, millis: u64) -> Series {
    Series::of(name, vec![millis * 1_000_000; 100])
}

fn reads(callers: usize) -> ToolReads {
    let series = vec![series(GUARD, 9), series(DIRECT, 4), series(DISK, 3)];
    ToolReads { tool: "get_k8s_status", requests: 5, callers, series }
}

fn answered(tool: &'static str, asked: &'static str, [a, b, c, d]: [usize; 4]) -> Answered {
    Answered { tool, asked, structured: Size { bytes: a, tokens: b }, text: Size { bytes: c, tokens: d } }
}

fn measured() -> Measured {
    let pss = |kib| vec![("gateway", kib), ("server", 1024), ("executor", 512)];
    Measured {
        target: "the real API server",
        reads: vec![reads(1), reads(MANY)],
        plans: Plans {
            request: series("request_scale_deployment", 20),
            apply: series("apply_approved_plan", 30),
            dry_run: series("dry-run PATCH, directly", 5),
            patch: series("PATCH, directly", 6),
            disk: series("fdatasync", 3),
            records: 9.0,
        },
        memory: Memory { idle: pss(29 * 1024), peak: pss(100 * 1024), after: pss(40 * 1024) },
        starts: Starts { demos: vec![Duration::from_millis(900)], gateways: [100, 200, 1_000].map(Duration::from_millis).to_vec() },
        sizes: Sizes {
            binary: 39_950_001,
            tools_list: 11_999,
            crowd: Some(Crowd { structured: 8_001, text: 5, broken: (3, 3) }),
            answers: vec![
                answered("get_k8s_events", "100 rows", [4_000, 1_000, 400, 100]),
                answered("get_k8s_status", "as it is", [8_001, 2_000, 5, 1]),
            ],
        },
    }
}

fn line<'a>(text: &'a str, begin: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(&format!("| {begin}"))).unwrap_or_else(|| panic!("no line {begin} in {text}"))
}

#[test]
fn each_number_stands_beside_its_bound_and_says_whether_it_reaches_it() {
    let text = render(&machine(), &[measured()], &[]);
    assert_eq!(line(&text, "overhead of `get_k8s_status`, p50"), "| overhead of `get_k8s_status`, p50 | ≤ 2 ms | 2.00 ms ✓ |");
    assert!(line(&text, "audited `get_k8s_status`").ends_with("| 111 ✗ |"), "{text}");
    assert!(line(&text, "throughput of `get_k8s_status`").ends_with("| 44 % ✗ |"), "{text}");
    assert!(line(&text, "memory (PSS) idle").ends_with("| 30.5 MiB ✗ |"), "{text}");
    assert!(line(&text, "memory (PSS) at the peak").ends_with("| 101.5 MiB ✓ |"), "{text}");
    assert!(line(&text, "start to ready, `kmg gateway`").ends_with("| 0.20 s ✓ |"), "{text}");
    assert!(line(&text, "start to ready, `kmg demo`").ends_with("| 0.90 s ✗ |"), "{text}");
    assert!(line(&text, "`tools/list`").ends_with("| 11.9 kB ✓ |"), "{text}");
    assert!(line(&text, "a namespace of 500 Pods").ends_with("3 of 3 worst in it ✗ |"), "{text}");
    assert!(line(&text, "release binary").ends_with("| 39.9 MB ✓ |"), "{text}");
    assert!(line(&text, "audited `get_allowed_namespaces`").ends_with("| not measured |"), "{text}");
    assert_eq!(line(&text, "`get_k8s_events`, 100 rows"), "| `get_k8s_events`, 100 rows | 4000 | 1000 | 400 | 100 |");
    assert_eq!(line(&text, "`get_k8s_status`, as it is"), "| `get_k8s_status`, as it is | 8001 ✗ | 2000 | 5 | 1 |");
}

#[test]
fn the_answers_alone_take_the_place_of_the_older_ones() {
    let mut later = measured();
    let whole = render(&machine(), &[measured()], &[]);
    later.sizes.crowd = Some(Crowd { structured: 7_999, text: 5, broken: (3, 3) });
    later.sizes.answers[1].structured.bytes = 7_999;
    let section = answers(&machine(), &[(later.target, &later.sizes)]);
    let text = with_answers(&whole, &section);
    assert_eq!(text, render(&machine(), &[later], &[]).replace("7999 B (", "8001 B (").replace("worst in it ✓", "worst in it ✗"));
    assert_eq!(with_answers(&text, &section), text);
    assert_eq!(with_answers("# Benchmarks\n", &section), format!("# Benchmarks\n\n{section}"));
}

#[test]
fn the_part_on_the_guard_stays_behind_everything() {
    let part = "\n<!-- guard-eval: begin -->\n## Guardrails\n\nwords\n<!-- guard-eval: end -->\n";
    let whole = render(&machine(), &[measured()], &[]);
    assert_eq!(split_guard(&whole), (whole.clone(), String::new()));
    let (report, guard) = split_guard(&format!("{whole}{part}"));
    assert_eq!((report.as_str(), guard.as_str()), (whole.as_str(), part));
}

#[test]
fn the_machine_and_what_was_left_out_are_named() {
    let text = render(&machine(), &[], &[("the sandbox".to_owned(), "it is off".to_owned())]);
    assert!(text.contains("Not measured: the sandbox, because it is off."), "{text}");
    assert!(line(&text, "load average before").contains("0.1 0.2 0.3") && line(&text, "load average after").contains("1.1 1.2 1.3"));
    assert!(text.contains("| processor | Fast, 2 threads |"), "{text}");
}

#[test]
fn numbers_are_written_for_people() {
    use super::table::{mib, ms, whole};
    assert_eq!([whole(0.0), whole(999.6), whole(1_234_567.2), whole(-4_200.0)], ["0", "1,000", "1,234,567", "-4,200"]);
    assert_eq!((ms(1.239), mib(1536), mib(30 * 1024 + 1023)), ("1.24".to_owned(), "1.5".to_owned(), "30.9".to_owned()));
}
