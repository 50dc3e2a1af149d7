//! The contracts of `KeyStore` and `TicketStore`.

use futures_util::future::join_all;
use tapedeck_domain::access::{AccessKey, KeyText, Scope, Ticket, TicketText};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::KeyId;
use tapedeck_domain::port::{AuditFilter, NameTaken, Revoked};
use tapedeck_domain::time::Timestamp;

use super::Access;
use super::on_jobs::decision;
use crate::ids::nth_id;

fn at(n: i64) -> Timestamp {
    Timestamp::from_nanos(n)
}

fn key(n: u8, name: &str) -> AccessKey {
    let text = KeyText::from_random([n; 32]);
    AccessKey {
        id: KeyId::from_uuid(nth_id(u64::from(n))),
        name: name.parse().unwrap(),
        prefix: text.prefix().to_owned(),
        hash: text.hash(),
        scope: Scope::Run,
        created_at: at(i64::from(n)),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

fn ticket(n: u8, expires: i64) -> Ticket {
    let hash = TicketText::from_random([n; 32]).hash();
    Ticket {
        hash,
        key: Some(key(1, "a").id),
        created_at: at(expires - 10),
        expires_at: at(expires),
    }
}

impl Access {
    async fn added(&self, key: &AccessKey) {
        let added = self.keys.add(key.clone(), decision("key.create")).await;
        assert_eq!(added.unwrap(), Ok(()));
    }

    async fn trail(&self) -> Vec<AuditEntry> {
        let entries = self.audit.list(AuditFilter::default(), None, 100).await.unwrap();
        entries.into_iter().map(|audited| audited.entry).collect()
    }
}

/// Every part of it, and those that are missing.
pub async fn all_gives_the_keys_as_they_were_added_oldest_first(access: Access) {
    assert_eq!(access.keys.all().await.unwrap(), []);
    let whole = AccessKey {
        scope: Scope::Admin,
        expires_at: Some(at(7)),
        revoked_at: Some(at(8)),
        last_used_at: Some(at(9)),
        ..key(2, "whole")
    };
    let plain = AccessKey { scope: Scope::Read, ..key(1, "plain") };
    access.added(&whole).await;
    access.added(&plain).await;
    assert_eq!(access.keys.all().await.unwrap(), [plain, whole]);
}

/// In the same transaction.
pub async fn adding_a_key_adds_its_entry_to_the_trail(access: Access) {
    access.added(&key(1, "a")).await;
    assert_eq!(access.trail().await, [decision("key.create")]);
}

/// Its entry is not added either.
pub async fn a_name_that_was_ever_used_is_refused(access: Access) {
    access.added(&key(1, "a")).await;
    access.keys.revoke(key(1, "a").id, at(5), decision("key.revoke")).await.unwrap();
    let second = access.keys.add(key(2, "a"), decision("again")).await.unwrap();
    assert_eq!(second, Err(NameTaken));
    assert_eq!(access.keys.all().await.unwrap().len(), 1);
    assert_eq!(access.trail().await.len(), 2);
}

/// Of many, too.
pub async fn of_equal_names_at_the_same_moment_one_is_added(access: Access) {
    let add = |n| access.keys.add(key(n, "a"), decision("key.create"));
    let outcomes = join_all((1..=8).map(add)).await;
    let added = outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap() == Ok(()));
    assert_eq!(added.count(), 1);
    assert_eq!(access.trail().await.len(), 1);
}

/// It is still listed.
pub async fn a_revoked_key_stays_with_the_moment(access: Access) {
    access.added(&key(1, "a")).await;
    access.added(&key(2, "b")).await;
    let revoked = access.keys.revoke(key(1, "a").id, at(5), decision("key.revoke")).await;
    assert_eq!(revoked.unwrap(), Revoked::Now);
    let expected = AccessKey { revoked_at: Some(at(5)), ..key(1, "a") };
    assert_eq!(access.keys.all().await.unwrap(), [expected, key(2, "b")]);
    assert_eq!(access.trail().await[0], decision("key.revoke"));
}

/// A decision that was none is not recorded.
pub async fn revoking_twice_keeps_the_first_moment_and_adds_one_entry(access: Access) {
    access.added(&key(1, "a")).await;
    let revoke = |moment| access.keys.revoke(key(1, "a").id, at(moment), decision("key.revoke"));
    assert_eq!(revoke(5).await.unwrap(), Revoked::Now);
    assert_eq!(revoke(6).await.unwrap(), Revoked::Before);
    assert_eq!(access.keys.all().await.unwrap()[0].revoked_at, Some(at(5)));
    assert_eq!(access.trail().await.len(), 2);
}

/// Not the trail either.
pub async fn revoking_what_is_not_there_changes_nothing(access: Access) {
    let revoked = access.keys.revoke(key(1, "a").id, at(5), decision("key.revoke")).await;
    assert_eq!(revoked.unwrap(), Revoked::NotFound);
    assert_eq!(access.trail().await, []);
}

/// Processes tell of uses in any order.
pub async fn touch_notes_the_latest_use_and_goes_never_back(access: Access) {
    access.added(&key(1, "a")).await;
    access.added(&key(2, "b")).await;
    let (a, b) = (key(1, "a").id, key(2, "b").id);
    for (uses, expected) in [
        (vec![(b, at(7)), (a, at(5))], [Some(at(5)), Some(at(7))]),
        (vec![(a, at(4)), (b, at(8))], [Some(at(5)), Some(at(8))]),
        (vec![], [Some(at(5)), Some(at(8))]),
    ] {
        access.keys.touch(uses).await.unwrap();
        let keys = access.keys.all().await.unwrap();
        assert_eq!([keys[0].last_used_at, keys[1].last_used_at], expected);
    }
}

/// It may have been another store's.
pub async fn touching_what_is_not_there_does_not_matter(access: Access) {
    access.keys.touch(vec![(key(1, "a").id, at(5))]).await.unwrap();
    assert_eq!(access.keys.all().await.unwrap(), []);
}

/// With or without a key.
pub async fn a_ticket_is_handed_over_once(access: Access) {
    let of_nobody = Ticket { key: None, ..ticket(2, 20) };
    for ticket in [ticket(1, 20), of_nobody] {
        access.tickets.put(ticket.clone()).await.unwrap();
        let taken = access.tickets.take(&ticket.hash, at(19)).await.unwrap();
        assert_eq!(taken.as_ref(), Some(&ticket));
        assert_eq!(access.tickets.take(&ticket.hash, at(19)).await.unwrap(), None);
    }
    assert_eq!(access.tickets.take(&ticket(3, 20).hash, at(0)).await.unwrap(), None);
}

/// The others get nothing.
pub async fn of_several_takers_at_the_same_moment_one_gets_the_ticket(access: Access) {
    access.tickets.put(ticket(1, 20)).await.unwrap();
    let hash = ticket(1, 20).hash;
    let takers = (0..8).map(|_| access.tickets.take(&hash, at(11)));
    let taken =
        join_all(takers).await.into_iter().filter(|taken| taken.as_ref().unwrap().is_some());
    assert_eq!(taken.count(), 1);
}

/// At the moment of its end it has.
pub async fn a_ticket_that_has_expired_is_not_handed_over(access: Access) {
    access.tickets.put(ticket(1, 20)).await.unwrap();
    let hash = ticket(1, 20).hash;
    assert_eq!(access.tickets.take(&hash, at(20)).await.unwrap(), None);
}

/// So that nobody has to come for them.
pub async fn tickets_that_have_expired_are_forgotten_by_the_next_one(access: Access) {
    for (n, expires) in [(1, 20), (2, 25), (3, 31)] {
        access.tickets.put(ticket(n, expires)).await.unwrap();
    }
    let next = Ticket { created_at: at(25), ..ticket(4, 40) };
    access.tickets.put(next).await.unwrap();
    // Even for whoever's clock says that they are valid still.
    for (n, expires, left) in [(1, 20, false), (2, 25, false), (3, 31, true), (4, 40, true)] {
        let taken = access.tickets.take(&ticket(n, expires).hash, at(0)).await.unwrap();
        assert_eq!(taken.is_some(), left, "ticket {n}");
    }
}
