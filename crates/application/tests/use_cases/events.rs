use std::time::Duration;

use futures_util::StreamExt as _;
use tapedeck_application::{EventLog, EventPage, EventsError};
use tapedeck_domain::job::{JobEvent, LogBody, Progress};
use tapedeck_testkit::builders::id;
use tapedeck_testkit::settle;
use tokio::sync::mpsc;

use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);

fn log(world: &World) -> EventLog {
    EventLog::new(world.inspect())
}

fn seqs(page: &EventPage) -> Vec<u64> {
    page.entries.iter().map(|entry| entry.seq).collect()
}

/// What a follower of the log of job 1 is told, as it is told.
fn followed(world: &World, seq: u64) -> mpsc::UnboundedReceiver<EventPage> {
    let mut pages = Box::pin(log(world).follow(id(1), seq));
    let (told, telling) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(page) = pages.next().await {
            told.send(page.unwrap()).unwrap();
        }
    });
    telling
}

fn progress(bars_done: u64) -> JobEvent {
    JobEvent::Progress(Progress { bars_done, bars_total: 5, sim_time: None, peak_rss_bytes: None })
}

#[tokio::test]
async fn a_page_says_whether_there_are_more_entries_and_whether_they_are_the_last() {
    let world = World::new();
    world.queued().await;
    let page = log(&world).page(id(1), 0, 10).await.unwrap();
    assert_eq!((seqs(&page), page.more, page.ended), (vec![1], false, false));
    world.apply(world.wish()).await;
    let page = log(&world).page(id(1), 0, 1).await.unwrap();
    assert_eq!((seqs(&page), page.more, page.ended), (vec![1], true, false));
    let page = log(&world).page(id(1), 1, 1).await.unwrap();
    assert_eq!((seqs(&page), page.more, page.ended), (vec![2], false, true));
    assert_eq!(page.entries[0].body, LogBody::Cancelled);
    let page = log(&world).page(id(1), 2, 1).await.unwrap();
    assert_eq!((seqs(&page), page.more, page.ended), (vec![], false, true));
}

#[tokio::test]
async fn a_job_that_never_was_has_no_log_and_a_log_no_entries_beyond_its_end() {
    let world = World::new();
    let unknown = log(&world).page(id(1), 0, 10).await;
    assert!(matches!(unknown, Err(EventsError::NotFound)));
    world.queued().await;
    let beyond = log(&world).page(id(1), 2, 10).await;
    assert!(matches!(beyond, Err(EventsError::BeyondTheEnd { last: 1 })));
}

#[tokio::test]
async fn who_waits_for_entries_is_answered_when_there_are_some() {
    let world = World::new();
    world.queued().await;
    let waited = log(&world);
    let waiting = tokio::spawn(async move { waited.wait(id(1), 1, 10, MINUTE).await.unwrap() });
    settle().await;
    assert!(!waiting.is_finished());
    world.apply(world.wish()).await;
    assert_eq!(seqs(&waiting.await.unwrap()), [2]);
}

#[tokio::test]
async fn a_follower_is_told_each_entry_once_and_the_end() {
    let world = World::new();
    world.claimed().await;
    let mut told = followed(&world, 0);
    assert_eq!(seqs(&told.recv().await.unwrap()), [1, 2]);
    settle().await;
    assert!(told.try_recv().is_err(), "nothing new");
    world.apply(progress(3)).await;
    assert_eq!(seqs(&told.recv().await.unwrap()), [3]);
    world.apply(world.wish()).await;
    world.apply(JobEvent::Stop { partial: None }).await;
    let mut rest = Vec::new();
    while let Some(page) = told.recv().await {
        rest.extend(seqs(&page));
        if page.ended {
            break;
        }
    }
    assert_eq!(rest, [4, 5]);
    assert!(told.recv().await.is_none());
}

#[tokio::test]
async fn what_nobody_signals_is_told_within_a_second() {
    let world = World::without_signals();
    world.queued().await;
    let mut told = followed(&world, 1);
    settle().await;
    world.apply(world.wish()).await;
    settle().await;
    assert!(told.try_recv().is_err());
    world.clock.advance(Duration::from_secs(1));
    let page = told.recv().await.unwrap();
    assert_eq!((seqs(&page), page.ended), (vec![2], true));
}

#[tokio::test]
async fn a_long_log_comes_in_parts_and_no_part_is_read_before_it_is_asked_for() {
    let world = World::new();
    world.claimed().await;
    for done in 0..600 {
        world.apply(progress(done)).await;
    }
    world.apply(JobEvent::Release).await;
    let mut pages = Box::pin(log(&world).follow(id(1), 0));
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(first.entries.len(), 256);
    // What is asked for now was written after the first part was read.
    world.apply(world.wish()).await;
    let mut all = seqs(&first);
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.entries.len() <= 256);
        all.extend(seqs(&page));
    }
    let last = world.job().await.last_seq;
    assert_eq!(all, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_asked_again() {
    let world = World::new();
    world.queued().await;
    world.apply(world.wish()).await;
    world.store.fail_next(3);
    let mut told = followed(&world, 0);
    for _ in 0..3 {
        settle().await;
        assert!(told.try_recv().is_err());
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(seqs(&told.recv().await.unwrap()), [1, 2]);
}
