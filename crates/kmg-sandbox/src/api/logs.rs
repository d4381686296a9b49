//! Logs: what a running container of the sandbox would plausibly write.

use bytes::Bytes;
use jiff::Timestamp;
use kmg_core::clock::Millis;
use serde_json::{Value, json};

use super::{About, read};
use crate::call::Call;
use crate::json::text;
use crate::reply::{Reply, TEXT};
use crate::status::{Cause, Status};
use crate::world::World;

/// A line this often while a container runs.
const EVERY: i64 = 5_000;
/// The most lines that a container has.
const MAX_LINES: i64 = 2_000;

pub(super) fn log(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let query = &call.query;
    if query.is_true("follow") || !query.get("sinceSeconds").is_empty() || !query.get("sinceTime").is_empty() {
        return Err(Status::not_implemented("following a log, or a part of it by time"));
    }
    let name = about.resource.name;
    let tail = at_least(0, query.integer("tailLines")?, "tailLines", name)?;
    let limit = at_least(1, query.integer("limitBytes")?, "limitBytes", name)?;
    let pod = read::find(world, about)?;
    let container = chosen(&pod.object, query.get("container"), name)?;
    if text(&pod.object, "/spec/nodeName").is_empty() {
        return Err(Status::bad_request(format!("pod {name} does not have a host assigned")));
    }
    let status = status_of(&pod.object, container);
    if query.is_true("previous") {
        let why = format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
        let ended = status.pointer("/lastState/terminated");
        return ended.map_or(Err(Status::bad_request(why)), |_| Ok(Reply::new(200, TEXT, Bytes::new())));
    }
    let since = running_since(status, container, name)?;
    let mut lines = lines(container, since, world.now(), query.is_true("timestamps"));
    if let Some(tail) = tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut out: String = lines.into_iter().map(|line| line + "\n").collect();
    if let Some(limit) = limit {
        out.truncate(out.floor_char_boundary(limit));
    }
    Ok(Reply::new(200, TEXT, out.into()))
}

fn at_least(least: i64, value: Option<i64>, field: &str, pod: &str) -> Result<Option<usize>, Status> {
    let Some(value) = value else { return Ok(None) };
    if value < least {
        let why = if least == 0 { "must be greater than or equal to 0" } else { "must be greater than 0" };
        return Err(Status::invalid(("PodLogOptions", ""), pod, &[Cause::invalid(field, &json!(value), why)]));
    }
    Ok(Some(usize::try_from(value).unwrap_or(usize::MAX)))
}

/// The container that is asked for: by name, or the only one.
fn chosen<'a>(pod: &'a Value, wanted: &'a str, name: &str) -> Result<&'a str, Status> {
    let names = |list: &str| {
        let containers = pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array).into_iter().flatten();
        containers.map(|container| text(container, "/name")).collect::<Vec<_>>()
    };
    let (main, init) = (names("containers"), names("initContainers"));
    if !wanted.is_empty() {
        let known = main.contains(&wanted) || init.contains(&wanted);
        return if known { Ok(wanted) } else { Err(Status::bad_request(format!("container {wanted} is not valid for pod {name}"))) };
    }
    match main.as_slice() {
        [one] => Ok(one),
        _ => Err(Status::bad_request(format!("a container name must be specified for pod {name}, choose one of: [{}]", main.join(" ")))),
    }
}

fn status_of<'a>(pod: &'a Value, container: &str) -> &'a Value {
    let lists = ["/status/containerStatuses", "/status/initContainerStatuses"];
    let all = lists.into_iter().filter_map(|list| pod.pointer(list)?.as_array()).flatten();
    all.into_iter().find(|status| text(status, "/name") == container).unwrap_or(&Value::Null)
}

/// Since when the container runs, or the words in which the node refuses the log of one that waits.
fn running_since(status: &Value, container: &str, pod: &str) -> Result<Millis, Status> {
    let started = ["/state/running/startedAt", "/state/terminated/startedAt"].map(|pointer| text(status, pointer));
    if let Some(at) = started.into_iter().find_map(|text| text.parse::<Timestamp>().ok()) {
        return Ok(Millis(at.as_millisecond()));
    }
    let why = match text(status, "/state/waiting/reason") {
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        "" => "ContainerCreating",
        reason => reason,
    };
    Err(Status::bad_request(format!("container \"{container}\" in pod \"{pod}\" is waiting to start: {why}")))
}

fn lines(container: &str, since: Millis, now: Millis, timestamps: bool) -> Vec<String> {
    let count = (now.since(since) / EVERY).clamp(0, MAX_LINES - 2);
    let first = [format!("starting {container}"), "ready, listening on port 8080".to_owned()];
    let words = first.into_iter().chain((0..count).map(|n| format!("GET / 200 {}ms", 1 + (n * 7 + 3) % 9)));
    let times = (0..).map(|n: i64| since.plus(n.saturating_sub(1).max(0) * EVERY));
    words.zip(times).map(|(line, at)| if timestamps { format!("{} {line}", at.rfc3339()) } else { line }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_container_has_the_nodes_own_words_and_a_running_one_has_lines() {
        let waiting = json!({"state": {"waiting": {"reason": "ImagePullBackOff"}}});
        assert_eq!(
            running_since(&waiting, "web", "p").unwrap_err().message,
            "container \"web\" in pod \"p\" is waiting to start: trying and failing to pull image"
        );
        let running = json!({"state": {"running": {"startedAt": "1970-01-01T00:00:01Z"}}});
        let since = running_since(&running, "web", "p").unwrap();
        assert_eq!(lines("web", since, Millis(12_000), false).len(), 4);
        assert_eq!(lines("web", since, Millis(1_000), true)[0], "1970-01-01T00:00:01.000Z starting web");
    }

    #[test]
    fn of_several_containers_one_must_be_named() {
        let pod = json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}});
        assert_eq!(chosen(&pod, "", "p").unwrap_err().message, "a container name must be specified for pod p, choose one of: [a b]");
        assert_eq!(chosen(&pod, "b", "p").unwrap(), "b");
        assert_eq!(chosen(&pod, "c", "p").unwrap_err().message, "container c is not valid for pod p");
    }
}
