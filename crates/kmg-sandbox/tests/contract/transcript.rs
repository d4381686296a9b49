//! What was said: each request with its answer, and facts about their order.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ask::{Ask, JSON, JSON_PATCH};
use crate::normal;
use crate::target::{Answer, Target};

/// How a line ends whose answer is not the awaited one.
pub(crate) const UNSETTLED: &str = ": it never came to rest";
const POLL: Duration = Duration::from_millis(100);

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Exchange(Box<Exchange>),
    /// What equality of placeholders cannot say, such as an order.
    Fact {
        fact: String,
        holds: bool,
    },
}

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) about: String,
    pub(crate) by: String,
    pub(crate) request: String,
    /// The request's headers, but the content type that its method has by default.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) headers: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) body: Value,
    pub(crate) status: u16,
    /// The answer's headers that are compared, where they say more than that it is JSON.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) answer_headers: Value,
    pub(crate) answer: Value,
}

/// A conversation with one target.
pub(crate) struct Transcript {
    target: Target,
    lines: Vec<Line>,
    owners: bool,
}

impl Transcript {
    pub(crate) fn new(target: Target) -> Self {
        Self { target, lines: Vec::new(), owners: false }
    }

    /// The whole conversation is compared with `metadata.managedFields` too.
    pub(crate) const fn with_owners(&mut self) {
        self.owners = true;
    }

    /// Sends `ask` and writes it down.
    pub(crate) async fn send(&mut self, about: &str, ask: Ask) -> Answer {
        let answer = self.target.send(&ask).await;
        self.note(about, &ask, &answer);
        answer
    }

    /// Sends `ask` until its answer is as `done` wants it, and writes the last answer down. Where that never comes,
    /// the line says so and no later one waits.
    pub(crate) async fn settled(&mut self, about: &str, ask: Ask, done: impl Fn(&Value) -> bool) -> Answer {
        let (answer, rests) = self.poll(&ask, done).await;
        let about = if rests { about.to_owned() } else { format!("{about}{UNSETTLED}") };
        self.note(&about, &ask, &answer);
        answer
    }

    /// As [`Transcript::settled`], for what is not compared.
    ///
    /// # Panics
    /// When it never comes.
    pub(crate) async fn until(&mut self, about: &str, ask: &Ask, done: impl Fn(&Value) -> bool) -> Answer {
        let (answer, rests) = self.poll(ask, done).await;
        assert!(rests, "{about}{UNSETTLED}: {}", answer.body);
        answer
    }

    async fn poll(&mut self, ask: &Ask, done: impl Fn(&Value) -> bool) -> (Answer, bool) {
        let mut ticks = tokio::time::interval(POLL);
        let end = tokio::time::Instant::now() + self.target.patience;
        loop {
            ticks.tick().await;
            let answer = self.target.send(ask).await;
            if done(&answer.body) {
                return (answer, true);
            }
            if tokio::time::Instant::now() >= end {
                self.target.patience = Duration::ZERO;
                return (answer, false);
            }
        }
    }

    /// Writes down whether something holds.
    pub(crate) fn fact(&mut self, about: &str, holds: bool) {
        self.lines.push(Line::Fact { fact: about.to_owned(), holds });
    }

    /// Everything that was said, with placeholders.
    pub(crate) fn end(self) -> (Target, Vec<Line>) {
        let lines = normal::lines(&self.lines, &self.target.namespace, self.owners);
        (self.target, lines)
    }

    fn note(&mut self, about: &str, ask: &Ask, answer: &Answer) {
        let query: Vec<String> = ask.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        let request = format!("{} {}{separator}{}", ask.method, ask.path, query.join("&"));
        let usual = ("content-type", if ask.method == "PATCH" { JSON_PATCH } else { JSON });
        let headers = ask.headers.iter().map(|(name, value)| (*name, value.as_str())).filter(|header| *header != usual);
        let answer_headers =
            answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|header| *header != ("content-type", JSON));
        let body = ask
            .body
            .as_ref()
            .map_or(Value::Null, |body| serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into()));
        self.lines.push(Line::Exchange(Box::new(Exchange {
            about: about.to_owned(),
            by: ask.by.name().to_owned(),
            request,
            headers: object(headers),
            body,
            status: answer.status,
            answer_headers: object(answer_headers),
            answer: answer.body.clone(),
        })));
    }
}

/// The pairs as an object; null when there are none.
fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let object: serde_json::Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
    if object.is_empty() { Value::Null } else { object.into() }
}
