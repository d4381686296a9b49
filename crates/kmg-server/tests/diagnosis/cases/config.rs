//! What a container's environment refers to, and its security context.

use serde_json::{Value, json};

use crate::case::{Case, Step};
use crate::shapes::{config_map, container, deployment, secret, with};

pub(super) fn cases() -> Vec<Case> {
    let with_env = |source: Value| deployment(with(&[container(json!({"env": [{"name": "SETTING", "valueFrom": source}]}))]));
    let all_of = |source: Value| deployment(with(&[container(json!({"envFrom": [source]}))]));
    let key_of = |kind: &str| with_env(json!({kind: {"name": "settings", "key": "absent"}}));
    let not_root = container(json!({"securityContext": {"runAsNonRoot": true}}));
    vec![
        Case::broken("config-map-missing", ("config-missing", "config-map-missing"), key_of("configMapKeyRef")),
        Case::broken("config-map-missing-whole", ("config-missing", "config-map-missing"), {
            all_of(json!({"configMapRef": {"name": "settings"}}))
        }),
        Case::broken("secret-missing", ("config-missing", "secret-missing"), all_of(json!({"secretRef": {"name": "settings"}}))),
        Case::broken("config-map-key-missing", ("config-missing", "key-missing"), key_of("configMapKeyRef"))
            .after([Step::Apply(config_map("settings", json!({"present": "1"})))]),
        Case::broken("secret-key-missing", ("config-missing", "key-missing"), key_of("secretKeyRef"))
            .after([Step::Apply(secret("settings", json!({"present": "1"})))]),
        Case::broken("run-as-non-root", ("container-config-invalid", "run-as-non-root"), deployment(with(&[not_root]))),
    ]
}
