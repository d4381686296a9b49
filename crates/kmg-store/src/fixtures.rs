//! Plans, decisions and people for the tests of this crate.

use ed25519_dalek::SigningKey;
use kmg_core::clock::Millis;
use kmg_core::decision::{Approval, Decision};
use kmg_core::digest::{Digest, types};
use kmg_core::identity::{Principal, Requester};
use kmg_core::plan::{Ask, Head, ObjectId, Outcome, PlanBody, PlanId, Receipt, SCHEMA, Step, StoredBody, Template, Times};
use kmg_core::untrusted::Quoted;

use crate::{Caps, Decided, Inserted, NewPlan, PendingSignIn, PlanRow, Store, StoreError, WebSession};

pub(crate) const NOW: Millis = Millis(1_800_000_000_000);
pub(crate) const APPROVE_WITHIN: i64 = 900_000;
pub(crate) const EXECUTE_WITHIN: i64 = 600_000;
pub(crate) const CAPS: Caps = Caps { per_requester: 20, per_namespace: 50, deny_cool_down: 900_000 };

/// An ask with everything a test wants to vary.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) seed: u16,
    pub(crate) at: Millis,
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) replicas: u32,
    pub(crate) sub: &'static str,
    pub(crate) client: &'static str,
    pub(crate) caps: Caps,
}

/// Plan number `seed` at [`NOW`]; its number is also the replica count, so asks differ.
pub(crate) fn asked(seed: u16) -> Asked {
    Asked { seed, at: NOW, namespace: "demo", name: "web", replicas: u32::from(seed % 1_000), sub: "alice", client: "agent", caps: CAPS }
}

impl Asked {
    pub(crate) fn requester(&self) -> Requester {
        Requester { iss: "https://idp.example".into(), sub: self.sub.into(), client_id: self.client.into() }
    }

    pub(crate) fn body(&self) -> PlanBody {
        let [high, low] = self.seed.to_be_bytes();
        let namespace = self.namespace.to_owned();
        let object =
            ObjectId { api_version: "apps/v1".into(), kind: "Deployment".into(), namespace, name: self.name.into(), uid: "u-1".into() };
        let template = Template {
            method: "PATCH".into(),
            path: "/apis/apps/v1/x".into(),
            query: String::new(),
            content_type: "application/json-patch+json".into(),
            body: vec!["[".into(), "]".into()],
        };
        let digest = Digest::of(types::PROJECTION, b"x");
        PlanBody {
            schema: SCHEMA.into(),
            plan_id: PlanId::new(self.at, [high, low, 0, 0, 0, 0, 0, 0, high, low]),
            cluster_id: "cluster-1".into(),
            requester: self.requester(),
            times: Times { created_at: self.at, approve_before: self.at.plus(APPROVE_WITHIN), execute_within: EXECUTE_WITHIN },
            ask: Ask::ScaleDeployment {
                namespace: self.namespace.parse().unwrap(),
                name: self.name.parse().unwrap(),
                replicas: self.replicas,
            },
            steps: vec![Step {
                action: kmg_core::plan::Action::Patch,
                object,
                base: Some(digest),
                predicted: Some(digest),
                exclusions: vec![],
                template,
                propagation_policy: None,
                dependents: vec![],
                changes: vec![],
                warnings: vec![],
            }],
            findings: vec![],
            taint: vec![],
            policy: None,
            required_evidence: vec![],
            reason: None,
        }
    }

    pub(crate) async fn insert(self, store: &Store) -> Result<Inserted, StoreError> {
        insert(store, self.body(), self.caps).await
    }

    /// Inserts a plan that must be new.
    pub(crate) async fn stored(self, store: &Store) -> PlanRow {
        match self.insert(store).await.unwrap() {
            Inserted::New(row) => row,
            Inserted::Coalesced(row) => panic!("coalesced with {}", row.id()),
        }
    }
}

pub(crate) async fn insert(store: &Store, body: PlanBody, caps: Caps) -> Result<Inserted, StoreError> {
    let ask_key = body.ask.key(&body.requester);
    let body = StoredBody::seal(body).unwrap();
    store.insert_plan(NewPlan { body: &body, ask_key, caps }).await
}

pub(crate) fn person(sub: &str) -> Principal {
    Principal { iss: "https://idp.example".into(), sub: sub.into() }
}

fn decided(decision: Decision, approval: Option<Approval>) -> Decided {
    Decided {
        decision,
        approver: person("alice"),
        approver_name: "Alice".into(),
        at: NOW,
        reason: Some(Quoted::new("because", 100)),
        approval,
    }
}

pub(crate) fn yes() -> Decided {
    decided(Decision::Approve, Some(Approval::new(b"{}", &SigningKey::from_bytes(&[7; 32]), Some("header.claims.signature".into()))))
}

pub(crate) fn no() -> Decided {
    decided(Decision::Deny, None)
}

pub(crate) fn receipt(id: &PlanId, outcome: Outcome) -> Receipt {
    Receipt {
        plan_id: id.clone(),
        outcome,
        reason: "as predicted".into(),
        attempts: 1,
        steps: vec![],
        at: NOW,
        executor_head: Head::default(),
    }
}

pub(crate) fn session(number: u8, sub: &str) -> WebSession {
    WebSession {
        id_hash: [number; 32],
        principal: person(sub),
        display_name: sub.to_uppercase(),
        signed_in_at: NOW,
        last_seen: NOW.plus(i64::from(number)),
        expires_at: NOW.plus(3_600_000),
    }
}

pub(crate) fn pending(number: u32) -> PendingSignIn {
    let mut state_hash = [0; 32];
    state_hash[..4].copy_from_slice(&number.to_be_bytes());
    PendingSignIn { state_hash, expires_at: NOW.plus(600_000), payload: serde_json::json!({"verifier": number}) }
}
