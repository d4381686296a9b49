//! The content of a trust file, checked whole: one run names every problem.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use kmg_core::allow::AllowList;
use kmg_core::clock::Millis;
use kmg_core::decision::{Evidence, Trust, TrustedKey};
use kmg_core::digest::key_id;
use kmg_core::names::Namespace;
use kmg_core::plan::Kind;
use kmg_jwt::UrlRule;

use super::{GatewayKey, PURPOSE_APPROVAL, TrustFile};

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, at: impl Display, what: impl Display) {
        self.0.push(format!("{at}: {what}"));
    }
}

pub(super) fn check(file: &TrustFile) -> Result<Trust, Vec<String>> {
    let mut problems = Problems::default();
    if !is_uid(&file.cluster_id) {
        problems.add("clusterId", "must be the uid of the namespace kube-system");
    }
    let namespaces = namespaces(file, &mut problems);
    if file.kinds.is_empty() {
        problems.add("kinds", "is empty, so nothing could be written");
    }
    for (index, kind) in file.kinds.iter().enumerate().filter(|(_, kind)| Kind::from_name(kind).is_none()) {
        problems.add(format_args!("kinds[{index}]"), format_args!("{kind:?} is not a kind this executor writes"));
    }
    if file.gateway_keys.is_empty() {
        problems.add("gatewayKeys", "is empty, so no approval could be verified");
    }
    let mut gateway_keys = Vec::new();
    for (index, key) in file.gateway_keys.iter().enumerate() {
        gateway_keys.extend(gateway_key(&format!("gatewayKeys[{index}]"), key, &mut problems));
    }
    issuer(file, &mut problems);
    approvers(file, &mut problems);
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    Ok(Trust {
        gateway_keys,
        evidence: file.evidence,
        rule: file.rule.clone(),
        approvers: file.approvers.clone(),
        cluster_id: file.cluster_id.clone(),
        namespaces: AllowList::new(namespaces),
        kinds: file.kinds.clone(),
    })
}

fn is_uid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn namespaces(file: &TrustFile, problems: &mut Problems) -> Vec<Namespace> {
    if file.namespaces.is_empty() {
        problems.add("namespaces", "is empty, so nothing could be written");
    }
    let mut out = Vec::new();
    for (index, text) in file.namespaces.iter().enumerate() {
        match text.parse() {
            Ok(namespace) => out.push(namespace),
            Err(_) => problems.add(format_args!("namespaces[{index}]"), format_args!("{text:?} is not a DNS-1123 name")),
        }
    }
    out
}

fn gateway_key(at: &str, key: &GatewayKey, problems: &mut Problems) -> Option<TrustedKey> {
    if key.purpose != PURPOSE_APPROVAL {
        problems.add(format_args!("{at}.purpose"), format_args!("must be {PURPOSE_APPROVAL:?}"));
    }
    let bytes: Option<[u8; 32]> = STANDARD.decode(&key.public_key).ok().and_then(|bytes| bytes.try_into().ok());
    let parsed = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).filter(|key| !key.is_weak());
    if let Some(parsed) = &parsed {
        if key_id(parsed) != key.key_id {
            problems.add(format_args!("{at}.keyId"), "is not the SHA-256 of publicKey");
        }
    } else {
        problems.add(format_args!("{at}.publicKey"), "is not an Ed25519 public key in standard base64");
    }
    let mut moment = |field: &str, text: &str| {
        let parsed = text.parse::<jiff::Timestamp>().ok().map(|at| Millis(at.as_millisecond()));
        if parsed.is_none() {
            problems.add(format_args!("{at}.{field}"), "is not an RFC 3339 moment with its offset");
        }
        parsed
    };
    let (from, until) = (moment("notBefore", &key.not_before), moment("notAfter", &key.not_after));
    let (key, not_before, not_after) = (parsed?, from?, until?);
    if not_before >= not_after {
        problems.add(at, "notAfter must be later than notBefore");
    }
    Some(TrustedKey { key, not_before, not_after })
}

fn issuer(file: &TrustFile, problems: &mut Problems) {
    match (&file.issuer, file.evidence) {
        (None, Evidence::GatewaySignature) => {}
        (None, Evidence::FreshSignIn) => problems.add("issuer", "is needed to verify fresh sign-ins"),
        (Some(issuer), _) => {
            if let Err(error) = UrlRule::HttpsOrLoopback.check(&issuer.url) {
                problems.add("issuer.url", error);
            }
            if issuer.approve_client_id.is_empty() || issuer.approve_client_id.len() > 256 {
                problems.add("issuer.approveClientId", "must have 1 to 256 bytes");
            }
        }
    }
}

fn approvers(file: &TrustFile, problems: &mut Problems) {
    if file.approvers.is_empty() {
        problems.add("approvers", "is empty, so nobody could approve");
    }
    for (index, approver) in file.approvers.iter().enumerate() {
        if approver.iss.is_empty() || approver.sub.is_empty() {
            problems.add(format_args!("approvers[{index}]"), "iss and sub must not be empty");
        } else if file.issuer.as_ref().is_some_and(|issuer| issuer.url != approver.iss) {
            problems.add(format_args!("approvers[{index}].iss"), "is not issuer.url, so this person could never approve");
        }
    }
}
