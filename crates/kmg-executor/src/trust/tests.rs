use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::digest::key_id;
use serde_json::{Value, json};

use super::*;

fn good() -> Value {
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
    json!({
        "clusterId": "11111111-2222-3333-4444-555555555555",
        "namespaces": ["demo"],
        "kinds": ["Deployment"],
        "gatewayKeys": [{
            "keyId": key_id(&key), "publicKey": STANDARD.encode(key.as_bytes()), "purpose": "approval",
            "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z"
        }],
        "issuer": {"url": "https://id.example", "approveClientId": "kmg-approve"},
        "approvers": [{"iss": "https://id.example", "sub": "dev"}],
        "rule": "requester"
    })
}

fn parse(value: &Value) -> Result<TrustSettings, TrustError> {
    TrustSettings::parse(value.to_string().as_bytes())
}

fn problems(alter: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut value = good();
    alter(&mut value);
    match parse(&value).unwrap_err() {
        TrustError::Problems(problems) => problems,
        other => panic!("{other}"),
    }
}

#[test]
fn a_fresh_sign_in_is_the_default() {
    let settings = parse(&good()).unwrap();
    assert_eq!(settings.trust.evidence, Evidence::FreshSignIn);
    assert_eq!(settings.trust.namespaces.namespaces().len(), 1);
    assert_eq!(settings.file_sha256.len(), 64);
    let written: TrustFile = serde_json::from_value(good()).unwrap();
    let again = TrustSettings::parse(&serde_json::to_vec(&written).unwrap()).unwrap();
    assert_eq!(again.trust.approvers, settings.trust.approvers);
}

#[test]
fn every_problem_is_named_at_once() {
    let found = problems(|value| {
        value["clusterId"] = "".into();
        value["namespaces"] = json!(["Demo"]);
        value["kinds"] = json!(["Secret"]);
        value["gatewayKeys"][0]["keyId"] = "00".into();
        value["gatewayKeys"][0]["purpose"] = "checkpoint".into();
        value["gatewayKeys"][0]["notAfter"] = "tomorrow".into();
        value["issuer"]["url"] = "http://id.example".into();
        value["issuer"]["approveClientId"] = "".into();
        value["approvers"] = json!([{"iss": "https://other.example", "sub": "dev"}]);
    });
    let expected = [
        "clusterId",
        "namespaces[0]",
        "kinds[0]",
        "gatewayKeys[0].purpose",
        "gatewayKeys[0].keyId",
        "gatewayKeys[0].notAfter",
        "issuer.url",
        "issuer.approveClientId",
        "approvers[0].iss",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (problem, at) in found.iter().zip(expected) {
        assert!(problem.starts_with(&format!("{at}: ")), "{problem} is not about {at}");
    }
}

#[test]
fn empty_lists_and_a_missing_issuer_are_problems() {
    for field in ["namespaces", "kinds", "gatewayKeys", "approvers"] {
        let found = problems(|value| value[field] = json!([]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(field));
    }
    assert!(problems(|value| value["issuer"] = Value::Null)[0].starts_with("issuer"));
    let mut lenient = good();
    lenient["issuer"] = Value::Null;
    lenient["evidence"] = "gateway-signature".into();
    assert_eq!(parse(&lenient).unwrap().trust.evidence, Evidence::GatewaySignature);
}

#[test]
fn weak_keys_and_windows_that_never_open_are_problems() {
    let weak = STANDARD.encode([1_u8].into_iter().chain([0; 31]).collect::<Vec<_>>());
    assert!(problems(|value| value["gatewayKeys"][0]["publicKey"] = weak.into())[0].contains("publicKey"));
    assert!(problems(|value| value["gatewayKeys"][0]["notAfter"] = "2025-01-01T00:00:00Z".into())[0].contains("notAfter"));
}

#[test]
fn unknown_missing_and_repeated_fields_are_refused() {
    let mut unknown = good();
    unknown["issuer"]["jwks"] = "x".into();
    assert!(matches!(parse(&unknown), Err(TrustError::Shape(_))));
    for field in ["clusterId", "namespaces", "kinds", "gatewayKeys", "approvers", "rule"] {
        let mut missing = good();
        missing.as_object_mut().unwrap().remove(field);
        assert!(matches!(parse(&missing), Err(TrustError::Shape(_))), "{field}");
    }
    let twice = good().to_string().replacen("{\"approvers\"", "{\"rule\":\"other\",\"approvers\"", 1);
    assert!(matches!(TrustSettings::parse(twice.as_bytes()), Err(TrustError::Shape(_))));
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.json");
    std::fs::write(&path, good().to_string()).unwrap();
    for (mode, fine) in [(0o600, true), (0o644, true), (0o400, true), (0o620, false), (0o602, false), (0o666, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(TrustSettings::load(&path).is_ok(), fine, "{mode:o}");
    }
    assert!(matches!(TrustSettings::load(folder.path()), Err(TrustError::Permissions { .. })));
    assert!(matches!(TrustSettings::load(&folder.path().join("none")), Err(TrustError::Io { .. })));
}
