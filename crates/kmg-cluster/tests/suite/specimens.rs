//! The smallest valid object of each kind: validation answers before admission does, so an invalid one proves nothing.

use serde_json::{Value, json};

use crate::lab::Lab;

/// An object of `kind` that the API server would store, and that does nothing once it is there.
pub(crate) fn specimen(lab: &Lab, api: &str, kind: &str, name: &str) -> Value {
    let mut object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}});
    if let Value::Object(rest) = rest_of(lab, api, kind, name) {
        object.as_object_mut().unwrap().extend(rest);
    }
    match kind {
        "CustomResourceDefinition" => object["metadata"]["name"] = format!("{}s.kmg.example", word(name)).into(),
        "APIService" => object["metadata"]["name"] = format!("v1.{}.kmg.example", word(name)).into(),
        "IPAddress" => object["metadata"]["name"] = "10.96.77.77".into(),
        // A question, not an object: it has no name.
        _ if kind.ends_with("Review") => drop(object["metadata"].as_object_mut().unwrap().remove("name")),
        _ => {}
    }
    object
}

fn word(name: &str) -> String {
    name.replace('-', "")
}

/// Everything but type and metadata; nothing where that is enough.
fn rest_of(lab: &Lab, api: &str, kind: &str, name: &str) -> Value {
    let labels = json!({"app": "specimen"});
    // Scheduled by no one: it keeps still.
    let pod = json!({"schedulerName": "none", "containers": [{"name": "c", "image": "x:1"}]});
    let template = json!({"metadata": {"labels": labels}, "spec": pod});
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"});
    match kind {
        "Binding" => json!({"target": {"kind": "Node", "name": "n"}}),
        "Pod" => json!({"spec": pod}),
        "PodTemplate" => json!({"template": template}),
        "ReplicationController" => json!({"spec": {"replicas": 0, "selector": labels, "template": template}}),
        "Deployment" | "ReplicaSet" => json!({"spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}}),
        "StatefulSet" => json!({"spec": {"replicas": 0, "serviceName": "none", "selector": {"matchLabels": labels}, "template": template}}),
        "DaemonSet" => {
            let nowhere =
                json!({"metadata": {"labels": labels}, "spec": {"containers": pod["containers"], "nodeSelector": {"no": "where"}}});
            json!({"spec": {"selector": {"matchLabels": labels}, "template": nowhere}})
        }
        "ControllerRevision" => json!({"revision": 1, "data": {}}),
        "Job" => json!({"spec": {"suspend": true, "template": once(&pod)}}),
        "CronJob" => json!({"spec": {"suspend": true, "schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": once(&pod)}}}}),
        "Service" => json!({"spec": {"ports": [{"port": 80}]}}),
        "Event" if api == "v1" => json!({"involvedObject": {"kind": "Pod", "name": "p", "namespace": lab.namespace}}),
        "Event" => json!({
            "eventTime": "2026-01-01T00:00:00.000000Z", "type": "Normal", "reason": "r", "action": "a",
            "reportingController": "kmg.example/c", "reportingInstance": "i",
            "regarding": {"kind": "Pod", "name": "p", "namespace": lab.namespace}
        }),
        "PersistentVolumeClaim" => {
            json!({"spec": {"storageClassName": "none", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}})
        }
        "PersistentVolume" => {
            json!({"spec": {"storageClassName": "none", "capacity": {"storage": "1"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/none"}, "persistentVolumeReclaimPolicy": "Retain"}})
        }
        "TokenRequest" => json!({"spec": {"expirationSeconds": 600}}),
        "HorizontalPodAutoscaler" => json!({"spec": {"maxReplicas": 1, "scaleTargetRef": target}}),
        "CertificateSigningRequest" => json!({"spec": {"signerName": "kmg.example/none", "usages": ["client auth"], "request": REQUEST}}),
        "Ingress" => json!({"spec": {"ingressClassName": "none", "defaultBackend": {"service": {"name": "none", "port": {"number": 80}}}}}),
        "IngressClass" => json!({"spec": {"controller": "kmg.example/none"}}),
        "IPAddress" => json!({"spec": {"parentRef": {"group": "", "resource": "services", "name": "none", "namespace": lab.namespace}}}),
        "ServiceCIDR" => json!({"spec": {"cidrs": ["10.77.0.0/24"]}}),
        "NetworkPolicy" => json!({"spec": {"podSelector": {"matchLabels": labels}}}),
        "PodDisruptionBudget" => json!({"spec": {"minAvailable": 0, "selector": {"matchLabels": labels}}}),
        "ClusterRoleBinding" | "RoleBinding" => {
            json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "none"}})
        }
        "CSIDriver" => json!({"spec": {"attachRequired": false}}),
        "CSINode" => json!({"spec": {"drivers": []}}),
        "CSIStorageCapacity" => json!({"storageClassName": "none"}),
        "StorageClass" => json!({"provisioner": "kmg.example/none"}),
        "VolumeAttributesClass" => json!({"driverName": "kmg.example", "parameters": {"a": "b"}}),
        "VolumeAttachment" => json!({"spec": {"attacher": "kmg.example", "nodeName": "none", "source": {"persistentVolumeName": "none"}}}),
        "PriorityClass" => json!({"value": 1}),
        "RuntimeClass" => json!({"handler": "none"}),
        "APIService" => {
            json!({"spec": {"group": format!("{}.kmg.example", word(name)), "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100}})
        }
        "CustomResourceDefinition" => definition(&word(name)),
        "EndpointSlice" => json!({"addressType": "IPv4", "endpoints": []}),
        "ResourceSlice" => {
            json!({"spec": {"driver": "kmg.example", "allNodes": true, "pool": {"name": "none", "generation": 1, "resourceSliceCount": 1}}})
        }
        "ResourceClaimTemplate" => json!({"spec": {"spec": {}}}),
        "FlowSchema" => json!({"spec": {"matchingPrecedence": 9000, "priorityLevelConfiguration": {"name": "none"}}}),
        "PriorityLevelConfiguration" => {
            json!({"spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 0, "limitResponse": {"type": "Reject"}}}})
        }
        "DeviceClass" | "ResourceClaim" => json!({"spec": {}}),
        _ => exempt(lab, kind),
    }
}

/// Of what no policy applies to.
fn exempt(lab: &Lab, kind: &str) -> Value {
    let nothing =
        json!({"resourceRules": [{"apiGroups": ["none.example"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["none"]}]});
    let question = json!({"namespace": lab.namespace, "verb": "get", "resource": "pods"});
    match kind {
        "ValidatingAdmissionPolicy" => json!({"spec": {"matchConstraints": nothing, "validations": [{"expression": "true"}]}}),
        "ValidatingAdmissionPolicyBinding" => json!({"spec": {"policyName": "none", "validationActions": ["Audit"]}}),
        "MutatingAdmissionPolicy" => json!({"spec": {
            "matchConstraints": nothing, "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: \"test\", path: \"/metadata/name\", value: \"\"}]"}}]
        }}),
        "MutatingAdmissionPolicyBinding" => json!({"spec": {"policyName": "none"}}),
        "TokenReview" => json!({"spec": {"token": "none"}}),
        "LocalSubjectAccessReview" => {
            json!({"metadata": {"namespace": lab.namespace}, "spec": {"user": "none", "resourceAttributes": question}})
        }
        "SubjectAccessReview" => json!({"spec": {"user": "none", "resourceAttributes": question}}),
        "SelfSubjectAccessReview" => json!({"spec": {"resourceAttributes": question}}),
        "SelfSubjectRulesReview" => json!({"spec": {"namespace": lab.namespace}}),
        _ => Value::Null,
    }
}

fn once(pod: &Value) -> Value {
    json!({"spec": {"restartPolicy": "Never", "containers": pod["containers"]}})
}

fn definition(word: &str) -> Value {
    json!({"spec": {
        "group": "kmg.example", "scope": "Namespaced", "names": {"plural": format!("{word}s"), "singular": word, "kind": word, "listKind": format!("{word}list")},
        "versions": [{"name": "v1", "served": false, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]
    }})
}

/// A certificate request (RFC 2986) for `CN=nobody`; its key was never kept.
const REQUEST: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITE1ITUNBUUF3RVRFUE1BMEdBMVVFQXd3R2JtOWliMlI1TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowRApBUWNEUWdBRWEyckJtY0NPd1pQa3ZaVHR0NTBkRklaNngraFpIMnZwbXJ0TDlXa3lSaFI5QmRzaVE4VzZ2WHhZCjlGNmFxVDlVUmxtMDhRNnpZdGlicVhhTTN1QTA0cUFBTUFvR0NDcUdTTTQ5QkFNQ0EwZ0FNRVVDSVFEYTZrclcKMkJwSmJTMzhud0NOdHhUSC81V29XNGlvRmRWMEtiTE5XWURzR2dJZ2ZuOC9mVWVPT1JlZjZ4S2hnSWNTNjI4dwo1YjhIdzdRa1N3Wm9OQnJIaVI4PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";
