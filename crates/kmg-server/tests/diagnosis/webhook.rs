//! A webhook that refuses everything, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use kmg_testkit::lane;
use serde_json::Value;

/// The running webhook; it ends when it is dropped.
pub(crate) struct Webhook {
    process: Child,
    /// The `clientConfig` that leads to it.
    pub(crate) client: Value,
}

impl Webhook {
    /// A webhook that denies with `words`; `None` where there is no Python, after the skip was counted.
    #[expect(clippy::disallowed_methods, reason = "a test starts the webhook of tests/python")]
    pub(crate) fn denying(case: &str, words: &str) -> Option<Self> {
        let python = lane::prepared("KMG_TEST_PYTHON").map_err(|reason| lane::skip("api-server", case, &reason)).ok()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/webhook.py");
        let mut command = Command::new(python);
        command.arg(script).args(["--for-user", "", "--deny", words]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let client = serde_json::json!({"url": ready["url"], "caBundle": ready["caBundle"]});
        Some(Self { process, client })
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        // It serves until its input closes.
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}
