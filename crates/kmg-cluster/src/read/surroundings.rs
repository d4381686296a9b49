//! What a change of a Deployment meets: budgets and quotas. For plans; the reader reads.

use std::collections::BTreeMap;

use kmg_core::allow::Permit;
use kmg_core::observe::{BudgetFacts, QuotaFacts};

use super::around::Near;
use crate::client::Cluster;
use crate::error::ClusterError;

/// What stands around a Deployment, each part as far as it could be read.
#[derive(Debug)]
pub struct Surroundings {
    /// The budgets that select its Pods.
    pub budgets: Result<Vec<BudgetFacts>, ClusterError>,
    /// The namespace's quotas.
    pub quotas: Result<Vec<QuotaFacts>, ClusterError>,
}

/// Reads what stands around a Deployment whose Pods have `labels`.
pub async fn surroundings(cluster: &Cluster, permit: &Permit, labels: &BTreeMap<String, String>) -> Surroundings {
    let near = Near { cluster, permit };
    let (budgets, quotas) = tokio::join!(near.budgets(labels), near.quotas());
    Surroundings { budgets, quotas }
}
