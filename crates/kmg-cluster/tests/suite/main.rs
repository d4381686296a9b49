//! kmg-cluster against a stub that counts requests, and against a real API server.

#[cfg(test)]
mod fence;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod once;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod writes;
