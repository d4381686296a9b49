//! The kinds this product changes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{Namespace, ObjectName};

/// A kind that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `v1` Service.
    Service,
    /// `v1` ConfigMap.
    ConfigMap,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Deployment, Self::Service, Self::ConfigMap];

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::Service => "Service",
            Self::ConfigMap => "ConfigMap",
        }
    }

    /// Its group and version.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Deployment => "apps/v1",
            Self::Service | Self::ConfigMap => "v1",
        }
    }

    /// The path of the object on the API server. Both names are DNS-1123, so nothing needs escaping.
    pub fn path(self, namespace: &Namespace, name: &ObjectName) -> String {
        let base = match self {
            Self::Deployment => "/apis/apps/v1",
            Self::Service | Self::ConfigMap => "/api/v1",
        };
        let plural = match self {
            Self::Deployment => "deployments",
            Self::Service => "services",
            Self::ConfigMap => "configmaps",
        };
        format!("{base}/namespaces/{namespace}/{plural}/{name}")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An object of the ask's namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: ObjectName,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}
