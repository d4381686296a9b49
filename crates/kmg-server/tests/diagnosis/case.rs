//! One workload: how it is broken, what must be said first, how it is mended.

use http::Method;
use serde_json::Value;

/// The tool that is asked, always about the object `web`.
#[derive(Clone, Copy)]
pub(crate) enum About {
    Deployment,
    Pod,
    Service,
}

impl About {
    pub(crate) const fn tool(self) -> &'static str {
        match self {
            Self::Deployment => "get_deployment_diagnostics",
            Self::Pod => "get_pod_diagnostics",
            Self::Service => "get_service_diagnostics",
        }
    }

    /// The argument that names the object.
    pub(crate) const fn argument(self) -> &'static str {
        match self {
            Self::Deployment | Self::Service => "name",
            Self::Pod => "podName",
        }
    }
}

/// One act of the administrator. `$ns` in a manifest, path or body stands for the case's namespace.
#[derive(Clone)]
pub(crate) enum Step {
    /// Creates or changes an object.
    Apply(Value),
    /// Deletes an object and waits until it is gone.
    Delete(Value),
    /// Sends one request with a body of this content type.
    Send(Method, &'static str, &'static str, Value),
    /// Writes this status of the attachment of the case's volume to the node `$ns`, once there is one.
    Attach(Value),
    /// Waits until the API server refuses this Pod: what forbids it takes a moment to reach the server.
    Refused(Value),
    /// Waits until the object at the path has the value at the pointer; `Null` also when there is no object.
    Until(&'static str, &'static str, Value),
}

/// A workload and what must be said about it.
pub(crate) struct Case {
    /// Names the case, its namespace and its fixture.
    pub(crate) name: &'static str,
    pub(crate) about: About,
    /// Whether its Pods run on the real node, where few fit at a time.
    pub(crate) on_node: bool,
    /// How far ahead of the real time the diagnosis looks, in minutes: for what is only a fault when it lasts.
    pub(crate) ahead: i64,
    pub(crate) steps: Vec<Step>,
    /// The first finding and its cause, and how it is mended; a healthy workload has none.
    pub(crate) broken: Option<Broken>,
}

pub(crate) struct Broken {
    pub(crate) id: &'static str,
    pub(crate) cause: Option<&'static str>,
    /// Words of the cluster that some evidence must quote.
    pub(crate) quotes: Option<&'static str>,
    pub(crate) mend: Vec<Step>,
}

impl Case {
    /// A Deployment `web` on the real node, mended by one that serves.
    pub(crate) fn broken(name: &'static str, first: (&'static str, &'static str), broken: Value) -> Self {
        let cause = Some(first.1).filter(|cause| !cause.is_empty());
        let mend = vec![Step::Apply(crate::shapes::deployment(crate::shapes::spec()))];
        let broken_by = Broken { id: first.0, cause, quotes: None, mend };
        Self { name, about: About::Deployment, on_node: true, ahead: 0, steps: vec![Step::Apply(broken)], broken: Some(broken_by) }
    }

    /// A workload of which nothing is said once `steps` are done.
    pub(crate) fn healthy(name: &'static str, steps: Vec<Step>) -> Self {
        Self { name, about: About::Deployment, on_node: true, ahead: 0, steps, broken: None }
    }

    pub(crate) fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// Its Pods run on simulated nodes or not at all.
    pub(crate) fn off_node(mut self) -> Self {
        self.on_node = false;
        self
    }

    pub(crate) fn ahead(mut self, minutes: i64) -> Self {
        self.ahead = minutes;
        self
    }

    /// What is done before the broken manifest.
    pub(crate) fn after(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.splice(0..0, steps);
        self
    }

    /// What is done after the broken manifest.
    pub(crate) fn then(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    pub(crate) fn quotes(mut self, words: &'static str) -> Self {
        self.broken.as_mut().unwrap().quotes = Some(words);
        self
    }

    /// What mends it, instead of a Deployment that serves.
    pub(crate) fn mended(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.broken.as_mut().unwrap().mend = steps.into_iter().collect();
        self
    }

    /// What is done before that Deployment is applied again.
    pub(crate) fn mended_after(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.broken.as_mut().unwrap().mend.splice(0..0, steps);
        self
    }
}
