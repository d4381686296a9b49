//! Typed observations to ranked findings. Pure: no clock, no I/O, no configuration.
//!
//! A healthy object has no findings. Causes come first; what follows from a cause stands inside it. Texts of
//! the cluster are kept apart from our own words in [`Phrase`], so that they can be screened one by one.

mod crash_loop;
mod finding;
mod image_pull;
mod rollout;

pub use finding::{Evidence, Finding, ObjectRef, Part, Phrase, Severity};
use kmg_core::clock::Millis;
use kmg_core::observe::{DeploymentView, PodView, ServiceView};
pub use rollout::is_complete;

/// The findings about a Deployment as of `now`, the cause first.
pub fn diagnose(view: &DeploymentView, now: Millis) -> Vec<Finding> {
    let mut causes = image_pull::findings(view);
    causes.extend(crash_loop::findings(view, now));
    causes.extend(rollout::not_created(view));
    // The most Pods first; ids break ties, so that the order is stable between polls.
    causes.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.affected.cmp(&a.affected)).then(a.id.cmp(b.id)));
    let consequences = rollout::findings(view);
    match causes.first_mut() {
        Some(cause) => cause.consequences = consequences,
        None => causes = consequences,
    }
    causes
}

/// The findings about a Pod as of `now`, the cause first.
pub fn diagnose_pod(_view: &PodView, _now: Millis) -> Vec<Finding> {
    Vec::new()
}

/// The findings about a Service as of `now`, the cause first.
pub fn diagnose_service(_view: &ServiceView, _now: Millis) -> Vec<Finding> {
    Vec::new()
}

#[cfg(test)]
mod tests;
