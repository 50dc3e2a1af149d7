//! The contract of `AuditChain`.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::audit::{AuditRecord, ChainCheck, Head};
use tapedeck_domain::port::{AuditFilter, Sealing, Tip, Unsealed};
use tapedeck_domain::time::Timestamp;

use super::Jobs;
use super::on_jobs::{decision, now};
use crate::builders::{id, removal};

impl Jobs {
    /// Adds entries to the trail, by removing jobs that were submitted for that.
    async fn removed(&self, numbers: impl IntoIterator<Item = u64>) {
        for n in numbers {
            let job = self.submitted(n).await;
            let mut gone = removal(job.id, job.revision);
            gone.audit = decision(&format!("removal.{n}"));
            assert_eq!(self.store.delete(vec![gone]).await.unwrap(), [Ok(())]);
        }
    }

    /// Seals all there is, as one sealer does who is alone.
    async fn sealed(&self, limit: usize) -> usize {
        let tip = self.chain.tip(now()).await.unwrap();
        match self.chain.seal(tip.head, now(), limit).await.unwrap() {
            Sealing::Done { entries, .. } => entries,
            Sealing::Elsewhere => unreachable!("nobody else seals"),
        }
    }

    /// The last link, after all of them were found sound.
    async fn sound(&self) -> Head {
        let mut check = ChainCheck::new(self.chain.lateness());
        for sealed in self.chain.page(0, 10_000).await.unwrap() {
            check.step(&sealed).unwrap();
        }
        check.head()
    }
}

/// Position 0, which everybody knows.
pub async fn a_chain_without_links_ends_at_the_start(jobs: Jobs) {
    let tip = Tip { head: Head::GENESIS, anchor: 0, waiting: false };
    assert_eq!(jobs.chain.tip(now()).await.unwrap(), tip);
    assert_eq!(jobs.chain.page(0, 10).await.unwrap(), []);
    assert_eq!(jobs.chain.unsealed().await.unwrap(), Unsealed::default());
}

/// As soon as there are some, and until all of them are.
pub async fn tip_says_whether_entries_are_to_be_sealed(jobs: Jobs) {
    jobs.removed(1..=2).await;
    for waiting in [true, true, false] {
        assert_eq!(jobs.chain.tip(now()).await.unwrap().waiting, waiting);
        jobs.sealed(1).await;
    }
}

/// Each with a hash over itself and the one before.
pub async fn seal_links_entries_in_the_order_of_their_numbers(jobs: Jobs) {
    jobs.removed(1..=5).await;
    assert_eq!(jobs.sealed(100).await, 5);
    let links = jobs.chain.page(0, 100).await.unwrap();
    let positions: Vec<u64> = links.iter().map(|sealed| sealed.link.place.position).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    assert!(links.is_sorted_by_key(|sealed| sealed.link.place.seq));
    assert!(links.iter().all(|sealed| sealed.link.place.sealed_at == now()));
    let actions: Vec<_> =
        links.iter().map(|sealed| sealed.record.clone().unwrap().action).collect();
    assert_eq!(actions, ["removal.1", "removal.2", "removal.3", "removal.4", "removal.5"]);
    assert_eq!(jobs.sound().await, jobs.chain.tip(now()).await.unwrap().head);
}

/// The others wait for the next call.
pub async fn seal_takes_no_more_than_its_limit_and_goes_on_from_there(jobs: Jobs) {
    jobs.removed(1..=5).await;
    assert_eq!([jobs.sealed(2).await, jobs.sealed(2).await, jobs.sealed(2).await], [2, 2, 1]);
    assert_eq!(jobs.sealed(2).await, 0);
    let links = jobs.chain.page(0, 100).await.unwrap();
    let anchors: Vec<u64> = links.iter().map(|sealed| sealed.link.place.anchor).collect();
    assert_eq!(anchors, [0, 0, 2, 2, 4]);
    assert_eq!(jobs.chain.tip(now()).await.unwrap().anchor, 4);
    assert_eq!(jobs.sound().await.position, 5);
}

/// It was sealed meanwhile, or it is another chain.
pub async fn seal_after_another_head_changes_nothing(jobs: Jobs) {
    jobs.removed(1..=3).await;
    jobs.sealed(2).await;
    let head = jobs.chain.tip(now()).await.unwrap().head;
    let others = [
        Head::GENESIS,
        Head { position: 1, ..head },
        Head { hash: Head::GENESIS.hash, ..head },
        Head { position: 3, ..head },
    ];
    for other in others {
        assert_eq!(jobs.chain.seal(other, now(), 10).await.unwrap(), Sealing::Elsewhere);
    }
    assert_eq!(jobs.chain.tip(now()).await.unwrap().head, head);
}

/// With what is stored, word for word.
pub async fn page_shows_links_after_a_position_in_order_with_their_entries(jobs: Jobs) {
    jobs.removed(1..=5).await;
    jobs.sealed(100).await;
    let page = jobs.chain.page(2, 2).await.unwrap();
    let positions: Vec<u64> = page.iter().map(|sealed| sealed.link.place.position).collect();
    assert_eq!(positions, [3, 4]);
    assert_eq!(page[0].record, Some(AuditRecord::from(&decision("removal.3"))));
    assert_eq!(jobs.chain.page(5, 2).await.unwrap(), []);
}

/// Since nobody may ask for the others.
pub async fn entries_that_are_not_sealed_are_counted_with_the_oldest(jobs: Jobs) {
    jobs.removed(1..=3).await;
    jobs.sealed(1).await;
    let unsealed = jobs.chain.unsealed().await.unwrap();
    assert_eq!(unsealed, Unsealed { entries: 2, oldest: Some(now()), overtaken: None });
    jobs.sealed(10).await;
    assert_eq!(jobs.chain.unsealed().await.unwrap(), Unsealed::default());
}

/// And before that, without one.
pub async fn what_is_sealed_is_listed_with_its_hash(jobs: Jobs) {
    jobs.removed(1..=2).await;
    jobs.sealed(1).await;
    let trail = jobs.audit.list(AuditFilter::default(), None, 10).await.unwrap();
    let head = jobs.chain.tip(now()).await.unwrap().head;
    let hashes: Vec<_> = trail.iter().map(|audited| audited.hash).collect();
    assert_eq!(hashes, [None, Some(head.hash)]);
}

/// Also when they stand at the same place and want to go on from there.
pub async fn of_several_sealers_at_once_each_entry_is_sealed_once(jobs: Jobs) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 6;
    let jobs = Arc::new(jobs);
    let writers = (0..WRITERS).map(|writer| {
        let jobs = jobs.clone();
        tokio::spawn(async move {
            for n in 0..EACH {
                let number = writer * 1000 + n + 1;
                let job = jobs.submitted(number).await;
                let mut gone = removal(id(number), job.revision);
                gone.audit.action = format!("by.{writer}");
                assert_eq!(jobs.store.delete(vec![gone]).await.unwrap(), [Ok(())]);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let sealers = (0..3).map(|_| {
        let jobs = jobs.clone();
        tokio::spawn(async move { seal_until(&jobs, WRITERS * EACH).await })
    });
    for sealer in sealers.collect::<Vec<_>>() {
        sealer.await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(jobs.sound().await.position, WRITERS * EACH);
    assert_eq!(jobs.chain.unsealed().await.unwrap(), Unsealed::default());
}

async fn seal_until(jobs: &Jobs, position: u64) {
    for turn in 0..20_000_i64 {
        let moment: Timestamp = now().saturating_add_nanos(turn);
        let tip = jobs.chain.tip(moment).await.unwrap();
        if tip.head.position >= position {
            return;
        }
        jobs.chain.seal(tip.head, moment, 3).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    unreachable!("entries were never sealed");
}
