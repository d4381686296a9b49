//! A Pod.

use k8s_openapi::api::core::v1::Pod;
use kmg_core::observe::PodSummary;

use super::container::pod_shape;
use crate::read::facts::{long, short};
use crate::read::pods::pod_facts;

pub(super) fn pod(object: &Pod) -> PodSummary {
    let status = object.status.as_ref();
    let facts = pod_facts(object);
    PodSummary {
        phase: facts.phase,
        reason: status.and_then(|status| status.reason.as_deref()).map(|reason| short(Some(reason))),
        message: status.and_then(|status| status.message.as_deref()).map(|message| long(Some(message))),
        node: facts.node,
        qos: status.and_then(|status| status.qos_class.as_deref()).map(|class| short(Some(class))),
        containers: facts.containers,
        spec: object.spec.as_ref().map(pod_shape).unwrap_or_default(),
    }
}
