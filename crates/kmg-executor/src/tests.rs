//! The executor as a whole, against doubles and, where there is one, the real API server.

mod api_server;
mod back;
mod crash;
mod drift;
mod front;
mod happy;
mod http;
mod linked;
mod refused;
mod unknown;
mod world;
