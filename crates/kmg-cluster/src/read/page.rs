//! Lists, read page by page up to a cap.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

/// Rows asked for at once; 250 Pods with their managed fields stay under the body cap.
const PAGE: usize = 250;
/// The most pages of one list: a server whose continue tokens never end is left after so many.
const MAX_PAGES: usize = 200;
/// The most bytes of one list, all pages together. Values that nobody needs, as `ConfigMaps` have them, cross the
/// wire too: key names stand in no metadata, and `managedFields` may be empty.
const MAX_BYTES: usize = 128 << 20;
/// What a page shrinks to before the list is given up as too large.
const SMALLEST_PAGE: usize = 5;

/// A list and how far it is read.
#[derive(Clone, Copy)]
pub(super) struct ListOf<'a> {
    pub(super) path: &'a str,
    pub(super) label_selector: Option<&'a str>,
    pub(super) field_selector: Option<&'a str>,
    /// The most rows that are read.
    pub(super) cap: usize,
}

/// How a list ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Rows that were read.
    pub(super) rows: usize,
    /// Rows the API server says are left; 0 where it does not say.
    pub(super) left: u64,
    /// Whether the cap was hit with rows left.
    pub(super) cut: bool,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: Meta,
    #[serde(default = "Option::default")]
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    #[serde(default)]
    r#continue: String,
    #[serde(default)]
    remaining_item_count: u64,
}

/// Hands every row to `row`, page after page, so that a page's bytes are gone before the next is asked for.
pub(super) async fn each<T: DeserializeOwned>(cluster: &Cluster, list: ListOf<'_>, row: impl FnMut(T)) -> Result<Read, ClusterError> {
    each_as(cluster, JSON, list, row).await
}

/// As [`each`], in the form that `accept` asks for.
pub(super) async fn each_as<T: DeserializeOwned>(
    cluster: &Cluster,
    accept: &str,
    list: ListOf<'_>,
    mut row: impl FnMut(T),
) -> Result<Read, ClusterError> {
    let mut read = Read::default();
    let mut page_size = PAGE;
    let mut token = String::new();
    let mut bytes = 0;
    for _page in 0..MAX_PAGES {
        let limit = page_size.min(list.cap - read.rows).to_string();
        let mut query = vec![("limit", limit.as_str())];
        query.extend(list.label_selector.map(|selector| ("labelSelector", selector)));
        query.extend(list.field_selector.map(|selector| ("fieldSelector", selector)));
        if !token.is_empty() {
            query.push(("continue", &token));
        }
        let answer = match cluster.get(list.path, &query, accept).await {
            Err(ClusterError::TooLarge(_)) if page_size > SMALLEST_PAGE => {
                page_size = (page_size / 5).max(SMALLEST_PAGE);
                continue;
            }
            answer => answer?.success()?,
        };
        bytes += answer.body.len();
        let page: Page<T> = answer.json("a list")?;
        drop(answer);
        let items = page.items.unwrap_or_default();
        let empty = items.is_empty();
        read.rows += items.len();
        items.into_iter().for_each(&mut row);
        read.left = page.metadata.remaining_item_count;
        token = page.metadata.r#continue;
        if token.is_empty() {
            return Ok(Read { left: 0, ..read });
        }
        // A server that sends empty pages for ever ends here too.
        if empty || read.rows >= list.cap || bytes >= MAX_BYTES {
            break;
        }
    }
    Ok(Read { cut: true, ..read })
}
