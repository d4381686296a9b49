//! What is written about the tools: the reference, and the rights they need.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kmg_cluster::rbac::{RbacOptions, manifests};
use kmg_tools::{Actor, NEEDS, Tool, findings_reference, reference};
use serde_json::Value;

#[test]
fn the_reference_of_tools_is_what_the_program_says() {
    is_fresh("tools.md", &reference());
}

#[test]
fn the_reference_of_findings_is_what_the_program_says() {
    is_fresh("findings.md", &findings_reference());
}

fn is_fresh(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if kmg_testkit::lane::prepared("KMG_RECORD").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    let document = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        document == text,
        "docs/reference/{name} is not what the program says; KMG_RECORD=1 cargo test -p kmg-server reference writes it"
    );
}

type Rights = BTreeSet<[String; 3]>;

/// Group, resource and verb of everything the roles of an allowed namespace grant to `actor`.
fn granted(actor: Actor) -> Rights {
    let all = manifests(&["demo".parse().unwrap()], &RbacOptions::in_namespace("kmg-system").unwrap());
    let name = format!("kmg-system-{}", actor.as_str());
    let role = all.iter().find(|object| object["kind"] == "Role" && object["metadata"]["name"] == name.as_str()).unwrap();
    let texts = |value: &Value| value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut rights = Rights::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                rights.extend(texts(&rule["verbs"]).into_iter().map(|verb| [group.clone(), resource.clone(), verb]));
            }
        }
    }
    rights
}

fn needed(actor: Actor) -> Rights {
    let mut rights = Rights::new();
    for need in NEEDS.iter().filter(|need| need.actor == actor && !need.optional) {
        for resource in need.resources {
            rights.extend(need.verbs.iter().map(|verb| [need.group.to_owned(), (*resource).to_owned(), (*verb).to_owned()]));
        }
    }
    rights
}

#[test]
fn the_roles_grant_what_the_tools_need_and_nothing_more() {
    for actor in [Actor::Reader, Actor::Planner, Actor::Executor] {
        let (granted, needed) = (granted(actor), needed(actor));
        let missing: Vec<_> = needed.difference(&granted).collect();
        let idle: Vec<_> = granted.difference(&needed).collect();
        assert!(missing.is_empty() && idle.is_empty(), "{actor:?}: not granted {missing:?}, needed by no tool {idle:?}");
        assert!(granted.iter().all(|[_, resource, _]| !resource.starts_with("secrets")), "{actor:?}");
    }
    assert!(
        NEEDS.iter().filter(|need| need.actor == Actor::Reader).all(|need| need.verbs.iter().all(|verb| matches!(*verb, "get" | "list")))
    );
}

#[test]
fn every_tool_that_asks_the_cluster_has_its_needs_written_down() {
    for tool in Tool::ALL {
        let asks = tool != Tool::GetAllowedNamespaces;
        assert_eq!(NEEDS.iter().any(|need| need.tools.contains(&tool)), asks, "{}", tool.name());
    }
}
