//! What an agent may ask for: a closed list of typed operations.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::{Digest, types};
use crate::identity::Requester;
use crate::image::ImageRef;
use crate::json::canonical;
use crate::names::{ContainerName, Namespace, ObjectName};

/// The kind all present operations change.
pub const KIND_DEPLOYMENT: &str = "Deployment";
/// The largest replica count that can be asked for.
pub const MAX_REPLICAS: u32 = 1_000;

/// One requested change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Sets `spec.replicas` of a Deployment.
    ScaleDeployment {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
        /// The new count, 0 to [`MAX_REPLICAS`].
        replicas: u32,
    },
    /// Sets the image of one container of a Deployment's template.
    SetDeploymentImage {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
        /// An existing container; an init container is not one.
        container: ContainerName,
        /// The new image.
        image: ImageRef,
    },
}

/// The digest by which sticky denial, coalescing and cool-down recognise a repeated ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskKey(pub Digest);

impl Ask {
    /// The namespace of the object.
    pub const fn namespace(&self) -> &Namespace {
        match self {
            Self::ScaleDeployment { namespace, .. } | Self::SetDeploymentImage { namespace, .. } => namespace,
        }
    }

    /// The object's name.
    pub const fn name(&self) -> &ObjectName {
        match self {
            Self::ScaleDeployment { name, .. } | Self::SetDeploymentImage { name, .. } => name,
        }
    }

    /// The object's kind.
    pub const fn kind(&self) -> &'static str {
        KIND_DEPLOYMENT
    }

    /// The operation's stable name.
    pub const fn operation(&self) -> &'static str {
        match self {
            Self::ScaleDeployment { .. } => "scale-deployment",
            Self::SetDeploymentImage { .. } => "set-deployment-image",
        }
    }

    /// The object as `namespace/Kind/name`: one approved, unexecuted plan at a time for each.
    pub fn target(&self) -> String {
        format!("{}/{}/{}", self.namespace(), self.kind(), self.name())
    }

    /// The ask key for `requester`: operation, object and arguments without any generated value, with issuer,
    /// subject and client.
    pub fn key(&self, requester: &Requester) -> AskKey {
        let value = json!({ "ask": self.to_value(), "iss": requester.iss, "sub": requester.sub, "clientId": requester.client_id });
        // An ask holds only strings and a bounded integer, so it always has a canonical form.
        AskKey(Digest::of(types::ASK, &canonical(&value).unwrap_or_default()))
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requester(client: &str) -> Requester {
        Requester { iss: "https://idp.example".into(), sub: "alice".into(), client_id: client.into() }
    }

    #[test]
    fn the_key_follows_every_argument_and_the_client() {
        let ask = |replicas| Ask::ScaleDeployment { namespace: "demo".parse().unwrap(), name: "web".parse().unwrap(), replicas };
        assert_eq!(ask(1).key(&requester("a")), ask(1).key(&requester("a")));
        assert_ne!(ask(1).key(&requester("a")), ask(2).key(&requester("a")));
        assert_ne!(ask(1).key(&requester("a")), ask(1).key(&requester("b")));
    }
}
