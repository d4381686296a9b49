//! What several test suites share: lanes with honest skips, the test cluster, throw-away keys.

pub mod lane;
