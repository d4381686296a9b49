//! Volumes that cannot be mounted.

use serde_json::{Value, json};

use crate::case::{Case, Step};
use crate::shapes::{config_map, container, deployment, merge, with};

pub(super) fn cases() -> Vec<Case> {
    let volume = |source: Value| {
        let mounting = container(json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}));
        deployment(merge(with(&[mounting]), json!({"volumes": [merge(json!({"name": "data"}), source)]})))
    };
    let item = json!([{"key": "absent", "path": "absent"}]);
    vec![
        Case::broken(
            "mount-secret-missing",
            ("volume-mount-failed", "secret-missing"),
            volume(json!({"secret": {"secretName": "settings"}})),
        ),
        Case::broken("mount-config-map-missing", ("volume-mount-failed", "config-map-missing"), {
            volume(json!({"configMap": {"name": "settings"}}))
        }),
        Case::broken("mount-key-missing", ("volume-mount-failed", "key-missing"), {
            volume(json!({"configMap": {"name": "settings", "items": item}}))
        })
        .after([Step::Apply(config_map("settings", json!({"present": "1"})))]),
        Case::broken("mount-no-such-folder", ("volume-mount-failed", ""), {
            volume(json!({"hostPath": {"path": "/no/such/folder", "type": "Directory"}}))
        })
        .ahead(3),
    ]
}
