//! How the sizes of old and new ReplicaSets follow each other.

use super::Sync;

impl Sync<'_, '_> {
    /// One move of a rolling update: first the new up, else the old down.
    pub(super) fn roll(&mut self) {
        let new = self.new_set();
        let total: i64 = self.family.all().map(|at| self.size(at)).sum();
        let size = self.size(new);
        let wanted = if size > self.strategy.replicas { self.strategy.replicas } else { self.room(total, size) };
        if self.resize(new, wanted) {
            return;
        }
        if !self.scale_down_old(new, total) && self.is_complete() {
            self.forget_history();
        }
    }

    /// The size that the new ReplicaSet may have when all together are `total`.
    pub(super) fn room(&self, total: i64, size: i64) -> i64 {
        let free = (self.strategy.maximum() - total).max(0);
        size + free.min(self.strategy.replicas - size)
    }

    /// Takes replicas from the old ReplicaSets, those that are not available first; says whether it did.
    ///
    /// Invariant: never so many that, even if no unavailable Pod of the new one ever comes up, fewer than the
    /// minimum stay available.
    fn scale_down_old(&mut self, new: usize, total: i64) -> bool {
        let waiting = self.size(new) - self.available(new);
        let spare = total - self.strategy.minimum() - waiting;
        if spare <= 0 {
            return false;
        }
        let mut changed = false;
        let mut unhealthy = spare;
        for at in self.family.old.clone() {
            let (size, available) = (self.size(at), self.available(at));
            let taken = unhealthy.min(size - available);
            unhealthy -= taken;
            changed |= self.resize(at, size - taken);
        }
        let available: i64 = self.family.all().map(|at| self.available(at)).sum();
        let mut over = (available - self.strategy.minimum()).max(0);
        for at in self.family.old.clone() {
            let size = self.size(at);
            let taken = over.min(size);
            over -= taken;
            changed |= self.resize(at, size - taken);
        }
        changed
    }

    /// One move of a replacement: all old Pods end before the first new one begins.
    pub(super) fn recreate(&mut self) {
        let mut changed = false;
        for at in self.family.old.clone() {
            changed |= self.resize(at, 0);
        }
        if changed || self.has_old_pods() {
            return;
        }
        let new = self.new_set();
        self.resize(new, self.strategy.replicas);
        if self.is_complete() {
            self.forget_history();
        }
    }

    fn has_old_pods(&self) -> bool {
        self.family.old.iter().any(|&at| {
            let set = self.set(at);
            let alive = |phase: &str| !matches!(phase, "Succeeded" | "Failed");
            set.int("/status/replicas") > 0
                || self.world.pods.iter().any(|pod| pod.is_owned_by(set.uid()) && alive(pod.text("/status/phase")))
        })
    }
}
