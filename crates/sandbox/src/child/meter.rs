use std::time::{Duration, Instant};

use tapedeck_domain::bars::BarView;
use tapedeck_domain::job::{Exceeded, LimitKind, Limits};
use tapedeck_domain::port::RunControl;
use tapedeck_engine::{Control, Done};

use crate::wire::{Kind, Link, Progress};

/// Between two words about progress, so that there are at most twenty a second.
const EVERY: Duration = Duration::from_millis(50);

/// Watches a run from inside: says how far it is, and counts its orders.
pub(super) struct Meter<'a> {
    pub(super) link: &'a mut Link,
    pub(super) control: &'a RunControl,
    pub(super) bars: BarView<'a>,
    pub(super) limits: Limits,
    pub(super) said: Option<Instant>,
    pub(super) over: Option<Exceeded>,
}

impl Meter<'_> {
    #[expect(clippy::disallowed_methods, reason = "the process of a run has no clock to be given")]
    fn say(&mut self, bars_done: usize) {
        let now = Instant::now();
        if self.said.is_some_and(|said| now.duration_since(said) < EVERY) {
            return;
        }
        self.said = Some(now);
        let Some(time) = self.bars.time.get(bars_done) else { return };
        let sim_time = tapedeck_domain::time::Timestamp::from_nanos(*time);
        let progress = Progress { bars_done: bars_done as u64, sim_time };
        if self.link.send(Kind::Progress, &progress).is_err() {
            self.control.stop();
        }
    }
}

/// What `count` orders exceed, if anything.
pub(super) fn too_many(count: usize, limits: &Limits) -> Option<Exceeded> {
    let (limit, observed) = (limits.orders, count as u64);
    (observed > limit).then_some(Exceeded { kind: LimitKind::Orders, limit, observed })
}

impl Control for Meter<'_> {
    fn go_on(&mut self, done: Done) -> bool {
        self.over = self.over.or_else(|| too_many(done.orders, &self.limits));
        self.say(done.bars);
        self.still_wanted()
    }

    fn still_wanted(&mut self) -> bool {
        self.over.is_none() && !self.control.is_stopped()
    }
}
