//! Which images there are. Those that exist are on the node already, as those of a test cluster are.

use kmg_core::image::ImageRef;

use crate::control::names::hex_id;
use crate::options::Images;

/// Whether neither the node nor its registry has the image.
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

/// Why a text is no reference, as the reference parser of the distribution project says it.
pub(super) fn invalid(text: &str) -> String {
    let name = match text.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" || has_capitals(host) => path.to_owned(),
        Some(_) => text.to_owned(),
        None => format!("library/{text}"),
    };
    let name = name.split(':').next().unwrap_or_default();
    if has_capitals(name) {
        return format!("invalid reference format: repository name ({name}) must be lowercase");
    }
    "invalid reference format".to_owned()
}

fn has_capitals(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// What the runtime says about an image that its registry does not have.
pub(super) fn not_found(image: &ImageRef) -> String {
    let name = full_name(image);
    format!("rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": failed to resolve image: {name}: not found")
}

/// A made-up digest that is the same for the same reference.
pub(super) fn id(image: &ImageRef) -> String {
    format!("sha256:{}", hex_id(&full_name(image)))
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
    fn capitals_are_told_of() {
        for (text, why) in [
            ("Registry.example/Web:1", "invalid reference format: repository name (Web) must be lowercase"),
            ("Web:1", "invalid reference format: repository name (library/Web) must be lowercase"),
            ("registry.example/web:", "invalid reference format"),
        ] {
            assert_eq!(invalid(text), why);
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
        assert_eq!(id(&"nginx".parse().unwrap()), id(&"docker.io/library/nginx:latest".parse().unwrap()));
    }
}
