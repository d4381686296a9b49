//! Every write on the real API server, from the planner's dry run to the executor's receipt, with the API server's
//! own audit log as the witness. The processes are called as libraries; the product's cases run the binary.

#[cfg(test)]
mod apply;
#[cfg(test)]
mod around;
#[cfg(test)]
mod back;
#[cfg(test)]
mod delete;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod patch;
#[cfg(test)]
mod several;
