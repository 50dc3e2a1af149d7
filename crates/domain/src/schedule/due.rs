use std::time::Duration;

use super::{Missed, Outcome, Overlap, ScheduleName, ScheduleRun, ScheduleState};
use crate::time::Timestamp;

/// When a schedule is due.
pub trait Timetable: Send + Sync {
    /// The first tick after `moment`; `None` when there is none any more.
    fn after(&self, moment: Timestamp) -> Option<Timestamp>;

    /// The last tick up to `moment`, that one included.
    fn up_to(&self, moment: Timestamp) -> Option<Timestamp>;
}

/// How the ticks of a schedule are dealt with by one process.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// Its ticks; `None` where it is switched off.
    pub timetable: Option<&'a dyn Timetable>,
    /// How late a tick may be begun on purpose.
    pub jitter: Duration,
    /// Tells processes apart, so that they do not all come at once.
    pub seed: u64,
}

/// What is to be done about a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Nothing, until this moment at least, if there is one that is known.
    Nothing(Option<Timestamp>),
    /// Ticks up to this moment are dealt with.
    Pass(Timestamp),
    /// A run that waited begins.
    Waiting(ScheduleRun),
    /// A run for this tick begins; `stands_for` is the first of the ticks that it stands for,
    /// where they are several.
    Begin {
        /// The tick.
        tick: Timestamp,
        /// The first tick that was missed.
        stands_for: Option<Timestamp>,
    },
    /// This tick waits for the run that goes on.
    Queue(Timestamp),
    /// Ticks are left out.
    Skip {
        /// The first of them.
        first: Timestamp,
        /// The last of them, which the history names.
        last: Timestamp,
        /// Why.
        outcome: Outcome,
    },
}

/// How late a tick may be noticed and still counts as on time: a rolling restart takes no longer.
pub const GRACE: Duration = Duration::from_secs(60);
/// A wall clock that is behind the last tick by more than this was wrong, then or now: nobody
/// waits for it to come back to where it was.
const SET_BACK: Duration = Duration::from_secs(24 * 60 * 60);

/// What is to be done about a schedule now.
pub fn due(state: &ScheduleState, plan: Plan<'_>, now: Timestamp) -> Due {
    if let Some(waiting) = waiting(state) {
        return Due::Waiting(waiting.clone());
    }
    if state.since > now.plus(SET_BACK) {
        return Due::Pass(now);
    }
    if state.since > now {
        return Due::Nothing(Some(state.since));
    }
    let first =
        plan.timetable.and_then(|timetable| Some((timetable, timetable.after(state.since)?)));
    let Some((timetable, first)) = first else { return Due::Nothing(None) };
    if first > now {
        return Due::Nothing(Some(first));
    }
    if state.pause.is_some() {
        return Due::Pass(timetable.up_to(now).map_or(first, |last| last.max(first)));
    }
    if is_late(first, plan, now) {
        return late(state, timetable, first, plan, now);
    }
    let begins = first.plus(jitter(state.name, timetable, first, plan));
    if begins > now {
        return Due::Nothing(Some(begins));
    }
    on_time(state, first)
}

/// When the timetable says so next; `None` while it says nothing.
pub fn next_tick(
    state: &ScheduleState,
    timetable: &dyn Timetable,
    now: Timestamp,
) -> Option<Timestamp> {
    if state.pause.is_some() {
        return None;
    }
    let since = if state.since > now.plus(SET_BACK) { now } else { state.since };
    let first = timetable.after(since)?;
    if first < now.minus(GRACE) { timetable.after(now) } else { Some(first) }
}

fn waiting(state: &ScheduleState) -> Option<&ScheduleRun> {
    let idle = state.running.is_none();
    state.queued.as_ref().or(state.asked.as_ref()).filter(|_| idle)
}

fn is_late(tick: Timestamp, plan: Plan<'_>, now: Timestamp) -> bool {
    tick < now.minus(GRACE).minus(plan.jitter)
}

fn on_time(state: &ScheduleState, tick: Timestamp) -> Due {
    let Some(running) = &state.running else { return Due::Begin { tick, stands_for: None } };
    if running.started_at.is_none_or(|started| started > tick) {
        // It began late, after this tick: that one has its turn when it is over.
        return Due::Nothing(None);
    }
    match state.name.overlap() {
        Overlap::QueueOne if state.queued.is_none() => Due::Queue(tick),
        Overlap::QueueOne | Overlap::Skip => {
            Due::Skip { first: tick, last: tick, outcome: Outcome::SkippedOverlap }
        }
    }
}

/// Ticks from `first` on were missed: nobody was there, or the clock has jumped.
fn late(
    state: &ScheduleState,
    timetable: &dyn Timetable,
    first: Timestamp,
    plan: Plan<'_>,
    now: Timestamp,
) -> Due {
    let latest = timetable.up_to(now).map_or(first, |latest| latest.max(first));
    if state.running.is_some() {
        return Due::Skip { first, last: latest, outcome: Outcome::SkippedOverlap };
    }
    match state.name.missed() {
        Missed::RunOnce => {
            Due::Begin { tick: latest, stands_for: Some(first).filter(|first| *first < latest) }
        }
        Missed::Skip => {
            // One that is on time is the next, and the only one.
            let before = timetable.up_to(latest.saturating_add_nanos(-1)).filter(|it| *it >= first);
            let last = if is_late(latest, plan, now) { latest } else { before.unwrap_or(first) };
            Due::Skip { first, last, outcome: Outcome::SkippedMissed }
        }
    }
}

/// How much later than its tick a run begins in this process: up to the plan's jitter, and at
/// most half of the way to the next tick. Always the same for one tick and one seed.
pub fn jitter(
    name: ScheduleName,
    timetable: &dyn Timetable,
    tick: Timestamp,
    plan: Plan<'_>,
) -> Duration {
    if plan.jitter.is_zero() {
        return Duration::ZERO;
    }
    let to_next = timetable.after(tick).map_or(u64::MAX, |next| next.millis_since(tick));
    let most = u64::try_from(plan.jitter.as_millis()).unwrap_or(u64::MAX).min(to_next / 2);
    let tick = tick.as_nanos().to_le_bytes();
    let bytes = name.as_str().bytes().chain(tick).chain(plan.seed.to_le_bytes());
    Duration::from_millis(mixed(bytes) % most.saturating_add(1))
}

/// FNV-1a, then mixed so that its low bits depend on all of it.
fn mixed(bytes: impl Iterator<Item = u8>) -> u64 {
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests;
