//! Makes two transcripts comparable: what a server makes up (uids, versions, times, generated names, addresses)
//! becomes a placeholder, and equal values become equal placeholders.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use crate::names::Names;
use crate::transcript::{Exchange, Line};

/// The transcript `lines` of a case in `namespace` with placeholders; with the owners of fields where they are to be
/// compared.
pub(crate) fn lines(lines: &[Line], namespace: &str, owners: bool) -> Vec<Line> {
    let mut lines = lines.to_vec();
    let mut names = Names::new(namespace);
    for answer in answers(&mut lines) {
        names.learn(answer);
    }
    names.learnt();
    for answer in answers(&mut lines) {
        sort(answer, &names);
    }
    for answer in answers(&mut lines) {
        names.learn_events(answer);
    }
    names.learnt();
    let mut normal = Normal { names, versions: BTreeMap::new(), forms: BTreeMap::new(), counts: BTreeMap::new(), owners };
    for answer in answers(&mut lines) {
        normal.learn_versions(answer);
    }
    lines.iter().map(|line| normal.line(line)).collect()
}

fn answers(lines: &mut [Line]) -> impl Iterator<Item = &mut Value> {
    lines.iter_mut().filter_map(|line| match line {
        Line::Exchange(exchange) => Some(&mut exchange.answer),
        Line::Fact { .. } => None,
    })
}

/// Lists come ordered by name. Where names are made up, so is that order: such items are put in one that says
/// something.
fn sort(answer: &mut Value, names: &Names) {
    // The real server names the managers of a conflict in any order.
    if let Some(causes) = answer.pointer_mut("/details/causes").and_then(Value::as_array_mut)
        && causes.iter().all(|cause| cause["reason"] == "FieldManagerConflict")
    {
        causes.sort_by_cached_key(|cause| cause["message"].to_string());
    }
    let Some(items) = answer.get_mut("items").and_then(Value::as_array_mut) else { return };
    let name = |item: &Value| names.replace(item["metadata"]["name"].as_str().unwrap_or_default());
    if items.iter().all(is_event) {
        // Where a namespace is seconds old, the kubelet may be too early for its ConfigMap and says so once.
        items.retain(|event| event["reason"] != "FailedMount");
        items.sort_by_cached_key(|event| {
            let about = ["/regarding", "/involvedObject"]
                .map(|key| event.pointer(key).map(|about| [&about["kind"], &about["name"]].map(Value::to_string)));
            let note = ["/reason", "/note", "/message"].map(|key| event.pointer(key).map(Value::to_string));
            names.replace(&format!("{about:?} {note:?}"))
        });
    } else if items.iter().all(|item| name(item).contains("$hash")) {
        items.sort_by_cached_key(name);
    }
}

pub(crate) fn is_event(object: &Value) -> bool {
    object.get("regarding").is_some() || object.get("involvedObject").is_some()
}

struct Normal {
    names: Names,
    versions: BTreeMap<String, String>,
    /// Values known by their form alone: uids, addresses, digests.
    forms: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
    owners: bool,
}

impl Normal {
    fn line(&mut self, line: &Line) -> Line {
        let Line::Exchange(exchange) = line else { return line.clone() };
        Line::Exchange(Box::new(Exchange {
            request: self.text(&exchange.request),
            body: self.value(&exchange.body),
            answer_headers: self.value(&exchange.answer_headers),
            answer: self.value(&exchange.answer),
            ..(**exchange).clone()
        }))
    }

    /// Numbers the versions of objects, in the order of their appearance.
    fn learn_versions(&mut self, value: &Value) {
        match value {
            Value::Object(object) if !is_event(value) => {
                let is_metadata = object.contains_key("name") && !object.contains_key("kind");
                if let Some(version) = object.get("resourceVersion").and_then(Value::as_str)
                    && is_metadata
                    && !self.versions.contains_key(version)
                {
                    let placeholder = format!("$rv{}", self.versions.len() + 1);
                    self.versions.insert(version.to_owned(), placeholder);
                }
                object.values().for_each(|value| self.learn_versions(value));
            }
            Value::Array(items) => items.iter().for_each(|value| self.learn_versions(value)),
            _ => {}
        }
    }

    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(object) => self.object(object).into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect::<Vec<_>>().into(),
            Value::String(text) => self.text(text).into(),
            other => other.clone(),
        }
    }

    fn object(&mut self, object: &Map<String, Value>) -> Map<String, Value> {
        let patches_version = object.get("path").is_some_and(|path| path == "/metadata/resourceVersion");
        let is_reference = object.contains_key("kind") && object.contains_key("uid");
        let is_list = object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
        let is_event = object.contains_key("regarding") || object.contains_key("involvedObject");
        let repeats = object.get("reason").is_some_and(|reason| ["Pulling", "Failed", "BackOff"].iter().any(|known| reason == known));
        let mut out = Map::new();
        for (key, value) in object {
            let value = match (key.as_str(), value) {
                // Compared only where a case is about them: elsewhere they would be most of every answer.
                ("managedFields", _) if !self.owners => continue,
                ("managedFields", Value::Array(entries)) => self.entries(entries),
                ("nodePort", Value::Number(port)) => self.text(&port.to_string()).into(),
                // What an Event regards had this version at a moment that no reader can know.
                ("resourceVersion", Value::String(_)) if is_reference => "$rv".into(),
                ("resourceVersion", Value::String(version)) => self.version(version),
                ("value", Value::String(version)) if patches_version => self.version(version),
                // A list's version is the whole store's: whoever else writes moves it. An Event's moves when it repeats.
                ("metadata", Value::Object(metadata)) if is_list || is_event => self.unversioned(metadata).into(),
                // The kubelet repeats these for as long as they are true: how often is the reader's luck.
                ("count" | "deprecatedCount", Value::Number(_)) if repeats => "$count".into(),
                // The scheduler's name has its host's in it.
                ("reportingInstance", Value::String(instance)) if instance.starts_with("default-scheduler-") => {
                    json!("default-scheduler-$host")
                }
                (_, value) => self.value(value),
            };
            out.insert(self.text(key), value);
        }
        out
    }

    /// Who owns which fields. Entries of one operation are in the order of their times, which have whole seconds: here
    /// their names decide.
    fn entries(&mut self, entries: &[Value]) -> Value {
        let mut entries: Vec<Value> = entries.iter().map(|entry| self.value(entry)).collect();
        entries.sort_by_cached_key(|entry| ["operation", "manager", "subresource"].map(|key| entry[key].to_string()));
        entries.into()
    }

    fn unversioned(&mut self, metadata: &Map<String, Value>) -> Map<String, Value> {
        let mut metadata = self.object(metadata);
        metadata.entry("resourceVersion").and_modify(|version| *version = "$rv".into());
        metadata
    }

    fn version(&self, version: &str) -> Value {
        self.versions.get(version).map_or(version, String::as_str).into()
    }

    fn text(&mut self, text: &str) -> String {
        if text.starts_with("-----BEGIN CERTIFICATE-----") {
            return "$certificate".to_owned();
        }
        let mut text = self.names.replace(&decoder(text));
        if text.contains("ResourceVersion in ") {
            for (version, placeholder) in &self.versions {
                text = text.replace(&format!("({version})"), &format!("({placeholder})"));
            }
        }
        let mut out = String::with_capacity(text.len());
        for token in text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || ".:-_$".contains(c))) {
            let word = token.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            out.push_str(&self.word(word));
            out.push_str(&token[word.len()..]);
        }
        out
    }

    fn word(&mut self, word: &str) -> String {
        if word.contains('T') && word.ends_with('Z') && word.parse::<jiff::Timestamp>().is_ok() {
            return if word.contains('.') { "$microtime".to_owned() } else { "$time".to_owned() };
        }
        // The names of the volumes with a ServiceAccount's token end at random.
        if let Some(suffix) = word.strip_prefix("kube-api-access-")
            && suffix.len() == 5
        {
            return "kube-api-access-$volume".to_owned();
        }
        let parts: Vec<String> = word.split(':').map(|part| self.part(part)).collect();
        parts.join(":")
    }

    fn part(&mut self, part: &str) -> String {
        let kind = if part.len() == 36 && uuid::Uuid::try_parse(part).is_ok() {
            "uid"
        } else if part.parse::<Ipv4Addr>().is_ok() {
            "ip"
        } else if part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            "digest"
        } else {
            return part.to_owned();
        };
        if let Some(placeholder) = self.forms.get(part) {
            return placeholder.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = format!("${kind}{count}");
        self.forms.insert(part.to_owned(), placeholder.clone());
        placeholder
    }
}

/// What Go's decoder says about a value of the wrong type names Go's own types, and a refused patch is quoted with
/// its field ownership: neither is compared.
fn decoder(text: &str) -> String {
    let text = match text.split_once("failed to create typed patch object (") {
        Some((before, after)) if after.contains(": expected ") => {
            let place = after.split_once("): ").map_or(after, |(place, _)| place);
            format!("{before}failed to create typed patch object ({place}): …")
        }
        _ => text.to_owned(),
    };
    let text = match text.split_once("json: cannot unmarshal ") {
        Some((before, _)) => format!("{before}json: cannot unmarshal …"),
        None => text,
    };
    match (text.find("Invalid value: \"{"), text.rfind("}\": ")) {
        (Some(start), Some(end)) if start < end => format!("{}Invalid value: \"…{}", &text[..start], &text[end + 1..]),
        _ => text,
    }
}

mod tests {
    use super::*;

    /// A transcript of one object read twice.
    fn said(namespace: &str, uid: &str, versions: [&str; 2]) -> Vec<Line> {
        let answer = |version: &str| {
            json!({
                "metadata": {"name": "m", "namespace": namespace, "uid": uid, "resourceVersion": version, "creationTimestamp": "2026-01-01T00:00:00Z"},
                "message": format!("the UID in record ({uid}); the ResourceVersion in record ({version})")
            })
        };
        let line = |version| Exchange {
            about: "read".into(),
            by: "admin".into(),
            request: format!("GET /api/v1/namespaces/{namespace}/configmaps/m"),
            headers: Value::Null,
            body: json!([{"op": "test", "path": "/metadata/resourceVersion", "value": version}]),
            status: 200,
            answer_headers: Value::Null,
            answer: answer(version),
        };
        lines(&versions.map(|version| Line::Exchange(Box::new(line(version)))), namespace, false)
    }

    #[test]
    fn made_up_values_do_not_differ_and_what_they_say_does() {
        let (one, other) = ("0f9c2c3e-7d1a-4c1f-9a55-3a1f0f9c2c3e", "1f9c2c3e-7d1a-4c1f-9a55-3a1f0f9c2c3e");
        let recorded = said("c1-x", one, ["7", "7"]);
        assert_eq!(recorded, said("contract-7", other, ["900", "900"]));
        assert_ne!(recorded, said("contract-7", other, ["900", "901"]), "a version that moved is another one");
        let text = serde_json::to_string(&recorded).unwrap();
        assert!(text.contains("the UID in record ($uid1); the ResourceVersion in record ($rv1)"), "{text}");
        assert!(!text.contains("2026") && !text.contains("c1-x"), "{text}");
    }

    #[test]
    fn the_decoders_words_are_cut_and_the_rest_of_a_message_stays() {
        let text = r#" "" is invalid: patch: Invalid value: "{\"a\":1}": json: cannot unmarshal number into Go value"#;
        assert_eq!(decoder(text), " \"\" is invalid: patch: Invalid value: \"…\": json: cannot unmarshal …");
        assert_eq!(decoder("Invalid value: {\"app\":\"web\"}: no"), "Invalid value: {\"app\":\"web\"}: no");
    }
}
