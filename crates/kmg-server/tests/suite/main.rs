//! kmg-server over its two edges, without a cluster and on a real API server.

#[cfg(test)]
mod lab;
#[cfg(test)]
mod link;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod stdio;
#[cfg(test)]
mod tools;
