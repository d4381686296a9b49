//! The executor's own check: every alteration is refused, by name.

use proptest::prelude::*;

use super::*;
use crate::identity::Requester;
use crate::plan::PlanBody;
use crate::plan::fixtures::{CLUSTER, NOW, body, plan_id, stored};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn approver() -> Principal {
    Principal { iss: "http://127.0.0.1:3003".into(), sub: "dev".into() }
}

fn trust() -> Trust {
    Trust {
        gateway_keys: vec![TrustedKey { key: key().verifying_key(), not_before: NOW.plus(-1), not_after: NOW.plus(1_000_000) }],
        evidence: Evidence::FreshSignIn,
        rule: ApproverRule::Requester,
        approvers: vec![approver()],
        cluster_id: CLUSTER.into(),
        namespaces: AllowList::new(["demo".parse().unwrap()]),
        kinds: vec!["Deployment".into()],
    }
}

fn statement(stored: &StoredBody) -> Statement {
    Statement {
        schema: SCHEMA.into(),
        plan_id: plan_id(),
        decision: Decision::Approve,
        review_digest: stored.digest(),
        approver: approver(),
        at: NOW.plus(10_000),
        salt: "s".into(),
        typed_name: None,
    }
}

fn claims(bytes: &[u8]) -> SignInClaims {
    SignInClaims { principal: approver(), nonce: nonce(bytes), auth_time: Some(NOW.plus(20_000).unix_seconds()) }
}

const AT: Millis = NOW.plus(30_000);

/// Runs the check with everything right but for what `alter` changes.
fn run(alter: impl FnOnce(&mut Statement, &mut SignInClaims, &mut Trust, &mut Millis)) -> Option<NotVerified> {
    let stored = stored();
    let mut statement = statement(&stored);
    let mut claims = claims(&statement.to_bytes().unwrap());
    let (mut trust, mut now) = (trust(), AT);
    alter(&mut statement, &mut claims, &mut trust, &mut now);
    let approval = Approval::new(&statement.to_bytes().unwrap(), &key(), Some("token".into()));
    verify(&stored, Some(&approval), Some(&claims), &trust, now).err()
}

#[test]
fn the_honest_case_passes() {
    assert_eq!(run(|_, _, _, _| {}), None);
    // The window runs from the sign-in, not from the claim.
    assert_eq!(run(|_, _, _, now| *now = NOW.plus(20_000 + 600_000 - 1)), None);
}

/// Alters the statement and lets the sign-in commit to the altered one, so that the check meant is the one met.
fn restated(alter: impl FnOnce(&mut Statement)) -> Option<NotVerified> {
    run(|statement, claims, _, _| {
        alter(statement);
        claims.nonce = nonce(&statement.to_bytes().unwrap());
    })
}

#[test]
fn every_alteration_is_refused_by_name() {
    use NotVerified as N;
    assert_eq!(restated(|s| s.plan_id = PlanId::new(NOW, [9; 10])), Some(N::OtherPlan));
    assert_eq!(restated(|s| s.review_digest = Digest::of("x", b"y")), Some(N::OtherBytes));
    assert_eq!(restated(|s| s.decision = Decision::Deny), Some(N::Statement));
    assert_eq!(restated(|s| s.schema = "kmg.dev/decision/v2".into()), Some(N::Statement));
    assert_eq!(restated(|s| s.approver.sub = "mallory".into()), Some(N::OtherPerson));
    assert_eq!(run(|s, _, _, _| s.salt = "t".into()), Some(N::Nonce));
    assert_eq!(run(|_, c, _, _| c.principal.sub = "mallory".into()), Some(N::OtherPerson));
    assert_eq!(run(|_, c, _, _| c.auth_time = None), Some(N::NotFresh));
    assert_eq!(run(|_, c, _, _| c.auth_time = Some(NOW.plus(-21_000).unix_seconds())), Some(N::NotFresh));
    assert_eq!(run(|_, c, _, _| c.auth_time = Some(NOW.plus(900_000).unix_seconds())), Some(N::NotFresh));
    assert_eq!(run(|_, _, t, _| t.approvers.clear()), Some(N::Approver));
    assert_eq!(run(|_, _, t, _| t.rule = ApproverRule::Other), Some(N::Approver));
    assert_eq!(run(|_, _, t, _| t.cluster_id = "other".into()), Some(N::OtherCluster));
    assert_eq!(run(|_, _, t, _| t.cluster_id.clear()), Some(N::OtherCluster));
    assert_eq!(run(|_, _, t, _| t.namespaces = AllowList::default()), Some(N::Namespace));
    assert_eq!(run(|_, _, t, _| t.kinds.clear()), Some(N::Kind));
    assert_eq!(run(|_, _, t, _| t.gateway_keys.clear()), Some(N::Signature));
    assert_eq!(run(|_, _, t, _| t.gateway_keys[0].not_after = NOW), Some(N::Signature));
    // Valid when the statement claims to be made, retired by now.
    assert_eq!(run(|_, _, t, _| t.gateway_keys[0].not_after = AT), Some(N::Signature));
    assert_eq!(run(|_, _, t, _| t.gateway_keys[0].key = SigningKey::from_bytes(&[2; 32]).verifying_key()), Some(N::Signature));
    assert_eq!(run(|_, _, _, now| *now = NOW.plus(20_000 + 600_000)), Some(N::Expired));
}

#[test]
fn the_gateways_signature_alone_is_not_enough() {
    let stored = stored();
    let approval = Approval::new(&statement(&stored).to_bytes().unwrap(), &key(), None);
    assert_eq!(verify(&stored, Some(&approval), None, &trust(), AT).unwrap_err(), NotVerified::SignIn);
    assert_eq!(verify(&stored, None, None, &trust(), AT).unwrap_err(), NotVerified::Missing);
    // Where the trust file accepts it by name, the statement's own time opens the window.
    let lenient = Trust { evidence: Evidence::GatewaySignature, ..trust() };
    assert!(verify(&stored, Some(&approval), None, &lenient, AT).is_ok());
}

#[test]
fn a_plan_that_demands_more_is_refused() {
    let refused = |alter: fn(&mut PlanBody)| {
        let mut plan = body();
        alter(&mut plan);
        let stored = StoredBody::seal(plan).unwrap();
        let bytes = statement(&stored).to_bytes().unwrap();
        let approval = Approval::new(&bytes, &key(), Some("token".into()));
        verify(&stored, Some(&approval), Some(&claims(&bytes)), &trust(), AT).unwrap_err()
    };
    assert_eq!(refused(|plan| plan.required_evidence.push("passkey".into())), NotVerified::Demands);
    assert_eq!(refused(|plan| plan.steps.clear()), NotVerified::Demands);
    assert_eq!(refused(|plan| plan.steps[0].object.namespace = "kube-system".into()), NotVerified::Namespace);
}

proptest! {
    // I5: any change of a stored byte is another plan, or no plan.
    #[test]
    fn a_flipped_byte_never_verifies(position in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let honest = stored();
        let bytes = statement(&honest).to_bytes().unwrap();
        let approval = Approval::new(&bytes, &key(), Some("token".into()));
        let mut altered = honest.bytes().to_vec();
        let at = position.index(altered.len());
        altered[at] ^= flip;
        if let Ok(opened) = StoredBody::open(altered) {
            prop_assert_ne!(opened.digest(), honest.digest());
            prop_assert!(verify(&opened, Some(&approval), Some(&claims(&bytes)), &trust(), AT).is_err());
        }
    }

    // I4: who may approve follows the rule, over any identities. A subject means nothing without its issuer, and
    // text that only looks the same, or the same text cut elsewhere, is another person.
    #[test]
    fn four_eyes(
        (iss, sub) in ("(https://)?[abA:/\u{430} .]{0,4}", "[abA|:/\u{430}\u{200b} ]{0,4}"),
        (other_iss, other_sub) in ("(https://)?[abA:/\u{430} .]{0,4}", "[abA|:/\u{430}\u{200b} ]{0,4}"),
        (same_iss, same_sub) in any::<(bool, bool)>(),
        (client_id, other_client) in ("[ab]{0,3}", "[ab]{0,3}"),
    ) {
        let requester = Requester { iss: iss.clone(), sub: sub.clone(), client_id };
        let person = Principal { iss: if same_iss { iss } else { other_iss }, sub: if same_sub { sub } else { other_sub } };
        let same = person.iss == requester.iss && person.sub == requester.sub;
        prop_assert_eq!(ApproverRule::Requester.allows(&person, &requester), same);
        prop_assert_eq!(ApproverRule::Other.allows(&person, &requester), !same);
        // Another client is not another person.
        let through = Requester { client_id: other_client, ..requester };
        prop_assert_eq!(ApproverRule::Other.allows(&person, &through), !same);
        // Moving the border between issuer and subject makes another person.
        let joined = format!("{}{}", through.iss, through.sub);
        for border in joined.char_indices().map(|(at, _)| at).filter(|at| *at != through.iss.len()) {
            let shifted = Principal { iss: joined[..border].to_owned(), sub: joined[border..].to_owned() };
            prop_assert!(!ApproverRule::Requester.allows(&shifted, &through));
        }
    }
}

#[test]
fn stored_bytes_come_back_as_they_are() {
    let stored = stored();
    let again = StoredBody::open(stored.bytes().to_vec()).unwrap();
    assert_eq!(again, stored);
    let mut spaced = stored.bytes().to_vec();
    spaced.push(b' ');
    assert_ne!(StoredBody::open(spaced).unwrap().digest(), stored.digest());
    let other = String::from_utf8(stored.bytes().to_vec()).unwrap().replace("plan/v2", "plan/v3");
    assert!(StoredBody::open(other.into_bytes()).is_err());
}
