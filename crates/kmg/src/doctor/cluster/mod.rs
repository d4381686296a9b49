//! The cluster, asked with each credential that is at hand.

mod credential;
mod namespaces;

use kmg_core::clock::Clock;

use super::clock;
use super::finding::Finding;
use crate::settings::{ExecutorLink, Settings};
use credential::Looked;

/// How the three accounts come back.
const APPLY: &str = "`kmg rbac apply --kubeconfig ADMIN --namespaces … --out FOLDER` repairs accounts, roles and the fence, and writes new \
                     credentials";

/// Looks at the cluster; its id comes along where it could be read.
pub(crate) async fn check(settings: &Settings, clock: &Clock) -> (Vec<Finding>, Option<String>) {
    let executor = async {
        let ExecutorLink::Child { kubeconfig, .. } = &settings.executor else { return None };
        Some(credential::look("executor", kubeconfig, clock).await)
    };
    let (reader, planner, executor) = tokio::join!(
        credential::look("reader", &settings.reader_kubeconfig, clock),
        credential::look("planner", &settings.planner_kubeconfig, clock),
        executor
    );
    let all: Vec<&Looked> = [Some(&reader), Some(&planner), executor.as_ref()].into_iter().flatten().collect();
    let mut findings: Vec<Finding> = all.iter().flat_map(|looked| looked.findings.iter().cloned()).collect();
    findings.push(one_cluster(&all));
    findings.push(separate_users(&all));
    findings.extend(namespaces::check(settings, &reader, &planner).await);
    findings.push(clock::check("clock.cluster", all.iter().find_map(|looked| looked.ahead)));
    let id = all.iter().find_map(|looked| looked.reached.as_ref()).map(|reached| reached.id.clone());
    (findings, id)
}

/// Every credential leads to the same cluster.
fn one_cluster(all: &[&Looked]) -> Finding {
    const ID: &str = "cluster.same";
    let mut ids: Vec<(&str, &str)> = all.iter().filter_map(|looked| Some((looked.name, looked.reached.as_ref()?.id.as_str()))).collect();
    let Some((_, first)) = ids.first().copied() else { return Finding::not_checked(ID, "no credential reached a cluster") };
    if ids.iter().all(|(_, id)| *id == first) {
        return Finding::ok(ID, format!("{} credentials lead to one cluster", ids.len()));
    }
    let told: Vec<String> = ids.drain(..).map(|(name, id)| format!("{name}: {id}")).collect();
    Finding::problem(ID, format!("the credentials lead to different clusters: {}", told.join(", ")), APPLY)
}

/// The planner must not be the executor: the fence would hold the one, or nobody the other.
fn separate_users(all: &[&Looked]) -> Finding {
    const ID: &str = "cluster.users";
    let users: Vec<(&str, &str)> = all.iter().filter_map(|looked| Some((looked.name, looked.reached.as_ref()?.user.as_deref()?))).collect();
    if users.len() < 2 {
        return Finding::not_checked(ID, "fewer than two user names are known");
    }
    for (index, (name, user)) in users.iter().enumerate() {
        if let Some((other, _)) = users[index + 1..].iter().find(|(_, theirs)| theirs == user) {
            let seen = format!("{name} and {other} are one user to the cluster, {user}");
            return Finding::problem(ID, seen, format!("give each its own credential: {APPLY}"));
        }
    }
    Finding::ok(ID, users.iter().map(|(name, user)| format!("{name} is {user}")).collect::<Vec<_>>().join(", "))
}
