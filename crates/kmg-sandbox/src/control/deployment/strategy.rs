//! The numbers of a Deployment's spec.

use serde_json::Value;

use crate::control::object::Object;

/// What a Deployment wants, its percentages resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strategy {
    pub(super) replicas: i64,
    pub(super) paused: bool,
    pub(super) recreate: bool,
    /// Pods over the wanted number during a rollout.
    pub(super) surge: i64,
    /// Pods that may be missing during a rollout.
    pub(super) unavailable: i64,
    /// Seconds without progress until a rollout counts as failed.
    pub(super) deadline: Option<i64>,
    pub(super) history: usize,
}

/// The largest count that the API knows; as a deadline it means none.
const LARGEST: i64 = i32::MAX as i64;

impl Strategy {
    pub(super) fn of(deployment: &Object<'_>) -> Self {
        let replicas = deployment.int("/spec/replicas").clamp(0, LARGEST);
        let recreate = deployment.text("/spec/strategy/type") == "Recreate";
        let (surge, unavailable) = if recreate { (0, 0) } else { fence_posts(deployment, replicas) };
        let deadline = deployment.at("/spec/progressDeadlineSeconds").and_then(Value::as_i64);
        Self {
            replicas,
            paused: deployment.at("/spec/paused") == Some(&Value::Bool(true)),
            recreate,
            surge,
            unavailable: unavailable.min(replicas),
            deadline: deadline.filter(|&seconds| seconds != LARGEST),
            history: usize::try_from(deployment.int("/spec/revisionHistoryLimit")).unwrap_or_default(),
        }
    }

    /// The most Pods that may exist during a rollout.
    pub(super) const fn maximum(&self) -> i64 {
        self.replicas + self.surge
    }

    /// The fewest Pods that must be available during a rollout.
    pub(super) const fn minimum(&self) -> i64 {
        self.replicas - self.unavailable
    }
}

/// The surge is rounded up and the unavailable down; where both come to nothing, one may be unavailable, or the
/// rollout could not begin.
fn fence_posts(deployment: &Object<'_>, replicas: i64) -> (i64, i64) {
    let read = |field: &str| deployment.at(&format!("/spec/strategy/rollingUpdate/{field}"));
    let surge = resolve(read("maxSurge"), |percent| replicas.saturating_mul(percent).saturating_add(99) / 100);
    let unavailable = resolve(read("maxUnavailable"), |percent| replicas.saturating_mul(percent) / 100);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

fn resolve(value: Option<&Value>, of_replicas: impl Fn(i64) -> i64) -> i64 {
    let count = match value {
        Some(Value::String(text)) => text.strip_suffix('%').and_then(|percent| percent.parse().ok()).map_or(0, of_replicas),
        Some(value) => value.as_i64().unwrap_or_default(),
        None => 0,
    };
    count.clamp(0, LARGEST)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn percentages_are_rounded_so_that_a_rollout_can_begin() {
        let posts = |replicas: i64, surge: Value, unavailable: Value| {
            let deployment = Object::new(json!({"spec": {"replicas": replicas, "strategy": {
                "type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}}));
            let strategy = Strategy::of(&deployment);
            (strategy.maximum(), strategy.minimum())
        };
        assert_eq!(posts(2, json!("25%"), json!("25%")), (3, 2));
        assert_eq!(posts(4, json!("25%"), json!("25%")), (5, 3));
        assert_eq!(posts(10, json!("25%"), json!("25%")), (13, 8));
        assert_eq!(posts(3, json!(0), json!("10%")), (3, 2));
        assert_eq!(posts(2, json!(1), json!(5)), (3, 0));
        assert_eq!(posts(0, json!("25%"), json!("25%")), (0, 0));
    }
}
