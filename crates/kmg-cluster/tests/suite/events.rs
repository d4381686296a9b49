//! Events of the real API server.

use http::Method;
use kmg_cluster::ClusterError;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::namespace_events;
use kmg_core::clock::Millis;
use kmg_core::observe::{EventsQuery, NamespaceEvents};
use serde_json::json;

use crate::lab::{Lab, eventually, lab, send};

fn query(lab: &Lab, selector: Option<&str>, limit: u32) -> EventsQuery {
    EventsQuery {
        namespace: lab.namespace.clone(),
        label_selector: Some("test=events".to_owned()),
        field_selector: selector.map(|selector| selector.parse().unwrap()),
        limit,
        cursor: None,
    }
}

/// An Event of the core API, as old controllers write them.
async fn write(client: &kube::Client, lab: &Lab, name: &str, about: (&str, &str), at: &str) {
    let (kind, reason) = about;
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "labels": {"test": "events"}},
        "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": lab.namespace, "uid": "0f9c2c3e-7d1a-4c1f-9a55-3a1f0f9c2c3e"},
        "type": kind, "reason": reason, "message": "the same words", "count": 2,
        "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": at
    });
    let created = send(client, Method::POST, &lab.core("events"), Some(("application/json", event))).await;
    assert_eq!(created.0, 201, "{}", created.1);
}

fn reasons(events: &NamespaceEvents) -> Vec<(&str, i64)> {
    events.events.items.iter().map(|event| (event.reason.as_str(), event.count)).collect()
}

#[tokio::test]
async fn events_come_newest_first_folded_narrowed_and_paged() {
    let Some(lab) = lab("events of a namespace", "events").await else { return };
    let admin = lab.raw(None).await;
    // Named against their order in time, since the API lists by name.
    write(&admin, &lab, "z-oldest", ("Normal", "Pulled"), "2026-01-01T00:01:00Z").await;
    write(&admin, &lab, "y-one", ("Warning", "BackOff"), "2026-01-01T00:02:00Z").await;
    write(&admin, &lab, "x-other", ("Warning", "BackOff"), "2026-01-01T00:04:00Z").await;
    write(&admin, &lab, "a-between", ("Warning", "Failed"), "2026-01-01T00:03:00Z").await;
    let reader = lab.identity(Identity::Reader).await;
    let all = namespace_events(&reader, &lab.permit, &query(&lab, None, 20)).await.unwrap();
    assert_eq!(reasons(&all), [("BackOff", 4), ("Failed", 2), ("Pulled", 2)]);
    assert_eq!((all.read, all.left, all.events.truncated, all.cursor.as_deref()), (4, 0, false, None));
    let folded = &all.events.items[0];
    let times = [folded.first_seen, folded.last_seen].map(|time| time.map(Millis::rfc3339).unwrap_or_default());
    assert_eq!(times, ["2026-01-01T00:00:00.000Z", "2026-01-01T00:04:00.000Z"]);
    assert_eq!(folded.regarding, "Pod/web-1");

    for (selector, rows) in [
        ("type=Warning", 2),
        ("reason!=BackOff,regarding.kind=Pod,regarding.name=web-1", 2),
        ("reason==Pulled", 1),
        ("regarding.uid=0f9c2c3e-7d1a-4c1f-9a55-3a1f0f9c2c3e", 3),
        ("regarding.kind=Deployment", 0),
        ("metadata.name=a-between", 1),
        ("regarding.apiVersion=v1,regarding.fieldPath=x,reportingController=x,regarding.namespace=x", 0),
    ] {
        let narrowed = namespace_events(&reader, &lab.permit, &query(&lab, Some(selector), 20)).await.unwrap();
        assert_eq!(narrowed.events.items.len(), rows, "{selector}");
    }

    let first = namespace_events(&reader, &lab.permit, &query(&lab, None, 2)).await.unwrap();
    assert_eq!((first.events.items.len(), first.events.total, first.events.truncated), (2, 3, true));
    let next = EventsQuery { cursor: first.cursor, ..query(&lab, None, 2) };
    let second = namespace_events(&reader, &lab.permit, &next).await.unwrap();
    assert_eq!((reasons(&second), second.cursor.as_deref()), (vec![("Pulled", 2)], None));
    let foreign = EventsQuery { cursor: Some("x".to_owned()), ..query(&lab, None, 2) };
    assert!(matches!(namespace_events(&reader, &lab.permit, &foreign).await, Err(ClusterError::Cursor)));
    let executor = lab.identity(Identity::Executor).await;
    assert!(matches!(namespace_events(&executor, &lab.permit, &query(&lab, None, 2)).await, Err(ClusterError::Forbidden(_))));

    let everything = EventsQuery { label_selector: None, ..query(&lab, Some("regarding.kind=Deployment"), 100) };
    eventually("a controller's own Event", || async {
        let events = namespace_events(&reader, &lab.permit, &everything).await.unwrap();
        events.events.items.iter().any(|event| event.reason == "ScalingReplicaSet" && event.regarding == "Deployment/web").then_some(())
    })
    .await;
}
