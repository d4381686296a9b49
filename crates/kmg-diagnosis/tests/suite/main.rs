//! The rules, held to observations of real clusters.

#[cfg(test)]
mod graphs;
