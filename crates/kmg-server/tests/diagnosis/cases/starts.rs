//! Containers that cannot start, and those that end.

use serde_json::json;

use crate::case::{Case, Step};
use crate::shapes::{config_map, container, deployment, merge, object, script, spec, with};

pub(super) fn cases() -> Vec<Case> {
    ends().into_iter().chain(cannot_start()).collect()
}

fn ends() -> Vec<Case> {
    let crash = container(json!({"image": "registry.test/crash:1"}));
    let told = merge(crash.clone(), json!({"terminationMessagePolicy": "FallbackToLogsOnError"}));
    // Its class names a handler that the runtime does not have.
    let handler = Step::Apply(object("node.k8s.io/v1", "RuntimeClass", "$ns", json!({"handler": "absent"})));
    let eater = merge(script("tail /dev/zero"), json!({"resources": {"limits": {"memory": "24Mi"}}}));
    vec![
        Case::broken("crash-loop", ("crash-loop", "application-error"), deployment(with(&[crash]))),
        Case::broken("crash-loop-last-words", ("crash-loop", "application-error"), deployment(with(&[told])))
            .quotes("no configuration at /etc/app/config.yaml"),
        Case::broken("crash-ends-at-once", ("crash-loop", "ends-at-once"), deployment(with(&[script("true")]))),
        Case::broken("crash-signal", ("crash-loop", "signal"), deployment(with(&[script("sh -c 'kill -SEGV $$$$'; exit $?")]))),
        Case::broken("crash-of-a-sidecar", ("crash-loop", "application-error"), {
            deployment(with(&[container(json!({})), json!({"name": "proxy", "image": "registry.test/crash:1"})]))
        }),
        Case::broken("sandbox", ("sandbox-failed", ""), deployment(merge(spec(), json!({"runtimeClassName": "$ns"})))).after([handler]),
        Case::broken("out-of-memory", ("out-of-memory", ""), deployment(with(&[eater]))),
    ]
}

fn cannot_start() -> Vec<Case> {
    let command = |command: &str| deployment(with(&[container(json!({"command": [command]}))]));
    let tool = json!({"volumes": [{"name": "tool", "configMap": {"name": "tool", "defaultMode": 0o755}}]});
    let mounted = container(json!({"command": ["/tool/run"], "volumeMounts": [{"name": "tool", "mountPath": "/tool"}]}));
    let over_file = container(json!({"volumeMounts": [{"name": "tool", "mountPath": "/etc/passwd", "subPath": "absent/folder"}]}));
    let hook = container(json!({"lifecycle": {"postStart": {"exec": {"command": ["/bin/false"]}}}}));
    let garbage = Step::Apply(config_map("tool", json!({"run": "\u{1}\u{2}no program"})));
    vec![
        Case::broken("start-command-not-found", ("container-cannot-start", "command-not-found"), command("/bin/no-such-program")),
        Case::broken("start-permission-denied", ("container-cannot-start", "permission-denied"), command("/etc/passwd")),
        Case::broken("start-exec-format", ("container-cannot-start", "exec-format"), deployment(merge(with(&[mounted]), tool.clone())))
            .after([garbage.clone()]),
        Case::broken("start-sub-path", ("container-cannot-start", "sub-path"), deployment(merge(with(&[over_file]), tool)))
            .after([garbage]),
        Case::broken("start-hook-failed", ("container-cannot-start", "hook-failed"), deployment(with(&[hook]))),
    ]
}
