//! The product as its users meet it: real processes, a real API server, a real MCP client, real Chromium.

#[cfg(test)]
mod support;

#[cfg(test)]
mod canaries;
#[cfg(test)]
mod change;
#[cfg(test)]
mod completions;
#[cfg(test)]
mod deciding;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod fence;
#[cfg(test)]
mod node;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod rollout;
#[cfg(test)]
mod stand_alone;
#[cfg(test)]
mod surface;
#[cfg(test)]
mod walkthrough;
#[cfg(test)]
mod webhook;
