//! Canonical JSON, digests and envelopes as second implementations see them: `rfc8785` and `securesystemslib`.

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

    use ed25519_dalek::SigningKey;
    use kmg_core::digest::{Digest, Envelope, hex, types};
    use kmg_core::json::{MAX_INTEGER, canonical};
    use kmg_testkit::lane;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    use serde_json::Value;

    fn python(case: &str) -> Option<PathBuf> {
        match lane::prepared("KMG_TEST_PYTHON") {
            Ok(path) => {
                lane::ran("second-implementation", case);
                Some(path)
            }
            Err(reason) => {
                lane::skip("second-implementation", case, &reason);
                None
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the second implementation is another program")]
    fn crosscheck(python: &Path, words: &[&str], input: &[u8]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/crosscheck.py");
        let mut command = Command::new(python);
        command.arg(script).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
        let out = child.wait_with_output().unwrap();
        writer.join().unwrap();
        out
    }

    fn text(out: &Output) -> String {
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout.clone()).unwrap()
    }

    /// Any value that has a canonical form.
    fn subset() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn canonical_bytes_equal_rfc8785s_on_the_whole_subset() {
        let Some(python) = python("canonical JSON against rfc8785") else { return };
        let mut runner = TestRunner::default();
        let mut values: Vec<Value> = (0..500).map(|_| subset().new_tree(&mut runner).unwrap().current()).collect();
        values.extend([MAX_INTEGER, -MAX_INTEGER, 0, -1].map(Value::from));
        let lines: Vec<String> = values.iter().map(Value::to_string).collect();
        let theirs = text(&crosscheck(&python, &["canonical"], (lines.join("\n") + "\n").as_bytes()));
        let ours: Vec<String> = values.iter().map(|value| hex(&canonical(value).unwrap())).collect();
        assert_eq!(theirs.lines().collect::<Vec<_>>(), ours);
    }

    #[test]
    fn digests_equal_an_independent_pae() {
        let Some(python) = python("digests over an independent PAE") else { return };
        for payload in [b"".as_slice(), b"{}", "\u{1f600} 12 34".as_bytes(), &[0, 255, 10]] {
            let theirs = text(&crosscheck(&python, &["digest", types::PLAN], payload));
            assert_eq!(theirs.trim(), Digest::of(types::PLAN, payload).to_string());
        }
    }

    #[test]
    fn an_envelope_verifies_with_securesystemslib_and_an_altered_one_does_not() {
        let Some(python) = python("DSSE against securesystemslib") else { return };
        let key = SigningKey::from_bytes(&[3; 32]);
        let public = hex(key.verifying_key().as_bytes());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("envelope.json");
        let mut envelope = Envelope::sign(types::DECISION, b"{\"decision\":\"approve\"}", &key);
        let check = |envelope: &Envelope| {
            std::fs::write(&path, serde_json::to_vec(envelope).unwrap()).unwrap();
            crosscheck(&python, &["dsse", path.to_str().unwrap(), &public], b"")
        };
        assert_eq!(text(&check(&envelope)).trim(), "valid");
        envelope.payload_type = types::PLAN.to_owned();
        let refused = check(&envelope);
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("Verification"), "{refused:?}");
    }
}
