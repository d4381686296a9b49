use kmg_core::observe::{
    Change, ConfigMapShape, ContainerShape, KeySize, MetaFacts, NodeShape, PodShape, PodSummary, ResourceKind, WorkloadShape,
};

use super::*;

fn view(kind: ResourceKind, detail: Detail) -> ResourceView {
    ResourceView {
        as_of: Millis(1_800_000_000_000),
        namespace: "demo".parse().unwrap(),
        kind,
        name: "web".to_owned(),
        meta: MetaFacts {
            uid: "u".to_owned(),
            created_at: Some(Millis(0)),
            labels: [("app".to_owned(), "web".to_owned()), ("api-password".to_owned(), "hunter2".to_owned())].into(),
            annotation_keys: vec!["note".to_owned()],
            changed_by: vec![Change { manager: "kubectl".to_owned(), subresource: None, at: Some(Millis(1_000)) }],
            ..MetaFacts::default()
        },
        conditions: vec![ConditionFacts { kind: "Available".to_owned(), status: "True".to_owned(), ..ConditionFacts::default() }],
        detail,
    }
}

fn pod(env: usize) -> PodShape {
    let container = ContainerShape {
        name: "app".to_owned(),
        image: "r.test/app:1".to_owned(),
        env: (0..env).map(|index| format!("DB_PASSWORD_{index} from Secret db key password")).collect(),
        limits: [("memory".to_owned(), "64Mi".to_owned())].into(),
        ..ContainerShape::default()
    };
    PodShape { containers: vec![container; 31], ..PodShape::default() }
}

fn result(view: &ResourceView) -> Value {
    answer(&Guard::default(), view).into_result()
}

#[test]
fn an_object_is_shown_in_members_and_in_lines() {
    let shape = WorkloadShape { replicas: [("desired".to_owned(), 3)].into(), template: pod(1), ..WorkloadShape::default() };
    let result = result(&view(ResourceKind::Deployment, Detail::Workload(Box::new(shape))));
    super::super::tests::assert_promised(crate::catalogue::Tool::GetK8sResource, &result);
    let structured = &result["structuredContent"];
    assert_eq!(structured["meta"]["createdAt"], "1970-01-01T00:00:00.000Z");
    assert_eq!(structured["meta"]["changedBy"], json!([{ "manager": "kubectl", "at": "1970-01-01T00:00:01.000Z" }]));
    assert_eq!(structured["conditions"], json!([{ "type": "Available", "status": "True" }]));
    assert_eq!(structured["detail"]["template"]["containers"][0]["env"], json!(["DB_PASSWORD_0 from Secret db key password"]));
    assert_eq!(structured["truncated"], false);
    assert!(structured["detail"].get("paused").is_none(), "what is false says nothing");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Deployment demo/web as of 2027-01-15T08:00:00.000Z\n"), "{text}");
    assert!(text.contains("\nreplicas:\n  desired: 3\n"), "{text}");
    assert!(!result.to_string().contains("hunter2"), "a label is redacted by its key, in the lines too");
}

#[test]
fn the_size_of_a_secret_looking_key_is_no_secret() {
    let shape = ConfigMapShape {
        key_count: 1,
        bytes: 9,
        keys: vec![KeySize { name: "password".to_owned(), bytes: 9 }],
        ..ConfigMapShape::default()
    };
    let result = result(&view(ResourceKind::ConfigMap, Detail::ConfigMap(Box::new(shape))));
    super::super::tests::assert_promised(crate::catalogue::Tool::GetK8sResource, &result);
    assert_eq!(result["structuredContent"]["detail"]["keys"], json!([{ "name": "password", "bytes": 9 }]));
}

#[test]
fn a_large_object_loses_its_details_and_says_so() {
    let detail = PodSummary { phase: "Running".to_owned(), spec: pod(63), ..PodSummary::default() };
    let result = result(&view(ResourceKind::Pod, Detail::Pod(Box::new(detail))));
    super::super::tests::assert_promised(crate::catalogue::Tool::GetK8sResource, &result);
    let bytes = result.to_string().len();
    assert!(bytes <= 16_000, "{bytes} bytes");
    assert_eq!(result["structuredContent"]["truncated"], true);
    assert_eq!(result["structuredContent"]["detail"]["spec"]["containers"][30]["name"], "app");
}

#[test]
fn an_object_made_to_be_huge_is_answered_in_bounds() {
    let container = ContainerShape { ports: vec!["p".repeat(512); 32], probes: vec!["q".repeat(512); 32], ..ContainerShape::default() };
    let shape = WorkloadShape { template: PodShape { containers: vec![container; 32], ..PodShape::default() }, ..WorkloadShape::default() };
    let result = result(&view(ResourceKind::Deployment, Detail::Workload(Box::new(shape))));
    assert!(result.to_string().len() <= 4_000, "{}", result.to_string().len());
    assert_eq!((&result["structuredContent"]["truncated"], &result["structuredContent"]["name"]), (&json!(true), &json!("web")));
}

#[test]
fn a_node_is_promised_too() {
    let shape = NodeShape {
        capacity: [("cpu".to_owned(), "2".to_owned())].into(),
        taints: vec!["a=b (NoSchedule)".to_owned()],
        ..NodeShape::default()
    };
    let result = result(&view(ResourceKind::Node, Detail::Node(Box::new(shape))));
    super::super::tests::assert_promised(crate::catalogue::Tool::GetK8sResource, &result);
    assert_eq!(result["structuredContent"]["detail"]["capacity"]["cpu"], "2");
}
