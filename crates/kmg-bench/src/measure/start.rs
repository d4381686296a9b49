//! From the start of a process to the word that it is ready.

use std::time::Duration;

use crate::product::{Product, Starter, Target};

/// How long starts took, sorted.
#[derive(Debug, Default)]
pub struct Starts {
    /// `kmg demo` to its line: on a real cluster with accounts, roles and the fence installed again.
    pub demos: Vec<Duration>,
    /// `kmg gateway` to its `ready`: both child processes answer and the listeners are open.
    pub gateways: Vec<Duration>,
}

/// The median of sorted times.
pub fn median(sorted: &[Duration]) -> Duration {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Starts the demo `times` times, each in a folder of its own.
pub async fn demos(starter: &Starter, target: &Target, times: usize) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::new();
    for number in 0..times {
        took.push(starter.demo(target, &starter.folder.join(format!("demo-{number}"))).await?.1);
    }
    took.sort_unstable();
    Ok(took)
}

/// Starts the gateway again `times` times.
pub async fn gateways(mut product: Product, times: usize) -> anyhow::Result<(Product, Vec<Duration>)> {
    let mut all = Vec::new();
    for _ in 0..times {
        let (next, took) = product.restart().await?;
        product = next;
        all.push(took);
    }
    all.sort_unstable();
    Ok((product, all))
}
