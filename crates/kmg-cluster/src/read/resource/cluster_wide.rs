//! What stands outside of namespaces.

use k8s_openapi::api::core::v1::{Namespace, Node, Taint};
use kmg_core::observe::{NamespaceShape, NodeShape};

use super::container::quantities;
use crate::read::facts::{MAX_PARTS, short};

pub(super) fn node(object: &Node) -> NodeShape {
    let (spec, status) = (object.spec.as_ref(), object.status.as_ref());
    let taints = spec.and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let info = status.and_then(|status| status.node_info.as_ref());
    let versions = info.map(|info| {
        [
            ("kubelet", &info.kubelet_version),
            ("containerRuntime", &info.container_runtime_version),
            ("kernel", &info.kernel_version),
            ("osImage", &info.os_image),
            ("architecture", &info.architecture),
        ]
    });
    NodeShape {
        unschedulable: spec.and_then(|spec| spec.unschedulable).unwrap_or_default(),
        taints: taints.iter().take(MAX_PARTS).map(taint).collect(),
        capacity: quantities(status.and_then(|status| status.capacity.as_ref())),
        allocatable: quantities(status.and_then(|status| status.allocatable.as_ref())),
        versions: versions.into_iter().flatten().map(|(what, version)| (what.to_owned(), short(Some(version)))).collect(),
    }
}

fn taint(one: &Taint) -> String {
    let value = one.value.as_deref().filter(|value| !value.is_empty()).map(|value| format!("={value}")).unwrap_or_default();
    short(Some(&format!("{}{value} ({})", one.key, one.effect)))
}

pub(super) fn namespace(object: &Namespace) -> NamespaceShape {
    NamespaceShape { phase: short(object.status.as_ref().and_then(|status| status.phase.as_deref())) }
}
