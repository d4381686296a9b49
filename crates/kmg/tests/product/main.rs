//! The product as its users meet it: real processes, a real API server, a real MCP client, real Chromium.

mod support;

mod change;
mod evidence;
mod fence;
mod refusals;
mod restarts;
mod surface;
mod webhook;
