use super::store::{GOOD, with_web};
use crate::control::events::MOST;
use crate::control::events::{Recorder, Report, Reporter};
use crate::control::object::Object;
use crate::options::Pace;
use kmg_core::clock::Millis;
use serde_json::json;

fn report(message: &str) -> Report<'_> {
    Report { by: Reporter::ReplicaSets, container: None, warning: false, reason: "SuccessfulCreate", message }
}

fn object(name: &str) -> Object<'static> {
    Object::new(json!({"kind": "ReplicaSet", "apiVersion": "apps/v1", "metadata": {"name": name, "namespace": "demo", "uid": name}}))
}

#[test]
fn the_same_is_counted_and_what_is_alike_is_combined_after_ten() {
    let mut recorder = Recorder::new(Vec::new(), Millis(0));
    for _ in 0..3 {
        recorder.record(&object("one"), &report("Created pod: a"));
    }
    for number in 1..15 {
        recorder.record(&object("one"), &report(&format!("Created pod: {number}")));
    }
    recorder.record(&object("two"), &report("Created pod: a"));
    let events = recorder.into_events();
    assert_eq!(events.len(), 12);
    assert_eq!((events[0].text("/message"), events[0].int("/count")), ("Created pod: a", 3));
    assert_eq!((events[10].text("/message"), events[10].int("/count")), ("(combined from similar events): Created pod: 14", 5));
    assert_eq!(events[11].text("/involvedObject/name"), "two");
}

#[test]
fn there_is_an_end_to_events() {
    let mut recorder = Recorder::new(Vec::new(), Millis(0));
    for number in 0..MOST + 20 {
        recorder.record(&object(&format!("set-{number}")), &report("Created pod: a"));
    }
    let mut later = Recorder::new(recorder.into_events(), Millis(5_000));
    later.record(&object("last"), &report("Created pod: a"));
    assert_eq!(later.expire(), Some(Millis(3_600_000)));
    let events = later.into_events();
    assert_eq!(events.len(), MOST);
    assert!(events.iter().any(|event| event.text("/involvedObject/name") == "last"));
    let mut names: Vec<&str> = events.iter().map(Object::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), MOST, "each has a name of its own");
    let mut much_later = Recorder::new(events, Millis(3_600_000));
    assert_eq!(much_later.expire(), Some(Millis(3_605_000)));
    assert_eq!(much_later.into_events().len(), 1);
}

#[test]
fn old_events_go_without_anything_else_happening() {
    let mut store = with_web(Pace::demo(), 1, GOOD);
    store.run_for(5_000);
    assert!(!store.list("events").is_empty());
    store.run_for(3_700_000);
    assert_eq!(store.list("events").len(), 0);
}
