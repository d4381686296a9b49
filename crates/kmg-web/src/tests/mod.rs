//! Pages rendered from sample plans, and routes over the real application with the real development issuer.

mod approval;
mod decision;
mod hostile;
mod pages;
mod routes;
mod sample;
mod site;
