//! The scheduler's sentence: `0/4 nodes are available: 1 Insufficient cpu, 3 node(s) had untolerated taint(s). …`
//!
//! Its wording drifts between versions, so that phrases are looked for, not whole sentences.

/// What the scheduler said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict<'a> {
    /// How many nodes there are, where it says so.
    pub(crate) nodes: Option<u32>,
    /// Why they were left out, in its order.
    pub(crate) reasons: Vec<Reason<'a>>,
    /// Whether it says that preempting other Pods would not help.
    pub(crate) preemption_fails: bool,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason<'a> {
    /// How many nodes it holds for, where it says so.
    pub(crate) nodes: Option<u32>,
    /// Our word for it, `None` for one that we do not know.
    pub(crate) cause: Option<&'static str>,
    /// Its own words.
    pub(crate) text: &'a str,
}

/// Phrases in lower case and what they mean. The first that is found counts.
const PHRASES: &[(&str, &str)] = &[
    ("insufficient ", "insufficient-resources"),
    ("too many pods", "insufficient-resources"),
    ("untolerated taint", "untolerated-taint"),
    ("that the pod didn't tolerate", "untolerated-taint"),
    ("were unschedulable", "node-cordoned"),
    ("volume node affinity conflict", "volume-zone"),
    ("no available volume zone", "volume-zone"),
    ("persistentvolume's node affinity", "volume-zone"),
    ("node affinity/selector", "node-selector"),
    ("node selector", "node-selector"),
    ("node affinity", "node-selector"),
    ("requested node name", "node-selector"),
    ("pod affinity rules", "pod-affinity"),
    ("pod affinity/anti-affinity", "pod-affinity"),
    ("anti-affinity rules", "pod-affinity"),
    ("topology spread constraints", "topology-spread"),
    ("free ports", "host-port"),
    ("max volume count", "volume-limit"),
    ("volume limit", "volume-limit"),
    ("unbound immediate persistentvolumeclaims", "unbound-volume-claim"),
    ("available persistent volumes to bind", "unbound-volume-claim"),
    ("enough free storage", "unbound-volume-claim"),
    ("readwriteoncepod access mode", "volume-claim-in-use"),
    ("is being deleted", "volume-claim-missing"),
    ("persistentvolumeclaim", "volume-claim-missing"),
    ("cannot allocate all claims", "resource-claim"),
    ("resourceclaim", "resource-claim"),
    ("resource claim", "resource-claim"),
    ("device class", "resource-claim"),
];

/// Reads the message of a `FailedScheduling` Event or of the `PodScheduled` condition.
pub(crate) fn parse(message: &str) -> Verdict<'_> {
    let (head, tail) = message.split_once("preemption:").unwrap_or((message, ""));
    let (nodes, list) = match head.split_once(" nodes are available:") {
        Some((count, list)) => (count.rsplit('/').next().and_then(|count| count.trim().parse().ok()), list),
        None => (None, head),
    };
    let mut reasons: Vec<Reason<'_>> = Vec::new();
    for sentence in sentences(list) {
        reasons.extend(split(sentence).into_iter().filter_map(reason));
    }
    let tail = tail.to_ascii_lowercase();
    Verdict { nodes, reasons, preemption_fails: tail.contains("no preemption victims") || tail.contains("not helpful") }
}

/// The list ends where another remark begins.
fn sentences(list: &str) -> impl Iterator<Item = &str> {
    let list = list.trim();
    let end = list.find(". no new claims").or_else(|| list.find(". not found")).unwrap_or(list.len());
    std::iter::once(list[..end].trim_end_matches(['.', ',', ' ']))
}

/// Splits at ", " where a count follows, outside quotes and braces.
fn split(list: &str) -> Vec<&str> {
    let bytes = list.as_bytes();
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_u32, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 && !quoted && counts(&list[at + 1..]) => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim());
    parts
}

/// Whether ` 3 words` follows.
fn counts(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(' ') else { return false };
    let words = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    words.len() < rest.len() && words.starts_with(' ')
}

fn reason(part: &str) -> Option<Reason<'_>> {
    if part.is_empty() {
        return None;
    }
    let words = part.trim_start_matches(|c: char| c.is_ascii_digit());
    let (nodes, text) = match words.strip_prefix(' ') {
        Some(text) if words.len() < part.len() => (part[..part.len() - words.len()].parse().ok(), text),
        _ => (None, part),
    };
    let lower = text.to_ascii_lowercase();
    let cause = PHRASES.iter().find(|(phrase, _)| lower.contains(phrase)).map(|(_, cause)| *cause);
    Some(Reason { nodes, cause, text })
}

impl Verdict<'_> {
    /// The one word for all reasons. Most verdicts also count nodes that the Pod was never meant for: tainted ones and
    /// those that its selector leaves out. They are the cause only where nothing else is, and of the two the one that
    /// leaves out more. A cordoned node comes before them: without the cordon it would do.
    pub(crate) fn cause(&self) -> Option<&'static str> {
        let among = |background: &[&str]| {
            let mut causes: Vec<&'static str> = self.reasons.iter().filter_map(|one| one.cause).collect();
            causes.retain(|cause| !background.contains(cause));
            causes.sort_unstable();
            causes.dedup();
            causes
        };
        match among(&["untolerated-taint", "node-selector", "node-cordoned"]).as_slice() {
            [] => {}
            [one] => return Some(one),
            _ => return Some("several"),
        }
        if among(&[]).contains(&"node-cordoned") {
            return Some("node-cordoned");
        }
        let counted = self.reasons.iter().filter_map(|one| one.cause.map(|cause| (one.nodes.unwrap_or(1), cause)));
        let of = |wanted: &str| counted.clone().filter(|(_, cause)| *cause == wanted).map(|(nodes, _)| nodes).sum::<u32>();
        let (selector, taint) = (of("node-selector"), of("untolerated-taint"));
        (selector + taint > 0).then_some(if taint > selector { "untolerated-taint" } else { "node-selector" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_of_every_version_has_its_cause() {
        for (message, cause) in [
            (
                "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
                "insufficient-resources",
            ),
            (
                "0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
                "insufficient-resources",
            ),
            ("0/1 nodes are available: 1 Too many pods.", "insufficient-resources"),
            ("0/2 nodes are available: 2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.", "untolerated-taint"),
            ("0/1 nodes are available: 1 node(s) had taint {dedicated: db}, that the pod didn't tolerate.", "untolerated-taint"),
            ("0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) had untolerated taint(s).", "node-cordoned"),
            (
                "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 3 node(s) had untolerated taint(s).",
                "untolerated-taint",
            ),
            (
                "0/7 nodes are available: 1 node(s) had untolerated taint(s), 6 node(s) didn't match Pod's node affinity/selector.",
                "node-selector",
            ),
            (
                "0/5 nodes are available: 1 node(s) were unschedulable, 4 node(s) didn't match Pod's node affinity/selector.",
                "node-cordoned",
            ),
            ("0/4 nodes are available: 4 node(s) didn't match PersistentVolume's node affinity.", "volume-zone"),
            (
                "0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 3 node(s) didn't match Pod's node affinity/selector.",
                "host-port",
            ),
            ("0/3 nodes are available: 3 node(s) didn't match node selector.", "node-selector"),
            ("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.", "pod-affinity"),
            (
                "0/4 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 3 node(s) had untolerated taint(s).",
                "pod-affinity",
            ),
            ("0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.", "pod-affinity"),
            (
                "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 3 node(s) had untolerated taint(s).",
                "topology-spread",
            ),
            (
                "0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 3 node(s) had untolerated taint(s).",
                "host-port",
            ),
            ("0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found", "unbound-volume-claim"),
            ("0/4 nodes are available: persistentvolumeclaim \"nope\" not found. not found", "volume-claim-missing"),
            ("persistentvolumeclaim \"data\" is being deleted", "volume-claim-missing"),
            (
                "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.",
                "volume-claim-in-use",
            ),
            ("0/2 nodes are available: 2 node(s) had volume node affinity conflict.", "volume-zone"),
            ("0/2 nodes are available: 2 node(s) had no available volume zone.", "volume-zone"),
            ("0/2 nodes are available: 2 node(s) exceed max volume count.", "volume-limit"),
            ("0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.", "unbound-volume-claim"),
            ("0/2 nodes are available: 2 node(s) did not have enough free storage.", "unbound-volume-claim"),
            ("0/2 nodes are available: 2 cannot allocate all claims.", "resource-claim"),
            (
                "0/5 nodes are available: request device: device class absent does not exist. no new claims to deallocate, preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.",
                "resource-claim",
            ),
            (
                "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector.",
                "insufficient-resources",
            ),
            ("0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match pod affinity rules.", "several"),
            ("0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.", "insufficient-resources"),
        ] {
            assert_eq!(parse(message).cause(), Some(cause), "{message}");
        }
        assert_eq!(parse("no nodes available to schedule pods").cause(), None);
        assert_eq!(parse("").reasons, []);
    }

    #[test]
    fn reasons_keep_their_counts_and_quotes_stay_whole() {
        let verdict = parse(
            "0/7 nodes are available: 2 Insufficient cpu, 5 node(s) had untolerated taint {a: 1, 2 b}. preemption: 0/7 nodes are available: 7 Preemption is not helpful for scheduling.",
        );
        assert_eq!((verdict.nodes, verdict.preemption_fails), (Some(7), true));
        let reasons: Vec<_> = verdict.reasons.iter().map(|one| (one.nodes, one.text)).collect();
        assert_eq!(reasons, [(Some(2), "Insufficient cpu"), (Some(5), "node(s) had untolerated taint {a: 1, 2 b}")]);
        let odd = parse("0/1 nodes are available: persistentvolumeclaim \"a, 3 b\" not found.");
        assert_eq!(odd.reasons.len(), 1);
    }

    #[test]
    fn no_message_makes_it_panic() {
        for message in [
            "0/ nodes are available:",
            ", 1 ,2 , 3 x",
            "{{{{\"",
            "}}, 9 ",
            "9 ",
            "0/99999999999 nodes are available: 99999999999 Insufficient ü, 1 é",
        ] {
            let _verdict = parse(message);
        }
    }
}
