//! What is measured on a target, one after the other on one running product.

pub mod answers;
pub mod memory;
pub mod plans;
pub mod reads;
pub mod sizes;
pub mod start;

use kmg_client::Session;
use tokio::runtime::Handle;

use crate::mcp::Endpoint;
use crate::person::Person;
use crate::process::Watched;
use crate::product::{Product, Starter, Target};
use crate::series::Pace;

use memory::Memory;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Turns of the read path.
    pub pace: Pace,
    /// Plans that are asked for, approved and applied.
    pub plans: usize,
    /// Starts of the gateway; the demo is started a third as often.
    pub starts: usize,
}

/// Everything measured on one target.
#[derive(Debug)]
pub struct Measured {
    /// Which one.
    pub target: &'static str,
    /// The read path, for each tool and number of callers.
    pub reads: Vec<reads::ToolReads>,
    /// The plan path.
    pub plans: plans::Plans,
    /// Memory of the three processes.
    pub memory: Memory,
    /// Starts.
    pub starts: start::Starts,
    /// Bytes.
    pub sizes: sizes::Sizes,
}

/// A product with its person and an agent.
pub struct Lab {
    /// The product.
    pub product: Product,
    /// The person.
    pub person: Person,
    /// The agent.
    pub session: Session,
    /// Where the direct reads run.
    pub clients: Handle,
}

impl Lab {
    /// The endpoint with a fresh token.
    pub async fn endpoint(&self) -> anyhow::Result<Endpoint> {
        Endpoint::of(&self.product.info.mcp_url, &self.session).await
    }

    /// Whose CPU time counts: the product, what it asks, and this process.
    pub fn watched(&self) -> anyhow::Result<Vec<Watched>> {
        let mut watched = self.product.processes()?;
        watched.push(self.product.api_server()?);
        watched.push(Watched { name: "load generator", pids: vec![std::process::id()] });
        Ok(watched)
    }
}

/// Measures everything on `target`.
pub async fn measure(starter: &Starter, target: &Target, amount: Amount, clients: Handle) -> anyhow::Result<Measured> {
    let demos = start::demos(starter, target, amount.starts.div_ceil(3)).await?;
    let product = Product::start(starter, target).await?;
    let (product, gateways) = start::gateways(product, amount.starts).await?;
    let idle = memory::idle(&product.processes()?).await;
    let person = product.person().await?;
    let session = product.agent(&person).await?;
    let lab = Lab { product, person, session, clients };
    let sampler = memory::Sampler::start(lab.product.processes()?);
    let reads = reads::reads(&lab, &starter.folder, amount.pace).await?;
    let plans = plans::plans(&lab, &starter.folder, amount.plans).await?;
    let peak = sampler.stop()?;
    let after = memory::idle(&lab.product.processes()?).await;
    let sizes = sizes::sizes(&lab, &starter.kmg).await?;
    lab.product.end().await?;
    let memory = Memory { idle, peak, after };
    Ok(Measured { target: target.name(), reads, plans, memory, starts: start::Starts { demos, gateways }, sizes })
}

/// Measures on `target` only how much is answered.
pub async fn only_sizes(starter: &Starter, target: &Target, clients: Handle) -> anyhow::Result<sizes::Sizes> {
    let product = Product::start(starter, target).await?;
    let person = product.person().await?;
    let session = product.agent(&person).await?;
    let lab = Lab { product, person, session, clients };
    let sizes = sizes::sizes(&lab, &starter.kmg).await?;
    lab.product.end().await?;
    Ok(sizes)
}
