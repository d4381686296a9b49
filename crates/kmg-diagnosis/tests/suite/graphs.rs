//! Recorded observations: `graphs/broken/*.json` name the first finding that is right, `graphs/healthy/*.json` have
//! none. A file is `{"first": {"id", "cause"?} | null, "now"?: millis, "observation": …}` as the cluster was seen.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kmg_core::clock::Millis;
use kmg_core::observe::Observation;
use kmg_diagnosis::{Finding, Id, Severity, diagnose, diagnose_pod, diagnose_service};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Graph {
    first: Option<First>,
    /// As of when it is judged, where that is not when it was read.
    #[serde(default)]
    now: Option<Millis>,
    observation: Observation,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    id: String,
    #[serde(default)]
    cause: Option<String>,
}

fn graphs(folder: &str) -> Vec<(String, Graph)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphs").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let graph = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, graph)
        })
        .collect()
}

fn findings(Graph { observation, now, .. }: &Graph) -> Vec<Finding> {
    if let Observation::Deployment(view) = observation {
        diagnose(view, now.unwrap_or(view.as_of))
    } else if let Observation::Pod(view) = observation {
        diagnose_pod(view, now.unwrap_or(view.as_of))
    } else if let Observation::Service(view) = observation {
        diagnose_service(view, now.unwrap_or(view.as_of))
    } else {
        panic!("{observation:?} has no diagnosis")
    }
}

#[test]
fn the_first_finding_on_what_is_broken_names_the_cause() {
    let graphs = graphs("broken");
    assert!(graphs.len() >= 30, "{} graphs", graphs.len());
    let mut wrong = Vec::new();
    for (name, graph) in graphs {
        let findings = findings(&graph);
        let found = findings.first().map(|one| First { id: one.id.as_str().to_owned(), cause: one.cause.map(str::to_owned) });
        if found.is_none() || found != graph.first {
            wrong.push(format!("{name}: {found:?}, not {:?}", graph.first));
        }
        for finding in &findings {
            assert!(!finding.evidence.is_empty(), "{name}: {} has no evidence", finding.id.as_str());
            assert!(finding.evidence.len() <= 8, "{name}: {}", finding.id.as_str());
            assert!(
                finding.next.len() + usize::from(finding.severity == Severity::Info) > 0,
                "{name}: {} leads nowhere",
                finding.id.as_str()
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_healthy_has_no_findings() {
    let graphs = graphs("healthy");
    assert!(graphs.len() >= 8, "{} graphs", graphs.len());
    for (name, graph) in graphs {
        let found: Vec<_> = findings(&graph).iter().map(|one| one.id.as_str()).collect();
        assert!(found.is_empty() && graph.first.is_none(), "{name}: {found:?}");
    }
}

/// What no graph shows, and why none can be recorded.
const UNSEEN: &[(Id, Option<&str>, &str)] = &[
    (Id::ImagePullFailed, Some("signature"), "of the runtimes only CRI-O verifies signatures, and the lab's is containerd"),
    (
        Id::PodsNotCreated,
        Some("namespace-terminating"),
        "the controllers of this version keep still in such a namespace; older ones said so",
    ),
    (Id::PodsNotCreated, Some("controller-forbidden"), "it takes the ReplicaSet controller's rights away from the whole cluster"),
];

/// Every id, and every cause that is named with one.
fn catalogue() -> impl Iterator<Item = (Id, Option<&'static str>)> {
    Id::ALL.iter().flat_map(|id| std::iter::once((*id, None)).chain(id.causes().iter().map(|cause| (*id, Some(*cause)))))
}

fn add(found: &[Finding], seen: &mut BTreeSet<(&'static str, Option<&'static str>)>) {
    for one in found {
        seen.insert((one.id.as_str(), None));
        seen.insert((one.id.as_str(), one.cause));
        add(&one.consequences, seen);
    }
}

#[test]
fn everything_that_can_be_found_was_seen_on_something_broken() {
    let mut seen = BTreeSet::new();
    for (_, graph) in graphs("broken") {
        add(&findings(&graph), &mut seen);
    }
    let excused = |id: Id, cause: Option<&str>| UNSEEN.iter().any(|(of, because, _)| *of == id && *because == cause);
    let (seen, unseen): (Vec<_>, Vec<_>) = catalogue().partition(|(id, cause)| seen.contains(&(id.as_str(), *cause)));
    let missing: Vec<_> = unseen.iter().filter(|(id, cause)| !excused(*id, *cause)).collect();
    assert!(missing.is_empty(), "no graph shows {missing:?}");
    let idle: Vec<_> = seen.iter().filter(|(id, cause)| excused(*id, *cause)).collect();
    assert!(idle.is_empty(), "a graph shows {idle:?}");
    assert!(UNSEEN.iter().all(|(id, cause, why)| !why.is_empty() && catalogue().any(|one| one == (*id, *cause))));
}
