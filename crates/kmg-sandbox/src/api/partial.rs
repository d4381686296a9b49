//! What a client accepts: whole objects, or their metadata only.

use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::status::Status;

/// The shape of an answer (`Accept`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    /// `as=PartialObjectMetadata`.
    Metadata,
    /// `as=PartialObjectMetadataList`.
    MetadataList,
}

impl Shape {
    /// The first shape of `accept` that can be served. `streams` are representations that the refusal names too.
    ///
    /// # Errors
    /// 406 where there is none; 501 for the other media types of a real API server.
    pub(super) fn wanted(accept: &str, streams: &str) -> Result<Self, Status> {
        if accept.is_empty() {
            return Ok(Self::Whole);
        }
        let mut foreign = None;
        for offer in accept.split(',') {
            let mut parts = offer.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            let parameter = |name: &str| offer.split(';').map(str::trim).find_map(|part| part.strip_prefix(name));
            match (media, parameter("as=")) {
                ("application/json" | "application/*" | "*/*", None) => return Ok(Self::Whole),
                ("application/json", Some("PartialObjectMetadata")) => return Ok(Self::Metadata),
                ("application/json", Some("PartialObjectMetadataList")) => return Ok(Self::MetadataList),
                ("application/json" | "application/yaml" | "application/vnd.kubernetes.protobuf" | "application/cbor", _) => {
                    foreign = foreign.or(Some(offer.trim()));
                }
                _ => {}
            }
        }
        Err(foreign.map_or_else(
            || Status::not_acceptable(format!("{UNACCEPTABLE}{streams}")).bare(),
            |offer| Status::not_implemented(&format!("the representation {offer}")),
        ))
    }

    /// A list was asked for, but the object is one, or the other way round.
    pub(super) fn fits_one(self, kind: &Kind) -> Result<(), Status> {
        let refused = || {
            let what = format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list (*{}.{})",
                go_package(kind),
                kind.name
            );
            Status::not_acceptable(what)
        };
        if self == Self::MetadataList { Err(refused()) } else { Ok(()) }
    }

    pub(super) fn fits_list(self, kind: &Kind) -> Result<(), Status> {
        let refused = || {
            let what = format!(
                "you requested PartialObjectMetadata, but the requested object is a list (*{}.{}List)",
                go_package(kind),
                kind.name
            );
            Status::not_acceptable(what)
        };
        if self == Self::Metadata { Err(refused()) } else { Ok(()) }
    }
}

const UNACCEPTABLE: &str =
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
/// What a list has beside that.
pub(super) const STREAMS: &str = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// The package of a kind in the real API server, which its refusal names.
pub(super) fn go_package(kind: &Kind) -> &str {
    match kind.group.split('.').next() {
        None | Some("" | "events") => "core",
        Some(first) => first,
    }
}

/// The metadata of an object, with the metadata's own kind.
pub(super) fn metadata_of(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.get("metadata")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_shape_that_can_be_served_counts() {
        for (accept, shape) in [
            ("", Shape::Whole),
            ("application/json", Shape::Whole),
            ("*/*", Shape::Whole),
            ("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", Shape::Metadata),
            ("application/json;as=Table;v=v1;g=meta.k8s.io, application/json", Shape::Whole),
            ("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io, application/json", Shape::MetadataList),
        ] {
            assert_eq!(Shape::wanted(accept, "").unwrap(), shape, "{accept}");
        }
        assert_eq!(Shape::wanted("text/plain", STREAMS).unwrap_err().code, 406);
        assert_eq!(Shape::wanted("application/yaml", STREAMS).unwrap_err().code, 501);
        assert_eq!(Shape::wanted("application/json;as=Table;v=v1;g=meta.k8s.io", STREAMS).unwrap_err().code, 501);
    }
}
