//! One container: from its image to its end.

use kmg_core::clock::Millis;
use kmg_core::image::ImageRef;
use serde_json::Value;

use super::images::{invalid, is_missing, not_found};
use crate::options::Images;

/// How often a container that cannot start is looked at again.
const SYNC: i64 = 12_000;
/// Back-offs end at this many times the first.
const LONGEST: i64 = 30;
const SHORTEST: i64 = 1_000;

/// A container of a Pod on the node.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) name: String,
    /// As the spec has it.
    pub(super) image: String,
    pub(super) reference: Option<ImageRef>,
    policy: Policy,
    stage: Stage,
    waiting: Waiting,
    failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Always,
    IfNotPresent,
    Never,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Fresh,
    Pulling { since: Millis, due: Millis },
    Refused { report: Millis, retry: Millis },
    BackingOff { report: Millis, retry: Millis },
    Unusable { report: Millis },
    Starting { due: Millis },
    Running { since: Millis },
    Ended { since: Option<Millis>, at: Millis },
}

/// What keeps it from running, as its status says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Creating,
    PullFailed,
    BackingOff,
    NeverPulled,
    InvalidName,
}

/// Where it is, for the status.
#[derive(Debug)]
pub(super) enum State {
    Waiting { reason: &'static str, message: Option<String> },
    Running { since: Millis },
    Ended { since: Millis, at: Millis },
    NeverRan,
}

/// One Event.
#[derive(Debug)]
pub(super) struct Happened {
    pub(super) warning: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Happened {
    pub(super) fn normal(reason: &'static str, message: impl Into<String>) -> Self {
        Self { warning: false, reason, message: message.into() }
    }

    fn warning(reason: &'static str, message: impl Into<String>) -> Self {
        Self { warning: true, reason, message: message.into() }
    }
}

impl Container {
    pub(super) fn of(spec: &Value) -> Self {
        let text = |field: &str| spec[field].as_str().unwrap_or_default().to_owned();
        let image = text("image");
        Self {
            name: text("name"),
            reference: image.parse().ok(),
            image,
            policy: match spec["imagePullPolicy"].as_str() {
                Some("Always") => Policy::Always,
                Some("Never") => Policy::Never,
                _ => Policy::IfNotPresent,
            },
            stage: Stage::Fresh,
            waiting: Waiting::Creating,
            failures: 0,
        }
    }

    pub(super) const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// Whether its status says more than that it is being created.
    pub(super) fn is_past_creation(&self) -> bool {
        self.is_running() || self.waiting != Waiting::Creating
    }

    /// Whether the Pod's sandbox was needed, so that it is up.
    pub(super) const fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Fresh)
    }

    /// When time alone brings it further.
    pub(super) fn due(&self) -> Option<Millis> {
        match self.stage {
            Stage::Pulling { due, .. } | Stage::Starting { due } => Some(due),
            Stage::Refused { report, retry } | Stage::BackingOff { report, retry } => Some(report.min(retry)),
            Stage::Unusable { report } => Some(report),
            Stage::Fresh | Stage::Running { .. } | Stage::Ended { .. } => None,
        }
    }

    /// Takes the next step if its time has come, and says what happened.
    pub(super) fn advance(&mut self, now: Millis, images: &Images) -> Vec<Happened> {
        if self.due().is_some_and(|due| now < due) {
            return Vec::new();
        }
        match self.stage {
            Stage::Fresh | Stage::Unusable { .. } => self.begin(now, images),
            Stage::Refused { retry, .. } | Stage::BackingOff { retry, .. } if retry <= now => self.pull(now, images),
            Stage::Refused { retry, .. } | Stage::BackingOff { retry, .. } => self.back_off(now, retry),
            Stage::Pulling { since, .. } => self.finish_pull(now, since, images),
            Stage::Starting { .. } => {
                self.stage = Stage::Running { since: now };
                vec![Happened::normal("Started", "Container started")]
            }
            Stage::Running { .. } | Stage::Ended { .. } => Vec::new(),
        }
    }

    pub(super) fn end(&mut self, now: Millis) {
        let since = match self.stage {
            Stage::Running { since } => Some(since),
            _ => None,
        };
        self.stage = Stage::Ended { since, at: now };
    }

    /// What its status says; one that is to end and never ran is said to be created still.
    pub(super) fn state(&self, stopping: bool) -> State {
        match (self.stage, self.waiting) {
            (Stage::Running { since }, _) => State::Running { since },
            (Stage::Ended { since: Some(since), at }, _) => State::Ended { since, at },
            (Stage::Ended { since: None, .. }, _) => State::NeverRan,
            (_, Waiting::Creating) => waiting("ContainerCreating", None),
            _ if stopping => waiting("ContainerCreating", None),
            (_, Waiting::PullFailed) => waiting("ErrImagePull", Some(self.failure())),
            (_, Waiting::BackingOff) => {
                waiting("ImagePullBackOff", Some(format!("Back-off pulling image \"{}\": ErrImagePull: {}", self.image, self.failure())))
            }
            (_, Waiting::NeverPulled) => waiting("ErrImageNeverPull", Some(self.never_pulled())),
            (_, Waiting::InvalidName) => waiting("InvalidImageName", Some(self.invalid_name())),
        }
    }

    fn begin(&mut self, now: Millis, images: &Images) -> Vec<Happened> {
        let Some(reference) = &self.reference else {
            self.stage = Stage::Unusable { report: now.plus(SYNC) };
            self.waiting = Waiting::InvalidName;
            return vec![Happened::warning("InspectFailed", self.invalid_name()), Happened::warning("Failed", "Error: InvalidImageName")];
        };
        let present = !is_missing(reference, images);
        if present && self.policy != Policy::Always {
            self.stage = Stage::Starting { due: now.plus(images.pace.starting) };
            let said = format!("Container image \"{}\" already present on machine and can be accessed by the pod", self.image);
            return vec![Happened::normal("Pulled", said), Happened::normal("Created", "Container created")];
        }
        if self.policy == Policy::Never {
            self.stage = Stage::Unusable { report: now.plus(SYNC) };
            self.waiting = Waiting::NeverPulled;
            return vec![
                Happened::warning("ErrImageNeverPull", self.never_pulled()),
                Happened::warning("Failed", "Error: ErrImageNeverPull"),
            ];
        }
        self.pull(now, images)
    }

    fn pull(&mut self, now: Millis, images: &Images) -> Vec<Happened> {
        self.stage = Stage::Pulling { since: now, due: now.plus(images.pace.pulling) };
        vec![Happened::normal("Pulling", format!("Pulling image \"{}\"", self.image))]
    }

    fn finish_pull(&mut self, now: Millis, since: Millis, images: &Images) -> Vec<Happened> {
        if self.reference.as_ref().is_none_or(|reference| is_missing(reference, images)) {
            self.failures = self.failures.saturating_add(1);
            self.stage = Stage::Refused { report: now.plus(images.pace.reporting), retry: now.plus(self.delay(images)) };
            self.waiting = Waiting::PullFailed;
            return vec![
                Happened::warning("Failed", format!("Failed to pull image \"{}\": {}", self.image, self.failure())),
                Happened::warning("Failed", "Error: ErrImagePull"),
            ];
        }
        self.stage = Stage::Starting { due: now.plus(images.pace.starting) };
        let took = now.since(since);
        let said =
            format!("Successfully pulled image \"{}\" in {took}ms ({took}ms including waiting). Image size: 4194304 bytes.", self.image);
        vec![Happened::normal("Pulled", said), Happened::normal("Created", "Container created")]
    }

    fn back_off(&mut self, now: Millis, retry: Millis) -> Vec<Happened> {
        self.stage = Stage::BackingOff { report: now.plus(SYNC), retry };
        self.waiting = Waiting::BackingOff;
        vec![
            Happened::normal("BackOff", format!("Back-off pulling image \"{}\"", self.image)),
            Happened::warning("Failed", "Error: ImagePullBackOff"),
        ]
    }

    fn delay(&self, images: &Images) -> i64 {
        let first = images.pace.back_off.max(SHORTEST);
        let doubled = self.failures.saturating_sub(1).min(LONGEST.ilog2() + 1);
        first.saturating_mul(LONGEST.min(1 << doubled))
    }

    fn failure(&self) -> String {
        self.reference.as_ref().map(not_found).unwrap_or_default()
    }

    fn never_pulled(&self) -> String {
        format!("Container image \"{}\" is not present with pull policy of Never", self.image)
    }

    fn invalid_name(&self) -> String {
        let image = &self.image;
        format!("Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {}", invalid(image))
    }
}

const fn waiting(reason: &'static str, message: Option<String>) -> State {
    State::Waiting { reason, message }
}
