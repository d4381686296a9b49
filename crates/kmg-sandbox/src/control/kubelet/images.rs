//! Which images the registries and the node have.

use std::collections::VecDeque;

use kmg_core::image::ImageRef;

use crate::control::names::hex_id;
use crate::options::Images;

/// The most images that the node keeps; the one pulled first goes first.
const KEPT: usize = 64;

/// The images that the node has pulled.
#[derive(Debug, Default)]
pub(super) struct Cache(VecDeque<String>);

impl Cache {
    pub(super) fn has(&self, image: &str) -> bool {
        self.0.iter().any(|known| known == image)
    }

    pub(super) fn add(&mut self, image: &str) {
        if self.has(image) {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(image.to_owned());
    }
}

/// Whether no registry has the image.
pub(super) fn is_missing(image: &ImageRef, images: &Images) -> bool {
    let tag = match (image.tag(), image.digest()) {
        (None, None) => Some("latest"),
        (tag, _) => tag,
    };
    images.missing.iter().any(|missing| match missing.strip_prefix(':') {
        Some(missing) => tag == Some(missing),
        None => missing == image.as_str() || *missing == full_name(image),
    })
}

/// The reference with its registry and tag, as the runtime says it.
pub(super) fn full_name(image: &ImageRef) -> String {
    let text = image.as_str();
    let registry = image.registry();
    let path = text.strip_prefix(registry).and_then(|path| path.strip_prefix('/')).unwrap_or(text);
    let library = if registry == "docker.io" && !path.contains('/') { "library/" } else { "" };
    let tag = if image.tag().is_none() && image.digest().is_none() { ":latest" } else { "" };
    format!("{registry}/{library}{path}{tag}")
}

/// What the runtime says about an image that its registry does not have.
pub(super) fn not_found(image: &ImageRef) -> String {
    let name = full_name(image);
    format!("rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": failed to resolve image: {name}: not found")
}

/// The repository with a made-up digest that is the same for the same reference.
pub(super) fn id(image: &ImageRef) -> String {
    let name = full_name(image);
    let repository = name.split('@').next().unwrap_or_default();
    let repository = match repository.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => repository,
    };
    match image.digest() {
        Some(digest) => format!("{repository}@{digest}"),
        None => format!("{repository}@sha256:{}", hex_id(&name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Pace;

    #[test]
    fn a_missing_tag_is_missing_in_every_repository() {
        let images = Images { missing: vec![":gone".into(), "registry.example/web:3".into(), ":latest".into()], pace: Pace::instant() };
        for (text, missing) in [
            ("registry.example/web:gone", true),
            ("localhost:5000/web:gone", true),
            ("registry.example/web:3", true),
            ("registry.example/web", true),
            ("registry.example/web:2", false),
            ("registry.example/gone:2", false),
        ] {
            assert_eq!(is_missing(&text.parse().unwrap(), &images), missing, "{text}");
        }
    }

    #[test]
    fn names_are_completed_as_the_runtime_does() {
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("team/web:1", "docker.io/team/web:1"),
            ("registry.example:5000/web:1", "registry.example:5000/web:1"),
        ] {
            assert_eq!(full_name(&text.parse().unwrap()), full);
        }
        let id = id(&"registry.example:5000/web:1".parse().unwrap());
        assert!(id.starts_with("registry.example:5000/web@sha256:"), "{id}");
    }
}
