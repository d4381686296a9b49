//! Which crate may use which, and what may stand in whose tree.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, PackageId};

/// The arrows between our crates. Everything may use kmg-core.
const ARROWS: &[(&str, &[&str])] = &[
    ("kmg-core", &[]),
    ("kmg-guard", &[]),
    ("kmg-guard-train", &["kmg-guard"]),
    ("kmg-diagnosis", &[]),
    ("kmg-rpc", &[]),
    ("kmg-jwt", &[]),
    ("kmg-link", &[]),
    ("kmg-audit", &[]),
    ("kmg-store", &[]),
    ("kmg-cluster", &[]),
    ("kmg-sandbox", &[]),
    ("kmg-testkit", &["kmg-sandbox"]),
    ("kmg-tools", &["kmg-guard", "kmg-diagnosis", "kmg-rpc"]),
    ("kmg-auth", &["kmg-jwt"]),
    ("kmg-devissuer", &["kmg-jwt"]),
    ("kmg-client", &["kmg-jwt"]),
    ("kmg-app", &["kmg-auth", "kmg-store", "kmg-link", "kmg-audit", "kmg-guard"]),
    ("kmg-mcp", &["kmg-app", "kmg-tools", "kmg-rpc"]),
    ("kmg-web", &["kmg-app"]),
    ("kmg-server", &["kmg-tools", "kmg-rpc", "kmg-link", "kmg-cluster", "kmg-audit"]),
    ("kmg-executor", &["kmg-link", "kmg-cluster", "kmg-audit", "kmg-jwt"]),
    ("kmg-bench", &["kmg-client", "kmg-cluster"]),
];

/// Outside crates that only these of ours may name (in any kind of dependency but tests').
const ONLY_IN: &[(&str, &[&str])] = &[
    ("kube", &["kmg-cluster"]),
    ("k8s-openapi", &["kmg-cluster", "kmg-sandbox"]),
    ("sqlx", &["kmg-store"]),
    ("askama", &["kmg-web"]),
    ("jsonwebtoken", &["kmg-jwt"]),
    ("axum", &["kmg-mcp", "kmg-web", "kmg-devissuer", "kmg"]),
    ("anyhow", &["kmg", "kmg-bench", "xtask"]),
    ("hyper", &["kmg", "kmg-sandbox"]),
    ("hyper-util", &["kmg", "kmg-sandbox"]),
    ("tokio-rustls", &["kmg-sandbox", "kmg-bench"]),
    ("rcgen", &["kmg-sandbox"]),
];

/// Crates without I/O, and what must stand nowhere in their trees.
const PURE: &[&str] = &["kmg-core", "kmg-guard", "kmg-diagnosis"];
const IMPURE: &[&str] = &["tokio", "axum", "sqlx", "kube", "reqwest", "rmcp", "hyper"];

/// Never built: one TLS and crypto provider, and no C library of the system.
const NOWHERE: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];

/// The gateway's crates: no cluster client is even linked into them.
const WITHOUT_CLUSTER: &[&str] = &["kmg-app", "kmg-mcp", "kmg-web", "kmg-store", "kmg-auth"];

pub fn check(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut breaches = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if !arrows.contains_key(name) && !["kmg", "xtask"].contains(&name) {
            breaches.push(format!("{name} stands in no layer; add it to ARCHITECTURE.md and to xtask"));
        }
        for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
            let target = dependency.name.as_str();
            if let Some(allowed) = arrows.get(name)
                && ours.contains(target)
                && target != "kmg-core"
                && !allowed.contains(&target)
            {
                breaches.push(format!("{name} may not use {target}"));
            }
            if let Some((_, homes)) = ONLY_IN.iter().find(|(outside, _)| *outside == target)
                && !homes.contains(&name)
            {
                breaches.push(format!("{name} may not use {target}: only {} may", homes.join(", ")));
            }
        }
    }
    for name in PURE {
        breaches.extend(in_tree(metadata, name, IMPURE));
    }
    for name in WITHOUT_CLUSTER {
        breaches.extend(in_tree(metadata, name, &["kube", "kube-client", "kmg-cluster"]));
    }
    breaches.extend(built(NOWHERE)?);
    Ok(breaches)
}

/// Which of `banned` stand in the normal dependency tree of our crate `name`.
fn in_tree(metadata: &Metadata, name: &str, banned: &[&str]) -> Vec<String> {
    let Some(resolve) = &metadata.resolve else { return vec!["cargo metadata gave no tree".to_owned()] };
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut queue: Vec<&PackageId> =
        metadata.workspace_packages().iter().filter(|package| package.name.as_str() == name).map(|package| &package.id).collect();
    let mut seen: BTreeSet<&PackageId> = queue.iter().copied().collect();
    while let Some(id) = queue.pop() {
        let Some(node) = nodes.get(id) else { continue };
        for dependency in &node.deps {
            let normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if normal && seen.insert(&dependency.pkg) {
                queue.push(&dependency.pkg);
            }
        }
    }
    let names: BTreeSet<&str> =
        metadata.packages.iter().filter(|package| seen.contains(&package.id)).map(|package| package.name.as_str()).collect();
    banned.iter().filter(|banned| names.contains(*banned)).map(|banned| format!("{name} has {banned} in its tree")).collect()
}

/// `cargo metadata` lists optional crates that no feature turns on; `cargo tree` says what is really built.
fn built(banned: &[&str]) -> anyhow::Result<Vec<String>> {
    let out =
        Command::new("cargo").args(["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]).output()?;
    anyhow::ensure!(out.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout)?;
    let names: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    Ok(banned.iter().filter(|name| names.contains(*name)).map(|name| format!("{name} is built; it may stand nowhere")).collect())
}
