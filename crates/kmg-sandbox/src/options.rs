//! What the sandbox is told at its start.

/// Which images exist, and how long the node takes.
#[derive(Clone, Debug)]
pub struct Images {
    /// References that do not exist, or `:tag` for that tag of every repository.
    pub missing: Vec<String>,
    /// How long the steps of a Pod's life take.
    pub pace: Pace,
}

/// How long the steps of a Pod's life take, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From a Pod's creation to its node.
    pub scheduling: i64,
    /// From the beginning of a pull to its end, good or bad.
    pub pulling: i64,
    /// From the image to the running container.
    pub starting: i64,
    /// From the deletion of a Pod to the end of its containers.
    pub stopping: i64,
    /// From a failed pull to the report of its back-off.
    pub reporting: i64,
    /// The first back-off; each further failure doubles it, up to thirty times the first. Never under a second.
    pub back_off: i64,
}

impl Pace {
    /// Short, but long enough to be seen.
    pub const fn demo() -> Self {
        Self { scheduling: 50, pulling: 250, starting: 150, stopping: 300, reporting: 800, back_off: 10_000 }
    }

    /// As fast as the controllers come round; only the back-off lasts as long as a node's.
    pub const fn instant() -> Self {
        Self { scheduling: 0, pulling: 0, starting: 0, stopping: 0, reporting: 0, back_off: 10_000 }
    }
}
