//! One executor with all it talks to: an issuer double, a front before an API server, a planner, a person.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use kmg_audit::{VerifyOptions, verify};
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::clock::{Clock, Millis};
use kmg_core::decision::{Approval, Decision, SCHEMA as DECISION_SCHEMA, Statement, nonce};
use kmg_core::digest::key_id;
use kmg_core::identity::{Principal, Requester};
use kmg_core::plan::{Ask, Head, Job, PlanBody, PlanId, Prediction, Receipt, SCHEMA, StoredBody, Times, findings, predict, step_change};
use kmg_jwt::SigningKey as TokenKey;
use kmg_testkit::lane;
use serde_json::{Value, json};

use super::api_server::{ApiServer, CLUSTER, NAMESPACE, refusal};
use super::front::{Backend, Front, SOMEONE_ELSE};
use super::http::{Reply, serve};
use crate::{Executor, ExecutorError, ExecutorOptions, SealKey, Timing};

pub(super) const NOW: Millis = Millis(1_800_000_000_000);
pub(super) const APPROVE_CLIENT: &str = "kmg-approve";
pub(super) const NEW_IMAGE: &str = "registry.test/web:2";
/// Longer than the API server's request timeout and the margin.
pub(super) const SETTLED: i64 = 66_000;

pub(super) struct World {
    pub(super) front: Arc<Front>,
    pub(super) clock: Clock,
    pub(super) issuer: String,
    pub(super) token_key: TokenKey,
    pub(super) gateway_key: SigningKey,
    pub(super) cluster_id: String,
    pub(super) namespace: String,
    cluster: Cluster,
    folder: tempfile::TempDir,
    /// The audit log of the real API server.
    audit_log: Option<AuditLog>,
    /// The `Audit-ID`s that a journal of this world has told to be applied, of lost journals too.
    told: Mutex<BTreeSet<String>>,
}

/// The real API server's audit log from the moment the world was ready.
struct AuditLog {
    path: PathBuf,
    offset: u64,
}

/// What the cluster itself writes into a namespace.
const CLUSTER_ITSELF: [&str; 4] = ["system:kube-", "system:serviceaccount:kube-system:", "system:apiserver", "system:node:"];

/// The worlds a case runs in: the double's, and the real API server's where there is one.
pub(super) async fn worlds(case: &str) -> Vec<World> {
    let mut worlds = vec![World::double().await];
    if let Some(real) = lane::api_server(case) {
        worlds.push(World::real(&real).await);
    }
    worlds
}

/// Waits until the Deployment's controller has said all it has to say: what it writes later would move the version
/// between a case's own steps.
async fn settled(cluster: &Cluster, path: &str) {
    let rolled_out = |web: &Value| {
        let conditions = web["status"]["conditions"].as_array().into_iter().flatten();
        let done = |one: &Value| one["type"] == "Progressing" && one["reason"] == "NewReplicaSetAvailable";
        web["status"]["observedGeneration"] == web["metadata"]["generation"] && conditions.into_iter().any(done)
    };
    let whole = async {
        loop {
            let answer = cluster.get(path, &[], "application/json").await.unwrap();
            if rolled_out(&serde_json::from_slice(&answer.body).unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(3), whole).await.expect("the controller did not settle");
}

pub(super) fn deployment(namespace: &str) -> Value {
    let labels = json!({"app": "web"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace, "annotations": {"team": "a"}},
        "spec": {
            "replicas": 0, "revisionHistoryLimit": 10, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "registry.test/web:does-not-exist"}]}}
        },
        "status": {"observedGeneration": 1}
    })
}

impl World {
    pub(super) async fn double() -> Self {
        let server = ApiServer::new(deployment(NAMESPACE));
        Self::build(Backend::Double(server), CLUSTER.to_owned(), NAMESPACE.to_owned(), None).await
    }

    async fn real(test: &lane::TestCluster) -> Self {
        let source = KubeconfigSource { path: test.kubeconfig.clone(), context: None };
        let cluster = Cluster::connect(&source, Options::new(Clock::system())).await.unwrap();
        let cluster_id = cluster.cluster_id().await.unwrap();
        let mut random = [0; 6];
        getrandom::fill(&mut random).unwrap();
        let namespace = format!("kmg-executor-{}", kmg_core::digest::hex(&random));
        super::front::real_create(
            &cluster,
            "/api/v1/namespaces",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        )
        .await;
        let folder = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        super::front::real_create(&cluster, &folder, &deployment(&namespace)).await;
        let path = format!("{folder}/web");
        settled(&cluster, &path).await;
        let backend = Backend::Real { cluster, path };
        let offset = std::fs::metadata(&test.audit_log).unwrap().len();
        Self::build(backend, cluster_id, namespace, Some(AuditLog { path: test.audit_log.clone(), offset })).await
    }

    async fn build(backend: Backend, cluster_id: String, namespace: String, audit_log: Option<AuditLog>) -> Self {
        let clock = Clock::manual(NOW);
        let (front, url) = Front::start(backend, clock.clone()).await;
        let token_key = TokenKey::generate_es256().unwrap();
        let issuer = serve_issuer(&token_key).await;
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: '{url}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\n"
        );
        let options = Options { deadline: Duration::from_mins(1), ..Options::new(clock.clone()) };
        let cluster = Cluster::connect_text(&kubeconfig, options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let world = Self {
            front,
            clock,
            issuer,
            token_key,
            gateway_key: SigningKey::from_bytes(&[1; 32]),
            cluster_id,
            namespace,
            cluster,
            folder,
            audit_log,
            told: Mutex::default(),
        };
        world.write_trust(|_| {});
        world
    }

    /// Writes the trust file with what `alter` changes.
    pub(super) fn write_trust(&self, alter: impl FnOnce(&mut Value)) {
        let key = self.gateway_key.verifying_key();
        let mut trust = json!({
            "clusterId": self.cluster_id, "namespaces": [self.namespace], "kinds": ["Deployment"],
            "gatewayKeys": [{
                "keyId": key_id(&key), "publicKey": STANDARD.encode(key.as_bytes()), "purpose": "approval",
                "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2028-01-01T00:00:00Z"
            }],
            "issuer": {"url": self.issuer, "approveClientId": APPROVE_CLIENT},
            "approvers": [self.person()], "rule": "requester"
        });
        alter(&mut trust);
        std::fs::write(self.folder.path().join("trust.json"), trust.to_string()).unwrap();
    }

    pub(super) fn person(&self) -> Principal {
        Principal { iss: self.issuer.clone(), sub: "dev".into() }
    }

    pub(super) fn journal_path(&self) -> PathBuf {
        self.folder.path().join("executor.jsonl")
    }

    pub(super) fn seal_key() -> SealKey {
        SealKey::new([9; 32])
    }

    pub(super) async fn open(&self) -> Arc<Executor> {
        self.try_open().await.unwrap()
    }

    pub(super) async fn try_open(&self) -> Result<Arc<Executor>, ExecutorError> {
        Executor::open(self.options()).await
    }

    pub(super) fn options(&self) -> ExecutorOptions {
        ExecutorOptions {
            production: false,
            trust: self.folder.path().join("trust.json"),
            journal: self.journal_path(),
            checkpoint_key: Some(checkpoint_key()),
            seal_key: Self::seal_key(),
            cluster: self.cluster.clone(),
            clock: self.clock.clone(),
            lock_wait: Duration::from_mins(1),
            // One read for each call: these cases move the clock by hand.
            timing: Timing {
                settle_within: Duration::ZERO,
                poll_every: Duration::from_millis(1),
                send_deadline: Duration::from_mins(1),
                retry_within: Duration::from_mins(1),
                ..Timing::default()
            },
        }
    }

    /// Closes the executor and holds its journal against the rules of journals, and its writes against the real
    /// API server's own audit log.
    pub(super) async fn end(&self, executor: &Executor) {
        executor.close().await.unwrap();
        let options = VerifyOptions { trusted: vec![checkpoint_key().verifying_key()], ..VerifyOptions::default() };
        verify(&self.journal_path(), &options).unwrap();
        let mut told = self.told.lock().unwrap();
        told.extend(self.announced().into_iter().filter_map(|(id, applied)| applied.then_some(id)));
        let Some(events) = self.audited() else { return };
        // Nobody wrote here but the executor, exactly what its journal says, and the case itself, by whatever name,
        // verb or `Audit-ID`.
        let accepted = events.iter().filter(|event| !is_dry_run(event) && code(event) < 300);
        let mut unexpected: Vec<&Value> = Vec::new();
        let (mut found, mut others) = (BTreeSet::new(), 0);
        for event in accepted {
            let id = event["auditID"].as_str().unwrap();
            let write = event["verb"] == "patch" && event["objectRef"]["resource"] == "deployments" && event["objectRef"]["name"] == "web";
            if write && id == SOMEONE_ELSE {
                others += 1;
            } else if !(write && told.contains(id) && found.insert(id.to_owned())) {
                unexpected.push(event);
            }
        }
        assert!(unexpected.is_empty(), "nobody announced these writes: {unexpected:?}");
        assert_eq!((&found, others), (&*told, self.front.others()), "the cluster's audit log tells another story");
    }

    /// Every announced request by its `Audit-ID`, and whether the journal says it was accepted.
    fn announced(&self) -> Vec<(String, bool)> {
        let records = self.records();
        let attempt = |body: &Value| (body["planId"].clone(), body["attempt"].clone());
        let applied = |intent: &Value| {
            let mut ends = records
                .iter()
                .filter(|(kind, body)| matches!(kind.as_str(), "apply.outcome" | "apply.reconciled") && attempt(body) == attempt(intent));
            ends.any(|(_, body)| body["state"].as_str().is_some_and(|state| state.starts_with("applied")))
        };
        records
            .iter()
            .filter(|(kind, _)| kind == "apply.intent")
            .map(|(_, body)| (body["auditId"].as_str().unwrap().to_owned(), applied(body)))
            .collect()
    }

    /// How many writes under an `Audit-ID` that begins with `id` the real API server accepted, by its own audit log.
    pub(super) fn accepted(&self, id: &str) -> Option<usize> {
        let events = self.audited()?;
        let ours = |event: &&Value| event["auditID"].as_str().is_some_and(|own| own.starts_with(id));
        Some(events.iter().filter(ours).filter(|event| !is_dry_run(event) && code(event) < 300).count())
    }

    /// Every request in the world's namespace that is no read, since the world was ready, by whomever but the cluster
    /// itself: the real API server's own events. `None` where there is only the double.
    pub(super) fn audited(&self) -> Option<Vec<Value>> {
        let log = self.audit_log.as_ref()?;
        let mut file = std::fs::File::open(&log.path).unwrap();
        file.seek(SeekFrom::Start(log.offset)).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        // The log is written before the answer, so a line that is not complete yet is not of a request that was answered.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n') && line.contains(&self.namespace));
        let events = lines.map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|event| {
            let user = event["user"]["username"].as_str().unwrap();
            event["objectRef"]["namespace"] == self.namespace.as_str()
                && event["stage"] == "ResponseComplete"
                && !matches!(event["verb"].as_str().unwrap(), "get" | "list" | "watch")
                && !CLUSTER_ITSELF.iter().any(|prefix| user.starts_with(prefix))
        });
        Some(events.collect())
    }

    pub(super) fn records(&self) -> Vec<(String, Value)> {
        self.lines().into_iter().map(|record| (record["kind"].as_str().unwrap().to_owned(), record["body"].clone())).collect()
    }

    pub(super) fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal_path()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(super) fn kinds(&self) -> Vec<String> {
        self.records().into_iter().map(|(kind, _)| kind).filter(|kind| !kind.starts_with("journal.") && kind != "checkpoint").collect()
    }

    /// A plan that sets the image, made the way the planner makes it.
    pub(super) async fn plan(&self, seed: u8) -> StoredBody {
        self.plan_for(seed, NEW_IMAGE).await
    }

    pub(super) async fn plan_for(&self, seed: u8, image: &str) -> StoredBody {
        StoredBody::seal(self.body(seed, image).await).unwrap()
    }

    pub(super) async fn body(&self, seed: u8, image: &str) -> PlanBody {
        // Ids are unique in a run: the real API server's audit log outlives a case.
        let mut random = [seed; 10];
        getrandom::fill(&mut random[1..]).unwrap();
        let plan_id = PlanId::new(NOW, random);
        let ask = Ask::SetDeploymentImage {
            namespace: self.namespace.parse().unwrap(),
            name: "web".parse().unwrap(),
            container: "web".parse().unwrap(),
            image: image.parse().unwrap(),
        };
        let live = self.front.read().await.unwrap();
        let change = step_change(&ask, &ask.targets()[0], &plan_id, Some(&live)).unwrap();
        let mut predicted = live.clone();
        predicted["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
        predicted["metadata"]["annotations"]["kmg.dev/plan"] = plan_id.as_str().into();
        let prediction = Prediction {
            live: Some(&live),
            predicted: Some(&predicted),
            exclusions: vec![],
            warnings: vec![],
            dependents: vec![],
            fingerprint: &|_| "fp".to_owned(),
        };
        let step = predict(change, prediction).unwrap();
        let requester = Requester { iss: self.issuer.clone(), sub: "dev".into(), client_id: "agent".into() };
        PlanBody {
            schema: SCHEMA.to_owned(),
            plan_id,
            cluster_id: self.cluster_id.clone(),
            requester,
            times: Times { created_at: NOW.plus(-60_000), approve_before: NOW.plus(900_000), execute_within: 600_000 },
            findings: findings(&ask, Some(&live), Some(&predicted), &[]),
            ask,
            steps: vec![step],
            taint: vec![],
            policy: None,
            required_evidence: vec![],
            reason: None,
        }
    }

    pub(super) fn statement(&self, plan: &StoredBody) -> Statement {
        Statement {
            schema: DECISION_SCHEMA.into(),
            plan_id: plan.body().plan_id.clone(),
            decision: Decision::Approve,
            review_digest: plan.digest(),
            approver: self.person(),
            at: NOW.plus(-20_000),
            salt: "s".into(),
            typed_name: None,
        }
    }

    /// The issuer's answer to a fresh sign-in for `statement`, with what `alter` changes.
    pub(super) fn sign_in(&self, statement: &[u8], alter: impl FnOnce(&mut Value)) -> String {
        let at = NOW.plus(-10_000).unix_seconds();
        let mut claims = json!({
            "iss": self.issuer, "sub": "dev", "aud": APPROVE_CLIENT, "nonce": nonce(statement), "iat": at, "exp": at + 300, "auth_time": at
        });
        alter(&mut claims);
        self.token_key.sign("JWT", &claims).unwrap()
    }

    pub(super) fn approve(&self, plan: &StoredBody) -> Approval {
        let statement = self.statement(plan).to_bytes().unwrap();
        let token = self.sign_in(&statement, |_| {});
        Approval::new(&statement, &self.gateway_key, Some(token))
    }

    pub(super) fn job(plan: &StoredBody, approval: Option<Approval>) -> Job {
        Job {
            plan_id: plan.body().plan_id.clone(),
            body: STANDARD.encode(plan.bytes()),
            approval,
            gateway_head: Head { seq: 7, hash: "ab".repeat(32) },
        }
    }

    /// An approved job for a plan made now.
    pub(super) async fn approved(&self, seed: u8) -> Job {
        let plan = self.plan(seed).await;
        Self::job(&plan, Some(self.approve(&plan)))
    }

    pub(super) async fn image(&self) -> String {
        self.front.read().await.unwrap()["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
    }
}

fn is_dry_run(event: &Value) -> bool {
    event["requestURI"].as_str().unwrap().contains("dryRun=All")
}

fn code(event: &Value) -> u64 {
    event["responseStatus"]["code"].as_u64().unwrap()
}

pub(super) fn checkpoint_key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

/// What both tests and readers want to see of a receipt.
pub(super) fn brief(receipt: &Receipt) -> (kmg_core::plan::Outcome, u32) {
    (receipt.outcome, receipt.attempts)
}

async fn serve_issuer(key: &TokenKey) -> String {
    let jwks = TokenKey::jwks(&[key]).to_string().into_bytes();
    let url = Arc::new(std::sync::OnceLock::<String>::new());
    let known = Arc::clone(&url);
    let base = serve(move |request| {
        let base = known.get().cloned().unwrap_or_default();
        let reply = match request.target.as_str() {
            "/.well-known/openid-configuration" => {
                Reply::Json(200, json!({"issuer": base, "jwks_uri": format!("{base}/jwks")}).to_string().into_bytes())
            }
            "/jwks" => Reply::Json(200, jwks.clone()),
            _ => refusal(404),
        };
        Box::pin(std::future::ready(reply))
    })
    .await;
    url.set(base.clone()).unwrap();
    base
}
