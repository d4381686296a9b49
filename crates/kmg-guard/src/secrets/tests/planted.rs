//! No byte of a planted secret comes out anywhere, and what is on the never-list always does.

use proptest::prelude::*;

use super::super::*;
use super::{cases, clean};
use crate::explain_secrets;

/// Where secrets stand: `@` is the place.
const PLACES: [&str; 26] = [
    "env:\n- name: DB_PASSWORD\n  value: @\n- name: MODE\n  value: fast\n",
    "{\"name\":\"DB_PASSWORD\",\"value\":\"@\"}",
    "{\"annotations\":{\"last\":\"{\\\"name\\\":\\\"DB_PASSWORD\\\",\\\"value\\\":\\\"@\\\"}\"}}",
    "\\\\\\\"password\\\\\\\":\\\\\\\"@\\\\\\\"",
    "    Environment:\n      DB_PASSWORD:  @\n      MODE:  fast\n",
    "--db-password=@ --verbose",
    "--db-password @ --verbose",
    "[\"--password\",\"@\"]",
    "args:\n- --db-password\n- @\n",
    "kind: Secret\nstringData:\n  a: @\n",
    "{\"kind\":\"Secret\",\"data\":{\"a\":\"@\"}}",
    "postgres://app:@@db:5432/x",
    "redis://:@@cache:6379",
    "Authorization: Bearer @",
    "<password>@</password>",
    "<name>db.password</name><value>@</value>",
    "db.password=@\nnext=1\n",
    "password = \"@\"",
    "Server=db;User Id=sa;Password=@;Encrypt=true",
    "{\"dbPassword\":\"@\",\"n\":1}",
    "GET /cb?access_token=@&state=1",
    "level=info msg=\"started\" db.password=@ port=1",
    "password: |\n  @\nnext: x",
    "curl -u app:@ https://x.test",
    "CREATE USER 'a'@'%' IDENTIFIED BY '@';",
    "db_password:\n----\n@\n",
];

/// What is never replaced: `#` is a run of hexadecimal digits.
const NEVER: [&str; 12] = [
    "image: registry.test/web@sha256:#",
    "uid: 8b1c6a0e-8f5b-4f57-9c39-5d1f0f3f8a11\nresourceVersion: \"123456789\"",
    "pod-template-hash: #",
    "pod-template-hash=#",
    "containerID: containerd://#",
    "secretName: creds-#",
    "secretKeyRef:\n  name: db-#\n  key: password\n",
    "{\"secretKeyRef\":{\"name\":\"db-#\",\"key\":\"password\"}}",
    "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t#",
    "POSTGRES_PASSWORD_FILE=/run/secrets/#",
    "password: {{ .Values.auth# }}",
    "--password=$(DB_PASSWORD) --run=#",
];

/// Secrets that are no word of any text around them: letters of both cases, and digits inside.
fn secret() -> impl Strategy<Value = String> {
    "[A-Z][a-z]{2}[0-9][A-Za-z0-9]{8,28}[0-9][A-Za-z]"
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_planted_secret_comes_out(secret in secret(), place in prop::sample::select(PLACES.to_vec()), deep in any::<bool>()) {
        // The last `@` is the place where a template has others before it.
        let at = place.rfind("'@'").map_or_else(|| place.find('@').unwrap_or_default(), |quote| quote + 1);
        let text = format!("{}{secret}{}", &place[..at], &place[at + 1..]);
        // Lines of YAML are looked at as lines: a string of JSON is one.
        let text = if deep && !place.contains('\n') { serde_json::json!({ "log": text }).to_string() } else { text };
        let leaks = |out: &str| secret.as_bytes().windows(8).any(|part| memchr::memmem::find(out.as_bytes(), part).is_some());
        let (canonical, spans, redacted) = explain_secrets(&text);
        prop_assert!(!leaks(&redacted), "{text:?} became {redacted:?}");
        prop_assert!(!leaks(&clean(&text)));
        let debug = (format!("{spans:?}"), format!("{:?}", find(&canonical)));
        prop_assert!(!leaks(&debug.0) && !leaks(&debug.1));
        prop_assert!(!leaks(&serde_json::to_string(&spans).unwrap()));
    }

    #[test]
    fn what_is_never_replaced_is_left(digits in "[0-9a-f]{8,64}", place in prop::sample::select(NEVER.to_vec())) {
        let text = place.replace('#', &digits);
        prop_assert_eq!(clean(&text), text);
    }
}
