//! A sandbox as a program starts it.

#[cfg(test)]
mod serving;
