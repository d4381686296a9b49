//! Defaults of Deployments and `ReplicaSets`.

use serde_json::{Map, Value, json};

use super::pod;
use crate::json::{default, field};

pub(super) fn deployment(map: &mut Map<String, Value>) {
    let Some(spec) = field(map, "spec") else { return };
    default(spec, "replicas", 1);
    default(spec, "revisionHistoryLimit", 10);
    default(spec, "progressDeadlineSeconds", 600);
    if let Some(strategy) = field(spec, "strategy") {
        default(strategy, "type", "RollingUpdate");
        if strategy["type"] == "RollingUpdate"
            && let Some(rolling) = field(strategy, "rollingUpdate")
        {
            default(rolling, "maxUnavailable", json!("25%"));
            default(rolling, "maxSurge", json!("25%"));
        }
    }
    template(spec);
}

pub(super) fn replica_set(map: &mut Map<String, Value>) {
    let Some(spec) = field(map, "spec") else { return };
    default(spec, "replicas", 1);
    template(spec);
}

fn template(spec: &mut Map<String, Value>) {
    if let Some(template) = field(spec, "template") {
        field(template, "metadata");
        if let Some(spec) = field(template, "spec") {
            pod::spec(spec);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_filled_in_as_by_the_real_server() {
        let mut object =
            json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}]}}}});
        super::super::fill("deployments", &mut object);
        assert_eq!(
            object["spec"]["strategy"],
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}})
        );
        let pod = &object["spec"]["template"]["spec"];
        assert_eq!(
            pod["containers"][0],
            json!({
                "name": "web", "image": "web:1", "ports": [{"containerPort": 80, "protocol": "TCP"}], "resources": {},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"
            })
        );
        assert_eq!(pod.get("enableServiceLinks"), None);
        let filled = object.clone();
        super::super::fill("deployments", &mut object);
        assert_eq!(object, filled, "filling in twice changes nothing");
    }

    #[test]
    fn recreate_has_no_rolling_update() {
        let mut object = json!({"spec": {"strategy": {"type": "Recreate"}}});
        super::super::fill("deployments", &mut object);
        assert_eq!(object["spec"]["strategy"], json!({"type": "Recreate"}));
    }
}
