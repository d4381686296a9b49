//! The Pods' addresses: those of 10.88.0.0/16, one after the other.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Neither the network's own address nor the first, which is the node's end of it, nor the broadcast.
const FIRST: u16 = 2;
const LAST: u16 = u16::MAX - 1;

#[derive(Debug, Default)]
pub(super) struct Addresses {
    last: u16,
    taken: BTreeSet<Ipv4Addr>,
}

impl Addresses {
    /// Says which addresses Pods have.
    pub(super) fn set_taken(&mut self, taken: impl Iterator<Item = Ipv4Addr>) {
        self.taken = taken.collect();
    }

    /// The next free address; none while all are taken.
    pub(super) fn take(&mut self) -> Option<Ipv4Addr> {
        for _ in FIRST..=LAST {
            self.last = if (FIRST..LAST).contains(&self.last) { self.last + 1 } else { FIRST };
            let [high, low] = self.last.to_be_bytes();
            let address = Ipv4Addr::new(10, 88, high, low);
            if self.taken.insert(address) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_given_once_until_it_is_free_again() {
        let mut addresses = Addresses::default();
        addresses.set_taken([Ipv4Addr::new(10, 88, 0, 3)].into_iter());
        let first: Vec<String> = (0..2).filter_map(|_| addresses.take()).map(|address| address.to_string()).collect();
        assert_eq!(first, ["10.88.0.2", "10.88.0.4"]);
        let rest = std::iter::from_fn(|| addresses.take()).count();
        assert_eq!(rest, 65_533 - 3);
        assert_eq!(addresses.take(), None);
        addresses.set_taken(std::iter::empty());
        assert!(addresses.take().is_some());
    }
}
