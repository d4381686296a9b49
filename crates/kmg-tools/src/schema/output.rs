//! Schemas of structured results. Nothing is required: what says nothing is left out, and a refusal has `code` and
//! `message` only.

use serde_json::{Map, Value, json};

use crate::catalogue::Tool;

/// The whole schema of a tool's structured result.
pub(crate) fn output(tool: Tool) -> Value {
    let mut schema = match tool {
        Tool::GetAllowedNamespaces => object("namespaces:t count:i"),
        Tool::GetK8sStatus => status(),
        Tool::GetK8sEvents => with(
            object("namespace asOf truncated:b cursor"),
            [
                ("counts", object("shown:i total:i read:i unread:i")),
                ("events", rows("type reason regarding note count:i firstSeen lastSeen")),
            ],
        ),
        Tool::GetPodLogs => with(
            object("namespace pod container chosen otherContainers:t previous:b asOf truncated:b absent next"),
            [("counts", object("shown:i matched:i read:i")), ("lines", rows("time text cutBytes:i"))],
        ),
        Tool::GetK8sResource => resource(),
        Tool::GetDeploymentDiagnostics => deployment_diagnostics(),
        Tool::GetPodDiagnostics => pod_diagnostics(),
        Tool::GetServiceDiagnostics => service_diagnostics(),
        Tool::RequestScaleDeployment
        | Tool::RequestSetDeploymentImage
        | Tool::RequestRestartDeployment
        | Tool::RequestApplyManifest
        | Tool::RequestDeleteManifest
        | Tool::RequestRollback
        | Tool::ApplyApprovedPlan
        | Tool::GetPlanStatus
        | Tool::WaitForPlan => plan(),
    };
    schema["properties"]["code"] = kind("");
    schema["properties"]["message"] = kind("");
    schema["properties"]["clusterSaid"] = kind("");
    schema["additionalProperties"] = json!(false);
    schema
}

/// What `tools/list` shows of a whole schema: the members of the result, and the types of those that are no texts.
/// The rest is in the reference; here every byte is paid for in each conversation.
pub(crate) fn shallow(whole: &Value) -> Value {
    let members = whole["properties"].as_object().into_iter().flatten();
    let own = members.filter(|(name, _)| !matches!(name.as_str(), "code" | "message" | "clusterSaid"));
    let types = own.map(|(name, schema)| {
        let of = if schema["type"] == "string" { json!({}) } else { json!({ "type": schema["type"] }) };
        (name.clone(), of)
    });
    json!({ "type": "object", "properties": types.collect::<Map<_, _>>() })
}

fn status() -> Value {
    with(
        object("namespace asOf truncated:b cursor"),
        [
            ("counts", shown(&["deployments", "replicaSets", "pods", "services", "configMaps"])),
            ("deployments", rows("name replicas:i ready:i updated:i available:i paused:b images:t")),
            ("replicaSets", rows("name revision:i replicas:i ready:i images:t")),
            ("pods", rows(POD)),
            ("services", rows("name type selector ports:t")),
            ("configMaps", rows("name keys:t")),
            ("notChecked", rows("what reason")),
        ],
    )
}

const POD: &str = "name owner phase ready:b terminating:b restarts:i reason node";

/// The findings of a diagnosis, the consequences inside their cause.
fn findings() -> Value {
    let finding = || {
        with(
            object("id cause severity summary affectedPods:i since next:t"),
            [("object", object("kind name")), ("evidence", rows("path value:a"))],
        )
    };
    array(&with(finding(), [("consequences", array(&finding()))]))
}

/// How many of each of `lists` are shown.
fn shown(lists: &[&'static str]) -> Value {
    lists.iter().fold(object(""), |all, list| with(all, [(*list, object("shown:i total:i"))]))
}

fn pod_diagnostics() -> Value {
    let end = || object("is exitCode:i signal:i reason message finishedAt");
    let container = object("name init:b sidecar:b image ready:b restarts:i since ports:t liveness readiness startup limits requests");
    with(
        object("namespace name asOf truncated:b phase ready:b reason node owners:t checked:t"),
        [
            ("counts", shown(&["findings", "events"])),
            ("findings", findings()),
            ("conditions", rows("type status reason message since")),
            ("containers", array(&with(container, [("state", end()), ("last", end())]))),
            ("volumes", rows("name refersTo optional:b")),
            ("events", rows("type reason note regarding count:i lastSeen")),
            ("notChecked", rows("what reason")),
        ],
    )
}

fn service_diagnostics() -> Value {
    with(
        object("namespace name asOf truncated:b type selector checked:t"),
        [
            ("counts", shown(&["findings", "pods", "events"])),
            ("ports", rows("name port:i protocol targetPort:a")),
            ("endpoints", object("ready:i notReady:i terminating:i slices:i ports:t")),
            ("findings", findings()),
            ("pods", rows(POD)),
            ("events", rows("type reason note regarding count:i lastSeen")),
            ("notChecked", rows("what reason")),
        ],
    )
}

fn deployment_diagnostics() -> Value {
    with(
        object("namespace name asOf truncated:b rolloutComplete:b checked:t"),
        [
            ("counts", shown(&["findings", "replicaSets", "pods", "events"])),
            ("replicas", object("desired:i current:i updated:i ready:i available:i")),
            ("containers", rows("name image")),
            ("findings", findings()),
            ("replicaSets", rows("name revision:i replicas:i ready:i images:t")),
            ("pods", rows(POD)),
            ("events", rows("type reason note regarding count:i lastSeen")),
            ("notChecked", rows("what reason")),
        ],
    )
}

fn plan() -> Value {
    let step = with(object("state resourceVersion auditId message"), [("object", object("kind namespace name"))]);
    let rollout = with(
        object("verdict code asOf changedSince:b"),
        [("object", object("kind namespace name")), ("replicas", map("integer")), ("findings", findings())],
    );
    with(
        object("planId state approvalUrl expiresAt executeBefore reviewDigest summary decidedAt denyReason next"),
        [
            ("findings", rows("id severity summary path")),
            ("outcome", with(object("state reason at"), [("steps", array(&step))])),
            ("rollouts", array(&rollout)),
        ],
    )
}

fn resource() -> Value {
    let container = "name image init:b ports:t requests:m limits:m env:t mounts:t probes:t";
    let pod = || {
        let own = object("volumes:t serviceAccount nodeSelector:m priorityClass restartPolicy hostNetwork:b pullSecrets:t");
        with(own, [("containers", rows(container))])
    };
    let ended = || object("exitCode:i signal:i reason message finishedAt");
    let state = object("is reason message since exitCode:i signal:i finishedAt");
    let running = with(object("name image init:b ready:b restarts:i"), [("state", state), ("last", ended())]);
    let words = "observedGeneration:i selector strategy paused:b serviceName claims:t phase reason message node qos type clusterIp ports:t \
                 externalName addresses:t immutable:b keyCount:i bytes:i storageClass volume accessModes:t requested schedule timeZone \
                 concurrency suspended:b startedAt completedAt target metrics:t scaledAt class rules:t tlsHosts:t unschedulable:b taints:t \
                 allocatable:m versions:m";
    let detail = with(
        object(words),
        [
            ("replicas", map("integer")),
            ("counts", map("integer")),
            ("capacity", json!({ "type": ["object", "string"], "additionalProperties": { "type": "string" } })),
            ("keys", rows("name bytes:i")),
            ("template", pod()),
            ("spec", pod()),
            ("containers", array(&running)),
        ],
    );
    with(
        object("kind namespace name asOf truncated:b"),
        [
            (
                "meta",
                with(
                    object("uid createdAt deletingSince generation:i labels:m annotationKeys:t owner finalizers:t"),
                    [("changedBy", rows("manager subresource at"))],
                ),
            ),
            ("conditions", rows("type status reason message since")),
            ("detail", detail),
        ],
    )
}

/// A closed object of the members in `words`: `name` for a text, `name:i` for a whole number, `name:b` for a truth
/// value, `name:t` for a list of texts, `name:m` for a map of texts, `name:a` for any scalar.
fn object(words: &str) -> Value {
    let members: Map<String, Value> = words
        .split_whitespace()
        .map(|word| {
            let (name, letter) = word.split_once(':').unwrap_or((word, ""));
            (name.to_owned(), kind(letter))
        })
        .collect();
    json!({ "type": "object", "properties": members, "additionalProperties": false })
}

fn kind(letter: &str) -> Value {
    match letter {
        "i" => json!({ "type": "integer" }),
        "b" => json!({ "type": "boolean" }),
        "t" => array(&json!({ "type": "string" })),
        "m" => map("string"),
        "a" => json!({}),
        _ => json!({ "type": "string" }),
    }
}

fn map(of: &str) -> Value {
    json!({ "type": "object", "additionalProperties": { "type": of } })
}

fn rows(words: &str) -> Value {
    array(&object(words))
}

fn array(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// `object` with more members.
fn with<const N: usize>(mut object: Value, members: [(&str, Value); N]) -> Value {
    for (name, schema) in members {
        object["properties"][name] = schema;
    }
    object
}
