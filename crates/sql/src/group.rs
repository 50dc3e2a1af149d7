//! Work that is done for several callers at once.

use tapedeck_domain::port::StorageError;
use tokio::sync::{mpsc, oneshot};

/// Items that a group has at most.
const MOST: usize = 256;

/// Turns of other tasks in which a group gathers: some microseconds where nobody comes.
const TURNS: usize = 32;

/// Callers hand in items, and one task does all that wait at once: while one group is under way,
/// the next one gathers, so that nobody waits for company. A caller that goes away before it is
/// answered changes nothing.
pub struct Group<T, R> {
    queue: mpsc::Sender<Waiting<T, R>>,
}

struct Waiting<T, R> {
    item: T,
    answer: oneshot::Sender<R>,
}

impl<T: Send + 'static, R: Send + 'static> Group<T, R> {
    /// Starts the task, which ends with what was handed in before this value is dropped. `work`
    /// answers each item, in their order.
    pub fn new<F>(mut work: impl FnMut(Vec<T>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Vec<R>> + Send,
    {
        let (queue, mut waiting) = mpsc::channel(MOST);
        tokio::spawn(async move {
            let mut group: Vec<Waiting<T, R>> = Vec::new();
            let mut company = 1;
            while waiting.recv_many(&mut group, MOST).await > 0 {
                gather(&mut waiting, &mut group, company).await;
                company = group.len();
                let (items, answers): (Vec<_>, Vec<_>) =
                    group.drain(..).map(|waiting| (waiting.item, waiting.answer)).unzip();
                for (answer, result) in answers.into_iter().zip(work(items).await) {
                    // An error only says that nobody waits any more.
                    let _ = answer.send(result);
                }
            }
        });
        Self { queue }
    }

    /// Waits for the answer to `item`.
    ///
    /// # Errors
    /// The task is gone.
    pub async fn run(&self, item: T) -> Result<R, StorageError> {
        let gone = || StorageError::unavailable("what writes for all has stopped");
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting { item, answer }).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

/// Whoever was answered a moment ago is about to come again: where several were, the first of them
/// should not go alone and leave the others for the round after. Lets other tasks go on for some
/// turns, and never waits for the clock.
async fn gather<T>(waiting: &mut mpsc::Receiver<T>, group: &mut Vec<T>, company: usize) {
    for _ in 0..TURNS {
        while group.len() < MOST
            && let Ok(item) = waiting.try_recv()
        {
            group.push(item);
        }
        if group.len() >= company {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// What a whole group failed of, for each of its callers.
pub fn shared(error: StorageError, callers: usize) -> impl Iterator<Item = StorageError> {
    let copy = move || match &error {
        StorageError::Unavailable(source) => StorageError::unavailable(source.to_string()),
        StorageError::Full { what } => StorageError::Full { what: what.clone() },
        StorageError::Corrupt { what } => StorageError::corrupt(what),
    };
    std::iter::repeat_with(copy).take(callers)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    /// The items of each group so far.
    type Groups = Arc<Mutex<Vec<Vec<u32>>>>;

    /// Doubles numbers once it has a permit for the group, and notes the groups.
    fn doubling(permits: &Arc<Semaphore>) -> (Group<u32, u32>, Groups) {
        let groups = Arc::new(Mutex::new(Vec::new()));
        let (noted, permits) = (groups.clone(), permits.clone());
        let group = Group::new(move |items: Vec<u32>| {
            noted.lock().unwrap().push(items.clone());
            let permits = permits.clone();
            async move {
                permits.acquire().await.unwrap().forget();
                items.into_iter().map(|n| 2 * n).collect()
            }
        });
        (group, groups)
    }

    #[tokio::test]
    async fn what_comes_during_a_group_is_the_next_one() {
        let permits = Arc::new(Semaphore::new(0));
        let (group, groups) = doubling(&permits);
        let calls = join_all((0..5).map(|n| group.run(n)));
        let release = async {
            while groups.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            // All others have come by now, since one thread does everything here.
            permits.add_permits(2);
        };
        let (first, (answers, ())) =
            tokio::join!(group.run(9), futures_util::future::join(calls, release));
        assert_eq!(first.unwrap(), 18);
        assert!(answers.into_iter().map(Result::unwrap).eq([0, 2, 4, 6, 8]));
        assert_eq!(groups.lock().unwrap().concat(), [9, 0, 1, 2, 3, 4]);
        assert!(groups.lock().unwrap().len() <= 2);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_harms_nobody() {
        let permits = Arc::new(Semaphore::new(0));
        let (group, groups) = doubling(&permits);
        let left = tokio::time::timeout(std::time::Duration::ZERO, group.run(1)).await;
        assert!(left.is_err());
        permits.add_permits(2);
        assert_eq!(group.run(2).await.unwrap(), 4);
        assert_eq!(groups.lock().unwrap().concat(), [1, 2], "what was handed in is done");
    }

    #[tokio::test]
    async fn when_the_task_dies_all_are_told_that_it_is_gone() {
        let group: Group<u32, u32> = Group::new(|_| async { panic!("a bug") });
        for _ in 0..2 {
            assert!(matches!(group.run(1).await, Err(StorageError::Unavailable(_))));
        }
    }
}
