//! A document of the identity provider, kept and refreshed without letting anyone make us flood the provider.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kmg_core::clock::{Clock, Millis};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::http::HttpError;

/// The pause between two attempts, counted from the attempt, whatever came of it.
const COOL_DOWN_MILLIS: i64 = 30_000;
/// From this age on, a use of the document asks for a newer one.
const STALE_MILLIS: i64 = 10 * 60_000;
/// From this age on, the document is not used any more.
const MAX_AGE_MILLIS: i64 = 24 * 3_600_000;

/// A fetched document: at most one fetch in flight, 30 s between attempts (failed ones too), the old value kept
/// through failed attempts for at most 24 h.
#[derive(Debug)]
pub struct Fetched<T> {
    clock: Clock,
    state: Mutex<State<T>>,
    flight: Arc<AsyncMutex<()>>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<(Arc<T>, Millis)>,
    last_attempt: Option<Millis>,
    finished_attempts: u64,
    last_failure: Option<HttpError>,
}

/// A successful [`Fetched::refresh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The fetch began after the call: the document is at least as new as the call.
    ByThisCall,
    /// A fetch that was in flight already: the document may be a moment older than the call.
    ByAnother,
}

impl<T: Send + Sync + 'static> Fetched<T> {
    /// Nothing fetched yet.
    pub fn new(clock: Clock) -> Arc<Self> {
        let state = State { value: None, last_attempt: None, finished_attempts: 0, last_failure: None };
        Arc::new(Self { clock, state: Mutex::new(state), flight: Arc::default() })
    }

    /// The document, unless there is none or it is older than 24 h.
    pub fn current(&self) -> Option<Arc<T>> {
        let state = self.lock();
        let (value, at) = state.value.as_ref()?;
        within(self.clock.now(), *at, MAX_AGE_MILLIS).then(|| Arc::clone(value))
    }

    /// The document, fetched first if there is none, and newly fetched if it is older than 10 minutes.
    ///
    /// # Errors
    /// Why there is none: the last attempt's failure.
    pub async fn get<F>(self: &Arc<Self>, fetch: F) -> Result<Arc<T>, HttpError>
    where
        F: Future<Output = Result<T, HttpError>> + Send + 'static,
    {
        if self.current().is_some() {
            self.refresh_if_stale(fetch).await;
        } else {
            let _outcome = self.refresh(fetch).await;
        }
        self.current().ok_or_else(|| self.last_error())
    }

    /// Fetches the document anew, or waits for the fetch in flight.
    ///
    /// # Errors
    /// [`HttpError::CoolingDown`] when nothing was fetched, or why the fetch failed.
    pub async fn refresh<F>(self: &Arc<Self>, fetch: F) -> Result<Refreshed, HttpError>
    where
        F: Future<Output = Result<T, HttpError>> + Send + 'static,
    {
        let seen = self.lock().finished_attempts;
        let flight = Arc::clone(&self.flight).lock_owned().await;
        {
            let state = self.lock();
            if state.finished_attempts != seen {
                return state.last_failure.clone().map_or(Ok(Refreshed::ByAnother), Err);
            }
        }
        self.attempt(flight, fetch).await.map(|()| Refreshed::ByThisCall)
    }

    /// As [`Self::refresh`], when the document is older than 10 minutes and no fetch is in flight. Failures leave
    /// the old one.
    pub async fn refresh_if_stale<F>(self: &Arc<Self>, fetch: F)
    where
        F: Future<Output = Result<T, HttpError>> + Send + 'static,
    {
        let stale = self.lock().value.as_ref().is_none_or(|(_, at)| !within(self.clock.now(), *at, STALE_MILLIS));
        if stale && let Ok(flight) = Arc::clone(&self.flight).try_lock_owned() {
            let _kept_on_failure = self.attempt(flight, fetch).await;
        }
    }

    async fn attempt<F>(self: &Arc<Self>, flight: OwnedMutexGuard<()>, fetch: F) -> Result<(), HttpError>
    where
        F: Future<Output = Result<T, HttpError>> + Send + 'static,
    {
        {
            let mut state = self.lock();
            let now = self.clock.now();
            if state.last_attempt.is_some_and(|last| within(now, last, COOL_DOWN_MILLIS)) {
                return Err(HttpError::CoolingDown);
            }
            state.last_attempt = Some(now);
        }
        // A task of its own: a caller who hangs up must not be able to end every attempt before its answer.
        let this = Arc::clone(self);
        let task = tokio::spawn(async move {
            let outcome = fetch.await;
            let outcome = this.settle(outcome);
            drop(flight);
            outcome
        });
        task.await.unwrap_or(Err(HttpError::Unreachable))
    }

    fn settle(&self, outcome: Result<T, HttpError>) -> Result<(), HttpError> {
        let mut state = self.lock();
        state.finished_attempts += 1;
        match outcome {
            Ok(value) => {
                state.value = Some((Arc::new(value), self.clock.now()));
                state.last_failure = None;
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "a document of the identity provider could not be fetched");
                state.last_failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Why the last attempt failed; [`HttpError::CoolingDown`] if it did not.
    pub fn last_error(&self) -> HttpError {
        self.lock().last_failure.clone().unwrap_or(HttpError::CoolingDown)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `now` lies less than `millis` after `at`. A clock that was set back counts as long after.
fn within(now: Millis, at: Millis, millis: i64) -> bool {
    (0..millis).contains(&now.since(at))
}
