//! The workloads, by what is wrong with them.

mod admission;
mod around;
mod config;
mod healthy;
mod images;
mod init;
mod nodes;
mod placement;
mod pods;
mod probes;
mod rollouts;
mod services;
mod starts;
mod volumes;

use crate::run;
use crate::webhook::Webhook;

#[tokio::test]
async fn what_keeps_containers_from_starting_is_found_first() {
    run::all("containers", [images::cases(), config::cases(), volumes::cases(), init::cases()].into_iter().flatten().collect()).await;
}

#[tokio::test]
async fn what_ends_containers_is_found_first() {
    run::all("ends", [starts::cases(), probes::cases(), pods::cases(), nodes::cases()].into_iter().flatten().collect()).await;
}

#[tokio::test]
async fn what_keeps_pods_from_being_is_found_first() {
    let webhook = Webhook::denying("diagnosis: webhook-denied", "no owner, no Pod");
    let denied = webhook.as_ref().map(|webhook| admission::denied(&webhook.client));
    run::all("placement", placement::cases().into_iter().chain(admission::cases()).chain(denied).collect()).await;
}

#[tokio::test]
async fn what_stands_around_a_workload_is_found_first() {
    run::all("surroundings", [rollouts::cases(), services::cases(), around::cases()].into_iter().flatten().collect()).await;
}

#[tokio::test]
async fn nothing_is_said_of_healthy_workloads() {
    run::all("healthy", healthy::cases()).await;
}
