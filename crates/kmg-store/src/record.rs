//! Rows between their meaning and their sealed columns, the same for every database.

mod people;

pub(crate) use people::{PendingRecord, SessionRecord};

use kmg_core::clock::Millis;
use kmg_core::identity::Principal;
use kmg_core::plan::{AskKey, Life, PlanId, StoredBody};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::StoreError;
use crate::seal::{Field, Place, Seal};
use crate::types::PlanRow;

const PLAN: &str = "plan";

/// The columns of a plan.
#[derive(Clone, Debug)]
pub(crate) struct PlanRecord {
    pub(crate) id: String,
    pub(crate) stage: String,
    pub(crate) epoch: i64,
    pub(crate) approve_before: i64,
    pub(crate) execute_within: i64,
    pub(crate) execute_before: Option<i64>,
    pub(crate) changed_at: i64,
    pub(crate) keys: PlanKeys,
    pub(crate) owner: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) decided: Option<Vec<u8>>,
    pub(crate) receipt: Option<Vec<u8>>,
    pub(crate) mac: Vec<u8>,
}

/// The keyed digests a plan is found by. They never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanKeys {
    pub(crate) ask: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) namespace: Vec<u8>,
    pub(crate) requester: Vec<u8>,
}

impl PlanKeys {
    pub(crate) fn of(seal: &Seal, body: &StoredBody, ask_key: AskKey) -> Self {
        let body = body.body();
        Self {
            ask: seal.index("ask", &[&ask_key.0.hex()]),
            target: seal.index("target", &[&body.cluster_id, &body.ask.target()]),
            namespace: seal.index("namespace", &[body.ask.namespace().as_str()]),
            requester: principal_key(seal, &body.requester.principal()),
        }
    }
}

/// How rows of one person are found.
pub(crate) fn principal_key(seal: &Seal, principal: &Principal) -> Vec<u8> {
    seal.index("principal", &[&principal.iss, &principal.sub])
}

impl PlanRecord {
    fn fields(&self) -> [Field<'_>; 15] {
        [
            Field::Text(&self.id),
            Field::Text(&self.stage),
            Field::Int(self.epoch),
            Field::Int(self.approve_before),
            Field::Int(self.execute_within),
            Field::int(self.execute_before),
            Field::Int(self.changed_at),
            Field::Blob(&self.keys.ask),
            Field::Blob(&self.keys.target),
            Field::Blob(&self.keys.namespace),
            Field::Blob(&self.keys.requester),
            Field::text(self.owner.as_deref()),
            Field::Blob(&self.body),
            Field::blob(self.decided.as_deref()),
            Field::blob(self.receipt.as_deref()),
        ]
    }

    /// The sealed columns of `row`.
    pub(crate) fn seal(row: &PlanRow, keys: PlanKeys, seal: &Seal) -> Result<Self, StoreError> {
        let id = row.id().to_string();
        let body = seal.encrypt(place(PLAN, "body", id.as_bytes()), row.body.bytes())?;
        let mut record = Self {
            stage: String::new(),
            epoch: 0,
            approve_before: 0,
            execute_within: 0,
            execute_before: None,
            changed_at: 0,
            keys,
            owner: None,
            body,
            decided: None,
            receipt: None,
            mac: Vec::new(),
            id,
        };
        record.reseal(row, seal)?;
        Ok(record)
    }

    /// The columns after a change of `row`; the body's ciphertext and the keys stay as they are.
    pub(crate) fn reseal(&mut self, row: &PlanRow, seal: &Seal) -> Result<(), StoreError> {
        row.life.stage.as_str().clone_into(&mut self.stage);
        self.epoch = row.epoch;
        self.approve_before = row.life.approve_before.0;
        self.execute_within = row.life.execute_within;
        self.execute_before = row.life.execute_before.map(|at| at.0);
        self.changed_at = row.changed_at.0;
        self.owner.clone_from(&row.owner);
        self.decided = optional(seal, place(PLAN, "decided", self.id.as_bytes()), row.decided.as_ref())?;
        self.receipt = optional(seal, place(PLAN, "receipt", self.id.as_bytes()), row.receipt.as_ref())?;
        self.mac = seal.mac(PLAN, &self.fields());
        Ok(())
    }

    /// What the columns mean, once the MAC is verified.
    pub(crate) fn open(&self, seal: &Seal) -> Result<PlanRow, StoreError> {
        seal.verify(PLAN, &self.fields(), &self.mac)?;
        let opened = |column, sealed: &[u8]| seal.decrypt(place(PLAN, column, self.id.as_bytes()), sealed);
        let body = StoredBody::open(opened("body", &self.body)?).map_err(StoreError::unavailable)?;
        if body.body().plan_id.as_str() != self.id {
            return Err(StoreError::Tampered);
        }
        Ok(PlanRow {
            body,
            life: Life {
                stage: self.stage.parse().map_err(|_| StoreError::Tampered)?,
                approve_before: Millis(self.approve_before),
                execute_within: self.execute_within,
                execute_before: self.execute_before.map(Millis),
            },
            epoch: self.epoch,
            decided: self.decided.as_deref().map(|sealed| parsed(&opened("decided", sealed)?)).transpose()?,
            receipt: self.receipt.as_deref().map(|sealed| parsed(&opened("receipt", sealed)?)).transpose()?,
            owner: self.owner.clone(),
            changed_at: Millis(self.changed_at),
        })
    }

    /// How many bytes the row takes, roughly.
    pub(crate) fn size(&self) -> usize {
        self.body.len() + self.decided.as_ref().map_or(0, Vec::len) + self.receipt.as_ref().map_or(0, Vec::len)
    }
}

/// The record by which a key proves that it is this database's.
pub(crate) fn key_check(seal: &Seal) -> Vec<u8> {
    seal.mac("seal", &[Field::Int(1)])
}

/// Verifies [`key_check`].
pub(crate) fn check_key(seal: &Seal, stored: &[u8]) -> Result<(), StoreError> {
    seal.verify("seal", &[Field::Int(1)], stored)
}

/// How long `value` is as it is stored, before encryption.
pub(crate) fn written(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|_| StoreError::Misuse("a value cannot be written as JSON"))
}

/// The plan's id in a column; a column that holds none was altered.
pub(crate) fn plan_id(text: &str) -> Result<PlanId, StoreError> {
    text.parse().map_err(|_| StoreError::Tampered)
}

fn optional<T: Serialize>(seal: &Seal, place: Place<'_>, value: Option<&T>) -> Result<Option<Vec<u8>>, StoreError> {
    value.map(|value| seal.encrypt(place, &written(value)?)).transpose()
}

// The bytes were sealed by us, so a shape we cannot read is another version's, not an attack.
fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::unavailable("a row has another version's shape"))
}

const fn place<'a>(table: &'static str, column: &'static str, key: &'a [u8]) -> Place<'a> {
    Place { table, column, key }
}
