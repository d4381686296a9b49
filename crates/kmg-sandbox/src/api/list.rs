//! Lists: selected, paged, with or without everything but metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::partial::Shape;
use super::{About, events, partial};
use crate::call::Call;
use crate::json::text;
use crate::kinds::Kind;
use crate::reply::{JSON, Reply};
use crate::select::{FieldSelector, LabelSelector};
use crate::status::Status;
use crate::store::{Store, Stored};
use crate::world::World;

/// Where the next page begins. Opaque to clients; the real one looks the same.
#[derive(Debug, Serialize, Deserialize)]
struct Continue {
    v: String,
    rv: u64,
    /// The last key that was read, and a zero byte.
    start: String,
}

/// What a list asks for.
struct Wanted {
    labels: LabelSelector,
    fields: FieldSelector,
    limit: Option<usize>,
    from: Option<Continue>,
}

/// One page.
struct Page<'a> {
    items: Vec<&'a Stored>,
    /// The last key, where there is more.
    next: Option<String>,
    remaining: usize,
}

pub(super) fn list(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let shape = Shape::wanted(call.accept())?;
    let wanted = Wanted::parse(call, about.kind)?;
    shape.fits_list(about.kind)?;
    let store = world.store();
    let page = wanted.page(&store, about);
    let revision = wanted.from.as_ref().map_or(store.revision(), |from| from.rv);
    let metadata = wanted.metadata(&page, revision);
    if shape == Shape::Whole {
        return Ok(Reply::new(200, JSON, whole(about.kind, &metadata, &page.items)));
    }
    let items: Vec<Value> = page.items.iter().map(|stored| partial::metadata_of(&stored.object)).collect();
    Ok(Reply::json(
        200,
        &json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items}),
    ))
}

impl Wanted {
    fn parse(call: &Call<'_>, kind: &Kind) -> Result<Self, Status> {
        let query = &call.query;
        let limit = query.integer("limit")?.filter(|limit| *limit > 0).and_then(|limit| usize::try_from(limit).ok());
        let labels = LabelSelector::parse(query.get("labelSelector"))?;
        let fields = FieldSelector::parse(query.get("fieldSelector"), kind)?;
        check_version(query.get("resourceVersion"), query.get("resourceVersionMatch"))?;
        let from = Some(query.get("continue")).filter(|token| !token.is_empty()).map(Continue::parse).transpose()?;
        Ok(Self { labels, fields, limit, from })
    }

    fn page<'a>(&self, store: &'a Store, about: About<'a>) -> Page<'a> {
        let start = self.from.as_ref().map(|from| from.start.as_str());
        let all = store.list(about.kind.plural, about.namespace());
        let mut rest = all.filter(|stored| start.is_none_or(|start| key(about, stored).as_str() >= start)).peekable();
        let mut page = Page { items: Vec::new(), next: None, remaining: 0 };
        let mut last: Option<&Stored> = None;
        while let Some(stored) = rest.peek() {
            if self.limit.is_some_and(|limit| page.items.len() >= limit) {
                page.next = last.map(|last| format!("{}\0", key(about, last)));
                page.remaining = rest.count();
                break;
            }
            last = Some(stored);
            if self.labels.matches(&stored.object) && self.fields.matches(&stored.object) {
                page.items.push(stored);
            }
            rest.next();
        }
        page
    }

    /// What remains is said only where nothing is selected: with a selector it is not known.
    fn metadata(&self, page: &Page<'_>, revision: u64) -> Value {
        let mut out = json!({"resourceVersion": revision.to_string()});
        if let Some(start) = &page.next {
            out["continue"] = Continue { v: "meta.k8s.io/v1".to_owned(), rv: revision, start: start.clone() }.token().into();
            if self.labels.is_empty() && self.fields.is_empty() {
                out["remainingItemCount"] = page.remaining.into();
            }
        }
        out
    }
}

/// Where an object stands in the order of its list.
fn key(about: About<'_>, stored: &Stored) -> String {
    let name = text(&stored.object, "/metadata/name");
    if about.namespace().is_empty() { format!("{}/{name}", text(&stored.object, "/metadata/namespace")) } else { format!("/{name}") }
}

/// Lists are read from the present state: a version that has passed cannot be had, one that has not come cannot either.
fn check_version(version: &str, matching: &str) -> Result<(), Status> {
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let why = format!("resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax");
        return Err(Status::bad_request(format!("invalid resource version: {why}")));
    }
    if matching == "Exact" { Err(Status::not_implemented("lists of an exact resourceVersion")) } else { Ok(()) }
}

impl Continue {
    fn parse(token: &str) -> Result<Self, Status> {
        let refused = |why: &str| Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
        let bytes = STANDARD_NO_PAD.decode(token).map_err(|_| refused("illegal base64 data at input byte 0"))?;
        serde_json::from_slice(&bytes).map_err(|_| refused("invalid character"))
    }

    fn token(&self) -> String {
        serde_json::to_vec(self).map(|bytes| STANDARD_NO_PAD.encode(bytes)).unwrap_or_default()
    }
}

/// The list as JSON, put together from the bytes of its items.
fn whole(kind: &Kind, metadata: &Value, items: &[&Stored]) -> Bytes {
    let head = format!(r#"{{"kind":"{}List","apiVersion":"{}","metadata":{metadata},"items":["#, kind.name, kind.api_version());
    let mut out = Vec::with_capacity(head.len() + items.iter().map(|stored| stored.item().len() + 2).sum::<usize>() + 2);
    out.extend_from_slice(head.as_bytes());
    for (index, stored) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if kind.is_events_api() {
            let mut item = events::to_events_api(&stored.object);
            if let Some(map) = item.as_object_mut() {
                map.retain(|key, _| key != "kind" && key != "apiVersion");
            }
            out.extend_from_slice(item.to_string().as_bytes());
        } else {
            out.push(b'{');
            out.extend_from_slice(stored.item());
        }
    }
    out.extend_from_slice(b"]}");
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_a_foreign_one_refused() {
        let token = Continue { v: "meta.k8s.io/v1".into(), rv: 7, start: "/a\0".into() }.token();
        let read = Continue::parse(&token).unwrap();
        assert_eq!((read.rv, read.start.as_str()), (7, "/a\0"));
        let message = "invalid continue token: continue key is not valid: illegal base64 data at input byte 0";
        assert_eq!(Continue::parse("x").unwrap_err().message, message);
    }
}
