//! A small Kubernetes API in memory.
