//! Containers whose process cannot be started.

use kmg_core::observe::{ContainerFacts, ContainerState, PodFacts};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{Scope, status_path};
use crate::sign::Sign;

/// A container that the runtime creates but cannot start, or whose hook fails.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let (field, reason, message) = failure(container)?;
    let hook = reason == "PostStartHookError" || (field != "state.waiting" && post_start(scope, pod));
    // The runtime can tell some failures only in the container's own output.
    let message = if reason == "Error" && message.is_empty() { in_log(scope, pod, container).unwrap_or(message) } else { message };
    let cause = if hook { Some("hook-failed") } else { classify(message) };
    if !hook
        && !is_start(reason)
        && !matches!((reason, cause), ("Error", Some("exec-format")) | ("CreateContainerConfigError", Some("sub-path")))
    {
        return None;
    }
    let says = Phrase::of("cannot start container ").name(&container.name).own(meaning(cause));
    let classified = cause;
    let (id, cause) = if container.init && !container.sidecar {
        (Id::InitContainerFailed, Some("cannot-start"))
    } else {
        (Id::ContainerCannotStart, cause)
    };
    Some(
        Sign::new(pod, id, Severity::Critical, says)
            .cause(cause)
            .key(container.name.clone())
            .proof(format!("{}.{field}.reason", status_path(pod, container)), reason)
            .proof(format!("{}.{field}.message", status_path(pod, container)), message)
            .proof(format!("{}.restartCount", status_path(pod, container)), container.restarts)
            .next(advice(classified)),
    )
}

/// The field that tells of a start that failed, its reason and message.
fn failure(container: &ContainerFacts) -> Option<(&'static str, &str, &str)> {
    match &container.state {
        ContainerState::Waiting { reason, .. } if reason == "CrashLoopBackOff" => {
            container.last.as_ref().map(|last| ("lastState.terminated", last.reason.as_str(), last.message.as_str()))
        }
        ContainerState::Waiting { reason, message } => Some(("state.waiting", reason, message)),
        ContainerState::Terminated(end) => Some(("state.terminated", &end.reason, &end.message)),
        ContainerState::Running { .. } | ContainerState::Unknown => None,
    }
}

fn is_start(reason: &str) -> bool {
    const REASONS: [&str; 6] =
        ["CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError", "StartError", "ContainerCannotRun"];
    REASONS.contains(&reason)
}

fn in_log<'a>(scope: &Scope<'a>, pod: &PodFacts, container: &ContainerFacts) -> Option<&'a str> {
    let log = scope.log_of(pod, &container.name)?;
    log.lines.iter().map(String::as_str).find(|line| line.starts_with("exec ") && line.contains("exec format error"))
}

/// In a back-off only the Event still tells that a hook ended the last run.
fn post_start<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> bool {
    scope.all_events_of(pod).any(|event| event.reason == "FailedPostStartHook")
}

fn classify(message: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 4] = [
        ("sub-path", &["subpath"]),
        ("exec-format", &["exec format error"]),
        ("command-not-found", &["executable file not found", "no such file or directory", "no command specified"]),
        ("permission-denied", &["permission denied"]),
    ];
    let message = message.to_ascii_lowercase();
    WORDS.iter().find(|(_, words)| words.iter().any(|word| message.contains(word))).map(|(cause, _)| *cause)
}

fn meaning(cause: Option<&str>) -> &'static str {
    match cause {
        Some("command-not-found") => ": its command is not in the image.",
        Some("permission-denied") => ": its command may not be executed.",
        Some("exec-format") => ": its program is built for another architecture.",
        Some("sub-path") => ": a subPath of its volumes cannot be prepared.",
        Some("hook-failed") => ": its postStart hook fails, and the kubelet ends it.",
        _ => ".",
    }
}

fn advice(cause: Option<&str>) -> Phrase {
    Phrase::of(match cause {
        Some("exec-format") => "Ask for an image built for the node's architecture.",
        Some("hook-failed") => "Look at lifecycle.postStart of the container; its command or request fails.",
        Some("sub-path") => "Compare volumeMounts[].subPath with what the volume holds.",
        _ => "Compare command, args and image with the previous revision.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtimes_words_are_told_apart() {
        for (message, cause) in [
            (
                "OCI runtime create failed: runc create failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory",
                Some("command-not-found"),
            ),
            ("exec: \"serve\": executable file not found in $PATH", Some("command-not-found")),
            ("unable to start container process: exec: \"/etc\": permission denied", Some("permission-denied")),
            ("exec /app: exec format error", Some("exec-format")),
            ("failed to prepare subPath for volumeMount \"v\" of container \"app\"", Some("sub-path")),
            ("context deadline exceeded", None),
        ] {
            assert_eq!(classify(message), cause, "{message}");
        }
    }
}
