//! Lists: selected, paged, with or without everything but metadata.

use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};
use base64::{DecodeError, Engine as _};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::partial::Shape;
use super::{About, events, partial, read};
use crate::call::Call;
use crate::json::text;
use crate::kinds::Kind;
use crate::patch::go_words;
use crate::reply::{JSON, Reply};
use crate::select::{FieldSelector, LabelSelector};
use crate::status::Status;
use crate::store::{Store, Stored};
use crate::world::World;

/// As Go reads it: bits behind the last byte do not count.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// What a token says it is.
const VERSION: &str = "meta.k8s.io/v1";

/// Where the next page begins. Opaque to clients; the real one looks the same.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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
    let shape = Shape::wanted(call.accept(), partial::STREAMS)?;
    let wanted = Wanted::parse(call, about.kind)?;
    read::check_version(world, call.query.get("resourceVersion"))?;
    shape.fits_list(about.kind)?;
    let store = world.store();
    let page = wanted.page(&store, about);
    let revision = wanted.from.as_ref().map_or(store.revision(), |from| from.rv);
    let metadata = wanted.metadata(&page, revision);
    if shape == Shape::Whole {
        return Ok(Reply::new(200, JSON, whole(about.kind, &metadata, &page.items)));
    }
    let items: Vec<Value> = page.items.iter().map(|stored| partial::metadata_of(&stored.object)).collect();
    // As the real one writes it.
    let items = if items.is_empty() { Value::Null } else { items.into() };
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
        if query.get("resourceVersionMatch") == "Exact" {
            return Err(Status::not_implemented("lists of an exact resourceVersion"));
        }
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
            out["continue"] = Continue { v: VERSION.to_owned(), rv: revision, start: start.clone() }.token().into();
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

impl Continue {
    fn parse(token: &str) -> Result<Self, Status> {
        let refused = |why: &str| Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
        let bytes = BASE64.decode(token).map_err(|error| {
            let at = match error {
                DecodeError::InvalidByte(at, _) => at,
                _ => token.len().saturating_sub(1),
            };
            refused(&format!("illegal base64 data at input byte {at}"))
        })?;
        let read: Self = serde_json::from_slice(&bytes).map_err(|error| refused(&go_words(&error, &bytes)))?;
        if read.v != VERSION {
            return Err(refused("server does not recognize this encoded version"));
        }
        if read.rv == 0 || read.start.is_empty() {
            let what = if read.rv == 0 { "incorrect encoded start resourceVersion" } else { "encoded start key empty" };
            return Err(refused(&format!("{what} (version {VERSION})")));
        }
        Ok(read)
    }

    fn token(&self) -> String {
        serde_json::to_vec(self).map(|bytes| BASE64.encode(bytes)).unwrap_or_default()
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
        let token = Continue { v: VERSION.into(), rv: 7, start: "/a\0".into() }.token();
        let read = Continue::parse(&token).unwrap();
        assert_eq!((read.rv, read.start.as_str()), (7, "/a\0"));
        for (token, why) in [
            ("x", "illegal base64 data at input byte 0"),
            ("forged!", "illegal base64 data at input byte 6"),
            ("forged", "invalid character '~' looking for beginning of value"),
            ("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MH0", "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        ] {
            let message = format!("invalid continue token: continue key is not valid: {why}");
            assert_eq!(Continue::parse(token).unwrap_err().message, message);
        }
    }
}
