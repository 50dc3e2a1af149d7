//! Sockets and streams, counted by address: one client cannot take those of all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are open. As many addresses are known as have one open, and no more.
pub(super) struct Seats {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Mutex::default() }
    }
}

/// One that is open, until this is dropped.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

/// Whoever has no address, on a socket of the file system say, is this machine.
pub(super) fn take(seats: &Arc<Seats>, address: Option<IpAddr>) -> Option<Seat> {
    let address = address.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let mut open = seats.open.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = open.entry(address).or_default();
    if *taken >= seats.most {
        return None;
    }
    *taken += 1;
    Some(Seat { seats: Arc::clone(seats), address })
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.seats.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = open.get_mut(&self.address) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_gets_them_back() {
        let seats = Arc::new(Seats::new(2));
        let (one, other) = (Some(IpAddr::from([10, 0, 0, 1])), Some(IpAddr::from([10, 0, 0, 2])));
        let first = take(&seats, one).unwrap();
        let _second = take(&seats, one).unwrap();
        assert!(take(&seats, one).is_none());
        assert!(take(&seats, other).is_some(), "others have their own");
        drop(first);
        assert!(take(&seats, one).is_some());
        assert_eq!(seats.open.lock().unwrap().len(), 1, "who has none open is forgotten");
    }
}
