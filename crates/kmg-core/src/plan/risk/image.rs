//! Where images come from, and whether the same words mean the same image tomorrow.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::pod::{Pod, text};
use super::rule::{Found, Sides};
use super::table::{ADDED, BACKWARDS, NO_DIGEST, NO_TAG, PULL_POLICY, REGISTRY, REMOVED, REPOSITORY, Rule, UNREADABLE};
use crate::image::ImageRef;

pub(super) fn find(sides: &Sides<'_>, registries: &[String], found: &mut Found) {
    let (live, after) = (Pod::of(sides.before()), Pod::of(sides.after));
    let images = |pod: &Pod<'_>, which: fn(&ImageRef) -> bool| {
        pod.container_facts(".image", |container| image(container).filter(which).map(|image| image.as_str().to_owned()))
    };
    let mut appears = |rule: &Rule, which: fn(&ImageRef) -> bool| found.appears(rule, &images(&live, which), &images(&after, which));
    appears(&NO_TAG, has_no_fixed_tag);
    appears(&NO_DIGEST, |image| image.digest().is_none() && !has_no_fixed_tag(image));

    let unreadable = |pod: &Pod<'_>| {
        pod.container_facts(".image", |container| {
            text(container, "image").filter(|text| text.parse::<ImageRef>().is_err()).map(str::to_owned)
        })
    };
    found.appears(&UNREADABLE, &unreadable(&live), &unreadable(&after));
    let lazy = |pod: &Pod<'_>| {
        pod.shared_facts(&live, ".imagePullPolicy", |container| {
            let mutable = image(container).is_some_and(|image| image.digest().is_none());
            text(container, "imagePullPolicy").filter(|policy| mutable && *policy != "Always").map(str::to_owned)
        })
    };
    if sides.live.is_some() {
        found.appears(&PULL_POLICY, &lazy(&live), &lazy(&after));
        let names = |pod: &Pod<'_>| pod.container_facts("", |_| Some(String::new()));
        found.appears(&ADDED, &names(&live), &names(&after));
        found.goes(&REMOVED, &names(&live), &names(&after));
    }
    origins(sides, registries, found);
}

pub(super) fn has_no_fixed_tag(image: &ImageRef) -> bool {
    image.digest().is_none() && matches!(image.tag(), None | Some("latest"))
}

fn image(container: &Value) -> Option<ImageRef> {
    text(container, "image")?.parse().ok()
}

/// Registries and repositories, and the order of versions within one repository.
fn origins(sides: &Sides<'_>, registries: &[String], found: &mut Found) {
    let (live, after) = (Pod::of(sides.before()), Pod::of(sides.after));
    let in_use: BTreeSet<String> =
        live.containers().iter().filter_map(|container| image(container.value)).map(|image| image.registry().to_owned()).collect();
    let judged = sides.live.is_some() || !registries.is_empty();
    for container in after.containers() {
        let Some(new) = image(container.value) else { continue };
        let path = format!("{}.image", container.path);
        let old = live.container(&container.path).and_then(image);
        let present = match &old {
            Some(old) => old.registry() == new.registry(),
            None => in_use.contains(new.registry()),
        };
        let allowed = present || registries.iter().any(|registry| registry == new.registry());
        if judged && !allowed {
            found.add(&REGISTRY, path);
            continue;
        }
        let Some(old) = old else { continue };
        if repository(&old) != repository(&new) {
            found.add(&REPOSITORY, path);
        } else if goes_back(old.tag(), new.tag()) {
            found.add(&BACKWARDS, path);
        }
    }
}

/// Registry and path, without tag and digest.
fn repository(image: &ImageRef) -> &str {
    let name = image.as_str().split('@').next().unwrap_or_default();
    image.tag().and_then(|tag| name.strip_suffix(tag)).map_or(name, |name| name.trim_end_matches(':'))
}

/// Whether both tags are versions of one flavour (`1.4.2`, `v1.4-alpine`) and the new one is lower.
fn goes_back(old: Option<&str>, new: Option<&str>) -> bool {
    let (Some((old, old_flavour)), Some((new, new_flavour))) = (old.and_then(version), new.and_then(version)) else { return false };
    old_flavour == new_flavour && new.cmp(&old) == Ordering::Less
}

/// The numbers of a version, and what stands behind them.
fn version(tag: &str) -> Option<(Vec<u64>, &str)> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let numbers = tag[..end].split('.').map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
    Some((numbers, &tag[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_within_a_flavour() {
        for (old, new, back) in [
            ("1.4.2", "1.4.1", true),
            ("v2", "v1", true),
            ("1.10", "1.9", true),
            ("1.9", "1.10", false),
            ("1.27-alpine", "1.26-alpine", true),
            ("1.27-alpine", "1.26", false),
            ("stable", "1.0", false),
            ("1.0", "1.0.0", false),
        ] {
            assert_eq!(goes_back(Some(old), Some(new)), back, "{old} to {new}");
        }
    }

    #[test]
    fn a_repository_has_neither_tag_nor_digest() {
        let hex = "0".repeat(64);
        for (text, expected) in
            [("h.example:5000/a/b:t", "h.example:5000/a/b"), ("nginx", "nginx"), (&format!("r.example/a:1@sha256:{hex}"), "r.example/a")]
        {
            assert_eq!(repository(&text.parse().unwrap()), expected);
        }
    }
}
