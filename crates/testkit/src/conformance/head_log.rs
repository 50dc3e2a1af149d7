//! The contract of `HeadLog`.

use std::sync::Arc;

use tapedeck_domain::audit::Head;
use tapedeck_domain::port::{AfterHeads, HeadLog, HeadMark};
use tapedeck_domain::time::Timestamp;

use super::Heads;

fn head(position: u64) -> Head {
    if position == 0 {
        return Head::GENESIS;
    }
    let at = Timestamp::from_nanos((position % 1_000_000).cast_signed() * 1_000_000_007);
    let unchained = Head { position, seq: position + 2, hash: Head::GENESIS.hash, at };
    // Any hash.
    Head { hash: unchained.line_hash(Head::GENESIS.hash), ..unchained }
}

/// All heads, read in pages of this size.
async fn all(log: &dyn HeadLog, limit: usize) -> Vec<Head> {
    let (mut mark, mut heads) = (HeadMark::default(), Vec::new());
    for _ in 0..10_000 {
        let page = log.page(mark, limit).await.unwrap();
        assert!(page.heads.len() <= limit);
        heads.extend(page.heads);
        match page.then {
            AfterHeads::More(more) => mark = more,
            AfterHeads::End => return heads,
            AfterHeads::Damage(detail) => unreachable!("nobody damaged it: {detail}"),
        }
    }
    unreachable!("it has no end")
}

/// And no heads.
pub async fn an_empty_log_has_no_last_head(heads: Heads) {
    assert_eq!(heads.log.last().await.unwrap(), None);
    assert_eq!(all(heads.log.as_ref(), 10).await, []);
}

/// Every part of them, in the order in which they were added.
pub async fn heads_come_back_as_they_were(heads: Heads) {
    let added: Vec<Head> = [0, 1, 2, 7, u64::MAX >> 1].map(head).to_vec();
    for head in &added {
        heads.log.append(*head).await.unwrap();
        assert_eq!(heads.log.last().await.unwrap(), Some(*head));
    }
    assert_eq!(all(heads.log.as_ref(), 100).await, added);
}

/// It has been told before, by another process perhaps.
pub async fn a_head_that_is_no_further_is_not_added(heads: Heads) {
    for position in [0, 5, 5, 3, 0, 6] {
        heads.log.append(head(position)).await.unwrap();
    }
    assert_eq!(all(heads.log.as_ref(), 100).await, [0, 5, 6].map(head));
}

/// Whatever their size, and what was added meanwhile comes at the end.
pub async fn pages_follow_each_other(heads: Heads) {
    let added: Vec<Head> = (0..9).map(head).collect();
    for head in &added {
        heads.log.append(*head).await.unwrap();
    }
    for limit in [1, 2, 3, 8, 9, 10] {
        assert_eq!(all(heads.log.as_ref(), limit).await, added, "{limit} at a time");
    }
}

/// Each is there or was passed by a later one, and they are in order.
pub async fn of_heads_that_are_added_at_once_none_goes_back(heads: Heads) {
    let log: Arc<dyn HeadLog> = heads.log.clone();
    let writers = (0..4_u64).map(|writer| {
        let log = log.clone();
        tokio::spawn(async move {
            for n in 0..10 {
                log.append(head(n * 4 + writer)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let found = all(log.as_ref(), 7).await;
    assert!(found.is_sorted_by(|earlier, later| earlier.position < later.position), "{found:?}");
    assert_eq!(found.last(), Some(&head(39)));
}
