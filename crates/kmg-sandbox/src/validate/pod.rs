//! Pods' specifications.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::metadata::each;
use crate::json::text;
use crate::names::label_faults;
use crate::quantity::thousandths;
use crate::status::Cause;

const PORTS: &str = "must be between 1 and 65535, inclusive";

/// What is wrong with the specification of a Pod: beside what is wrong in templates too, blanks around images.
pub(super) fn pod(spec: &Value) -> Vec<Cause> {
    let mut all = self::spec(spec, "spec");
    all.extend(choice(spec, "restartPolicy", "spec", &["Always", "OnFailure", "Never"]));
    for (index, container) in list(spec, "containers").iter().enumerate() {
        let image = text(container, "/image");
        if image.trim() != image {
            let field = format!("spec.containers[{index}].image");
            all.push(Cause::invalid(field, &json!(image), "must not have leading or trailing whitespace"));
        }
    }
    all
}

/// What is wrong with the Pod specification at `field`.
pub(super) fn spec(spec: &Value, field: &str) -> Vec<Cause> {
    let volumes: BTreeSet<&str> = list(spec, "volumes").iter().map(|volume| text(volume, "/name")).collect();
    let mut all = Vec::new();
    let mut names = BTreeSet::new();
    for key in ["containers", "initContainers"] {
        let containers = list(spec, key);
        if key == "containers" && containers.is_empty() {
            all.push(Cause::required(format!("{field}.containers"), ""));
        }
        for (index, container) in containers.iter().enumerate() {
            let place = Place { container, field: format!("{field}.{key}[{index}]") };
            all.extend(place.identity(&mut names));
            all.extend(choice(container, "terminationMessagePolicy", &place.field, &["File", "FallbackToLogsOnError"]));
            all.extend(place.ports());
            all.extend(place.environment());
            all.extend(place.mounts(&volumes));
            all.extend(choice(container, "imagePullPolicy", &place.field, &["Always", "IfNotPresent", "Never"]));
            all.extend(place.resources());
        }
    }
    all.extend(choice(spec, "dnsPolicy", field, &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]));
    all
}

/// A container and where it stands.
struct Place<'a> {
    container: &'a Value,
    field: String,
}

impl<'a> Place<'a> {
    fn at(&self, part: &str) -> String {
        format!("{}.{part}", self.field)
    }

    fn identity(&self, names: &mut BTreeSet<&'a str>) -> Vec<Cause> {
        let name = text(self.container, "/name");
        let mut all: Vec<Cause> = if name.is_empty() {
            vec![Cause::required(self.at("name"), "")]
        } else {
            each(&self.at("name"), name, label_faults(name)).collect()
        };
        if all.is_empty() && !names.insert(name) {
            all.push(Cause::duplicate(self.at("name"), name));
        }
        all.extend(text(self.container, "/image").is_empty().then(|| Cause::required(self.at("image"), "")));
        all
    }

    fn ports(&self) -> Vec<Cause> {
        let mut all = Vec::new();
        for (index, port) in list(self.container, "ports").iter().enumerate() {
            let field = self.at(&format!("ports[{index}]"));
            match port.get("containerPort").and_then(Value::as_i64).unwrap_or_default() {
                0 => all.push(Cause::required(format!("{field}.containerPort"), "")),
                1..=65535 => {}
                number => all.push(Cause::invalid(format!("{field}.containerPort"), &json!(number), PORTS)),
            }
            all.extend(choice(port, "protocol", &field, &["SCTP", "TCP", "UDP"]));
        }
        all
    }

    fn environment(&self) -> Vec<Cause> {
        let nameless = |(_, variable): &(usize, &Value)| text(variable, "/name").is_empty();
        let variables = list(self.container, "env").iter().enumerate();
        variables.filter(nameless).map(|(index, _)| Cause::required(self.at(&format!("env[{index}].name")), "")).collect()
    }

    fn mounts(&self, volumes: &BTreeSet<&str>) -> Vec<Cause> {
        let mut all = Vec::new();
        for (index, mount) in list(self.container, "volumeMounts").iter().enumerate() {
            let field = self.at(&format!("volumeMounts[{index}]"));
            match text(mount, "/name") {
                "" => all.push(Cause::required(format!("{field}.name"), "")),
                name if !volumes.contains(name) => all.push(Cause::not_found(format!("{field}.name"), name)),
                _ => {}
            }
            all.extend(text(mount, "/mountPath").is_empty().then(|| Cause::required(format!("{field}.mountPath"), "")));
        }
        all
    }

    fn resources(&self) -> Vec<Cause> {
        let amounts = |key: &str| self.container.pointer(&format!("/resources/{key}")).and_then(Value::as_object).into_iter().flatten();
        let mut all = Vec::new();
        for key in ["limits", "requests"] {
            let negative = amounts(key).filter(|(_, amount)| amount.as_str().and_then(thousandths).is_some_and(|amount| amount < 0));
            let field = |name: &str| self.at(&format!("resources.{key}[{name}]"));
            all.extend(negative.map(|(name, amount)| Cause::invalid(field(name), amount, "must be greater than or equal to 0")));
        }
        for (name, request) in amounts("requests") {
            let limit = amounts("limits").find(|(other, _)| *other == name).map(|(_, limit)| limit.as_str().unwrap_or_default());
            let Some(limit) = limit else { continue };
            if request.as_str().and_then(thousandths) > thousandths(limit) {
                let why = format!("must be less than or equal to {name} limit of {limit}");
                all.push(Cause::invalid(self.at("resources.requests"), request, &why));
            }
        }
        all
    }
}

/// Whether `object[key]` is one of a few words.
pub(super) fn choice(object: &Value, key: &str, field: &str, words: &[&str]) -> Option<Cause> {
    let value = object.get(key).and_then(Value::as_str)?;
    (!words.contains(&value)).then(|| Cause::unsupported(format!("{field}.{key}"), &json!(value).to_string(), words))
}

/// The list `object[key]`.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
