//! The executor: jobs in, receipts out, one straight line from verification to the journal's last word.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use kmg_audit::{Journal, JournalOptions, Position, Purpose};
use kmg_cluster::Cluster;
use kmg_core::clock::Clock;
use kmg_core::decision::{Evidence, SignInClaims, verify};
use kmg_core::digest::{Digest, key_id};
use kmg_core::plan::{Head, Job, MAX_OBJECTS, ObjectId, Outcome, PlanId, Receipt, StoredBody};
use tokio::sync::Semaphore;

use crate::apply;
use crate::error::ExecutorError;
use crate::ledger::{Book, Ledger, Seen};
use crate::pre_image::{PreImages, SealKey};
use crate::record::{APPLY_RECONCILED, Closing, End, JOB_REFUSED, PLAN_VOIDED, STARTED, Started, State};
use crate::sign_in::SignIns;
use crate::trust::{TrustError, TrustSettings};
use crate::turns::Turns;

/// How many jobs and reconciliations run at once.
const CONCURRENT: u32 = 16;
/// How far the clock may be behind the journal, in milliseconds, before nothing is executed.
const CLOCK_LEEWAY: i64 = 2_000;
/// The longest wait for running jobs at the end.
const DRAIN: Duration = Duration::from_mins(1);

/// How long the executor waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The deadline of the one request that writes. 15 s.
    pub send_deadline: Duration,
    /// The API server's own `--request-timeout`. 60 s.
    pub api_request_timeout: Duration,
    /// What is added to it before a write counts as never accepted. 5 s.
    pub margin: Duration,
    /// Further attempts start within this time of the first. 10 s.
    pub retry_within: Duration,
    /// How long one call reads on to learn an unknown outcome. 5 s.
    pub settle_within: Duration,
    /// The pause between two such reads. 500 ms.
    pub poll_every: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            send_deadline: Duration::from_secs(15),
            api_request_timeout: Duration::from_mins(1),
            margin: Duration::from_secs(5),
            retry_within: Duration::from_secs(10),
            settle_within: Duration::from_secs(5),
            poll_every: Duration::from_millis(500),
        }
    }
}

/// What an executor needs.
#[derive(Clone, Debug)]
pub struct ExecutorOptions {
    /// Its trust file.
    pub trust: PathBuf,
    /// Its journal; pre-images are kept in a folder beside it.
    pub journal: PathBuf,
    /// The key that signs the journal's checkpoints.
    pub checkpoint_key: Option<SigningKey>,
    /// The key that seals pre-images.
    pub seal_key: SealKey,
    /// The cluster, with the executor's own credential.
    pub cluster: Cluster,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether weaker evidence than a fresh sign-in is refused, whatever the trust file says.
    pub production: bool,
    /// How long to wait for another executor to let go of the journal.
    pub lock_wait: Duration,
    /// How long to wait for what else.
    pub timing: Timing,
}

/// Proves approvals for itself and writes once. Owns the journal for as long as it lives.
pub struct Executor {
    pub(crate) settings: TrustSettings,
    pub(crate) cluster: Cluster,
    pub(crate) book: Book,
    pub(crate) pre_images: PreImages,
    pub(crate) clock: Clock,
    pub(crate) timing: Timing,
    sign_ins: Option<SignIns>,
    turns: Turns,
    places: Arc<Semaphore>,
}

impl Executor {
    /// Completes when the journal has failed for good.
    pub(crate) async fn journal_failed(&self) {
        while !self.book.is_poisoned() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Reads the trust file, locks and folds the journal, and writes down that it started. Attempts a crash left
    /// without an outcome are noted as unknown; nothing is ever sent again.
    ///
    /// # Errors
    /// The trust file, the journal or the folder of pre-images cannot be used.
    pub async fn open(options: ExecutorOptions) -> Result<Arc<Self>, ExecutorError> {
        let ExecutorOptions { trust, journal: path, checkpoint_key, seal_key, cluster, clock, production, lock_wait, timing } = options;
        let settings = TrustSettings::load(&trust)?;
        if production && settings.trust.evidence == Evidence::GatewaySignature {
            return Err(TrustError::Problems(vec!["evidence: production demands fresh-sign-in".to_owned()]).into());
        }
        if settings.trust.evidence == Evidence::GatewaySignature {
            tracing::warn!("approvals are accepted on the gateway's signature alone: that protects nothing from a taken-over gateway");
        }
        let sign_ins = match (&settings.issuer, settings.trust.evidence) {
            (Some(issuer), Evidence::FreshSignIn) => Some(SignIns::new(issuer, clock.clone())?),
            _ => None,
        };
        let pre_images = PreImages::beside(&path, &seal_key)?;
        let how = JournalOptions { checkpoint_key, lock_wait, ..JournalOptions::new(Purpose::Executor, clock.clone()) };
        let opening = tokio::task::spawn_blocking(move || {
            let (journal, replay) = Journal::open(&path, how)?;
            let ledger = Ledger::fold(&replay)?;
            Ok::<_, ExecutorError>((journal, ledger))
        });
        let (journal, ledger) = opening.await.map_err(|_| ExecutorError::Lost)??;
        let book = Book::new(journal, ledger, clock.clone());
        let places = Arc::new(Semaphore::new(CONCURRENT as usize));
        let this = Self { settings, cluster, book, pre_images, clock, timing, sign_ins, turns: Turns::default(), places };
        this.book.write(STARTED, &this.started()).await?;
        this.note_crashed().await?;
        Ok(Arc::new(this))
    }

    /// Executes `job`, or says what became of its plan if it was seen before. The work goes on to its end even if
    /// the caller stops waiting.
    ///
    /// # Errors
    /// [`ExecutorError::Busy`] while the plan is being worked on; the journal cannot be written. What the plan
    /// became is then told by [`Executor::reconcile`].
    pub async fn execute(self: &Arc<Self>, job: Job) -> Result<Receipt, ExecutorError> {
        let this = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _place = this.places.acquire().await.map_err(|_| ExecutorError::Busy)?;
            let _turn = this.turns.take([job.plan_id.to_string()]).ok_or(ExecutorError::Busy)?;
            match this.book.seen(&job.plan_id) {
                Some(Seen::Closed(receipt)) => Ok(receipt),
                Some(Seen::Sent(_)) => this.settle(&job.plan_id).await,
                None => this.run(job).await,
            }
        });
        task.await.map_err(|_| ExecutorError::Lost)?
    }

    /// Says what became of `plan`. A plan that was never received is voided first: it can never run later; the
    /// record names `review_digest` where the gateway has it.
    ///
    /// # Errors
    /// As [`Executor::execute`].
    pub async fn reconcile(self: &Arc<Self>, plan: PlanId, review_digest: Option<Digest>) -> Result<Receipt, ExecutorError> {
        let this = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _place = this.places.acquire().await.map_err(|_| ExecutorError::Busy)?;
            let _turn = this.turns.take([plan.to_string()]).ok_or(ExecutorError::Busy)?;
            match this.book.seen(&plan) {
                Some(Seen::Closed(receipt)) => Ok(receipt),
                Some(Seen::Sent(_)) => this.settle(&plan).await,
                None => this.end(PLAN_VOIDED, plan, "the job was never received; the plan is voided", review_digest).await,
            }
        });
        task.await.map_err(|_| ExecutorError::Lost)?
    }

    /// Waits for running jobs, at most a minute, and closes the journal in good order.
    ///
    /// # Errors
    /// [`ExecutorError::Busy`] when jobs still run: the journal is then left as a crash would leave it.
    pub async fn close(&self) -> Result<Position, ExecutorError> {
        let drained = tokio::time::timeout(DRAIN, self.places.acquire_many(CONCURRENT)).await;
        let _all = drained.map_err(|_| ExecutorError::Busy)?.map_err(|_| ExecutorError::Busy)?;
        self.places.close();
        Ok(self.book.journal().close().await?)
    }

    /// Where the journal stands.
    pub fn head(&self) -> Head {
        crate::ledger::head(self.book.journal().head())
    }

    /// The cluster this executor writes to, by its own trust file.
    pub fn cluster_id(&self) -> &str {
        &self.settings.trust.cluster_id
    }

    /// Plans without a final record.
    pub fn open_plans(&self) -> Vec<PlanId> {
        self.book.open_plans()
    }

    /// The whole way of a job that was never seen before. Nothing before [`apply::run`] sends anything but reads.
    async fn run(&self, job: Job) -> Result<Receipt, ExecutorError> {
        let plan = job.plan_id.clone();
        let (stored, head) = match open_job(&job) {
            Ok(opened) => opened,
            Err(reason) => return self.end(JOB_REFUSED, plan, reason, None).await,
        };
        let digest = Some(stored.digest());
        let sign_in = self.sign_in(&job).await;
        let now = self.clock.now();
        if self.book.latest().is_some_and(|latest| now.plus(CLOCK_LEEWAY) < latest) {
            return self.end(JOB_REFUSED, plan, "the clock is behind the journal", digest).await;
        }
        let verified = match verify(&stored, job.approval.as_ref(), sign_in.as_ref(), &self.settings.trust, now) {
            Ok(verified) => verified,
            Err(reason) => return self.end(JOB_REFUSED, plan, &reason.to_string(), digest).await,
        };
        let objects: Vec<ObjectId> = stored.body().steps.iter().map(|step| step.object.clone()).collect();
        let Some(_turn) = self.object_turn(&objects) else {
            return self.end(JOB_REFUSED, plan, "another plan for the object is being executed or is not decided yet", digest).await;
        };
        match self.cluster.cluster_id().await {
            Ok(id) if id == self.settings.trust.cluster_id => {}
            Ok(_) => return self.end(JOB_REFUSED, plan, "the credential leads to another cluster", digest).await,
            Err(error) => return self.end(JOB_REFUSED, plan, &format!("the cluster could not be identified: {error}"), digest).await,
        }
        apply::run(self, &verified, head, objects).await
    }

    async fn sign_in(&self, job: &Job) -> Option<SignInClaims> {
        let token = job.approval.as_ref()?.id_token.as_deref()?;
        self.sign_ins.as_ref()?.verify(token).await
    }

    fn object_turn(&self, objects: &[ObjectId]) -> Option<crate::turns::Turn> {
        if objects.iter().any(|object| self.book.is_undecided(object)) {
            return None;
        }
        self.turns.take(objects.iter().map(|object| format!("{}/{}/{}/{}", object.api_version, object.kind, object.namespace, object.name)))
    }

    /// The end of a plan of which nothing was sent.
    async fn end(
        &self,
        kind: &'static str,
        plan_id: PlanId,
        reason: &str,
        review_digest: Option<Digest>,
    ) -> Result<Receipt, ExecutorError> {
        let closing = Closing {
            plan_id,
            outcome: Outcome::Refused,
            reason: reason.to_owned(),
            attempts: 0,
            steps: Vec::new(),
            at: self.clock.now(),
            review_digest,
        };
        self.close_plan(kind, closing).await
    }

    /// Writes the last record of a plan and makes its receipt.
    pub(crate) async fn close_plan(&self, kind: &'static str, closing: Closing) -> Result<Receipt, ExecutorError> {
        let position = self.book.write(kind, &closing.without_messages()).await?;
        Ok(closing.receipt(crate::ledger::head(position)))
    }

    fn started(&self) -> Started {
        let TrustSettings { trust, issuer, registries, file_sha256 } = &self.settings;
        Started {
            trust_sha256: file_sha256.clone(),
            cluster_id: trust.cluster_id.clone(),
            evidence: trust.evidence,
            rule: trust.rule.clone(),
            namespaces: trust.namespaces.namespaces().map(ToString::to_string).collect(),
            kinds: trust.kinds.clone(),
            registries: registries.clone(),
            gateway_keys: trust.gateway_keys.iter().map(|trusted| key_id(&trusted.key)).collect(),
            issuer: issuer.as_ref().map(|issuer| issuer.url.clone()),
            approve_client_id: issuer.as_ref().map(|issuer| issuer.approve_client_id.clone()),
        }
    }

    async fn note_crashed(&self) -> Result<(), ExecutorError> {
        for plan in self.book.open_plans() {
            let Some(Seen::Sent(attempts)) = self.book.seen(&plan) else { continue };
            for attempt in attempts.iter().filter(|attempt| attempt.end.is_none()) {
                let end = End {
                    plan_id: plan.clone(),
                    attempt: attempt.intent.attempt,
                    state: State::Unknown,
                    reason: "The process ended before an answer was written down.".to_owned(),
                    resource_version: None,
                    uid: None,
                };
                self.book.write(APPLY_RECONCILED, &end).await?;
            }
        }
        Ok(())
    }
}

/// What a job holds, before anything of it is believed.
fn open_job(job: &Job) -> Result<(StoredBody, Head), &'static str> {
    let bytes = STANDARD.decode(&job.body).map_err(|_| "the plan's bytes are not base64")?;
    let stored = StoredBody::open(bytes).map_err(|_| "the plan's bytes cannot be read")?;
    let body = stored.body();
    if body.plan_id != job.plan_id {
        return Err("the bytes are of another plan");
    }
    if body.steps.len() > MAX_OBJECTS {
        return Err("the plan has too many steps");
    }
    let mut names: Vec<_> = body.steps.iter().map(|step| (&step.object.kind, &step.object.namespace, &step.object.name)).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("the plan writes one object twice");
    }
    // Each journal is the other's witness: an intent without the gateway's position would prove nothing.
    let witnessed = job.gateway_head.seq > 0 && job.gateway_head.hash.parse::<kmg_audit::Hash>().is_ok();
    if witnessed { Ok((stored, job.gateway_head.clone())) } else { Err("the gateway's journal position is missing") }
}
