//! What makes Pods, and what scales it.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::{HorizontalPodAutoscaler, MetricSpec};
use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kmg_core::observe::{AutoscalerShape, JobShape, WorkloadShape};

use super::container::template;
use crate::read::facts::{MAX_PARTS, millis, selector_text, short};

/// The counts that are known.
fn counts<const N: usize>(all: [(&str, Option<i32>); N]) -> BTreeMap<String, i64> {
    all.into_iter().filter_map(|(name, count)| Some((name.to_owned(), i64::from(count?)))).collect()
}

fn selector(selector: &LabelSelector) -> String {
    short(selector_text(selector).as_deref())
}

pub(super) fn deployment(object: &Deployment) -> WorkloadShape {
    let Some(spec) = &object.spec else { return WorkloadShape::default() };
    let status = object.status.clone().unwrap_or_default();
    WorkloadShape {
        replicas: counts([
            ("desired", Some(spec.replicas.unwrap_or(1))),
            ("current", Some(status.replicas.unwrap_or_default())),
            ("updated", Some(status.updated_replicas.unwrap_or_default())),
            ("ready", Some(status.ready_replicas.unwrap_or_default())),
            ("available", Some(status.available_replicas.unwrap_or_default())),
        ]),
        observed_generation: status.observed_generation,
        selector: selector(&spec.selector),
        strategy: spec.strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()).map(|kind| short(Some(kind))),
        paused: spec.paused.unwrap_or_default(),
        template: template(&spec.template),
        ..WorkloadShape::default()
    }
}

pub(super) fn replica_set(object: &ReplicaSet) -> WorkloadShape {
    let Some(spec) = &object.spec else { return WorkloadShape::default() };
    let status = object.status.clone().unwrap_or_default();
    WorkloadShape {
        replicas: counts([
            ("desired", Some(spec.replicas.unwrap_or(1))),
            ("current", Some(status.replicas)),
            ("ready", Some(status.ready_replicas.unwrap_or_default())),
            ("available", Some(status.available_replicas.unwrap_or_default())),
        ]),
        observed_generation: status.observed_generation,
        selector: selector(&spec.selector),
        template: spec.template.as_ref().map(template).unwrap_or_default(),
        ..WorkloadShape::default()
    }
}

pub(super) fn stateful_set(object: &StatefulSet) -> WorkloadShape {
    let Some(spec) = &object.spec else { return WorkloadShape::default() };
    let status = object.status.clone().unwrap_or_default();
    WorkloadShape {
        replicas: counts([
            ("desired", Some(spec.replicas.unwrap_or(1))),
            ("current", Some(status.replicas)),
            ("updated", Some(status.updated_replicas.unwrap_or_default())),
            ("ready", Some(status.ready_replicas.unwrap_or_default())),
            ("available", Some(status.available_replicas.unwrap_or_default())),
        ]),
        observed_generation: status.observed_generation,
        selector: selector(&spec.selector),
        strategy: spec.update_strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()).map(|kind| short(Some(kind))),
        service_name: spec.service_name.as_deref().map(|name| short(Some(name))),
        claims: spec.volume_claim_templates.iter().flatten().take(MAX_PARTS).map(claim).collect(),
        template: template(&spec.template),
        ..WorkloadShape::default()
    }
}

fn claim(object: &PersistentVolumeClaim) -> String {
    let requests = object.spec.as_ref().and_then(|spec| spec.resources.as_ref()).and_then(|all| all.requests.as_ref());
    let size = requests.and_then(|all| all.get("storage")).map_or("", |size| size.0.as_str());
    short(Some(&format!("{} {size}", object.metadata.name.as_deref().unwrap_or_default())))
}

pub(super) fn daemon_set(object: &DaemonSet) -> WorkloadShape {
    let Some(spec) = &object.spec else { return WorkloadShape::default() };
    let status = object.status.clone().unwrap_or_default();
    WorkloadShape {
        replicas: counts([
            ("desired", Some(status.desired_number_scheduled)),
            ("current", Some(status.current_number_scheduled)),
            ("updated", Some(status.updated_number_scheduled.unwrap_or_default())),
            ("ready", Some(status.number_ready)),
            ("available", Some(status.number_available.unwrap_or_default())),
            ("misscheduled", Some(status.number_misscheduled)),
        ]),
        observed_generation: status.observed_generation,
        selector: selector(&spec.selector),
        strategy: spec.update_strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()).map(|kind| short(Some(kind))),
        template: template(&spec.template),
        ..WorkloadShape::default()
    }
}

pub(super) fn job(object: &Job) -> JobShape {
    let Some(spec) = &object.spec else { return JobShape::default() };
    let status = object.status.clone().unwrap_or_default();
    let mut shape = job_shape(spec);
    shape.counts.extend(counts([("active", status.active), ("succeeded", status.succeeded), ("failed", status.failed)]));
    JobShape { started_at: millis(status.start_time.as_ref()), completed_at: millis(status.completion_time.as_ref()), ..shape }
}

fn job_shape(spec: &JobSpec) -> JobShape {
    JobShape {
        suspended: spec.suspend.unwrap_or_default(),
        counts: counts([("completions", spec.completions), ("parallelism", spec.parallelism), ("backoffLimit", spec.backoff_limit)]),
        template: template(&spec.template),
        ..JobShape::default()
    }
}

pub(super) fn cron_job(object: &CronJob) -> JobShape {
    let spec = &object.spec;
    let status = object.status.clone().unwrap_or_default();
    let mut shape = spec.job_template.spec.as_ref().map(job_shape).unwrap_or_default();
    shape.counts.insert("active".to_owned(), status.active.map_or(0, |jobs| i64::try_from(jobs.len()).unwrap_or(i64::MAX)));
    JobShape {
        schedule: Some(short(Some(&spec.schedule))),
        time_zone: spec.time_zone.as_deref().map(|zone| short(Some(zone))),
        concurrency: spec.concurrency_policy.as_deref().map(|policy| short(Some(policy))),
        suspended: spec.suspend.unwrap_or_default(),
        started_at: millis(status.last_schedule_time.as_ref()),
        completed_at: millis(status.last_successful_time.as_ref()),
        ..shape
    }
}

pub(super) fn autoscaler(object: &HorizontalPodAutoscaler) -> AutoscalerShape {
    let (spec, status) = (&object.spec, object.status.as_ref());
    AutoscalerShape {
        target: short(Some(&format!("{}/{}", spec.scale_target_ref.kind, spec.scale_target_ref.name))),
        replicas: counts([
            ("min", Some(spec.min_replicas.unwrap_or(1))),
            ("max", Some(spec.max_replicas)),
            ("current", status.and_then(|status| status.current_replicas)),
            ("desired", status.map(|status| status.desired_replicas)),
        ]),
        metrics: spec.metrics.iter().flatten().take(MAX_PARTS).map(metric).collect(),
        scaled_at: millis(status.and_then(|status| status.last_scale_time.as_ref())),
    }
}

fn metric(spec: &MetricSpec) -> String {
    let name = match spec.type_.as_str() {
        "Resource" => spec.resource.as_ref().map(|metric| metric.name.as_str()),
        "ContainerResource" => spec.container_resource.as_ref().map(|metric| metric.name.as_str()),
        "Pods" => spec.pods.as_ref().map(|metric| metric.metric.name.as_str()),
        "Object" => spec.object.as_ref().map(|metric| metric.metric.name.as_str()),
        _ => spec.external.as_ref().map(|metric| metric.metric.name.as_str()),
    };
    short(Some(&format!("{} {}", spec.type_, name.unwrap_or_default())))
}
