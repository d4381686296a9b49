//! The parts a test of the product drives.

mod agent;
mod cluster;
mod human;
mod process;
mod product;
mod terminal;

pub(crate) use agent::Agent;
pub(crate) use cluster::{ApiServer, leave};
pub(crate) use human::Human;
pub(crate) use process::Process;
pub(crate) use product::{Login, Product, default_ports, demo, fence_stands, ports, records, root};
pub(crate) use terminal::Terminal;
