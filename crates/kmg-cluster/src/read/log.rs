//! The newest lines of a container's log, in bounded memory whatever the node sends.

use k8s_openapi::api::core::v1::Pod;
use kmg_core::allow::Permit;
use kmg_core::clock::Millis;
use kmg_core::observe::{Chosen, LogAbsence, LogLine, LogQuery, PodLog};

use super::facts::{MAX_PARTS, short};
use crate::answer::Prefix;
use crate::client::Cluster;
use crate::error::{ClusterError, foreign_message};

/// The most bytes read of one log.
const READ_BYTES: usize = 1 << 20;
/// The most bytes of one line that are kept. Screening shows half of it, so that it sees the whole of a secret
/// that its cut goes through.
const LINE_BYTES: usize = 4 << 10;
/// The most bytes of all lines that are kept.
const KEPT_BYTES: usize = 64 << 10;
/// How many lines are searched, and how many of their bytes.
const SEARCHED_LINES: u32 = 2_000;
const SEARCHED_BYTES: usize = 512 << 10;

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The newest lines of a container's log, at most 64 KiB. Where the query has `contains`, they are what has to be
/// searched: at most 2,000 lines and 512 KiB. Nothing is left out of them here, since only screened text may be
/// searched.
///
/// # Errors
/// When the Pod or its log cannot be read, or the Pod has no such container.
pub async fn pod_log(cluster: &Cluster, permit: &Permit, query: &LogQuery) -> Result<PodLog, ClusterError> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", permit.namespace(), query.pod);
    let as_of = cluster.now();
    let pod: Pod = cluster.get(&path, &[], crate::client::JSON).await?.success()?.json("a Pod")?;
    let (container, chosen) = choose(&pod, query)?;
    let mut log = PodLog {
        namespace: permit.namespace().clone(),
        as_of,
        pod: query.pod.as_str().to_owned(),
        others: names(&pod).filter(|name| *name != container).take(MAX_PARTS).map(|name| short(Some(name))).collect(),
        container: short(Some(container)),
        chosen,
        previous: query.previous,
        lines: Vec::new(),
        read: 0,
        matched: 0,
        more: false,
        absent: None,
    };
    let (wanted, kept) =
        if query.contains.is_some() { (SEARCHED_LINES, SEARCHED_BYTES) } else { (query.tail_lines.clamp(1, 500), KEPT_BYTES) };
    if pod.spec.as_ref().is_none_or(|spec| spec.node_name.is_none()) {
        return Ok(PodLog { absent: Some(LogAbsence::NotStarted), ..log });
    }
    let source = Source { cluster, path: format!("{path}/log"), container, query };
    match source.newest(wanted).await? {
        Tail::Absent(why) => log.absent = Some(why),
        Tail::Lines(Prefix { body, cut, .. }) => {
            let mut lines = parse(&body);
            log.read = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            log.matched = log.read;
            log.more = cut | keep_newest(&mut lines, usize::try_from(wanted).unwrap_or(usize::MAX), kept);
            log.lines = lines;
        }
    }
    Ok(log)
}

/// The container the query means.
fn choose<'a>(pod: &'a Pod, query: &'a LogQuery) -> Result<(&'a str, Chosen), ClusterError> {
    if let Some(asked) = &query.container {
        let known = names(pod).find(|name| *name == asked.as_str());
        return known.map(|name| (name, Chosen::Asked)).ok_or(ClusterError::NoContainer);
    }
    let main = || pod.spec.iter().flat_map(|spec| &spec.containers).map(|container| container.name.as_str());
    let annotated = pod.metadata.annotations.as_ref().and_then(|all| all.get(DEFAULT_CONTAINER));
    let annotated = annotated.and_then(|wanted| main().find(|name| name == wanted));
    match (annotated, main().next(), main().nth(1)) {
        (_, Some(only), None) => Ok((only, Chosen::Only)),
        (Some(annotated), ..) => Ok((annotated, Chosen::Annotated)),
        (None, Some(first), Some(_)) => Ok((first, Chosen::First)),
        (None, None, _) => Err(ClusterError::Malformed("a Pod")),
    }
}

/// Every container, the main ones first.
fn names(pod: &Pod) -> impl Iterator<Item = &str> {
    let spec = || pod.spec.iter();
    let main = spec().flat_map(|spec| &spec.containers).map(|container| container.name.as_str());
    let init = spec().flat_map(|spec| spec.init_containers.iter().flatten()).map(|container| container.name.as_str());
    let ephemeral = spec().flat_map(|spec| spec.ephemeral_containers.iter().flatten()).map(|container| container.name.as_str());
    main.chain(init).chain(ephemeral)
}

/// What the node gave.
enum Tail {
    Absent(LogAbsence),
    Lines(Prefix),
}

struct Source<'a> {
    cluster: &'a Cluster,
    path: String,
    container: &'a str,
    query: &'a LogQuery,
}

impl Source<'_> {
    /// The newest `lines` and one more, which tells whether there are more. A node cuts at `limitBytes` from the
    /// oldest of the lines asked for, so that fewer are asked for until the newest fit.
    async fn newest(&self, lines: u32) -> Result<Tail, ClusterError> {
        let mut tail = lines.saturating_add(1);
        loop {
            let mut prefix = self.read(tail).await?;
            if !(200..300).contains(&prefix.status) {
                return absence(&prefix).map(Tail::Absent).ok_or_else(|| ClusterError::from_status(prefix.status, &prefix.body));
            }
            if is_apology(&prefix.body) {
                return Ok(Tail::Absent(LogAbsence::NotKept));
            }
            prefix.cut |= prefix.body.len() >= READ_BYTES;
            if !prefix.cut || tail == 1 {
                prefix.cut |= tail <= lines;
                return Ok(Tail::Lines(prefix));
            }
            tail = (tail / 8).max(1);
        }
    }

    async fn read(&self, tail: u32) -> Result<Prefix, ClusterError> {
        let (tail, limit) = (tail.to_string(), READ_BYTES.to_string());
        let since = self.query.since_seconds.map(|seconds| seconds.to_string());
        let mut query = vec![("container", self.container), ("timestamps", "true"), ("tailLines", &tail), ("limitBytes", &limit)];
        query.extend(self.query.previous.then_some(("previous", "true")));
        query.extend(since.as_deref().map(|seconds| ("sinceSeconds", seconds)));
        self.cluster.get_prefix(&self.path, &query, READ_BYTES).await
    }
}

/// Whether the body is what a kubelet answers, with status 200 and no time before it, for a container that was
/// removed while its log was asked for.
fn is_apology(body: &[u8]) -> bool {
    body.starts_with(b"unable to retrieve container logs for ") && !body.trim_ascii_end().contains(&b'\n')
}

/// Why there is no log, by the words of the API server and the kubelet.
fn absence(answer: &Prefix) -> Option<LogAbsence> {
    let words = foreign_message(&answer.body);
    let says = |text: &str| words.for_screening().contains(text);
    match answer.status {
        400 if says("previous terminated container") => Some(LogAbsence::NoPreviousRun),
        400 if says("is waiting to start") || says("does not have a host assigned") => Some(LogAbsence::NotStarted),
        400 if says("is terminated") || says("is not available") || says("no logs found") => Some(LogAbsence::NotKept),
        500..=504 if says("dial tcp") || says("containerLogs") || says("proxy error") => Some(LogAbsence::NodeUnreachable),
        _ => None,
    }
}

fn parse(body: &[u8]) -> Vec<LogLine> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    if body.is_empty() { Vec::new() } else { body.split(|byte| *byte == b'\n').map(line).collect() }
}

fn line(raw: &[u8]) -> LogLine {
    let (time, text) = stamped(raw);
    let kept = &text[..text.len().min(LINE_BYTES)];
    let cut = text.len() - kept.len();
    let mut text = String::from_utf8_lossy(kept).into_owned();
    if cut > 0 {
        text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
    }
    LogLine { time, text, cut: u64::try_from(cut).unwrap_or(u64::MAX) }
}

/// The time that the node wrote before the line (RFC 3339), and the line.
fn stamped(raw: &[u8]) -> (Option<Millis>, &[u8]) {
    let end = raw.iter().take(40).position(|byte| *byte == b' ').unwrap_or(raw.len().min(40));
    let time = std::str::from_utf8(&raw[..end]).ok().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match time {
        Some(time) => (Some(Millis(time.as_millisecond())), raw.get(end + 1..).unwrap_or_default()),
        None => (None, raw),
    }
}

/// Leaves the newest lines, at most `most` with at most `bytes`; says whether any went.
fn keep_newest(lines: &mut Vec<LogLine>, most: usize, bytes: usize) -> bool {
    let mut left = bytes;
    let kept = lines
        .iter()
        .rev()
        .take(most)
        .take_while(|line| {
            let room = left.checked_sub(line.text.len());
            left = room.unwrap_or_default();
            room.is_some()
        })
        .count();
    let gone = lines.len() - kept;
    lines.drain(..gone);
    gone > 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_have_a_time_a_text_and_a_bound() {
        let long = "é".repeat(5_000);
        let body = format!("2026-01-01T00:00:01.123456789Z started\nno time here\n2026-01-01T00:00:02Z \n2026-01-01T00:00:03Z {long}\n");
        let lines = parse(body.as_bytes());
        assert_eq!(lines[0], LogLine { time: Some(Millis(1_767_225_601_123)), text: "started".to_owned(), cut: 0 });
        assert_eq!((lines[1].time, lines[1].text.as_str()), (None, "no time here"));
        assert_eq!((lines[2].time.is_some(), lines[2].text.as_str()), (true, ""));
        assert_eq!((lines[3].text.len(), lines[3].cut), (LINE_BYTES, 10_000 - 4_096));
        assert_eq!(parse(b"a\xff\0b\n")[0].text, "a\u{fffd}\0b");
        assert!(parse(b"").is_empty());
        assert_eq!(parse(b"\n").len(), 0);
    }

    #[test]
    fn the_newest_lines_stay() {
        let mut lines = parse(b"1\n22\n333\n");
        assert!(!keep_newest(&mut lines, 3, 6));
        assert!(keep_newest(&mut lines, 3, 5));
        assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["22", "333"]);
        assert!(keep_newest(&mut lines, 1, 100));
        assert_eq!(lines[0].text, "333");
    }

    #[test]
    fn the_container_is_chosen_as_kubectl_does() {
        let pod = |annotation: Option<&str>, names: &[&str]| -> Pod {
            let containers: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
            let annotations = annotation.map(|name| json!({DEFAULT_CONTAINER: name}));
            serde_json::from_value(json!({
                "metadata": {"annotations": annotations},
                "spec": {"containers": containers, "initContainers": [{"name": "setup"}], "ephemeralContainers": [{"name": "shell"}]}
            }))
            .unwrap()
        };
        let ask = |container: Option<&str>| LogQuery {
            namespace: "demo".parse().unwrap(),
            pod: "p".parse().unwrap(),
            container: container.map(|name| name.parse().unwrap()),
            tail_lines: 1,
            previous: false,
            since_seconds: None,
            contains: None,
        };
        assert_eq!(choose(&pod(None, &["a"]), &ask(None)).unwrap(), ("a", Chosen::Only));
        assert_eq!(choose(&pod(None, &["a", "b"]), &ask(None)).unwrap(), ("a", Chosen::First));
        assert_eq!(choose(&pod(Some("b"), &["a", "b"]), &ask(None)).unwrap(), ("b", Chosen::Annotated));
        assert_eq!(choose(&pod(Some("x"), &["a", "b"]), &ask(None)).unwrap(), ("a", Chosen::First));
        assert_eq!(choose(&pod(None, &["a"]), &ask(Some("setup"))).unwrap(), ("setup", Chosen::Asked));
        assert_eq!(choose(&pod(None, &["a"]), &ask(Some("shell"))).unwrap(), ("shell", Chosen::Asked));
        assert!(matches!(choose(&pod(None, &["a"]), &ask(Some("b"))), Err(ClusterError::NoContainer)));
        assert!(choose(&pod(None, &[]), &ask(None)).is_err());
    }

    /// The words of a 1.36 API server and kubelet.
    #[test]
    fn a_log_that_cannot_be_is_told_from_a_failure() {
        let of = |status: u16, message: &str| {
            absence(&Prefix { status, body: json!({"message": message}).to_string().into_bytes(), cut: false })
        };
        let waiting = "container \"app\" in pod \"p\" is waiting to start: trying and failing to pull image";
        assert!(is_apology(b"unable to retrieve container logs for containerd://b70fe66b"));
        assert!(!is_apology(b"2026-11-20T10:00:00Z unable to retrieve container logs for containerd://b70fe66b"));
        assert_eq!(of(400, waiting), Some(LogAbsence::NotStarted));
        assert_eq!(of(400, "previous terminated container \"app\" in pod \"p\" not found"), Some(LogAbsence::NoPreviousRun));
        assert_eq!(of(400, "container \"app\" in pod \"p\" is terminated"), Some(LogAbsence::NotKept));
        assert_eq!(of(500, "Get \"https://10.0.0.9:10250/containerLogs/a/p/c\": dial tcp: i/o timeout"), Some(LogAbsence::NodeUnreachable));
        assert_eq!(of(400, "a container name must be specified"), None);
        assert_eq!(of(403, waiting), None);
        assert_eq!(of(503, "the server is currently unable to handle the request"), None);
    }
}
