//! Faults on order: what goes wrong, for which requests, how often.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A handle on the faults of a running sandbox; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Whether `orders` holds anything: spares the lock on the way of every request.
    any: AtomicBool,
    orders: Mutex<Orders>,
}

#[derive(Debug, Default)]
struct Orders {
    latency: Duration,
    rules: Vec<Rule>,
}

/// One fault and the requests it meets. What is `None` meets any.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The HTTP method, in capitals.
    pub method: Option<String>,
    /// A part of the path.
    pub path: Option<String>,
    /// Whether the request is a dry run.
    pub dry_run: Option<bool>,
    /// The user name.
    pub user: Option<String>,
    /// For how many requests; a rule ends with its last.
    pub times: u32,
    /// What happens.
    pub effect: Effect,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Answers this HTTP status with a `Status` body.
    Status(u16, When),
    /// Closes the connection without an answer.
    Close(When),
    /// Never answers; the connection stays open.
    Stall(When),
    /// Lets the request take effect and answers a body without an end.
    Endless,
    /// Lets the request take effect and closes the connection half way through the body.
    CutShort,
}

/// Whether the request takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The fault comes first: nothing takes effect.
    Before,
    /// The request takes effect, then the fault hides its answer.
    After,
}

/// What a rule is compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) dry_run: bool,
    pub(crate) user: &'a str,
}

impl Faults {
    /// Every answer waits this long from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.change(|orders| orders.latency = latency);
    }

    /// Adds `rule` behind the others; of those that meet a request the first counts.
    pub fn add(&self, rule: Rule) {
        self.change(|orders| orders.rules.push(rule));
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.change(|orders| *orders = Orders::default());
    }

    /// How many requests the rules will still meet.
    pub fn left(&self) -> u64 {
        self.orders().rules.iter().map(|rule| u64::from(rule.times)).sum()
    }

    /// The delay and the fault for one request; the rule is used up by one.
    pub(crate) fn take(&self, met: Met<'_>) -> (Duration, Option<Effect>) {
        if !self.0.any.load(Ordering::Acquire) {
            return (Duration::ZERO, None);
        }
        let mut orders = self.orders();
        let effect = orders.rules.iter_mut().find(|rule| rule.meets(met)).map(|rule| {
            rule.times -= 1;
            rule.effect
        });
        orders.rules.retain(|rule| rule.times > 0);
        self.0.any.store(!orders.is_empty(), Ordering::Release);
        (orders.latency, effect)
    }

    fn change(&self, change: impl FnOnce(&mut Orders)) {
        let mut orders = self.orders();
        change(&mut orders);
        self.0.any.store(!orders.is_empty(), Ordering::Release);
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    fn is_empty(&self) -> bool {
        self.latency.is_zero() && self.rules.is_empty()
    }
}

impl Rule {
    /// A rule that meets the next request, whatever it is.
    pub const fn next(effect: Effect) -> Self {
        Self { method: None, path: None, dry_run: None, user: None, times: 1, effect }
    }

    fn meets(&self, met: Met<'_>) -> bool {
        self.times > 0
            && self.method.as_ref().is_none_or(|method| method == met.method)
            && self.path.as_ref().is_none_or(|part| met.path.contains(part.as_str()))
            && self.dry_run.is_none_or(|dry_run| dry_run == met.dry_run)
            && self.user.as_ref().is_none_or(|user| user == met.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: Met<'_> = Met { method: "PATCH", path: "/apis/apps/v1/namespaces/demo/deployments/web", dry_run: false, user: "u" };

    #[test]
    fn a_rule_meets_what_it_names_and_ends_with_its_last_request() {
        let faults = Faults::default();
        let effect = Effect::Close(When::After);
        faults.add(Rule { method: Some("PATCH".into()), dry_run: Some(false), times: 2, ..Rule::next(effect) });
        assert_eq!(faults.take(Met { dry_run: true, ..PATCH }).1, None);
        assert_eq!(faults.take(Met { method: "GET", ..PATCH }).1, None);
        assert_eq!((faults.take(PATCH).1, faults.take(PATCH).1, faults.take(PATCH).1), (Some(effect), Some(effect), None));
        assert_eq!(faults.left(), 0);
    }

    #[test]
    fn the_first_rule_counts_and_latency_stays_until_cleared() {
        let faults = Faults::default();
        faults.set_latency(Duration::from_millis(5));
        faults.add(Rule { path: Some("/pods".into()), ..Rule::next(Effect::Endless) });
        faults.add(Rule::next(Effect::Status(503, When::Before)));
        assert_eq!(faults.take(PATCH), (Duration::from_millis(5), Some(Effect::Status(503, When::Before))));
        assert_eq!(faults.left(), 1);
        faults.clear();
        assert_eq!(faults.take(PATCH), (Duration::ZERO, None));
    }
}
