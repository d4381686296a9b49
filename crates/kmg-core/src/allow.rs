//! Which namespaces a process may touch. Every process has its own list; an empty one allows nothing.

use std::collections::BTreeSet;

use crate::names::Namespace;
use crate::problem::{Code, Refusal};

/// A namespace allow-list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(BTreeSet<Namespace>);

/// Proof that a namespace is on the list: the cluster crate takes the namespace from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit(Namespace);

impl AllowList {
    /// A list of exactly these namespaces.
    pub fn new(namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        Self(namespaces.into_iter().collect())
    }

    /// The namespaces, sorted.
    pub fn namespaces(&self) -> impl ExactSizeIterator<Item = &Namespace> {
        self.0.iter()
    }

    /// A permit for `namespace`.
    ///
    /// # Errors
    /// `namespace-not-allowed` when it is not on the list.
    pub fn permit(&self, namespace: &Namespace) -> Result<Permit, Refusal> {
        if self.0.contains(namespace) {
            Ok(Permit(namespace.clone()))
        } else {
            Err(Refusal::new(
                Code::NamespaceNotAllowed,
                "That namespace is not on the allow-list; get_allowed_namespaces lists those that are.",
            ))
        }
    }
}

impl Permit {
    /// The permitted namespace.
    pub const fn namespace(&self) -> &Namespace {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_allows_nothing() {
        let namespace: Namespace = "demo".parse().unwrap();
        assert!(AllowList::default().permit(&namespace).is_err());
        assert_eq!(AllowList::new([namespace.clone()]).permit(&namespace).unwrap().namespace(), &namespace);
    }
}
