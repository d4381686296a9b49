//! A namespace of its own on the real API server, with planner and executor under their own minted identities.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use kmg_cluster::rbac::{Identity, RbacOptions, manifests};
use kmg_cluster::write::install::{apply_manifest, install, mint, wait_fenced};
use kmg_cluster::write::probe::Fence;
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_core::decision::{Approval, Decision, SCHEMA as DECISION_SCHEMA, Statement};
use kmg_core::digest::key_id;
use kmg_core::identity::{Principal, Requester};
use kmg_core::names::Namespace;
use kmg_core::plan::{
    Ask, Head, Job, Kind, Manifest, PlanBody, PlanId, PreviewRequest, PreviewResponse, Receipt, RevisionRequest, SCHEMA, StoredBody,
    Target, Times, UndoRequest, WayBack, read_all,
};
use kmg_core::problem::Refusal;
use kmg_executor::{Executor, ExecutorError, ExecutorOptions, SealKey, Timing};
use kmg_server::{FencePolicy, Server, ServerError, ServerOptions};
use kmg_testkit::lane;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// How long the cluster's controllers may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct Lab {
    pub(crate) namespace: Namespace,
    pub(crate) admin: Cluster,
    server: Server,
    executor: Arc<Executor>,
    rbac: RbacOptions,
    key: SigningKey,
    audit: (PathBuf, u64),
    folder: tempfile::TempDir,
}

pub(crate) async fn lab(case: &str, short: &str) -> Option<Lab> {
    let test = lane::api_server(case)?;
    let source = KubeconfigSource { path: test.kubeconfig, context: None };
    let admin = Cluster::connect(&source, Options::new(Clock::system())).await.unwrap();
    let stamp = Clock::system().now().0 % 100_000_000;
    let namespace: Namespace = format!("w-{short}-{stamp}").parse().unwrap();
    let rbac = RbacOptions::in_namespace(&format!("w-{short}-{stamp}-kmg")).unwrap();
    apply_manifest(&admin, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})).await.unwrap();
    install(&admin, &manifests(std::slice::from_ref(&namespace), &rbac)).await.unwrap();
    let connect = async |identity| {
        let minted = mint(&admin, identity, &rbac, 3_600).await.unwrap();
        Cluster::connect_text(minted.kubeconfig.expose_secret(), Options::new(Clock::system())).await.unwrap()
    };
    let (reader, planner, executor) =
        (connect(Identity::Reader).await, connect(Identity::Planner).await, connect(Identity::Executor).await);
    eventually("kube-root-ca.crt", async || {
        let path = format!("/api/v1/namespaces/{namespace}/configmaps/kube-root-ca.crt");
        (admin.get(&path, &[], "application/json").await.unwrap().status == 200).then_some(())
    })
    .await;
    assert_eq!(wait_fenced(&planner, &namespace, PATIENCE).await, Fence::Fenced);
    let clock = Clock::system();
    let allow = AllowList::new([namespace.clone()]);
    let server = Server::new(ServerOptions {
        reader,
        planner: Some(planner),
        allow,
        clock: clock.clone(),
        fence: FencePolicy::Required,
        registries: Vec::new(),
    })
    .unwrap();
    let (folder, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[1; 32]));
    let trust = folder.path().join("trust.json");
    std::fs::write(&trust, trust_file(&admin.cluster_id().await.unwrap(), &namespace, &key).to_string()).unwrap();
    let executor = Executor::open(ExecutorOptions {
        trust,
        journal: folder.path().join("executor.jsonl"),
        checkpoint_key: None,
        seal_key: SealKey::new([9; 32]),
        cluster: executor,
        clock,
        production: false,
        lock_wait: PATIENCE,
        timing: Timing::default(),
    })
    .await
    .unwrap();
    let audit = (test.audit_log.clone(), std::fs::metadata(&test.audit_log).unwrap().len());
    Some(Lab { namespace, admin, server, executor, rbac, key, audit, folder })
}

fn person() -> Principal {
    Principal { iss: "https://id.example".into(), sub: "dev".into() }
}

fn trust_file(cluster_id: &str, namespace: &Namespace, key: &SigningKey) -> Value {
    let public = key.verifying_key();
    json!({
        "clusterId": cluster_id, "namespaces": [namespace], "kinds": Kind::ALL, "evidence": "gateway-signature",
        "gatewayKeys": [{
            "keyId": key_id(&public), "publicKey": STANDARD.encode(public.as_bytes()), "purpose": "approval",
            "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2036-01-01T00:00:00Z"
        }],
        "approvers": [person()], "rule": "requester"
    })
}

impl Lab {
    /// What the planner says about `ask`.
    pub(crate) async fn preview(&self, ask: &Ask) -> Result<(PlanId, PreviewResponse), ServerError> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).unwrap();
        let plan_id = PlanId::new(Clock::system().now(), random);
        let request = PreviewRequest { plan_id: plan_id.clone(), ask: ask.clone() };
        // A new Deployment's controllers may write faster than a busy machine plans: the answer says to ask again
        // when they have settled.
        for _busy in 0..10 {
            match self.server.preview(&request).await {
                Err(error) if error.to_string().contains("ask again when it has settled") => tokio::time::sleep(SETTLED).await,
                other => return Ok((plan_id, other?)),
            }
        }
        Ok((plan_id, self.server.preview(&request).await?))
    }

    /// The plan of `ask`, as the gateway would store it, made when the Deployments' controller has said all it has to
    /// say: what it writes later would refuse a write that the audit log is to show.
    pub(crate) async fn plan(&self, ask: Ask) -> StoredBody {
        for target in ask.targets().iter().filter(|target| target.kind == Kind::Deployment) {
            self.settled(target.name.as_str()).await;
        }
        let (plan_id, preview) = self.preview(&ask).await.unwrap_or_else(|error| panic!("{error}: {ask:?}"));
        let now = Clock::system().now();
        let PreviewResponse { cluster_id, steps, findings } = preview;
        let requester = Requester { iss: person().iss, sub: person().sub, client_id: "agent".into() };
        StoredBody::seal(PlanBody {
            schema: SCHEMA.to_owned(),
            plan_id,
            cluster_id,
            requester,
            times: Times { created_at: now, approve_before: now.plus(900_000), execute_within: 600_000 },
            ask,
            steps,
            findings,
            taint: vec![],
            policy: None,
            required_evidence: vec![],
            reason: None,
        })
        .unwrap()
    }

    /// Approves and executes `plan`.
    pub(crate) async fn execute(&self, plan: &StoredBody) -> Receipt {
        let statement = Statement {
            schema: DECISION_SCHEMA.into(),
            plan_id: plan.body().plan_id.clone(),
            decision: Decision::Approve,
            review_digest: plan.digest(),
            approver: person(),
            at: Clock::system().now(),
            salt: "s".into(),
            typed_name: plan.body().name_to_type().map(str::to_owned),
        };
        let job = Job {
            plan_id: plan.body().plan_id.clone(),
            body: STANDARD.encode(plan.bytes()),
            approval: Some(Approval::new(&statement.to_bytes().unwrap(), &self.key, None)),
            gateway_head: Head { seq: 7, hash: "ab".repeat(32) },
        };
        self.executor.execute(job).await.unwrap()
    }

    /// Asks the executor again what became of a plan.
    pub(crate) async fn reconcile(&self, plan: &StoredBody) -> Receipt {
        self.executor.reconcile(plan.body().plan_id.clone(), None).await.unwrap()
    }

    /// The ask that undoes `plan`, as the gateway would make it of the executor's answer.
    pub(crate) async fn undo(&self, plan: &StoredBody) -> Result<Ask, Refusal> {
        let request = UndoRequest { plan_id: plan.body().plan_id.clone(), body: STANDARD.encode(plan.bytes()) };
        match self.executor.undo(request).await {
            Ok(way) => Ok(self.ask_of(way)),
            Err(ExecutorError::Refused(refusal)) => Err(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    /// The ask that sets a Deployment back to a revision.
    pub(crate) async fn back_to(&self, name: &str, revision: Option<u64>) -> Result<Ask, Refusal> {
        let request = RevisionRequest { namespace: self.namespace.clone(), name: name.parse().unwrap(), revision };
        match self.server.back_to_revision(&request).await {
            Ok(way) => Ok(self.ask_of(way)),
            Err(ServerError::Refusal(refusal)) => Err(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    fn ask_of(&self, way: WayBack) -> Ask {
        Ask::Rollback { namespace: self.namespace.clone(), origin: way.origin, changes: way.changes }
    }

    pub(crate) fn apply_ask(&self, manifests: Vec<Value>) -> Ask {
        let objects: Vec<Manifest> = read_all(manifests, &self.namespace).unwrap();
        Ask::ApplyManifest { namespace: self.namespace.clone(), objects }
    }

    pub(crate) fn delete_ask(&self, objects: &[(Kind, &str)]) -> Ask {
        let objects = objects.iter().map(|(kind, name)| Target { kind: *kind, name: name.parse().unwrap() }).collect();
        Ask::DeleteManifest { namespace: self.namespace.clone(), objects }
    }

    /// The object, if there is one, as the administrator sees it.
    pub(crate) async fn get(&self, kind: Kind, name: &str) -> Option<Value> {
        let answer = self.admin.get(&kind.path(&self.namespace, &name.parse().unwrap()), &[], "application/json").await.unwrap();
        (answer.status == 200).then(|| serde_json::from_slice(&answer.body).unwrap())
    }

    /// Someone else creates or changes an object, by the administrator's own apply.
    pub(crate) async fn someone_applies(&self, mut manifest: Value) {
        manifest["metadata"]["namespace"] = self.namespace.as_str().into();
        apply_manifest(&self.admin, &manifest).await.unwrap();
        if manifest["kind"] == "Deployment" && manifest["spec"]["paused"] != true {
            let name = manifest["metadata"]["name"].as_str().unwrap();
            // A new Deployment has no annotations until its controller has seen it: a plan made before is stale.
            eventually("the controller to see it", async || {
                let live = self.get(Kind::Deployment, name).await?;
                live.pointer("/metadata/annotations/deployment.kubernetes.io~1revision").is_some().then_some(())
            })
            .await;
            self.settled(name).await;
        }
    }

    /// Waits until the controller has seen the Deployment's newest spec and its rollout was complete once. One that is
    /// paused or absent waits for nobody.
    async fn settled(&self, name: &str) {
        eventually("the controller to settle", async || {
            let Some(live) = self.get(Kind::Deployment, name).await else { return Some(()) };
            let conditions = live["status"]["conditions"].as_array().into_iter().flatten();
            let complete = |one: &Value| one["type"] == "Progressing" && one["reason"] == "NewReplicaSetAvailable";
            let seen = live["status"]["observedGeneration"] == live["metadata"]["generation"];
            (live["spec"]["paused"] == true || (seen && conditions.into_iter().any(complete))).then_some(())
        })
        .await;
    }

    /// What the API server's own audit log says this lab's executor sent without `dryRun`, as `verb resource code`.
    pub(crate) async fn writes(&self) -> Vec<String> {
        self.audited(Identity::Executor).await.into_iter().filter(|line| !line.starts_with("get ")).collect()
    }

    /// That the planner stored nothing, by the same witness.
    pub(crate) async fn planner_wrote_nothing(&self) {
        // The fence's probe is the one request of the planner without a dry run: it is refused.
        let lines: BTreeSet<String> = self.audited(Identity::Planner).await.into_iter().collect();
        assert!(lines.iter().all(|line| line.starts_with("get ") || line == "create configmaps 403"), "{lines:?}");
    }

    async fn audited(&self, identity: Identity) -> Vec<String> {
        // The log is written when a request ends: a mark of our own says that everything before it is there.
        let mark = format!("/api/v1/namespaces/{}/configmaps/mark-{}", self.namespace, Clock::system().now().0);
        self.admin.get(&mark, &[], "application/json").await.unwrap();
        let text = eventually("the audit log", async || {
            let mut file = std::fs::File::open(&self.audit.0).unwrap();
            file.seek(SeekFrom::Start(self.audit.1)).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            text.contains(&mark).then_some(text)
        })
        .await;
        let user = self.rbac.user_name(identity);
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours =
            events.filter(|event| event["user"]["username"] == user.as_str() && event["objectRef"]["namespace"] == self.namespace.as_str());
        ours.filter(|event| {
            event["stage"] == "ResponseComplete" && !event["requestURI"].as_str().unwrap_or_default().contains("dryRun=All")
        })
        .map(|event| {
            let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            format!("{} {} {}", text("/verb"), text("/objectRef/resource"), event["responseStatus"]["code"])
        })
        .collect()
    }

    /// The executor's journal, which must never hold a value of the cluster.
    pub(crate) fn journal(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("executor.jsonl")).unwrap()
    }
}

/// How long an object that changes gets to settle before it is planned again.
const SETTLED: Duration = Duration::from_secs(1);

pub(crate) async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let whole = async {
        loop {
            ticks.tick().await;
            if let Some(value) = ask().await {
                return value;
            }
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| panic!("never: {what}"))
}
