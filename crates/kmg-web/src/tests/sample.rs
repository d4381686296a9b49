//! Plans for the tests, made through kmg-core's own construction.

use kmg_app::{Decided, PlanRow};
use kmg_core::clock::Millis;
use kmg_core::decision::Decision;
use kmg_core::identity::{Principal, Requester};
use kmg_core::plan::{
    Ask, Demand, FieldChange, Head, Life, ObjectId, Outcome, PlanBody, PlanFinding, PlanId, Prediction, Receipt, SCHEMA, Severity, Shown,
    Stage, StepOutcome, StoredBody, Times, findings, predict, step_change,
};
use kmg_core::untrusted::Quoted;
use serde_json::{Value, json};

pub(super) const NOW: Millis = Millis(1_800_000_000_000);
pub(super) const ISSUER: &str = "http://127.0.0.1:3003";

pub(super) fn plan_id() -> PlanId {
    PlanId::new(NOW, [7; 10])
}

pub(super) fn body() -> PlanBody {
    let ask = Ask::SetDeploymentImage {
        namespace: "demo".parse().unwrap(),
        name: "web".parse().unwrap(),
        container: "web".parse().unwrap(),
        image: "registry.test/shop/web:1.29.3".parse().unwrap(),
    };
    let live = deployment();
    let mut predicted = live.clone();
    predicted["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.test/shop/web:1.29.3".into();
    predicted["metadata"]["annotations"]["kmg.dev/plan"] = plan_id().as_str().into();
    predicted["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "altered by a webhook".into();
    predicted["spec"]["template"]["spec"]["priorityClassName"] = "standard".into();
    let change = step_change(&ask, &ask.targets()[0], &plan_id(), Some(&live)).unwrap();
    let warnings =
        vec![Quoted::new("would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"web\")", 512)];
    let prediction = Prediction {
        live: Some(&live),
        predicted: Some(&predicted),
        dependents: vec![],
        exclusions: vec!["/spec/replicas".into()],
        warnings,
        fingerprint: &|_| "b3f1c09a77d2".to_owned(),
    };
    let step = predict(change, prediction).unwrap();
    PlanBody {
        schema: SCHEMA.to_owned(),
        plan_id: plan_id(),
        cluster_id: "5f0c2a7e-8a5b-4a0e-9c56-7b1d0f5f3a11".to_owned(),
        requester: Requester { iss: ISSUER.into(), sub: "dev".into(), client_id: "agent-7f3a".into() },
        times: Times { created_at: NOW.plus(-42_000), approve_before: NOW.plus(858_000), execute_within: 600_000 },
        // Of a plan that its requester alone may decide.
        findings: findings(&ask, Some(&live), Some(&predicted), &[]).into_iter().filter(|one| one.demand == Demand::Show).collect(),
        ask,
        steps: vec![step],
        taint: vec![],
        policy: None,
        required_evidence: vec![],
        reason: Some(Quoted::new(
            "The rollout of web is stuck: tag 1.29.99 does not exist in the registry.\nSetting 1.29.3, the last tag that ran, should bring the Pods back.",
            2_000,
        )),
    }
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "demo", "uid": "c1f7a4de-22f0-4f43-9a5e-0b6f0d9f6f52", "resourceVersion": "812", "generation": 3, "annotations": {}},
        "spec": {"replicas": 3, "paused": true, "template": {"spec": {"containers": [
            {"name": "web", "image": "registry.test/shop/web:1.29.99", "env": [{"name": "TOKEN", "value": "a secret the agent has not seen"}]}]}}},
        "status": {"replicas": 3}
    })
}

pub(super) fn life(stage: Stage) -> Life {
    let execute_before = (!matches!(stage, Stage::Pending | Stage::Denied)).then(|| NOW.plus(600_000));
    Life { stage, approve_before: NOW.plus(858_000), execute_within: 600_000, execute_before }
}

pub(super) fn row_of(body: PlanBody, stage: Stage) -> PlanRow {
    PlanRow {
        body: StoredBody::seal(body).unwrap(),
        life: life(stage),
        epoch: 0,
        decided: None,
        receipt: None,
        owner: None,
        changed_at: NOW,
    }
}

pub(super) fn row(stage: Stage) -> PlanRow {
    row_of(body(), stage)
}

pub(super) fn decided(decision: Decision, name: &str, reason: Option<&str>) -> Decided {
    Decided {
        decision,
        approver: Principal { iss: ISSUER.into(), sub: "dev".into() },
        approver_name: name.to_owned(),
        at: NOW.plus(-20_000),
        reason: reason.map(|text| Quoted::new(text, 500)),
        approval: None,
    }
}

pub(super) fn receipt(outcome: Outcome, body: &PlanBody) -> Receipt {
    let step = StepOutcome {
        object: body.steps[0].object.clone(),
        outcome,
        resource_version: matches!(outcome, Outcome::Applied | Outcome::AppliedDiverged).then(|| "857".to_owned()),
        audit_id: Some(format!("{}.1", plan_id())),
        message: None,
    };
    Receipt {
        plan_id: plan_id(),
        outcome,
        reason: "the object returned equals the prediction".to_owned(),
        attempts: 1,
        steps: vec![step],
        at: NOW.plus(-5_000),
        executor_head: Head { seq: 42, hash: "9c0e".repeat(16) },
    }
}

/// `text` in every field that the cluster, the agent, a client or a provider fills.
pub(super) fn hostile(text: &str) -> PlanRow {
    let object = ObjectId { api_version: text.into(), kind: text.into(), namespace: text.into(), name: text.into(), uid: text.into() };
    let hidden = || Shown::Hidden { bytes: 9, fingerprint: text.into() };
    let mut body = body();
    body.cluster_id = text.into();
    body.requester = Requester { iss: text.into(), sub: text.into(), client_id: text.into() };
    body.findings =
        vec![PlanFinding { id: text.into(), severity: Severity::High, demand: Demand::Show, summary: text.into(), path: text.into() }];
    body.taint = vec![json!({ text: text })];
    body.policy = Some(json!([text]));
    body.required_evidence = vec![text.into()];
    body.reason = Some(Quoted::new(text, 4_000));
    let step = &mut body.steps[0];
    step.changes.extend([
        FieldChange { path: text.into(), before: Shown::Value(text.into()), after: Shown::Value(json!({ text: [text] })), proposed: false },
        FieldChange { path: text.into(), before: hidden(), after: Shown::Absent, proposed: true },
    ]);
    // The one that the summary line quotes.
    step.changes[0].before = Shown::Value(text.into());
    for change in &mut step.changes {
        if change.path.contains("[name=web].image") {
            change.before = Shown::Value(text.into());
            change.after = Shown::Value(text.into());
        }
    }
    step.warnings = vec![Quoted::new(text, 4_000)];
    step.exclusions = vec![text.into()];
    step.propagation_policy = Some(text.into());
    step.dependents = vec![object.clone()];
    let template = &mut step.template;
    let head = [&mut template.method, &mut template.path, &mut template.query, &mut template.content_type];
    for field in head.into_iter().chain(&mut template.body) {
        text.clone_into(field);
    }
    step.object = object.clone();
    let mut row = row_of(body.clone(), Stage::Rejected);
    row.decided = Some(Decided { approver: Principal { iss: text.into(), sub: text.into() }, ..decided(Decision::Deny, text, Some(text)) });
    let mut receipt = receipt(Outcome::Rejected, &body);
    receipt.reason = text.into();
    receipt.executor_head.hash = text.into();
    receipt.steps[0] = StepOutcome {
        object,
        outcome: Outcome::Applied,
        resource_version: Some(text.into()),
        audit_id: Some(text.into()),
        message: Some(Quoted::new(text, 4_000)),
    };
    row.receipt = Some(receipt);
    row
}
