//! How many Pods a change touches.

use kmg_core::plan::{Action, rules};
use serde_json::Value;

use super::{Around, Scene, replicas, rolls};

pub(super) fn touched(scene: &Scene<'_>, around: &mut Around) {
    let (before, after) = (replicas(scene.live), replicas(scene.after));
    let text = match scene.action {
        Action::Delete if before > 0 => format!("{before} Pods go with the Deployment."),
        Action::Create if after > 0 => format!("{after} Pods are created."),
        Action::Delete | Action::Create => return,
        Action::Patch | Action::Apply => match (rolls(scene), after - before) {
            (true, _) if after > 0 => {
                format!("All {after} Pods are replaced, up to {} at a time on top.", surge(scene.after.unwrap_or(&Value::Null)))
            }
            (_, more @ 1..) => format!("{more} Pods are added to {before}."),
            (_, fewer @ ..=-1) => format!("{} of {before} Pods are removed.", -fewer),
            _ => return,
        },
    };
    around.say(&rules::PODS, text, "spec.replicas");
}

/// How many Pods a rolling update makes beyond the replicas: `maxSurge`, a quarter rounded up where it is absent.
pub(super) fn surge(deployment: &Value) -> i64 {
    let strategy = deployment.pointer("/spec/strategy");
    if strategy.and_then(|strategy| strategy.get("type")).and_then(Value::as_str) == Some("Recreate") {
        return 0;
    }
    let count = replicas(Some(deployment));
    let of = |percent: i64| (count.saturating_mul(percent.clamp(0, 100)) + 99) / 100;
    match strategy.and_then(|strategy| strategy.pointer("/rollingUpdate/maxSurge")) {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
        Some(Value::String(text)) => text.strip_suffix('%').and_then(|percent| percent.parse().ok()).map_or(0, of),
        _ => of(25),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_surge_is_a_number_a_share_or_none() {
        let with = |strategy: Value| surge(&json!({"spec": {"replicas": 10, "strategy": strategy}}));
        assert_eq!(with(json!({"rollingUpdate": {"maxSurge": 3}})), 3);
        assert_eq!(with(json!({"rollingUpdate": {"maxSurge": "25%"}})), 3);
        assert_eq!(with(json!({"type": "Recreate"})), 0);
        assert_eq!(surge(&json!({"spec": {"replicas": 1}})), 1);
    }
}
