//! The cluster, asked with each credential that is at hand.

mod credential;
mod namespaces;

use kmg_core::clock::Clock;

use super::clock;
use super::files::gateways_user;
use super::finding::Finding;
use crate::settings::{ExecutorLink, Settings};
use credential::{Looked, Reached};

/// How the three accounts come back.
const APPLY: &str = "`kmg rbac apply --kubeconfig ADMIN --namespaces … --out FOLDER` repairs accounts, roles and the fence, and writes new \
                     credentials";

/// Looks at the cluster; its id comes along where it could be read.
pub(crate) async fn check(settings: &Settings, clock: &Clock) -> (Vec<Finding>, Option<String>) {
    let owner = gateways_user(settings);
    let executor = async {
        let ExecutorLink::Child { kubeconfig, .. } = &settings.executor else { return None };
        Some(credential::look("executor", kubeconfig, owner, clock).await)
    };
    let (reader, planner, executor) = tokio::join!(
        credential::look("reader", &settings.reader_kubeconfig, owner, clock),
        credential::look("planner", &settings.planner_kubeconfig, owner, clock),
        executor
    );
    let all: Vec<&Looked> = [Some(&reader), Some(&planner), executor.as_ref()].into_iter().flatten().collect();
    let mut findings: Vec<Finding> = all.iter().flat_map(|looked| looked.findings.iter().cloned()).collect();
    let reached: Vec<(&str, &Reached)> = all.iter().filter_map(|looked| Some((looked.name, looked.reached.as_ref()?))).collect();
    findings.push(one_cluster(&reached.iter().map(|(name, reached)| (*name, reached.id.as_str())).collect::<Vec<_>>()));
    findings
        .push(separate_users(&reached.iter().filter_map(|(name, reached)| Some((*name, reached.user.as_deref()?))).collect::<Vec<_>>()));
    findings.extend(namespaces::check(settings, &reader, &planner).await);
    findings.push(clock::check("clock.cluster", all.iter().find_map(|looked| looked.ahead)));
    let id = reached.first().map(|(_, reached)| reached.id.clone());
    (findings, id)
}

/// Every credential leads to the same cluster; `ids` are pairs of a credential and its cluster.
fn one_cluster(ids: &[(&str, &str)]) -> Finding {
    const ID: &str = "cluster.same";
    let Some((_, first)) = ids.first() else { return Finding::not_checked(ID, "no credential reached a cluster") };
    if ids.iter().all(|(_, id)| id == first) {
        return Finding::ok(ID, format!("{} credentials lead to one cluster", ids.len()));
    }
    Finding::problem(ID, format!("the credentials lead to different clusters: {}", told(ids)), APPLY)
}

/// No two credentials are one user: a planner that is the executor is either not fenced, or fences it.
fn separate_users(users: &[(&str, &str)]) -> Finding {
    const ID: &str = "cluster.users";
    if users.len() < 2 {
        return Finding::not_checked(ID, "fewer than two user names are known");
    }
    for (index, (name, user)) in users.iter().enumerate() {
        if let Some((other, _)) = users[index + 1..].iter().find(|(_, theirs)| theirs == user) {
            let seen = format!("{name} and {other} are one user to the cluster, {user}");
            return Finding::problem(ID, seen, format!("give each its own credential: {APPLY}"));
        }
    }
    Finding::ok(ID, format!("{} users", users.len()))
}

fn told(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, what)| format!("{name}: {what}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn two_clusters_are_one_too_many() {
        assert_eq!(one_cluster(&[]).status, Status::NotChecked);
        assert_eq!(one_cluster(&[("reader", "a"), ("planner", "a")]).status, Status::Ok);
        let found = one_cluster(&[("reader", "a"), ("planner", "b")]);
        assert_eq!((found.status, found.seen.ends_with("reader: a, planner: b")), (Status::Problem, true));
    }

    #[test]
    fn one_user_for_two_processes_is_named() {
        assert_eq!(separate_users(&[("reader", "r")]).status, Status::NotChecked);
        assert_eq!(separate_users(&[("reader", "r"), ("planner", "p"), ("executor", "e")]).status, Status::Ok);
        let found = separate_users(&[("reader", "r"), ("planner", "p"), ("executor", "p")]);
        assert_eq!((found.status, found.seen.as_str()), (Status::Problem, "planner and executor are one user to the cluster, p"));
    }
}
