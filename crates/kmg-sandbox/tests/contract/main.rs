//! The contract between the sandbox and the real API server: both answer the recorded conversations alike.
//!
//! Each case is two tests. `real::CASE` holds the conversation with a real API server and compares it with
//! `recorded/CASE.json`; with `KMG_RECORD=1` it writes that file. `sandbox::CASE` holds the same conversation with
//! the sandbox and compares it with the same file.

#[cfg(test)]
mod ask;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod names;
#[cfg(test)]
mod normal;
#[cfg(test)]
mod real;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod subset;
#[cfg(test)]
mod target;
#[cfg(test)]
mod transcript;
