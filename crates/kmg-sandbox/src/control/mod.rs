//! What a control plane and its one node would do, as one pure function over a snapshot of the store.
//!
//! Each controller does one sync per step: it looks at the objects as they are and changes them a little. The
//! caller applies the writes and comes again, when something changed or when the time has come, until a step
//! has no writes. Statuses, conditions and Events are those that kube-controller-manager, kube-scheduler and
//! kubelet 1.36 were seen to write. Not done here: probes, init containers, adoption of objects without owner,
