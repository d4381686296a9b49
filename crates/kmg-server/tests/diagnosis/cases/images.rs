//! Images that cannot be had.

use serde_json::{Value, json};

use crate::case::{Case, Step};
use crate::shapes::{container, deployment, spec, with};

pub(super) fn cases() -> Vec<Case> {
    let image = |image: &str| deployment(with(&[container(json!({"image": image}))]));
    let beside = |extra: Value| deployment(with(&[container(json!({})), extra]));
    let available = Step::Until("/apis/apps/v1/namespaces/$ns/deployments/web", "/status/availableReplicas", 1.into());
    vec![
        Case::broken("image-not-found", ("image-pull-failed", "not-found"), image("registry.test/web:no-such-tag")).quotes("no-such-tag"),
        Case::broken("image-no-credentials", ("image-pull-failed", "no-credentials"), image("registry.test/private/app:1")),
        Case::broken("image-unreachable", ("image-pull-failed", "network"), image("unreachable.test/app:1")),
        Case::broken("image-rate-limited", ("image-pull-failed", "rate-limited"), image("limited.test/app:1")),
        Case::broken("image-tls", ("image-pull-failed", "tls"), image("untrusted.test/app:1")),
        Case::broken("image-wrong-platform", ("image-pull-failed", "wrong-platform"), image("elsewhere.test/app:1")),
        Case::broken("image-invalid-name", ("image-pull-failed", "invalid-name"), image("registry.test/Web:1")),
        Case::broken(
            "image-never-pulled",
            ("image-pull-failed", "never-pulled"),
            deployment(with(&[container(json!({"image": "registry.test/absent:1", "imagePullPolicy": "Never"}))])),
        ),
        Case::broken(
            "image-of-a-sidecar",
            ("image-pull-failed", "not-found"),
            beside(json!({"name": "proxy", "image": "registry.test/proxy:1"})),
        ),
        // The old Pods still serve.
        Case::broken("image-of-a-rollout", ("image-pull-failed", "not-found"), image("registry.test/web:no-such-tag"))
            .after([Step::Apply(deployment(spec())), available]),
    ]
}
